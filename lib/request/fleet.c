/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/fleet.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "plan/apply.h"
#include "plan/sites.h"
#include "probe/ask.h"
#include "request/fleet_part.h"
#include "request/machines.h"
#include "stage/stage.h"

enum { RESTART_MS = 60000 };

int vl_fleet_check_names(const struct vl_lab *lab, const char *const *names, struct vl_error *err)
{
    const char **known;
    VL_ARENA_AUTO arena = { .blocks = NULL };

    known = vl_arena_zalloc(&arena, (lab->pbx_count + 1) * sizeof(*known));
    if (!known)
        return vl_no_memory(err);
    for (size_t i = 0; i < lab->pbx_count; i++)
        known[i] = lab->pbxs[i].name;
    for (size_t i = 0; names && names[i]; i++) {
        const char *nearest = vl_text_nearest(names[i], known);

        if (vl_lab_pbx(lab, names[i]))
            continue;
        if (nearest)
            return vl_fail(err, VL_ERROR_USAGE, "'%s' is no PBX of this lab; did you mean '%s'?", names[i], nearest);
        return vl_fail(err, VL_ERROR_USAGE, "'%s' is no PBX of this lab; 'voiplab inspect' shows them", names[i]);
    }
    return 0;
}

int vl_fleet_open(struct vl_session *session, const char *const *names, struct vl_fleet *ret_fleet,
                  struct vl_error *err)
{
    struct vl_fleet fleet = { .session = session };

    if (vl_fleet_check_names(session->lab, names, err) < 0)
        return -1;
    fleet.members = vl_malloc(session->lab->pbx_count * sizeof(*fleet.members));
    if (!fleet.members)
        return vl_no_memory(err);
    for (size_t i = 0; i < session->lab->pbx_count; i++)
        if (vl_session_wanted(names, session->lab->pbxs[i].name))
            fleet.members[fleet.count++] =
                (struct vl_member){ .pbx = &session->lab->pbxs[i], .view = { .registration = "" } };
    *ret_fleet = fleet;
    vl_fleet_see_sites(ret_fleet);
    return 0;
}

void vl_fleet_see_sites(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        const char *problem = vl_site_problem(fleet->session, member->pbx);
        VL_ERROR_AUTO cause = { .code = VL_OK };

        if (!problem || member->error.code)
            continue;
        (void)vl_fail(&cause, VL_ERROR_FAILED, "%s", problem);
        vl_fleet_fail_member(fleet, member, &cause);
    }
}

void vl_fleet_close(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        vl_target_close(member->target);
        vl_plan_free(&member->plan);
        vl_plan_free(&member->start);
        vl_arena_free(&member->arena);
        vl_arena_free(&member->view_arena);
        vl_arena_free(&member->cause_arena);
        vl_error_clear(&member->error);
    }
    vl_free(fleet->members);
    *fleet = (struct vl_fleet){ .session = NULL };
}

void vl_fleet_fail_member(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *cause)
{
    vl_error_move(&member->error, cause);
    if (fleet->dry)
        vl_session_event(fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name, "%s",
                         vl_error_text(&member->error));
    else
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&member->error));
    vl_target_close(member->target);
    member->target = NULL;
}

bool vl_fleet_is_tree(const struct vl_fleet *fleet, const struct vl_pbx *pbx)
{
    return pbx->place == VL_PLACE_LOCAL && fleet->session->options.root[1] != '\0';
}

/* One that has answered once is installed. */
bool vl_fleet_by_hand(const struct vl_fleet *fleet, const struct vl_member *member)
{
    const struct vl_pbx *pbx = member->pbx;

    return pbx->place == VL_PLACE_VM && pbx->image->kind == VL_IMAGE_ISO && !pbx->image->unattended &&
           !vl_state_nature(&fleet->session->state, pbx)->seen;
}

/* The disk that an installer will write on, before it does. */
static int note_disk(struct vl_fleet *fleet, const struct vl_member *member, struct vl_target *host,
                     struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!vl_stage_installs(fleet->session, member->pbx))
        return 0;
    if (vl_stage_install_note(fleet->session, member->pbx, &plan, err) < 0)
        return -1;
    (void)__atomic_add_fetch(&fleet->changed, plan.count, __ATOMIC_RELAXED);
    return vl_apply(fleet->session, &plan, host, err);
}

/* The steps are of this host and libvirt. What several guests share is there already. */
static int make_guest(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    VL_PLAN_AUTO plan = { .count = 0 };
    bool resumed = false;

    if (!host || vl_stage_guest(fleet->session, member->pbx, &plan, err) < 0)
        return -1;
    (void)__atomic_add_fetch(&fleet->changed, plan.count, __ATOMIC_RELAXED);
    for (size_t i = 0; i < plan.count; i++) {
        member->started |= plan.steps[i].kind == VL_STEP_START;
        resumed |= plan.steps[i].kind == VL_STEP_RESUME;
        member->changed |= plan.steps[i].kind == VL_STEP_CHANGE || plan.steps[i].kind == VL_STEP_GROW;
    }
    member->asleep = resumed && !member->started;
    if (vl_fleet_put_off(fleet, member, &plan, err) < 0 || vl_apply(fleet->session, &plan, host, err) < 0 ||
        note_disk(fleet, member, host, err) < 0)
        return -1;
    return vl_stage_installs(fleet->session, member->pbx) || vl_fleet_by_hand(fleet, member)
               ? vl_fleet_start(fleet, member, err)
               : 0;
}

