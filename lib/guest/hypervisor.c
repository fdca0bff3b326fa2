/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every function looks before it acts: what it is asked to change is found by name, its mark is read back from
 * libvirt's own copy of the definition, and only then is the table of operations called. libvirt's messages are kept
 * and, where its error says what is missing on the host, what to do next is added (`advices`).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "lab/identity.h"

enum { POLL_MS = 100, PRESS_AGAIN_MS = 5000 };

static const struct vl_hypervisor_ops libvirt_ops = {
    .domain_define = virDomainDefineXMLFlags,
    .domain_start = virDomainCreate,
    .domain_shutdown = virDomainShutdown,
    .domain_destroy = virDomainDestroy,
    .domain_undefine = virDomainUndefineFlags,
    .pool_define = virStoragePoolDefineXML,
    .pool_build = virStoragePoolBuild,
    .pool_start = virStoragePoolCreate,
    .pool_autostart = virStoragePoolSetAutostart,
    .pool_refresh = virStoragePoolRefresh,
    .pool_stop = virStoragePoolDestroy,
    .pool_delete = virStoragePoolDelete,
    .pool_undefine = virStoragePoolUndefine,
    .volume_create = virStorageVolCreateXML,
    .volume_delete = virStorageVolDelete,
    .volume_upload = virStorageVolUpload,
    .stream_send = virStreamSend,
    .stream_finish = virStreamFinish,
};

static const struct vl_hypervisor_ops *in_force = &libvirt_ops;

const struct vl_hypervisor_ops *vl_hypervisor_ops(void)
{
    return in_force;
}

const struct vl_hypervisor_ops *vl_hypervisor_set_ops(const struct vl_hypervisor_ops *replacement)
{
    const struct vl_hypervisor_ops *before = in_force;

    in_force = replacement ? replacement : &libvirt_ops;
    return before;
}

#define DENIED "run it as root or as a member of the group libvirt"

/* What to do next: by the part of libvirt that failed (0: any), its error code and, for a system call, its errno
 * (0: any). */
static const struct advice {
    int domain, code, number;
    const char *text;
} advices[] = {
    { VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ENOENT, "is libvirtd running? 'systemctl start libvirtd' starts it" },
    { VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, ECONNREFUSED, "is libvirtd running? 'systemctl start libvirtd' starts it" },
    { VIR_FROM_RPC, VIR_ERR_SYSTEM_ERROR, EACCES, DENIED },
    { 0, VIR_ERR_AUTH_FAILED, 0, DENIED },
    { 0, VIR_ERR_AUTH_UNAVAILABLE, 0, DENIED },
    { 0, VIR_ERR_AUTH_CANCELLED, 0, DENIED },
    { 0, VIR_ERR_NO_CONNECT, 0, "check the URI of the hypervisor" },
    { 0, VIR_ERR_SYSTEM_ERROR, EACCES, "can QEMU's user come there? 'storage' in the lab file names another place" },
    { 0, VIR_ERR_SYSTEM_ERROR, ENODEV, "is the bridge there? 'voiplab bridge' makes it" },
    { 0, VIR_ERR_SYSTEM_ERROR, ENOSPC, "free some space on the hypervisor's disk" },
    { 0, VIR_ERR_SYSTEM_ERROR, ENOMEM, "stop a guest, or give the guests less memory" },
    { 0, VIR_ERR_CONFIG_UNSUPPORTED, 0,
      "can this host run KVM guests? 'voiplab check-cpu' says; "
      "'virtualization = qemu' in the lab file emulates them" },
};

static const char *advice_for(const virError *error)
{
    for (size_t i = 0; i < VL_COUNT(advices); i++) {
        if (advices[i].code == error->code && (advices[i].domain == 0 || advices[i].domain == error->domain) &&
            (advices[i].number == 0 || advices[i].number == error->int1))
            return advices[i].text;
    }
    return NULL;
}

/* libvirt passes on what QEMU printed, in several lines and as much as it was; ours is one. */
static char *one_line(const char *message)
{
    char *line = vl_strdup(vl_text_tail(message, 2 * VL_TEXT_QUOTED));

    for (char *p = line; p && *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    }
    return line;
}

