/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The virtual machines of a request: what all of them need, each of them made and started, and what is seen of them.
 */
#include "request/machines.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/apply.h"
#include "plan/sites.h"
#include "stage/stage.h"

enum { WAIT_KVM_S = 120, WAIT_EMULATED_S = 600 };
/* Of what a guest wrote on its console: how much is read, and how much of its end is shown. */
enum { CONSOLE_LIMIT = 16 << 20, CONSOLE_SHOWN = 1000, CONSOLE_LINES = 5 };

int vl_run_stage_images(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    return vl_stage_image(session, NULL, plan, err);
}

bool vl_run_emulates(const struct vl_session *session)
{
    for (size_t i = 0; i < vl_sites_count(session); i++)
        if (!vl_site_kvm(session, vl_sites_at(session, i)))
            return true;
    return false;
}

unsigned vl_run_wait_s(const struct vl_session *session, bool machines)
{
    if (session->options.wait_s)
        return session->options.wait_s;
    if (!machines)
        return VL_WAIT_HOST_S;
    return vl_run_emulates(session) ? WAIT_EMULATED_S : WAIT_KVM_S;
}

bool vl_run_has_machines(const struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].pbx->place == VL_PLACE_VM)
            return true;
    return false;
}

void vl_run_wake(const struct vl_run *run, struct vl_fleet *fleet)
{
    fleet->waking = true;
    vl_fleet_connect(fleet, vl_run_wait_s(run->session, false));
    fleet->waking = false;
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet->members[i].amiss)
            continue;
        vl_target_close(fleet->members[i].target);
        fleet->members[i].target = NULL;
    }
    vl_fleet_look(fleet, VL_WAIT_TRUNKS_S);
}

/* The last lines of a text of a guest's, as they may be shown. */
static void tell_lines(struct vl_session *session, struct vl_member *member, const char *text)
{
    const char *const *lines = vl_text_split(&member->arena, vl_text_tail(text, CONSOLE_SHOWN), "\r\n");
    size_t count = 0;

    while (lines && lines[count])
        count++;
    for (size_t i = count > CONSOLE_LINES ? count - CONSOLE_LINES : 0; i < count; i++)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, member->pbx->name, "its console: %s",
                         vl_text_printable(&member->arena, lines[i]));
}

void vl_run_tell_consoles(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        VL_FREE char *text = NULL;
        const char *log = vl_stage_console_log(fleet->session, &member->arena, member->pbx);

        if (member->error.code && !member->ssh_seen && log &&
            vl_file_read(log, CONSOLE_LIMIT, &text, NULL, &ignored) == 0)
            tell_lines(fleet->session, member, text);
    }
}

static int carry_out_grown(struct vl_fleet *fleet, const struct vl_member *member, const struct vl_plan *plan,
                           struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    VL_PLAN_AUTO done = { .count = 0 };

    vl_stage_grown_done(fleet->session, member->pbx, &done);
    return !host || vl_apply(fleet->session, plan, member->target, err) < 0 ||
                   vl_apply(fleet->session, &done, host, err) < 0
               ? -1
               : 0;
}

/* One that cannot is told, by this run and by each that follows until it can. */
static void take_grown(void *context, size_t index)
{
    struct vl_fleet *fleet = context;
    struct vl_member *member = &fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!member->target || vl_stage_grown(fleet->session, member->pbx, &plan) < 0 || !plan.count)
        return;
    if (carry_out_grown(fleet, member, &plan, &cause) < 0)
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                         "it has not taken its larger disk, or another processor: %s", vl_error_text(&cause));
    else
        (void)__atomic_add_fetch(&fleet->changed, plan.count, __ATOMIC_RELAXED);
}

void vl_run_take_grown(struct vl_fleet *fleet)
{
    vl_parallel(fleet->count, fleet->session->options.jobs, take_grown, fleet);
}

static int write_down(const struct vl_run *run, size_t *changed)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_made(run->session, run->request->names, &plan, run->err) < 0)
        return -1;
    return vl_run_apply_plan(run, &plan, "/", changed);
}

int vl_run_make_guests(const struct vl_run *run, struct vl_fleet *fleet, unsigned first, unsigned total,
                       size_t *changed)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    vl_session_phase(run->session, first, total, "images");
    if (vl_run_apply_stage(run, vl_run_stage_images, changed) < 0)
        return -1;
    vl_session_phase(run->session, first + 1, total, "guests");
    if (write_down(run, changed) < 0 ||
        vl_stage_guests_shared(run->session, run->request->names, &plan, run->err) < 0 ||
        vl_run_apply_plan(run, &plan, "/", changed) < 0)
        return -1;
    vl_fleet_end_installed(fleet);
    vl_fleet_make_guests(fleet);
    if (!run->session->starts_none)
        vl_fleet_wait_installed(fleet);
    if (vl_session_cancelled(run->session))
        return vl_run_fleet_error(run, fleet);
    vl_run_tell_other_bases(fleet);
    return vl_run_look_at_domains(fleet, run->err);
}
