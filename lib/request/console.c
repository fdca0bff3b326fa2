/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console: the command line of virsh(1) that opens the serial console of a guest; or where the guest shows its screen,
 * and that of virt-viewer(1). The program is the caller's to run: whoever sits at the terminal talks to it, not to us.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/xml.h"
#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "request/machines.h"
#include "stage/stage.h"

/* The guest that is meant. */
struct guest {
    const char *name, *domain, *uri;
    struct vl_hypervisor *hypervisor;
};

/* USER@HOST of a libvirt URI with a host, qemu+ssh://root@big/system; else the name of this host. A port stays out: it
 * is not always that of SSH. */
static const char *host_of(struct vl_arena *arena, const char *uri)
{
    const char *host = strstr(uri, "://");
    struct utsname here;
    size_t length = 0;

    if (host) {
        host += strlen("://");
        length = strcspn(host, *host == '[' ? "/?]" : "/?:");
    }
    if (length)
        return vl_arena_printf(arena, "%.*s", (int)length, host);
    return vl_arena_strdup(arena, uname(&here) == 0 ? here.nodename : "HOST");
}

/* The address of its host where a guest that runs shows its screen by VNC. False: it has none. */
static bool find_screen(struct vl_arena *arena, const struct vl_domain *domain, const char **ret_address,
                        unsigned *ret_port)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *document = domain->running ? vl_xml_parse(domain->running, "a domain", &ignored) : NULL;
    const char *port = document ? vl_xml_find(document, arena, "/domain/devices/graphics[@type='vnc']/@port") : NULL;
    unsigned long number = port ? strtoul(port, NULL, 10) : 0;

    if (!number || number > 65535)
        return false;
    *ret_address = vl_xml_find(document, arena, "/domain/devices/graphics[@type='vnc']/@listen");
    *ret_port = (unsigned)number;
    if (!*ret_address)
        *ret_address = "127.0.0.1"; /* what libvirt's QEMU driver listens on when nothing is said */
    return true;
}

void vl_run_tell_screen(struct vl_session *session, const char *name, const struct vl_domain *domain)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *address;
    unsigned port;

    if (find_screen(&arena, domain, &address, &port))
        vl_session_event(session, VOIPLAB_EVENT_STEP, name,
                         "its screen is VNC on %s:%u of the hypervisor's host; 'voiplab console %s%s --vnc' opens it",
                         address, port, session->lab ? "" : "--lone ", name);
}

static bool has_console(struct vl_arena *arena, const struct vl_domain *domain)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_XML_DOCUMENT_AUTO *document = vl_xml_parse(domain->running, "a domain", &ignored);

    return document && vl_xml_part(document, arena, "/domain/devices/serial | /domain/devices/console");
}

/* The one command that is to be run. */
static void give(const struct vl_run *run, const char *const *cells)
{
    vl_run_begin_commands(run);
    vl_run_add_command(run, cells);
    vl_json_end(run->result->document);
}

static int show_screen(const struct vl_run *run, const struct guest *guest, const struct vl_domain *domain)
{
    struct vl_arena *arena = &run->result->arena;
    const char *address;
    unsigned port;

    if (!find_screen(arena, domain, &address, &port))
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "the guest '%s' has no screen: only one that is installed from an ISO has; 'voiplab console %s' "
                       "is its serial console",
                       guest->name, guest->name);
    if (run->request->parameters.console->viewer) {
        give(run, (const char *const[VL_RESULT_COLUMNS]){ guest->name, "virt-viewer", "--connect", guest->uri,
                                                          guest->domain });
        return 0;
    }
    vl_json_string(run->result->document, "pbx", guest->name);
    vl_json_string(run->result->document, "address", vl_arena_printf(arena, "%s:%u", address, port));
    run->result->text = vl_arena_printf(arena,
                                        "VNC on %s:%u of the hypervisor's host; from another one first\n"
                                        "ssh -L %u:%s:%u %s\n",
                                        address, port, port, address, port, host_of(arena, guest->uri));
    return 0;
}

static int look(const struct vl_run *run, const struct guest *guest)
{
    struct vl_arena *arena = &run->result->arena;
    const char *lab = vl_session_lab_name(run->session);
    struct vl_domain domain;

    if (vl_hypervisor_domain(guest->hypervisor, arena, guest->domain, &domain, run->err) < 0)
        return -1;
    if (domain.state != VL_DOMAIN_ABSENT && (!domain.lab || strcmp(domain.lab, lab) != 0))
        return vl_fail(run->err, VL_ERROR_REFUSED, "the hypervisor has a domain '%s' that voiplab did not make",
                       guest->domain);
    if (!domain.running)
        return vl_fail(run->err, VL_ERROR_FAILED, "the guest '%s' %s; '%s %s' starts it", guest->name,
                       domain.state == VL_DOMAIN_ABSENT ? "is not there" : "is off",
                       run->session->lab ? "voiplab up" : "virsh start", guest->name);
    if (run->request->parameters.console->vnc)
        return show_screen(run, guest, &domain);
    if (!has_console(arena, &domain))
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "the guest '%s' has no serial console; 'voiplab down %s' and 'voiplab up %s' give it one",
                       guest->name, guest->name, guest->name);
    give(run, (const char *const[VL_RESULT_COLUMNS]){ guest->name, "virsh", "--connect", guest->uri, "console",
                                                      guest->domain });
    return 0;
}

static int find_in_lab(const struct vl_run *run, const char *name, struct guest *guest)
{
    struct vl_session *session = run->session;
    const struct vl_pbx *pbx = vl_lab_pbx(session->lab, name);
    const struct vl_site *site = vl_site_of(session, pbx);

    if (pbx->place != VL_PLACE_VM)
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no guest of the lab, so it has no console here; %s%s", name,
                       pbx->place == VL_PLACE_LOCAL ? "it is this host itself, as " : "'voiplab ssh' logs in to ",
                       pbx->place == VL_PLACE_LOCAL ? "'place = local' says" : name);
    if (vl_site_problem(session, pbx))
        return vl_fail(run->err, VL_ERROR_FAILED, "%s", vl_site_problem(session, pbx));
    *guest = (struct guest){ .name = name,
                             .domain = vl_domain_name(&run->result->arena, session->lab, pbx),
                             .uri = vl_site_uri(session, site),
                             .hypervisor = vl_site_hypervisor(session, site) };
    return guest->hypervisor ? 0 : vl_fail(run->err, VL_ERROR_FAILED, "the hypervisor of '%s' is not connected", name);
}

static int find_alone(const struct vl_run *run, struct guest *guest)
{
    struct vl_domain *domains;
    size_t count;

    if (vl_stage_lone_guests(run->session, run->request->names, &run->result->arena, &domains, &count, run->err) < 0)
        return -1;
    *guest = (struct guest){ .name = domains[0].pbx,
                             .domain = domains[0].name,
                             .uri = vl_site_uri(run->session, NULL),
                             .hypervisor = run->session->hypervisor };
    return 0;
}

int vl_run_console(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    struct guest guest = { .name = NULL };

    if (run->request->mode != VOIPLAB_APPLY)
        return vl_fail(run->err, VL_ERROR_USAGE, "a console changes nothing, so there is no plan of it");
    if (!names || !names[0] || names[1])
        return vl_fail(run->err, VL_ERROR_USAGE, "one guest has to be named, whose console is meant");
    if ((run->session->lab ? find_in_lab(run, names[0], &guest) : find_alone(run, &guest)) < 0 || look(run, &guest) < 0)
        return -1;
    return vl_arena_check(&run->result->arena, run->err);
}