int vl_hypervisor_fail(struct vl_error *err, const char *verb, const char *name)
{
    const virError *error = virGetLastError();
    VL_FREE char *message = one_line(error && error->message ? error->message : "libvirt does not say why");
    const char *advice = error ? advice_for(error) : NULL;

    return vl_fail(err, VL_ERROR_FAILED, "cannot %s '%s': %s%s%s", verb, name, message ? message : "out of memory",
                   advice ? ": " : "", advice ? advice : "");
}

/* libvirt prints every error on stderr unless a handler takes it; we report them ourselves. */
static void stay_silent(void *context, virErrorPtr error)
{
    (void)context;
    (void)error;
}

struct vl_hypervisor *vl_hypervisor_open(const char *uri, struct vl_error *err)
{
    struct vl_hypervisor *hypervisor = vl_calloc(1, sizeof(*hypervisor));

    if (!hypervisor) {
        vl_no_memory(err);
        return NULL;
    }
    virSetErrorFunc(NULL, stay_silent);
    hypervisor->connection = virConnectOpen(uri);
    if (!hypervisor->connection) {
        vl_hypervisor_fail(err, "connect to the hypervisor", uri);
        free(hypervisor);
        return NULL;
    }
    return hypervisor;
}

void vl_hypervisor_close(struct vl_hypervisor *hypervisor)
{
    if (!hypervisor)
        return;
    (void)virConnectClose(hypervisor->connection);
    free(hypervisor);
}

/* True when libvirt knows the processor and it has neither vmx nor svm. libvirt describes a processor as a model and
 * what it has beyond that, so the model must be unfolded first. */
static bool lacks_virtualization(virConnectPtr connection, struct vl_arena *arena)
{
    VL_FREE char *capabilities = virConnectGetCapabilities(connection), *unfolded = NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *host = capabilities ? vl_xml_parse(capabilities, "capabilities", &ignored) : NULL;
    VL_XML_DOCUMENT_AUTO *cpu = NULL;
    const char *described = host ? vl_xml_part(host, arena, "/capabilities/host/cpu[model]") : NULL;

    if (!described)
        return false;
    unfolded = virConnectBaselineCPU(connection, &described, 1, VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES);
    cpu = unfolded ? vl_xml_parse(unfolded, "cpu", &ignored) : NULL;
    return cpu && !vl_xml_find(cpu, arena, "/cpu/feature[@name='vmx' or @name='svm']") &&
           !vl_xml_find(host, arena, "/capabilities/host/cpu/feature[@name='vmx' or @name='svm']");
}

