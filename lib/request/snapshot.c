/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot: the ready state of guests becomes what they are now, or what they are now is kept under a tag of its own.
 * `up` takes the ready state of those that it boots, and then it stays; who has prepared a guest since wants it put
 * back to that. It is taken only of a guest that answers and whose trunks are good. Under a tag everything is kept,
 * also a guest that is broken, for an exercise, and one that is off. The one of before goes when the new one is whole.
 */
#include <string.h>

#include "base/text.h"
#include "plan/ready.h"
#include "plan/sites.h"
#include "request/machines.h"
#include "stage/stage.h"

/* Without names all that are virtual machines. */
static int choose(const struct vl_run *run, struct vl_fleet *fleet, bool named)
{
    size_t kept = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->members[i].pbx->place == VL_PLACE_VM)
            fleet->members[kept++] = fleet->members[i];
        else if (named)
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "'%s' is no virtual machine of this lab, and only those can be put back",
                           fleet->members[i].pbx->name);
    }
    fleet->count = kept;
    if (kept)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED, "this lab has no virtual machine, and only those can be put back");
}

static int show(const struct vl_run *run, const struct vl_fleet *fleet)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_ready ready;

    for (size_t i = 0; i < fleet->count; i++)
        if (vl_stage_ready_take(run->session, fleet->members[i].pbx, fleet->tag ? fleet->tag : VL_READY_TAG, true,
                                &plan, &ready, run->err) < 0)
            return -1;
    return vl_run_show_plan(run, &plan);
}

/* Those that run come first; how many they are. */
static size_t sort_running(struct vl_fleet *fleet)
{
    size_t running = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member member = fleet->members[i];

        if (!member.guest || strcmp(member.guest, "running") != 0)
            continue;
        fleet->members[i] = fleet->members[running];
        fleet->members[running++] = member;
    }
    return running;
}

/* What is wrong with one of which a snapshot is taken all the same was told; it is no failure of this request. */
static void look_as_it_is(const struct vl_run *run, struct vl_fleet *fleet)
{
    size_t all = fleet->count;

    fleet->count = sort_running(fleet);
    vl_fleet_connect(fleet, vl_run_wait_s(run->session, false));
    vl_fleet_look(fleet, 0);
    fleet->count = all;
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        member->started = true;
        member->amiss = member->error.code != VL_OK;
        vl_error_clear(&member->error);
    }
}

/* Only what is as it should be is worth being reset to. */
static void look(const struct vl_run *run, struct vl_fleet *fleet)
{
    vl_session_phase(run->session, 1, 3, "registrations and peers");
    fleet->looks = fleet->registers = true;
    if (fleet->tag) {
        look_as_it_is(run, fleet);
        return;
    }
    vl_run_fail_stopped(fleet);
    vl_fleet_connect(fleet, vl_run_wait_s(run->session, false));
    vl_fleet_look(fleet, VL_WAIT_TRUNKS_S);
    for (size_t i = 0; i < fleet->count; i++)
        fleet->members[i].started = !fleet->members[i].error.code;
}

static void take(const struct vl_run *run, struct vl_fleet *fleet)
{
    vl_session_phase(run->session, 2, 3, fleet->tag ? "snapshots" : "ready states");
    fleet->retakes = true;
    if (!fleet->tag)
        vl_run_keep_files(fleet, true);
    if (!vl_run_take_ready(run, fleet))
        return;
    vl_session_phase(run->session, 3, 3, "registrations and peers");
    vl_run_wake(run, fleet);
}

static int finish(const struct vl_run *run, struct vl_fleet *fleet)
{
    const char *have = fleet->count == 1 ? " has" : "s have";
    size_t taken = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        taken += member->taken;
        if (!member->taken && !member->error.code)
            (void)vl_fail(&member->error, VL_ERROR_FAILED, "no %s was taken", fleet->tag ? "snapshot" : "ready state");
    }
    vl_fleet_explain(fleet);
    vl_run_fleet_table(run, fleet, false);
    vl_json_bool(run->result->document, "changed", fleet->changed > 0);
    if (fleet->tag)
        vl_result_summary(run->result, "%zu step%s taken; %zu of %zu PBX%s a snapshot '%s' of now", fleet->changed,
                          vl_plural(fleet->changed), taken, fleet->count, have, fleet->tag);
    else
        vl_result_summary(run->result, "%zu step%s taken; %zu of %zu PBX%s a ready state of now", fleet->changed,
                          vl_plural(fleet->changed), taken, fleet->count, have);
    return vl_run_fleet_error(run, fleet);
}

int vl_run_snapshot(const struct vl_run *run)
{
    struct vl_named named = vl_run_named(run);
    VL_FLEET_AUTO fleet = { .count = 0 };

    if (vl_fleet_open(run->session, named.names, &fleet, run->err) < 0 || choose(run, &fleet, named.names != NULL) < 0)
        return -1;
    fleet.tag = named.tag;
    if (!vl_sites_reached(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "without a hypervisor there is no guest to take a snapshot of");
    if (vl_run_is_dry(run))
        return show(run, &fleet);
    if (vl_run_resume(&fleet, run->err) < 0 || vl_run_look_at_domains(&fleet, run->err) < 0)
        return -1;
    look(run, &fleet);
    if (!vl_session_cancelled(run->session))
        take(run, &fleet);
    return finish(run, &fleet);
}