void vl_fleet_make_guest(struct vl_fleet *fleet, struct vl_member *member)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (vl_session_cancelled(fleet->session) || member->error.code)
        return;
    if (member->pbx->place == VL_PLACE_VM && make_guest(fleet, member, &cause) < 0)
        vl_fleet_fail_member(fleet, member, &cause);
}

static void make_member(void *context, size_t index)
{
    struct vl_fleet *fleet = context;

    vl_fleet_make_guest(fleet, &fleet->members[index]);
}

void vl_fleet_make_guests(struct vl_fleet *fleet)
{
    unsigned jobs = fleet->session->options.jobs;

    vl_parallel(fleet->count, jobs && jobs < VL_GUESTS_AT_A_TIME ? jobs : VL_GUESTS_AT_A_TIME, make_member, fleet);
}

struct planning {
    struct vl_fleet *fleet;
    unsigned parts;
    bool guess, remove;
};

/* What another PBX of the request was found to be by now may have changed what this one shall have. */
static bool is_settled(const struct vl_fleet *fleet, struct vl_member *member)
{
    const char *now = member->settled ? vl_stage_pbx_fingerprint(fleet->session, member->pbx, &member->arena) : NULL;

    member->settled = now && !strcmp(now, member->then);
    return member->settled;
}

static void plan_member(void *context, size_t index)
{
    const struct planning *planning = context;
    struct vl_fleet *fleet = planning->fleet;
    struct vl_member *member = &fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };
    int rc;

    if ((!member->target && !planning->guess) || is_settled(fleet, member))
        return;
    rc = planning->remove
             ? vl_stage_pbx_removed(fleet->session, member->pbx, member->target, planning->parts, &member->plan, &cause)
             : vl_stage_pbx(fleet->session, member->pbx, member->target, planning->parts, &member->plan, &cause);
    member->planned = rc == 0 && member->target && !planning->remove && planning->parts == VL_ALL_PARTS;
    if (rc < 0)
        vl_fleet_fail_member(fleet, member, &cause);
}

void vl_fleet_plan(struct vl_fleet *fleet, unsigned parts, bool guess, bool remove)
{
    struct planning planning = { .fleet = fleet, .parts = parts, .guess = guess, .remove = remove };

    vl_parallel(fleet->count, fleet->session->options.jobs, plan_member, &planning);
}

struct applying {
    struct vl_fleet *fleet;
    enum vl_role role;
};

static bool restarts(const struct vl_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].restarts)
            return true;
    return false;
}

/* What was told to start anew may answer once more before it does. */
static int wait_for_restart(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    long long begun = vl_now_ms(), next = 0;

    while (vl_now_ms() < begun + RESTART_MS && !vl_session_cancelled(fleet->session)) {
        if (vl_probe_started_since(member->target, begun))
            return 0;
        if (vl_now_ms() >= next) {
            next = vl_now_ms() + VL_FLEET_TELL_MS;
            vl_session_event(fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name, "waiting: Asterisk starts");
        }
        (void)poll(NULL, 0, VL_FLEET_RETRY_MS);
    }
    return vl_fail(err, VL_ERROR_TIMEOUT, "Asterisk on '%s' was started anew and does not answer since",
                   member->pbx->name);
}

static void apply_member(void *context, size_t index)
{
    const struct applying *applying = context;
    struct vl_member *member = &applying->fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (!member->target || !member->plan.count || member->pbx->role != applying->role)
        return;
    if (vl_apply(applying->fleet->session, &member->plan, member->target, &cause) < 0 ||
        (restarts(&member->plan) && wait_for_restart(applying->fleet, member, &cause) < 0))
        vl_fleet_fail_member(applying->fleet, member, &cause);
}

void vl_fleet_apply(struct vl_fleet *fleet)
{
    static const enum vl_role order[] = { VL_ROLE_HUB, VL_ROLE_GUEST };

    for (size_t i = 0; i < 2; i++) {
        struct applying applying = { .fleet = fleet, .role = order[i] };

        vl_parallel(fleet->count, fleet->session->options.jobs, apply_member, &applying);
    }
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        member->agrees = member->planned && !member->error.code;
        if (!member->error.code)
            fleet->changed += member->plan.count;
    }
}

size_t vl_fleet_failed(const struct vl_fleet *fleet)
{
    size_t failed = 0;

    for (size_t i = 0; i < fleet->count; i++)
        failed += fleet->members[i].error.code != VL_OK;
    return failed;
}