int vl_hypervisor_describe(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char **ret_version,
                           bool *ret_kvm, struct vl_error *err)
{
    unsigned long version;
    VL_FREE char *kvm = NULL;

    if (virConnectGetLibVersion(hypervisor->connection, &version) < 0)
        return vl_hypervisor_fail(err, "ask for the version of", "libvirt");
    *ret_version = vl_arena_printf(arena, "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
    kvm = virConnectGetDomainCapabilities(hypervisor->connection, NULL, "x86_64", "pc", "kvm", 0);
    *ret_kvm = kvm && !lacks_virtualization(hypervisor->connection, arena);
    return vl_arena_check(arena, err);
}

/* Domains */

/* The domain of this name; absent is NULL and no error. */
static int find_domain(struct vl_hypervisor *hypervisor, const char *name, virDomainPtr *ret_domain,
                       struct vl_error *err)
{
    *ret_domain = virDomainLookupByName(hypervisor->connection, name);
    if (!*ret_domain && virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
        return vl_hypervisor_fail(err, "look for domain", name);
    return 0;
}

/* A domain that has gone meanwhile is absent. Being shut down is still running. */
static int read_state(virDomainPtr domain, enum vl_domain_state *ret_state, struct vl_error *err)
{
    static const enum vl_domain_state states[] = {
        [VIR_DOMAIN_NOSTATE] = VL_DOMAIN_STOPPED,  [VIR_DOMAIN_RUNNING] = VL_DOMAIN_RUNNING,
        [VIR_DOMAIN_BLOCKED] = VL_DOMAIN_RUNNING,  [VIR_DOMAIN_PAUSED] = VL_DOMAIN_PAUSED,
        [VIR_DOMAIN_SHUTDOWN] = VL_DOMAIN_RUNNING, [VIR_DOMAIN_SHUTOFF] = VL_DOMAIN_STOPPED,
        [VIR_DOMAIN_CRASHED] = VL_DOMAIN_STOPPED,  [VIR_DOMAIN_PMSUSPENDED] = VL_DOMAIN_PAUSED,
    };
    int state;

    *ret_state = VL_DOMAIN_ABSENT;
    if (virDomainGetState(domain, &state, NULL, 0) < 0) {
        if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
            return 0;
        return vl_hypervisor_fail(err, "ask for the state of", virDomainGetName(domain));
    }
    *ret_state = (size_t)state < VL_COUNT(states) ? states[state] : VL_DOMAIN_RUNNING;
    return 0;
}

/* A domain that was cloned carries our element too, but another UUID. */
const char *vl_hypervisor_mark(const struct vl_xml_document *document, struct vl_arena *arena, const char **ret_pbx)
{
    const char *lab = vl_xml_find(document, arena, "/domain/metadata/voiplab:guest/@lab");
    const char *pbx = vl_xml_find(document, arena, "/domain/metadata/voiplab:guest/@name");
    const char *is = vl_xml_find(document, arena, "/domain/uuid");
    char uuid[37];

    *ret_pbx = NULL;
    if (!lab || !pbx || !is)
        return NULL;
    vl_identity_uuid(lab, pbx, uuid);
    if (strcmp(is, uuid) != 0)
        return NULL;
    *ret_pbx = pbx;
    return lab;
}

/* Read our element out of a definition. */
static int read_mark(const char *xml, struct vl_arena *arena, struct vl_domain *domain, struct vl_error *err)
{
    VL_XML_DOCUMENT_AUTO *document = vl_xml_parse(xml, "the definition of a domain", err);

    if (!document)
        return -1;
    domain->name = vl_xml_find(document, arena, "/domain/name");
    domain->lab = vl_hypervisor_mark(document, arena, &domain->pbx);
    domain->fingerprint = vl_xml_find(document, arena, "/domain/metadata/voiplab:guest/@fingerprint");
    return vl_arena_check(arena, err);
}

/* All that there is to know about a domain. The stored definition counts, not that of the running guest. */
static int read_domain(virDomainPtr handle, struct vl_arena *arena, struct vl_domain *domain, struct vl_error *err)
{
    VL_FREE char *xml = NULL;

    if (read_state(handle, &domain->state, err) < 0)
        return -1;
    if (domain->state == VL_DOMAIN_ABSENT)
        return 0;
    xml = virDomainGetXMLDesc(handle, VIR_DOMAIN_XML_INACTIVE);
    if (xml)
        return read_mark(xml, arena, domain, err);
    if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
        return vl_hypervisor_fail(err, "read the definition of", virDomainGetName(handle));
    domain->state = VL_DOMAIN_ABSENT;
    return 0;
}

int vl_hypervisor_domain(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *name,
                         struct vl_domain *ret_domain, struct vl_error *err)
{
    DOMAIN_AUTO handle = NULL;

    *ret_domain = (struct vl_domain){ .name = name, .state = VL_DOMAIN_ABSENT };
    if (find_domain(hypervisor, name, &handle, err) < 0)
        return -1;
    return handle ? read_domain(handle, arena, ret_domain, err) : 0;
}

static bool marked_for(const struct vl_domain *domain, const char *lab)
{
    return domain->state != VL_DOMAIN_ABSENT && domain->lab && strcmp(domain->lab, lab) == 0;
}

static int collect_domains(virDomainPtr *handles, size_t count, const char *lab, struct vl_arena *arena,
                           struct vl_domain *domains, size_t *ret_count, struct vl_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct vl_domain domain = { .name = NULL };

        if (read_domain(handles[i], arena, &domain, err) < 0)
            return -1;
        if (marked_for(&domain, lab))
            domains[(*ret_count)++] = domain;
    }
    return 0;
}

int vl_hypervisor_domains(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *lab,
                          struct vl_domain **ret_domains, size_t *ret_count, struct vl_error *err)
{
    virDomainPtr *handles = NULL;
    int count = virConnectListAllDomains(hypervisor->connection, &handles, 0), rc = -1;

    *ret_count = 0;
    if (count < 0)
        return vl_hypervisor_fail(err, "list the domains of lab", lab);
    *ret_domains = vl_arena_zalloc(arena, ((size_t)count + 1) * sizeof(**ret_domains));
    if (*ret_domains)
        rc = collect_domains(handles, (size_t)count, lab, arena, *ret_domains, ret_count, err);
    else
        vl_no_memory(err);
    for (int i = 0; i < count; i++)
        (void)virDomainFree(handles[i]);
    free(handles);
    return rc;
}

/* The domain of this name, which must be ours; absent is NULL and no error. */
static int find_ours(struct vl_hypervisor *hypervisor, const char *name, const char *lab, virDomainPtr *ret_domain,
                     struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain domain = { .name = NULL };
    int rc;

    if (find_domain(hypervisor, name, ret_domain, err) < 0)
        return -1;
    if (!*ret_domain)
        return 0;
    rc = read_domain(*ret_domain, &arena, &domain, err);
    if (rc == 0 && domain.state != VL_DOMAIN_ABSENT && !marked_for(&domain, lab))
        rc = vl_fail(err, VL_ERROR_FAILED,
                     "domain '%s' does not carry the mark of lab '%s', so voiplab leaves it alone: rename one of them",
                     name, lab);
    if (rc < 0 || domain.state == VL_DOMAIN_ABSENT) {
        (void)virDomainFree(*ret_domain);
        *ret_domain = NULL;
    }
    return rc;
}

static int find_ours_present(struct vl_hypervisor *hypervisor, const char *name, const char *lab,
                             virDomainPtr *ret_domain, struct vl_error *err)
{
    if (find_ours(hypervisor, name, lab, ret_domain, err) < 0)
        return -1;
    if (!*ret_domain)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no domain '%s': 'voiplab create-vm' makes it", name);
    return 0;
}

/* What is defined must be of the name that was looked for and carry the mark, or we could never undefine it again. */
static int check_definition(const char *xml, const char *name, const char *lab, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain domain = { .state = VL_DOMAIN_STOPPED };

    if (read_mark(xml, &arena, &domain, err) < 0)
        return -1;
    if (!domain.name || strcmp(domain.name, name) != 0 || !marked_for(&domain, lab))
        return vl_fail(err, VL_ERROR_FAILED, "the definition of domain '%s' lacks its name or the mark of lab '%s'",
                       name, lab);
    return 0;
}

int vl_hypervisor_define(struct vl_hypervisor *hypervisor, const char *xml, const char *name, const char *lab,
                         struct vl_error *err)
{
    DOMAIN_AUTO before = NULL;
    DOMAIN_AUTO domain = NULL;

    if (check_definition(xml, name, lab, err) < 0 || find_ours(hypervisor, name, lab, &before, err) < 0)
        return -1;
    domain = vl_hypervisor_ops()->domain_define(hypervisor->connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);
    return domain ? 0 : vl_hypervisor_fail(err, "define domain", name);
}

int vl_hypervisor_start(struct vl_hypervisor *hypervisor, const char *name, const char *lab, struct vl_error *err)
{
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (find_ours_present(hypervisor, name, lab, &domain, err) < 0 || read_state(domain, &state, err) < 0)
        return -1;
    if (state == VL_DOMAIN_RUNNING)
        return 0;
    if (state == VL_DOMAIN_PAUSED)
        return vl_fail(err, VL_ERROR_FAILED, "domain '%s' is paused: 'virsh resume %s' lets it run on", name, name);
    return vl_hypervisor_ops()->domain_start(domain) < 0 ? vl_hypervisor_fail(err, "start domain", name) : 0;
}

static void pause_ms(long ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    (void)nanosleep(&time, NULL);
}

static bool is_up(enum vl_domain_state state)
{
    return state == VL_DOMAIN_RUNNING || state == VL_DOMAIN_PAUSED;
}

static void find_stopping(struct vl_hypervisor *hypervisor, const char *lab, struct vl_stopping *guest)
{
    struct vl_error cause = { .code = VL_OK };
    virDomainPtr domain = NULL;

    if (find_ours(hypervisor, guest->name, lab, &domain, &cause) < 0)
        vl_error_move(&guest->error, &cause);
    guest->domain = domain;
}

/* Whether the guest is still to be waited for. With `press` its power button is pressed; a guest that cannot be asked
 * is no error here. */
static bool still_runs(struct vl_stopping *guest, bool press)
{
    enum vl_domain_state state;

    if (!guest->domain || guest->error.code || read_state(guest->domain, &state, &guest->error) < 0)
        return false;
    if (state != VL_DOMAIN_RUNNING)
        return false;
    if (press)
        (void)vl_hypervisor_ops()->domain_shutdown(guest->domain);
    return true;
}

static size_t count_running(struct vl_stopping *guests, size_t count, bool press)
{
    size_t running = 0;

    for (size_t i = 0; i < count; i++)
        running += still_runs(&guests[i], press);
    return running;
}

static bool is_cancelled(const struct vl_stop_options *options)
{
    return options->cancelled && options->cancelled(options->context);
}

/* Press all power buttons and wait for all; press them again from time to time, for a guest that is still starting does
 * not see it. */
static void ask_to_stop(struct vl_stopping *guests, size_t count, const struct vl_stop_options *options)
{
    long long start = vl_now_ms(), pressed = start - PRESS_AGAIN_MS;

    while (vl_now_ms() - start < options->timeout_ms && !is_cancelled(options)) {
        bool press = vl_now_ms() - pressed >= PRESS_AGAIN_MS;

        if (press)
            pressed = vl_now_ms();
        if (!count_running(guests, count, press))
            return;
        pause_ms(POLL_MS);
    }
}

/* Pull the plug. The guest may have stopped by itself just before; then there is nothing to complain about. */
static int force_off(virDomainPtr domain, const char *name, struct vl_error *err)
{
    VL_ERROR_AUTO failure = { .code = VL_OK };
    enum vl_domain_state state;

    if (vl_hypervisor_ops()->domain_destroy(domain) == 0)
        return 0;
    (void)vl_hypervisor_fail(&failure, "force off domain", name);
    if (read_state(domain, &state, err) < 0)
        return -1;
    if (!is_up(state))
        return 0;
    vl_error_move(err, &failure);
    return -1;
}

/* What becomes of a guest when the waiting is over. */
static void end_stopping(struct vl_stopping *guest, const struct vl_stop_options *options)
{
    enum vl_domain_state state;

    if (!guest->domain || guest->error.code || read_state(guest->domain, &state, &guest->error) < 0 || !is_up(state))
        return;
    if (is_cancelled(options))
        (void)vl_fail(&guest->error, VL_ERROR_FAILED, "cancelled while the guest was shutting down");
    else if (options->force)
        (void)force_off(guest->domain, guest->name, &guest->error);
    else
        (void)vl_fail(&guest->error, VL_ERROR_TIMEOUT, "domain '%s' did not stop within %d s: it can be forced off",
                      guest->name, options->timeout_ms / 1000);
}

size_t vl_hypervisor_stop_all(struct vl_hypervisor *hypervisor, const char *lab, struct vl_stopping *guests,
                              size_t count, const struct vl_stop_options *options)
{
    size_t failed = 0;

    for (size_t i = 0; i < count; i++)
        find_stopping(hypervisor, lab, &guests[i]);
    ask_to_stop(guests, count, options);
    for (size_t i = 0; i < count; i++) {
        end_stopping(&guests[i], options);
        failed += guests[i].error.code != VL_OK;
        if (guests[i].domain)
            (void)virDomainFree(guests[i].domain);
        guests[i].domain = NULL;
    }
    return failed;
}

int vl_hypervisor_stop(struct vl_hypervisor *hypervisor, const char *name, const char *lab, int timeout_ms, bool force,
                       struct vl_error *err)
{
    const struct vl_stop_options options = { .timeout_ms = timeout_ms, .force = force };
    struct vl_stopping guest = { .name = name };

    if (!vl_hypervisor_stop_all(hypervisor, lab, &guest, 1, &options))
        return 0;
    vl_error_move(err, &guest.error);
    return -1;
}

int vl_hypervisor_undefine(struct vl_hypervisor *hypervisor, const char *name, const char *lab, struct vl_error *err)
{
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (find_ours(hypervisor, name, lab, &domain, err) < 0)
        return -1;
    if (!domain)
        return 0;
    if (read_state(domain, &state, err) < 0)
        return -1;
    /* libvirt would make it a transient domain, which then runs on without a definition to find it by */
    if (is_up(state))
        return vl_fail(err, VL_ERROR_FAILED, "domain '%s' is running: stop it before it is undefined", name);
    if (vl_hypervisor_ops()->domain_undefine(domain, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
                                                         VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA) < 0)
        return vl_hypervisor_fail(err, "undefine domain", name);
    return 0;
}
