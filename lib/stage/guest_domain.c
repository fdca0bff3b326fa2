/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The domain of a guest against what the lab file says of it. What a guest that runs can take while it runs it is
 * given; the rest waits in its definition for its next start, and the plan says what that is.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "render/domain_xml.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

bool vl_stage_is_here(const struct vl_session *session, const struct vl_site *site)
{
    const char *uri = vl_site_uri(session, site);

    return uri && strstr(uri, ":///");
}

#define CONSOLES "%s/console"

/* A guest writes as much as it likes on its console. virtlogd starts a new file after 2 MiB and keeps three; QEMU
 * itself, which writes where there is no virtlogd, would go on until the disk is full. */
static bool is_bounded(void)
{
    return vl_file_exists("/run/libvirt/virtlogd-sock");
}

const char *vl_stage_console_log(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx)
{
    return pbx->place == VL_PLACE_VM && vl_stage_is_here(session, vl_site_of(session, pbx)) &&
                   session->state.directory && is_bounded()
               ? vl_arena_printf(arena, CONSOLES "/%s.log", session->state.directory, pbx->name)
               : NULL;
}

/* Where a person finds the command line. */
static const struct vl_shell_part *cmdline_part(struct vl_arena *arena, const char *info)
{
    struct vl_shell_part *parts = info ? vl_arena_zalloc(arena, 2 * sizeof(*parts)) : NULL;
    VL_BUF_AUTO command = VL_BUF_INIT;

    if (!parts)
        return NULL;
    vl_buf_puts(&command, "sed -n 's/^cmdline=//p' ");
    vl_shell_word(&command, info);
    arena->failed |= command.failed;
    parts[0] = (struct vl_shell_part){ .text = VL_GUEST_UNKNOWN_CMDLINE,
                                       .command = vl_arena_strdup(arena, vl_buf_text(&command)) };
    return parts;
}

/* What is there, what shall be, and what of it can be had how. */
struct wanted {
    const struct vl_domain_spec *spec;
    const struct vl_domain *domain;
    const char *xml;
    bool current; /* it is defined like that */
    bool runs;    /* and no step of the plan stops it before */
    bool anew;    /* it is stopped and started, as is asked for where it runs as it was before */
    struct vl_live_changes changes;
};

static void plan_definition(const struct vl_guest_plan *guests, const struct wanted *wanted)
{
    struct vl_arena *arena = &guests->plan->arena;
    bool waits = wanted->runs && !wanted->anew && wanted->changes.later;

    if (wanted->spec->console_log)
        vl_plan_add_directory(guests->plan, vl_arena_printf(arena, CONSOLES, guests->session->state.directory), 0700,
                              "what guests write on their serial consoles");
    vl_guest_add_step(guests, &(struct vl_step){
                                  .kind = VL_STEP_DOMAIN,
                                  .object = wanted->spec->name,
                                  .before = wanted->domain->fingerprint,
                                  .after = wanted->xml,
                                  .parts = cmdline_part(arena, guests->info),
                                  .note = waits ? vl_arena_printf(arena,
                                                                  "at its next start: %s; 'up --restart' "
                                                                  "restarts it",
                                                                  wanted->changes.later)
                                                : NULL,
                                  .why = waits ? "its definition has changed, and a guest that runs takes this only at "
                                                 "its next start"
                                               : "the guest as libvirt shall run it",
                              });
}

/* A processor is there for the guest's system when that takes it. */
static int plan_change(const struct vl_guest_plan *guests, const struct wanted *wanted)
{
    if (wanted->changes.vcpus && vl_guest_plan_note(guests, wanted->spec->pbx) < 0)
        return -1;
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_CHANGE,
                                                 .object = wanted->spec->name,
                                                 .before = wanted->domain->running,
                                                 .after = wanted->xml,
                                                 .note = wanted->changes.now,
                                                 .why = "a guest that runs takes this while it runs" });
    return 0;
}

static int plan_steps(const struct vl_guest_plan *guests, const struct wanted *wanted, bool autostart)
{
    const char *name = wanted->spec->name;

    if (wanted->anew)
        vl_guest_add_step(guests,
                          &(struct vl_step){ .kind = VL_STEP_STOP,
                                             .object = name,
                                             .why = "it runs as it was before; the guest is asked to shut down" });
    if (!wanted->current)
        plan_definition(guests, wanted);
    if (wanted->runs && !wanted->anew && wanted->changes.now && plan_change(guests, wanted) < 0)
        return -1;
    if (wanted->domain->autostart != autostart)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_AUTOSTART,
                                                     .object = name,
                                                     .after = autostart ? "on" : NULL,
                                                     .note = autostart ? "on" : "off",
                                                     .why = "whether the guest starts when its host does" });
    if (wanted->anew || (!wanted->runs && !guests->session->starts_none))
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_START, .object = name, .why = "the guest boots" });
    return 0;
}

int vl_guest_plan_domain(const struct vl_guest_plan *guests, const struct vl_domain_spec *spec, bool autostart,
                         struct vl_domain *ret_domain)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_domain_spec kept = *spec;
    struct wanted wanted = { .spec = &kept, .domain = ret_domain };
    VL_FREE char *xml = NULL;

    if (vl_guest_domain(guests, spec->name, ret_domain) < 0)
        return -1;
    if (ret_domain->pbx && !guests->stops && !guests->session->starts_none)
        vl_guest_plan_run_on(guests, ret_domain->pbx, ret_domain);
    if (ret_domain->machine && vl_text_starts(ret_domain->machine, "pc-i440fx-"))
        kept.machine_now = ret_domain->machine;
    xml = vl_render_domain_xml(&kept, guests->err);
    if (!xml)
        return -1;
    wanted.xml = vl_arena_strdup(arena, xml);
    wanted.current =
        ret_domain->fingerprint && strstr(xml, vl_arena_printf(arena, "fingerprint=\"%s\"", ret_domain->fingerprint));
    wanted.runs = ret_domain->state == VL_DOMAIN_RUNNING && !guests->stops;
    if (wanted.runs && vl_hypervisor_changes(arena, ret_domain->running, xml, &wanted.changes, guests->err) < 0)
        return -1;
    wanted.anew = wanted.runs && guests->session->restarts && wanted.changes.later;
    if (plan_steps(guests, &wanted, autostart) < 0)
        return -1;
    if (wanted.anew)
        ret_domain->files = NULL;
    return vl_arena_check(arena, guests->err);
}
