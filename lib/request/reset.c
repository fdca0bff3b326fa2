/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reset: guests put back. With `clean` each gets a new disk from its base image and boots, is given its files as `up`
 * gives them, and is waited for until it is registered. What a run that was cut off has left undone the next one does.
 */
#include "base/clock.h"
#include "base/text.h"
#include "request/machines.h"
#include "stage/stage.h"

static int check_names(const struct vl_run *run)
{
    const char *const *names = run->request->names;

    if (!names || !names[0])
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "which guests? what was changed on them since is lost, so reset wants their names");
    for (; *names; names++)
        if (vl_lab_pbx(run->session->lab, *names)->place != VL_PLACE_VM)
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "'%s' is no virtual machine of this lab, and only those can be put back", *names);
    return 0;
}

/* What will be on the new disks is known without asking anybody. */
static int show_clean(const struct vl_run *run, struct vl_fleet *fleet)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_state(run->session, &plan, run->err) < 0 || vl_run_stage_images(run->session, &plan, run->err) < 0 ||
        vl_stage_made(run->session, run->request->names, &plan, run->err) < 0 ||
        vl_stage_guests(run->session, run->request->names, &plan, run->err) < 0)
        return -1;
    fleet->dry = true;
    vl_fleet_plan(fleet, VL_ALL_PARTS, true, false);
    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->members[i].error.code) {
            vl_error_move(run->err, &fleet->members[i].error);
            return -1;
        }
        vl_plan_join(&plan, &fleet->members[i].plan);
    }
    return vl_run_show_plan(run, &plan);
}

static int finish(const struct vl_run *run, struct vl_fleet *fleet, long long begun, size_t changed)
{
    size_t good = fleet->count - vl_fleet_failed(fleet);
    double seconds = (double)(vl_now_ms() - begun) / 1000;

    vl_run_fleet_table(run, fleet, false);
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_result_summary(run->result, "%zu step%s taken; %zu of %zu PBX%s put back after %.1f s", changed,
                      vl_plural(changed), good, fleet->count, fleet->count == 1 ? " is" : "s are", seconds);
    return vl_run_fleet_error(run, fleet);
}

static int reset_clean(const struct vl_run *run, struct vl_fleet *fleet)
{
    struct vl_session *session = run->session;
    long long begun = vl_now_ms();
    size_t changed = 0;

    vl_session_phase(session, 1, 6, "secrets and keys");
    if (vl_run_apply_stage(run, vl_stage_state, &changed) < 0 || vl_run_make_guests(run, fleet, 2, 6, &changed) < 0)
        return -1;
    vl_session_phase(session, 4, 6, "waiting for every guest to answer");
    fleet->parts = VL_ALL_PARTS;
    fleet->looks = fleet->registers = true;
    vl_fleet_connect(fleet, vl_run_wait_s(session, true));
    vl_session_phase(session, 5, 6, "trunks and dialplans");
    vl_fleet_plan(fleet, VL_ALL_PARTS, false, false);
    vl_fleet_apply(fleet);
    if (!vl_session_cancelled(session)) {
        vl_session_phase(session, 6, 6, "registrations and peers");
        vl_fleet_look(fleet, VL_WAIT_TRUNKS_S);
    }
    vl_fleet_explain(fleet);
    return finish(run, fleet, begun, changed + fleet->changed);
}

int vl_run_reset(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };

    if (check_names(run) < 0 || vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    if (!run->request->parameters.reset->clean)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' has no ready state to be put back to; 'voiplab reset --clean %s' makes it anew and boots it",
                       run->request->names[0], run->request->names[0]);
    run->session->renews = run->request->parameters.reset->clean;
    return vl_run_is_dry(run) ? show_clean(run, &fleet) : reset_clean(run, &fleet);
}
