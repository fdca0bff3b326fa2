/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reset: guests put back. To their ready states, and to other snapshots (revert.c), they are put without a boot:
 * another clone of the disk of then, and the memory of then. With `clean` each gets a new disk from its base image and
 * boots. Either way it is given its files as `up` gives them, and is waited for until it is registered. What a run that
 * was cut off has left undone the next does.
 */
#include <string.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/apply.h"
#include "plan/pending.h"
#include "plan/ready.h"
#include "plan/sites.h"
#include "request/fleet_part.h"
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

/* Trunks and dialplans of the guests that answer, which have most of it already when they were put back to ready. */
static void configure(const struct vl_run *run, struct vl_fleet *fleet, unsigned first, unsigned total)
{
    struct vl_session *session = run->session;

    vl_session_phase(session, first, total, "waiting for every guest to answer");
    fleet->parts = VL_ALL_PARTS;
    fleet->looks = fleet->registers = true;
    vl_fleet_connect(fleet, vl_run_wait_s(session, true));
    vl_session_phase(session, first + 1, total, "trunks and dialplans");
    vl_fleet_plan(fleet, VL_ALL_PARTS, false, false);
    vl_fleet_apply(fleet);
    if (vl_session_cancelled(session))
        return;
    vl_session_phase(session, first + 2, total, "registrations and peers");
    if (vl_fleet_has_hub(fleet))
        vl_fleet_register_others(fleet, VL_WAIT_TRUNKS_S);
    vl_fleet_look(fleet, VL_WAIT_TRUNKS_S);
}

static const char *tag_of(const struct vl_fleet *fleet)
{
    return fleet->tag ? fleet->tag : VL_READY_TAG;
}

static int show_ready(const struct vl_run *run, const struct vl_fleet *fleet, const char *const *names)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_ready_off(run->session, names, tag_of(fleet), &plan, run->err) < 0)
        return -1;
    for (size_t i = 0; i < fleet->count; i++)
        if (vl_stage_ready_back(run->session, fleet->members[i].pbx, tag_of(fleet), &plan, run->err) < 0)
            return -1;
    return vl_run_show_plan(run, &plan);
}

struct putting_back {
    struct vl_fleet *fleet;
    const struct vl_plan *off; /* of all of them */
};

/* A guest that will not go off runs on as it was. */
static int run_off(const struct putting_back *putting, const struct vl_member *member, struct vl_target *host,
                   struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    for (size_t i = 0; i < putting->off->count; i++)
        if (!strcmp(putting->off->steps[i].about, member->pbx->name))
            vl_plan_add(&plan, &putting->off->steps[i]);
    (void)__atomic_add_fetch(&putting->fleet->changed, plan.count, __ATOMIC_RELAXED);
    return plan.arena.failed ? vl_no_memory(err) : vl_apply(putting->fleet->session, &plan, host, err);
}

static int run_back(struct vl_fleet *fleet, struct vl_member *member, struct vl_target *host, struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    bool runs = false;

    if (vl_stage_ready_back(fleet->session, member->pbx, tag_of(fleet), &plan, err) < 0)
        return -1;
    for (size_t i = 0; i < plan.count; i++) {
        member->asleep |= plan.steps[i].kind == VL_STEP_RESTORE;
        runs |= plan.steps[i].kind == VL_STEP_RESTORE || plan.steps[i].kind == VL_STEP_START;
    }
    (void)__atomic_add_fetch(&fleet->changed, plan.count, __ATOMIC_RELAXED);
    if (vl_apply(fleet->session, &plan, host, err) < 0)
        return -1;
    if (!runs)
        vl_fleet_make_guest(fleet, member);
    return 0;
}

/* Nobody has looked at its files yet, and nobody has to. */
static void settle(const struct vl_fleet *fleet, struct vl_member *member)
{
    struct vl_session *session = fleet->session;
    const char *then = vl_ready_files(session, &member->arena, member->pbx->name, tag_of(fleet));
    const char *now = then ? vl_stage_pbx_fingerprint(session, member->pbx, &member->arena) : NULL;

    member->then = then;
    member->settled = now && !strcmp(now, then) && !vl_pending(session, member->pbx->name);
}

static int put_guest_back(const struct putting_back *putting, struct vl_member *member, struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);

    if (!host || run_off(putting, member, host, err) < 0)
        return -1;
    if (run_back(putting->fleet, member, host, err) == 0) {
        settle(putting->fleet, member);
        return 0;
    }
    return vl_error_wrap(err, "'%s' is off; run this again, or 'voiplab up' boots it", member->pbx->name);
}

static void put_back(void *context, size_t index)
{
    const struct putting_back *putting = context;
    struct vl_fleet *fleet = putting->fleet;
    struct vl_member *member = &fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (vl_session_cancelled(fleet->session) || member->error.code)
        return;
    if (put_guest_back(putting, member, &cause) < 0)
        vl_fleet_fail_member(fleet, member, &cause);
}

/* All are known to have what they are put back to. While one goes off, which is mostly waiting, another runs on. No
 * more at a time than libvirtd serves of one connection: what waits for it would not know whether it still answers. */
static void put_all_back(struct vl_fleet *fleet, const struct vl_plan *off)
{
    struct putting_back putting = { .fleet = fleet, .off = off };
    unsigned jobs = fleet->session->options.jobs;

    vl_parallel(fleet->count, jobs && jobs < VL_GUESTS_AT_A_TIME ? jobs : VL_GUESTS_AT_A_TIME, put_back, &putting);
}

static int reset_ready(const struct vl_run *run, struct vl_fleet *fleet, const char *const *names)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    long long begun = vl_now_ms();

    vl_session_phase(run->session, 1, 4, "guests");
    if (vl_stage_ready_off(run->session, names, tag_of(fleet), &plan, run->err) < 0)
        return -1;
    put_all_back(fleet, &plan);
    if (vl_session_cancelled(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "cancelled; run this again, or 'voiplab up' boots what is off");
    if (vl_run_look_at_domains(fleet, run->err) < 0)
        return -1;
    configure(run, fleet, 2, 4);
    vl_fleet_explain(fleet);
    return finish(run, fleet, begun, fleet->changed);
}

static int reset_clean(const struct vl_run *run, struct vl_fleet *fleet)
{
    struct vl_session *session = run->session;
    long long begun = vl_now_ms();
    size_t changed = 0;

    vl_run_know_files(fleet);
    vl_session_phase(session, 1, 6, "secrets and keys");
    if (vl_run_apply_stage(run, vl_stage_state, &changed) < 0 || vl_run_make_guests(run, fleet, 2, 6, &changed) < 0)
        return -1;
    configure(run, fleet, 4, 6);
    vl_run_keep_files(fleet, false);
    if (!vl_session_cancelled(session) && vl_run_take_ready(run, fleet))
        vl_run_wake(run, fleet);
    vl_fleet_explain(fleet);
    return finish(run, fleet, begun, changed + fleet->changed);
}

int vl_run_put_back(const struct vl_run *run, struct vl_fleet *fleet, const char *const *names)
{
    if (!vl_sites_reached(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "without a hypervisor there is no plan to put a guest back");
    return vl_run_is_dry(run) ? show_ready(run, fleet, names) : reset_ready(run, fleet, names);
}

int vl_run_reset(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };

    if (check_names(run) < 0 || vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    run->session->renews = run->request->parameters.reset->clean;
    run->session->configures = run->session->renews && !vl_run_is_dry(run);
    if (run->session->renews)
        return vl_run_is_dry(run) ? show_clean(run, &fleet) : reset_clean(run, &fleet);
    return vl_run_put_back(run, &fleet, run->request->names);
}
