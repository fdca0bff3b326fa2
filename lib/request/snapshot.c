/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot: the ready state of guests becomes what they are now. `up` takes it of those that it boots, and then it
 * stays; who has prepared a guest since wants it put back to that. It is taken only of a guest that answers and whose
 * trunks are good, and the ready state of before goes when the new one is whole.
 */
#include "base/text.h"
#include "plan/ready.h"
#include "plan/sites.h"
#include "request/machines.h"
#include "stage/stage.h"

/* Without names all that are virtual machines. */
static int choose(const struct vl_run *run, struct vl_fleet *fleet)
{
    const char *const *names = run->request->names;
    size_t kept = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->members[i].pbx->place == VL_PLACE_VM)
            fleet->members[kept++] = fleet->members[i];
        else if (names && names[0])
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "'%s' is no virtual machine of this lab, and only those have a ready state",
                           fleet->members[i].pbx->name);
    }
    fleet->count = kept;
    if (kept)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED, "this lab has no virtual machine, and only those have a ready state");
}

static int show(const struct vl_run *run, const struct vl_fleet *fleet)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_ready ready;

    for (size_t i = 0; i < fleet->count; i++)
        if (vl_stage_ready_take(run->session, fleet->members[i].pbx, true, &plan, &ready, run->err) < 0)
            return -1;
    return vl_run_show_plan(run, &plan);
}

/* Only what is as it should be is worth being put back to. */
static void look(const struct vl_run *run, struct vl_fleet *fleet)
{
    vl_session_phase(run->session, 1, 3, "registrations and peers");
    fleet->looks = fleet->registers = true;
    vl_fleet_connect(fleet, vl_run_wait_s(run->session, false));
    vl_fleet_look(fleet, VL_WAIT_TRUNKS_S);
    for (size_t i = 0; i < fleet->count; i++)
        fleet->members[i].started = !fleet->members[i].error.code;
}

static void take(const struct vl_run *run, struct vl_fleet *fleet)
{
    vl_session_phase(run->session, 2, 3, "ready states");
    fleet->retakes = true;
    if (!vl_run_take_ready(run, fleet))
        return;
    vl_session_phase(run->session, 3, 3, "registrations and peers");
    vl_run_wake(run, fleet);
}

static int finish(const struct vl_run *run, struct vl_fleet *fleet)
{
    size_t taken = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        taken += member->taken;
        if (!member->taken && !member->error.code)
            (void)vl_fail(&member->error, VL_ERROR_FAILED, "no ready state was taken");
    }
    vl_fleet_explain(fleet);
    vl_run_fleet_table(run, fleet, false);
    vl_json_bool(run->result->document, "changed", fleet->changed > 0);
    vl_result_summary(run->result, "%zu step%s taken; %zu of %zu PBX%s a ready state of now", fleet->changed,
                      vl_plural(fleet->changed), taken, fleet->count, fleet->count == 1 ? " has" : "s have");
    return vl_run_fleet_error(run, fleet);
}

int vl_run_snapshot(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };

    if (vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0 || choose(run, &fleet) < 0)
        return -1;
    if (!vl_sites_reached(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "without a hypervisor there is no guest to take a ready state of");
    if (vl_run_is_dry(run))
        return show(run, &fleet);
    if (vl_run_look_at_domains(&fleet, run->err) < 0)
        return -1;
    vl_run_fail_stopped(&fleet);
    look(run, &fleet);
    if (!vl_session_cancelled(run->session))
        take(run, &fleet);
    return finish(run, &fleet);
}
