/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console: the serial console of a guest on the caller's descriptors, or where the guest shows its screen.
 */
#include <string.h>
#include <sys/utsname.h>

#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "request/request.h"
#include "stage/stage.h"

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

/* A row: virt-viewer finds the guest by itself, also behind SSH. */
static void add_viewer(const struct vl_run *run, const struct vl_pbx *pbx, const char *domain, const char *uri)
{
    const char *const cells[VL_RESULT_COLUMNS + 1] = { pbx->name, "virt-viewer", "--connect", uri, domain };

    vl_result_headings(run->result, "PBX", "COMMAND", "", "", "", NULL);
    vl_result_row(run->result, cells);
}

static int show_screen(const struct vl_run *run, const struct vl_pbx *pbx, const char *domain, const char *uri,
                       struct vl_hypervisor *hypervisor)
{
    struct vl_arena *arena = &run->result->arena;
    unsigned port;

    if (vl_hypervisor_screen(hypervisor, domain, run->session->lab->name, pbx->name, &port, run->err) < 0)
        return -1;
    vl_json_string(run->result->document, "pbx", pbx->name);
    vl_json_string(run->result->document, "address", vl_arena_printf(arena, "127.0.0.1:%u", port));
    if (run->request->parameters.console->viewer)
        add_viewer(run, pbx, domain, uri);
    else
        run->result->text = vl_arena_printf(arena,
                                            "VNC on 127.0.0.1:%u of the hypervisor's host; from another one first\n"
                                            "ssh -L %u:127.0.0.1:%u %s\n",
                                            port, port, port, host_of(arena, uri));
    return vl_arena_check(arena, run->err);
}

static int talk(const struct vl_run *run, const struct vl_pbx *pbx, const char *domain,
                struct vl_hypervisor *hypervisor)
{
    const struct voiplab_console *asked = run->request->parameters.console;
    const struct vl_console console = { .input = asked->input,
                                        .output = asked->output,
                                        .escape = asked->escape,
                                        .opened = asked->opened,
                                        .context = asked->context };

    vl_json_string(run->result->document, "pbx", pbx->name);
    return vl_hypervisor_console(hypervisor, domain, run->session->lab->name, pbx->name, &console, run->err);
}

/* Whose console it is. NULL after a failure. */
static const struct vl_pbx *find_guest(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    const struct vl_pbx *pbx = NULL;

    if (!run->request->parameters.console)
        (void)vl_fail(run->err, VL_ERROR_USAGE, "a console needs descriptors, or 'vnc', in its parameters");
    else if (run->request->mode != VOIPLAB_APPLY)
        (void)vl_fail(run->err, VL_ERROR_USAGE, "a console changes nothing, so there is no plan of it");
    else if (!names || !names[0] || names[1])
        (void)vl_fail(run->err, VL_ERROR_USAGE, "one guest has to be named, whose console is meant");
    else
        pbx = vl_lab_pbx(run->session->lab, names[0]);
    if (!pbx || pbx->place == VL_PLACE_VM)
        return pbx;
    (void)vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no guest of the lab, so it has no console here; %s%s", pbx->name,
                  pbx->place == VL_PLACE_LOCAL ? "it is this host itself, as " : "'voiplab ssh' logs in to ",
                  pbx->place == VL_PLACE_LOCAL ? "'place = local' says" : pbx->name);
    return NULL;
}

int vl_run_console(const struct vl_run *run)
{
    const struct vl_session *session = run->session;
    const struct vl_pbx *pbx = find_guest(run);
    const struct vl_site *site = pbx ? vl_site_of(session, pbx) : NULL;
    struct vl_hypervisor *hypervisor;
    const char *domain;

    if (!pbx)
        return -1;
    if (vl_site_problem(session, pbx))
        return vl_fail(run->err, VL_ERROR_FAILED, "%s", vl_site_problem(session, pbx));
    hypervisor = vl_site_hypervisor(session, site);
    if (!hypervisor)
        return vl_fail(run->err, VL_ERROR_FAILED, "the hypervisor of '%s' is not connected", pbx->name);
    domain = vl_domain_name(&run->result->arena, session->lab, pbx);
    if (run->request->parameters.console->vnc)
        return show_screen(run, pbx, domain, vl_site_uri(session, site), hypervisor);
    return talk(run, pbx, domain, hypervisor);
}
