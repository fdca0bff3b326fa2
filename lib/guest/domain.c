/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Domains. Every function looks before it acts: what it is asked to change is found by name, its mark is read back from
 * libvirt's own copy of the definition, and only then is the table of operations called.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/parallel.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"
#include "lab/identity.h"

enum { DEFINE_TRIES = 3, DEFINE_AGAIN_MS = 200 };

enum { POLL_MS = 100, PRESS_AGAIN_MS = 5000 };
/* How long a power button is waited for: a QEMU that is well takes it at once. */
enum { PRESS_MS = 3000 };

/* The domain of this name; absent is NULL and no error. */
static int find_domain(virConnectPtr connection, const char *name, virDomainPtr *ret_domain, struct vl_error *err)
{
    *ret_domain = vl_libvirt.virDomainLookupByName(connection, name);
    if (!*ret_domain && vl_libvirt.virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
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
    const char *name = vl_libvirt.virDomainGetName(domain);
    int state;

    *ret_state = VL_DOMAIN_ABSENT;
    if (vl_libvirt.virDomainGetState(domain, &state, NULL, 0) < 0) {
        if (vl_libvirt.virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
            return 0;
        return vl_hypervisor_fail(err, "ask for the state of", name);
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

/* The stored definition counts, not that of the running guest; *ret_xml is it, for the caller to free, unless it is
 * absent. */
static int read_definition(virDomainPtr handle, struct vl_arena *arena, struct vl_domain *domain, char **ret_xml,
                           struct vl_error *err)
{
    const char *name = vl_libvirt.virDomainGetName(handle);
    int now, reason = VIR_DOMAIN_SHUTOFF_UNKNOWN;

    if (read_state(handle, &domain->state, err) < 0)
        return -1;
    if (domain->state == VL_DOMAIN_ABSENT)
        return 0;
    if (domain->state == VL_DOMAIN_STOPPED)
        domain->end = vl_libvirt.virDomainGetState(handle, &now, &reason, 0) == 0 && now == VIR_DOMAIN_SHUTOFF
                          ? vl_hypervisor_end_of(reason)
                          : VL_END_UNKNOWN;
    *ret_xml = vl_libvirt.virDomainGetXMLDesc(handle, VIR_DOMAIN_XML_INACTIVE);
    if (*ret_xml)
        return read_mark(*ret_xml, arena, domain, err);
    if (vl_libvirt.virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
        return vl_hypervisor_fail(err, "read the definition of", name);
    domain->state = VL_DOMAIN_ABSENT;
    return 0;
}

static int read_domain(virDomainPtr handle, struct vl_arena *arena, struct vl_domain *domain, struct vl_error *err)
{
    VL_FREE char *xml = NULL;

    return read_definition(handle, arena, domain, &xml, err);
}

static bool is_up(enum vl_domain_state state)
{
    return state == VL_DOMAIN_RUNNING || state == VL_DOMAIN_PAUSED;
}

/* What only somebody asks who wants to know all of one domain. */
static int read_more(virDomainPtr handle, const char *xml, struct vl_arena *arena, struct vl_domain *domain,
                     struct vl_error *err)
{
    VL_XML_DOCUMENT_AUTO *document = vl_xml_parse(xml, "the definition of a domain", err);
    int autostart = 0;

    if (!document)
        return -1;
    domain->machine = vl_xml_find(document, arena, "/domain/os/type/@machine");
    domain->kernel = vl_xml_find(document, arena, "/domain/os/kernel");
    domain->cmdline = vl_xml_find(document, arena, "/domain/os/cmdline");
    domain->autostart = vl_libvirt.virDomainGetAutostart(handle, &autostart) == 0 && autostart;
    return is_up(domain->state) ? vl_hypervisor_behind(handle, xml, arena, domain, err) : 0;
}

static int look_at(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    struct vl_domain *domain = &task->answer.domain;
    DOMAIN_AUTO handle = NULL;
    VL_FREE char *xml = NULL;

    if (find_domain(connection, task->asked.name, &handle, err) < 0)
        return -1;
    if (handle && read_definition(handle, &task->arena, domain, &xml, err) < 0)
        return -1;
    if (xml && read_more(handle, xml, &task->arena, domain, err) < 0)
        return -1;
    if (domain->end == VL_END_UNKNOWN && domain->kernel)
        domain->end = vl_hypervisor_end_by_log(connection, task->asked.name);
    return 0;
}

int vl_hypervisor_domain(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *name,
                         struct vl_domain *ret_domain, struct vl_error *err)
{
    const struct vl_question question = { .work = look_at, .what = "look for domain", .name = name };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    *ret_domain = (struct vl_domain){ .name = name, .state = VL_DOMAIN_ABSENT };
    if (!task)
        return -1;
    if (task->answer.domain.state != VL_DOMAIN_ABSENT)
        *ret_domain = task->answer.domain;
    vl_arena_adopt(arena, &task->arena);
    return vl_arena_check(arena, err);
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

static int list_domains(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    virDomainPtr *handles = NULL;
    int count = vl_libvirt.virConnectListAllDomains(connection, &handles, 0), rc = -1;
    struct vl_domain *domains;

    if (count < 0)
        return vl_hypervisor_fail(err, "list the domains of lab", task->asked.lab);
    domains = vl_arena_zalloc(&task->arena, ((size_t)count + 1) * sizeof(*domains));
    task->answer.list = domains;
    if (domains)
        rc = collect_domains(handles, (size_t)count, task->asked.lab, &task->arena, domains, &task->count, err);
    else
        vl_no_memory(err);
    for (int i = 0; i < count; i++)
        (void)vl_libvirt.virDomainFree(handles[i]);
    free(handles);
    return rc;
}

int vl_hypervisor_domains(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *lab,
                          struct vl_domain **ret_domains, size_t *ret_count, struct vl_error *err)
{
    const struct vl_question question = {
        .work = list_domains, .what = "list the domains of lab", .name = lab, .lab = lab
    };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    *ret_count = 0;
    if (!task)
        return -1;
    *ret_domains = task->answer.list;
    *ret_count = task->count;
    vl_arena_adopt(arena, &task->arena);
    return vl_arena_check(arena, err);
}

/* The domain of this name, which must be ours; absent is NULL and no error. */
static int find_ours(virConnectPtr connection, const char *name, const char *lab, virDomainPtr *ret_domain,
                     struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain domain = { .name = NULL };
    int rc;

    if (find_domain(connection, name, ret_domain, err) < 0)
        return -1;
    if (!*ret_domain)
        return 0;
    rc = read_domain(*ret_domain, &arena, &domain, err);
    if (rc == 0 && domain.state != VL_DOMAIN_ABSENT && !marked_for(&domain, lab))
        rc = vl_fail(err, VL_ERROR_FAILED,
                     "domain '%s' does not carry the mark of lab '%s', so voiplab leaves it alone: rename one of them",
                     name, lab);
    if (rc < 0 || domain.state == VL_DOMAIN_ABSENT) {
        (void)vl_libvirt.virDomainFree(*ret_domain);
        *ret_domain = NULL;
    }
    return rc;
}

static int find_ours_present(virConnectPtr connection, const char *name, const char *lab, virDomainPtr *ret_domain,
                             struct vl_error *err)
{
    if (find_ours(connection, name, lab, ret_domain, err) < 0)
        return -1;
    if (!*ret_domain)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no domain '%s': 'voiplab create-vm' makes it", name);
    return 0;
}

int vl_hypervisor_find_ours(virConnectPtr connection, const char *name, const char *lab, virDomainPtr *ret_domain,
                            enum vl_domain_state *ret_state, struct vl_error *err)
{
    if (find_ours_present(connection, name, lab, ret_domain, err) < 0)
        return -1;
    vl_hypervisor_settle(*ret_domain);
    return read_state(*ret_domain, ret_state, err);
}

/* What is defined must be of the name that was looked for and carry the mark, or we could never undefine it again. */
int vl_hypervisor_check_definition(const char *xml, const char *name, const char *lab, struct vl_error *err)
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

/* A libvirtd that has just been started reads its schemas for the first time, and on several threads at once fails in
 * that (libxml2 says that it is ready with the types of XML Schema before it is): an internal error, which is none a
 * moment later. */
static virDomainPtr define_after_all(virConnectPtr connection, const char *xml)
{
    for (int tries = 1;; tries++) {
        virDomainPtr domain = vl_hypervisor_ops()->domain_define(connection, xml, VIR_DOMAIN_DEFINE_VALIDATE);

        if (domain || tries == DEFINE_TRIES || vl_libvirt.virGetLastErrorCode() != VIR_ERR_INTERNAL_ERROR)
            return domain;
        (void)poll(NULL, 0, DEFINE_AGAIN_MS);
    }
}

static int define(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const struct vl_question *asked = &task->asked;
    DOMAIN_AUTO before = NULL;
    DOMAIN_AUTO domain = NULL;

    if (vl_hypervisor_check_definition(asked->xml, asked->name, asked->lab, err) < 0 ||
        find_ours(connection, asked->name, asked->lab, &before, err) < 0)
        return -1;
    domain = define_after_all(connection, asked->xml);
    return domain ? 0 : vl_hypervisor_fail(err, "define domain", asked->name);
}

int vl_hypervisor_define(struct vl_hypervisor *hypervisor, const char *xml, const char *name, const char *lab,
                         struct vl_error *err)
{
    const struct vl_question question = {
        .work = define, .what = "define domain", .name = name, .lab = lab, .xml = xml, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}

static int start(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *name = task->asked.name;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (vl_hypervisor_find_ours(connection, name, task->asked.lab, &domain, &state, err) < 0)
        return -1;
    if (state == VL_DOMAIN_RUNNING)
        return 0;
    if (state == VL_DOMAIN_PAUSED)
        return vl_fail(err, VL_ERROR_FAILED, "domain '%s' is paused: 'virsh resume %s' lets it run on", name, name);
    return vl_hypervisor_ops()->domain_start(domain) < 0 ? vl_hypervisor_fail(err, "start domain", name) : 0;
}

int vl_hypervisor_start(struct vl_hypervisor *hypervisor, const char *name, const char *lab, struct vl_error *err)
{
    const struct vl_question question = {
        .work = start, .what = "start domain", .name = name, .lab = lab, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}

/* The state of one of ours, which is ABSENT when there is none; with `flag` its power button is pressed if it runs. A
 * guest that refuses to be asked is waited for like the others. */
static int look_or_press(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    DOMAIN_AUTO domain = NULL;

    task->answer.state = VL_DOMAIN_ABSENT;
    if (find_ours(connection, task->asked.name, task->asked.lab, &domain, err) < 0)
        return -1;
    if (!domain)
        return 0;
    if (read_state(domain, &task->answer.state, err) < 0)
        return -1;
    if (task->asked.flag && task->answer.state == VL_DOMAIN_RUNNING)
        (void)vl_hypervisor_ops()->domain_shutdown(domain);
    return 0;
}

/* Pull the plug. The guest may have stopped by itself just before; then there is nothing to complain about. */
static int force_off(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    VL_ERROR_AUTO failure = { .code = VL_OK };
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (find_ours(connection, task->asked.name, task->asked.lab, &domain, err) < 0)
        return -1;
    if (!domain)
        return 0;
    vl_hypervisor_settle(domain);
    if (vl_hypervisor_ops()->domain_destroy(domain) == 0)
        return 0;
    (void)vl_hypervisor_fail(&failure, "force off domain", task->asked.name);
    if (read_state(domain, &state, err) < 0)
        return -1;
    if (!is_up(state))
        return 0;
    vl_error_move(err, &failure);
    return -1;
}

struct stopping {
    struct vl_hypervisor *hypervisor;
    const char *lab;
    struct vl_stopping *guests;
    size_t count;
    const struct vl_stop_options *options;
    bool press;
    atomic_size_t running;
};

static bool is_cancelled(const struct vl_stop_options *options)
{
    return options->cancelled && options->cancelled(options->context);
}

static enum vl_domain_state state_of(const struct stopping *all, struct vl_stopping *guest, bool press)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    const struct vl_question question = { .work = look_or_press,
                                          .what = press ? "shut down domain" : "look for domain",
                                          .name = guest->name,
                                          .lab = all->lab,
                                          .flag = press,
                                          .patience_ms = press ? PRESS_MS : 0 };
    VL_TASK_AUTO *task = vl_task_do(all->hypervisor, &question, &cause);

    if (task)
        return task->answer.state;
    if (press && cause.code == VL_ERROR_TIMEOUT && !atomic_load(&all->hypervisor->is_deaf))
        guest->stuck = true;
    else
        vl_error_move(&guest->error, &cause);
    return VL_DOMAIN_ABSENT;
}

static void count_guest(void *context, size_t index)
{
    struct stopping *all = context;
    struct vl_stopping *guest = &all->guests[index];

    if (!guest->error.code && !guest->stuck && state_of(all, guest, all->press) == VL_DOMAIN_RUNNING)
        atomic_fetch_add(&all->running, 1);
}

/* Some at a time: one whose QEMU hangs takes the time that PRESS_MS is. */
static size_t count_running(struct stopping *all, bool press)
{
    all->press = press;
    atomic_store(&all->running, 0);
    vl_parallel(all->count, press ? VL_GUESTS_AT_A_TIME : 1, count_guest, all);
    return atomic_load(&all->running);
}

static void pause_ms(long ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    (void)nanosleep(&time, NULL);
}

/* Press all power buttons and wait for all; press them again from time to time, for a guest that is still starting does
 * not see it. */
static void ask_to_stop(struct stopping *all)
{
    const struct vl_stop_options *options = all->options;
    long long start = vl_now_ms(), pressed = start - PRESS_AGAIN_MS;

    while (vl_now_ms() - start < options->timeout_ms && !is_cancelled(options)) {
        bool press = vl_now_ms() - pressed >= PRESS_AGAIN_MS;

        if (press)
            pressed = vl_now_ms();
        if (!count_running(all, press))
            return;
        pause_ms(POLL_MS);
    }
}

/* What becomes of a guest when the waiting is over. */
static void end_stopping(void *context, size_t index)
{
    const struct stopping *all = context;
    struct vl_stopping *guest = &all->guests[index];
    const struct vl_question question = {
        .work = force_off, .what = "force off domain", .name = guest->name, .lab = all->lab, .changes = true
    };

    if (guest->error.code || !is_up(state_of(all, guest, false)))
        return;
    if (is_cancelled(all->options))
        (void)vl_fail(&guest->error, VL_ERROR_FAILED, "cancelled while the guest was shutting down");
    else if (all->options->force)
        (void)vl_task_done(all->hypervisor, &question, &guest->error);
    else if (guest->stuck)
        (void)vl_fail(&guest->error, VL_ERROR_TIMEOUT,
                      "domain '%s' cannot be asked to stop, since its QEMU hangs: it can be forced off", guest->name);
    else
        (void)vl_fail(&guest->error, VL_ERROR_TIMEOUT, "domain '%s' did not stop within %d s: it can be forced off",
                      guest->name, all->options->timeout_ms / 1000);
}

size_t vl_hypervisor_stop_all(struct vl_hypervisor *hypervisor, const char *lab, struct vl_stopping *guests,
                              size_t count, const struct vl_stop_options *options)
{
    struct stopping all = {
        .hypervisor = hypervisor, .lab = lab, .guests = guests, .count = count, .options = options
    };
    size_t failed = 0;

    atomic_init(&all.running, 0);
    ask_to_stop(&all);
    vl_parallel(count, VL_GUESTS_AT_A_TIME, end_stopping, &all);
    for (size_t i = 0; i < count; i++)
        failed += guests[i].error.code != VL_OK;
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

static int undefine(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *name = task->asked.name;
    DOMAIN_AUTO domain = NULL;
    enum vl_domain_state state;

    if (find_ours(connection, name, task->asked.lab, &domain, err) < 0)
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

int vl_hypervisor_undefine(struct vl_hypervisor *hypervisor, const char *name, const char *lab, struct vl_error *err)
{
    const struct vl_question question = {
        .work = undefine, .what = "undefine domain", .name = name, .lab = lab, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}
