/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots are taken: the ready states of the guests that a request has booted or changed, when they are as they
 * should be, or those that are asked for. What fails here fails no guest that runs on, but it is told.
 */
#include <time.h>

#include "base/file.h"
#include "base/parallel.h"
#include "guest/hypervisor.h"
#include "plan/apply.h"
#include "plan/ready.h"
#include "plan/sites.h"
#include "request/fleet_part.h"
#include "request/machines.h"
#include "stage/stage.h"

enum { AT_HAND_MS = 5000 };

static int carry_out(struct vl_fleet *fleet, const struct vl_plan *plan, struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);

    fleet->changed += plan->count;
    return host ? vl_apply(fleet->session, plan, host, err) : -1;
}

static const char *what_is_taken(const struct vl_fleet *fleet)
{
    return fleet->tag ? "snapshot" : "ready state";
}

static bool has_step(const struct vl_plan *plan, enum vl_step_kind kind)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == kind)
            return true;
    return false;
}

static int run_on(struct vl_fleet *fleet, struct vl_member *member, const struct vl_ready *ready, struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_ready_run_on(fleet->session, member->pbx, ready, member->taken, &plan, err) < 0)
        return -1;
    member->stood = !has_step(&plan, VL_STEP_RESTORE); /* else it was off meanwhile */
    return carry_out(fleet, &plan, err);
}

/* One that is asked by its agent, and has only stood still, is asleep no more once it knows the time. */
static void tell_time(struct vl_fleet *fleet, struct vl_member *member)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (member->target && member->stood && vl_fleet_tell_time(fleet, member, &ignored) == 0) {
        member->asleep = member->stood = false;
        return;
    }
    vl_target_close(member->target);
    member->target = NULL;
}

/* At once, also for somebody who waits no longer: no plan is carried out for them. Without a mark it does not stand
 * still for us. */
static void let_run_on(const struct vl_fleet *fleet, struct vl_member *member, const struct vl_ready *ready)
{
    struct vl_session *session = fleet->session;
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(session, vl_site_of(session, member->pbx));
    const char *domain = vl_domain_name(&member->arena, session->lab, member->pbx);
    const char *mark = ready->memory ? vl_ready_mark(&member->arena, ready->memory) : NULL;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (hypervisor && domain && mark && vl_file_exists(mark))
        (void)vl_hypervisor_run_on(hypervisor, domain, session->lab->name, NULL, &ignored);
}

/* The guest stands still, perhaps, or is off, and its disk is as it was then. */
static int give_up(struct vl_fleet *fleet, struct vl_member *member, const struct vl_ready *ready,
                   struct vl_error *cause)
{
    VL_ERROR_AUTO again = { .code = VL_OK };

    let_run_on(fleet, member, ready);
    if (run_on(fleet, member, ready, &again) == 0)
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "no %s was taken: %s",
                         what_is_taken(fleet), vl_error_text(cause));
    else
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                         "no %s was taken: %s; if the guest does not run, 'voiplab up' starts it", what_is_taken(fleet),
                         vl_error_text(cause));
    return 0;
}

static int take(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_PLAN_AUTO first = { .count = 0 };
    VL_PLAN_AUTO second = { .count = 0 };
    struct vl_ready ready;

    if (vl_stage_ready_take(fleet->session, member->pbx, fleet->tag ? fleet->tag : VL_READY_TAG, fleet->retakes, &first,
                            &ready, err) < 0)
        return -1;
    if (!ready.layer)
        return 0;
    ready.taken = (long)time(NULL);
    ready.files = member->agrees ? vl_stage_pbx_fingerprint(fleet->session, member->pbx, &member->arena) : NULL;
    member->asleep = member->target != NULL; /* one that did not answer before is not waited for */
    if (!member->by_agent) {
        vl_target_close(member->target); /* no session of ours is in the memory that is saved */
        member->target = NULL;
    }
    if (carry_out(fleet, &first, &cause) < 0 ||
        vl_stage_ready_keep(fleet->session, member->pbx, &ready, &second, &cause) < 0 ||
        carry_out(fleet, &second, &cause) < 0)
        return give_up(fleet, member, &ready, &cause);
    member->taken = true;
    if (run_on(fleet, member, &ready, err) < 0 || (member->record && vl_run_write_record(fleet, member, err) < 0))
        return -1;
    tell_time(fleet, member);
    return 0;
}

/* One that was taken has something left to do. */
static void tell_failure(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *cause)
{
    if (!member->taken) {
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "no %s was taken: %s",
                         what_is_taken(fleet), vl_error_text(cause));
        return;
    }
    (void)vl_error_wrap(cause,
                        "its %s was taken; what comes after was not done, so run this again, and 'voiplab up' "
                        "starts a guest that is off",
                        what_is_taken(fleet));
    vl_fleet_fail_member(fleet, member, cause);
}

int vl_run_resume(struct vl_fleet *fleet, struct vl_error *err)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        VL_ERROR_AUTO cause = { .code = VL_OK };
        VL_PLAN_AUTO plan = { .count = 0 };
        bool wakes;

        if (member->error.code)
            continue;
        if (vl_stage_ready_resume(fleet->session, member->pbx, &plan, err) < 0)
            return -1;
        if (!plan.count)
            continue;
        wakes = has_step(&plan, VL_STEP_RESTORE) || has_step(&plan, VL_STEP_RESUME);
        member->asleep = carry_out(fleet, &plan, &cause) == 0 && wakes;
        if (wakes && !member->asleep) /* what was saved is not whole, so it boots another time */
            vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&cause));
    }
    return 0;
}

static bool is_due(const struct vl_member *member)
{
    return (member->started || member->changed) && !member->error.code;
}

/* What a guest has in memory only because it read it once would be saved, restored at each reset and held by the host,
 * and what was freed is saved as what it was last. So it lets go of that, and joins what is free into blocks of the
 * size that its balloon reports (bit 5 of its features), which takes two seconds; then those are no memory of the
 * host's. One without such a balloon would gain nothing. */
static const char slim_script[] =
    "case $(cat /sys/bus/virtio/drivers/virtio_balloon/virtio*/features 2>/dev/null) in ?????1*) sync; "
    "echo 3 >/proc/sys/vm/drop_caches && echo 1 >/proc/sys/vm/compact_memory && sleep 3;; *) exit 1;; esac";

/* What has let go of all that it read once would read from its disk, each time that it is put back, what its agent and
 * perl need to answer: a second of an emulated guest. So it is asked now what it will be asked then. */
static void have_at_hand(const struct vl_fleet *fleet, const struct vl_member *member)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_TARGET_AUTO *agent = member->agentless ? NULL : vl_stage_agent(fleet->session, member->pbx, &ignored);

    if (!agent)
        return;
    agent->answer_timeout_ms = agent->patience_ms = AT_HAND_MS;
    vl_target_prefetch(
        agent, &(struct vl_wanted){ .commands = vl_probe_trunk_commands(&arena, &fleet->session->state, member->pbx) });
}

/* One that does not do it is saved as it is, and one that gets a new disk, for which somebody waits. */
static void slim(void *context, size_t index)
{
    static const char *const argv[] = { "sh", "-c", slim_script, NULL };
    struct vl_fleet *fleet = context;
    struct vl_member *member = &fleet->members[index];
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!member->target || !is_due(member) || fleet->session->renews || vl_session_cancelled(fleet->session))
        return;
    vl_plan_add(&plan, &(struct vl_step){ .kind = VL_STEP_COMMAND,
                                          .target = member->pbx->name,
                                          .object = "memory that is free back to the host",
                                          .argv = argv,
                                          .why = "it would be saved with the rest, and restored at each reset" });
    if (vl_apply(fleet->session, &plan, member->target, &ignored) == 0)
        have_at_hand(fleet, member);
}

bool vl_run_take_ready(const struct vl_run *run, struct vl_fleet *fleet)
{
    bool taken = false;

    vl_parallel(fleet->count, run->session->options.jobs, slim, fleet);
    for (size_t i = 0; i < fleet->count && !vl_session_cancelled(run->session); i++) {
        struct vl_member *member = &fleet->members[i];
        VL_ERROR_AUTO cause = { .code = VL_OK };

        if (!is_due(member))
            continue;
        if (take(fleet, member, &cause) < 0)
            tell_failure(fleet, member, &cause);
        taken |= member->asleep;
    }
    return taken;
}
