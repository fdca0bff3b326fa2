/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/fleet.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "plan/apply.h"
#include "probe/nature.h"
#include "render/asterisk.h"
#include "stage/stage.h"

enum {
    CONNECT_TIMEOUT_MS = 20000,
    RETRY_MS = 500,
    LOOK_FIRST_MS = 50, /* a registration takes this long on an idle host; later looks are rarer, for busy ones */
    LOOK_MOST_MS = 500,
    UNNAMED_MS = 2000, /* how long trunks to PBXs are waited for that the request did not name */
    CALL_TIMEOUT_MS = 10000,
    NUDGE_MS = 3000,
    RESTART_MS = 60000,
    TELL_MS = 1000, /* what is waited for is told so often */
    MOST_COMMANDS = 16,
    LEAST_PATIENCE_MS = 30000,
};

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
        return vl_fail(err, VL_ERROR_USAGE, "'%s' is no PBX of this lab", names[i]);
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
    return 0;
}

void vl_fleet_close(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        vl_target_close(member->target);
        vl_plan_free(&member->plan);
        vl_arena_free(&member->arena);
        vl_arena_free(&member->view_arena);
        vl_arena_free(&member->cause_arena);
        vl_error_clear(&member->error);
    }
    vl_free(fleet->members);
    *fleet = (struct vl_fleet){ .session = NULL };
}

/* The member is done for: remember why, say so, let its connection go. */
static void fail_member(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *cause)
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

/* The files of this host's PBX under --root: a tree, with no Asterisk in it that could be asked. */
static bool is_tree(const struct vl_session *session, const struct vl_pbx *pbx)
{
    return pbx->place == VL_PLACE_LOCAL && session->options.root[1] != '\0';
}

/* The steps are of this host and libvirt, whose connection is for one at a time. */
static int make_guest(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!host || vl_stage_guest(fleet->session, member->pbx, &plan, err) < 0)
        return -1;
    fleet->changed += plan.count;
    return vl_apply(fleet->session, &plan, host, err);
}

void vl_fleet_make_guests(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count && !vl_session_cancelled(fleet->session); i++) {
        struct vl_member *member = &fleet->members[i];
        VL_ERROR_AUTO cause = { .code = VL_OK };

        if (member->pbx->place == VL_PLACE_VM && make_guest(fleet, member, &cause) < 0)
            fail_member(fleet, member, &cause);
    }
}

/* All that is going to be asked, in one round trip. */
static void ask_ahead(const struct vl_fleet *fleet, const struct vl_member *member)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *lists[] = { vl_probe_nature_commands(),
                                   fleet->looks ? vl_probe_trunk_commands(&arena, &fleet->session->state, member->pbx)
                                                : NULL };
    const char *commands[MOST_COMMANDS] = { VL_PROBE_READY };
    size_t count = 1;

    for (size_t i = 0; i < VL_COUNT(lists); i++)
        for (const char *const *command = lists[i]; command && *command && count + 1 < MOST_COMMANDS; command++)
            commands[count++] = *command;
    vl_stage_pbx_prefetch(fleet->session, member->pbx, member->target, fleet->parts,
                          &(struct vl_wanted){ .paths = vl_probe_nature_paths(&arena), .commands = commands });
}

struct connecting {
    struct vl_fleet *fleet;
    long long begun;
    size_t answered; /* members that are connected, counted by all threads */
    long long deadline;
    int patience_ms; /* how long each may keep us waiting in all that it is asked afterwards */
};

/* One try. A host that answers with another key than the lab's will not change its mind: no use in waiting. */
static bool try_connect(const struct connecting *connecting, struct vl_member *member, struct vl_error *cause)
{
    long long left = connecting->deadline - vl_now_ms();
    int timeout = left > CONNECT_TIMEOUT_MS ? CONNECT_TIMEOUT_MS : left < 2000 ? 2000 : (int)left;

    vl_error_clear(cause);
    if (!member->target)
        member->target = vl_session_connect(connecting->fleet->session, member->pbx, timeout, cause);
    if (!member->target)
        return false;
    member->target->patience_ms = connecting->patience_ms;
    ask_ahead(connecting->fleet, member);
    if (is_tree(connecting->fleet->session, member->pbx) || vl_probe_asterisk_ready(member->target))
        return true;
    (void)vl_fail(cause, VL_ERROR_FAILED, "Asterisk on '%s' does not answer", member->pbx->name);
    if (member->pbx->place != VL_PLACE_LOCAL) {
        vl_target_close(member->target);
        member->target = NULL;
    }
    return false;
}

static void tell_nature(struct vl_session *session, struct vl_member *member)
{
    const char *conflict = vl_nature_conflict(&member->arena, member->pbx, &member->nature);

    vl_session_event(session, VOIPLAB_EVENT_STEP, member->pbx->name, "answers: %s",
                     vl_flavor_describe(&member->arena, &member->nature));
    if (conflict)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", conflict);
}

/* Who waits is told for whom, and why. */
static void tell_waiting(struct connecting *connecting, const struct vl_member *member, const struct vl_error *cause,
                         long long *next)
{
    if (vl_now_ms() < *next)
        return;
    *next = vl_now_ms() + TELL_MS;
    vl_session_event(connecting->fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name,
                     "%zu of %zu answer; waiting: %s", __atomic_load_n(&connecting->answered, __ATOMIC_RELAXED),
                     connecting->fleet->count, vl_error_text(cause));
}

/* The last of many tries was short: what is told is how long was waited in all. */
static void tell_whole_wait(const struct connecting *connecting, const struct vl_pbx *pbx, struct vl_error *cause)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    double seconds = (double)(vl_now_ms() - connecting->begun) / 1000;

    if (cause->code != VL_ERROR_TIMEOUT || pbx->place == VL_PLACE_LOCAL)
        return;
    if (vl_text_starts(vl_error_text(cause), vl_arena_printf(&arena, "'%s' ", pbx->name)))
        (void)vl_fail(cause, VL_ERROR_TIMEOUT, "'%s' (%s port %u) did not answer within %.1f s; is it up?", pbx->name,
                      vl_text_from_ipv4(&arena, pbx->address), pbx->ssh_port, seconds);
    else
        (void)vl_error_wrap(cause, "'%s' could not be reached within %.1f s", pbx->name, seconds);
}

static void connect_member(void *context, size_t index)
{
    struct connecting *connecting = context;
    struct vl_member *member = &connecting->fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };
    long long next = 0;
    size_t tries = 0;

    if (member->error.code)
        return;
    while (!try_connect(connecting, member, &cause)) {
        tries++;
        /* who only looks does not wait for a machine to start, but for one that is busy */
        if (cause.code == VL_ERROR_REFUSED || (connecting->fleet->dry && cause.code != VL_ERROR_TIMEOUT) ||
            vl_now_ms() + RETRY_MS >= connecting->deadline || vl_session_cancelled(connecting->fleet->session)) {
            if (tries > 1)
                tell_whole_wait(connecting, member->pbx, &cause);
            fail_member(connecting->fleet, member, &cause);
            return;
        }
        tell_waiting(connecting, member, &cause, &next);
        (void)poll(NULL, 0, RETRY_MS);
    }
    (void)__atomic_add_fetch(&connecting->answered, 1, __ATOMIC_RELAXED);
    if (vl_probe_nature(&member->arena, member->target, member->pbx, is_tree(connecting->fleet->session, member->pbx),
                        &member->nature, &cause) < 0)
        fail_member(connecting->fleet, member, &cause);
    else if (!is_tree(connecting->fleet->session, member->pbx))
        tell_nature(connecting->fleet->session, member);
}

static const struct vl_nature *known(const struct vl_fleet *fleet, size_t index)
{
    return vl_state_nature(&fleet->session->state, fleet->members[index].pbx);
}

/* What was found is kept for all that follows. A request that only looks goes by what the files were made for. It is
 * for one at a time, so it waits until all have been asked. */
static void learn(struct vl_fleet *fleet)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    bool news = false;

    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].nature.seen && (fleet->parts || !known(fleet, i)->seen))
            news |= vl_state_learn(&fleet->session->state, fleet->members[i].pbx, &fleet->members[i].nature);
    if (news && !fleet->dry && vl_session_remember(fleet->session, &cause) < 0)
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, NULL, "%s", vl_error_text(&cause));
}

void vl_fleet_connect(struct vl_fleet *fleet, unsigned wait_s)
{
    long long wait_ms = (long long)wait_s * 1000;
    struct connecting connecting = { .fleet = fleet, .begun = vl_now_ms() };

    connecting.deadline = connecting.begun + wait_ms;
    connecting.patience_ms = wait_ms < LEAST_PATIENCE_MS       ? LEAST_PATIENCE_MS
                             : wait_ms > VL_TARGET_PATIENCE_MS ? VL_TARGET_PATIENCE_MS
                                                               : (int)wait_ms;
    vl_parallel(fleet->count, fleet->session->options.jobs, connect_member, &connecting);
    learn(fleet);
}

struct planning {
    struct vl_fleet *fleet;
    unsigned parts;
    bool guess, remove;
};

static void plan_member(void *context, size_t index)
{
    const struct planning *planning = context;
    struct vl_fleet *fleet = planning->fleet;
    struct vl_member *member = &fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };
    int rc;

    if (!member->target && !planning->guess)
        return;
    rc = planning->remove
             ? vl_stage_pbx_removed(fleet->session, member->pbx, member->target, planning->parts, &member->plan, &cause)
             : vl_stage_pbx(fleet->session, member->pbx, member->target, planning->parts, &member->plan, &cause);
    if (rc < 0)
        fail_member(fleet, member, &cause);
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
            next = vl_now_ms() + TELL_MS;
            vl_session_event(fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name, "waiting: Asterisk starts");
        }
        (void)poll(NULL, 0, RETRY_MS);
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
        fail_member(applying->fleet, member, &cause);
}

void vl_fleet_apply(struct vl_fleet *fleet)
{
    static const enum vl_role order[] = { VL_ROLE_HUB, VL_ROLE_GUEST };

    for (size_t i = 0; i < 2; i++) {
        struct applying applying = { .fleet = fleet, .role = order[i] };

        vl_parallel(fleet->count, fleet->session->options.jobs, apply_member, &applying);
    }
    for (size_t i = 0; i < fleet->count; i++)
        if (!fleet->members[i].error.code)
            fleet->changed += fleet->members[i].plan.count;
}

struct looking {
    struct vl_fleet *fleet;
    const bool *away;     /* per PBX of the lab: it does not answer; NULL: nothing is known */
    const bool *not_here; /* that, or the request does not name it */
    long long begun, deadline;
};

/* What is wrong with this member's trunks, in words. */
static void describe_bad_view(const struct vl_member *member, struct vl_error *cause)
{
    const struct vl_trunk_view *view = &member->view;

    if (view->registration_wanted && !view->registered && !view->hub_away)
        (void)vl_fail(cause, VL_ERROR_FAILED, "not registered with the hub: %s",
                      *view->registration ? view->registration : "Asterisk has no such registration");
    else if (view->hub && !view->hub_away)
        (void)vl_fail(cause, VL_ERROR_FAILED, "%sthe hub does not answer as a peer: %s",
                      view->registration_wanted ? "registered, but " : "", view->hub);
    else
        (void)vl_fail(cause, VL_ERROR_FAILED, "%zu of %zu peer%s reachable; %s", view->peers_ok, view->peers_wanted,
                      vl_plural(view->peers_wanted), view->first_bad_peer ? view->first_bad_peer : "");
}

/* A hub that the request does not name, and that is not known to be away, is an excuse only for a registration that
 * waits for its answer; one that is not there, or was refused, is this PBX's own fault. */
static bool excuses(const struct looking *looking, const struct vl_trunk_view *view)
{
    static const char *const waiting[] = { "Request Sent", "Auth. Sent", "Unregistered", "Timeout" };
    const struct vl_lab *lab = looking->fleet->session->lab;

    if (!view->registration_wanted || view->registered || !looking->away || looking->away[lab->hub - lab->pbxs])
        return true;
    for (size_t i = 0; i < VL_COUNT(waiting); i++)
        if (!strcmp(view->registration, waiting[i]))
            return true;
    return false;
}

/* The texts of a look go with the next: a guest that is looked at a hundred times says more than is worth keeping. */
static int look_once(const struct looking *looking, struct vl_member *member, bool last, struct vl_error *cause)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_arena before = member->view_arena;
    struct vl_trunk_view view = { .registration = "", .every = looking->fleet->every };
    const bool *away = last || vl_now_ms() >= looking->begun + UNNAMED_MS ? looking->not_here : looking->away;

    int rc = vl_probe_trunks(&arena, &looking->fleet->session->state, member->pbx, away, member->target, &view, cause);

    if (!view.asterisk)
        return -1;
    member->view = view;
    member->view.hub_away = member->view.hub_away && excuses(looking, &member->view);
    for (size_t i = 0; i < member->view.edge_count; i++)
        if (member->view.edges[i].to == looking->fleet->session->lab->hub && !member->view.edges[i].ok)
            member->view.edges[i].away = member->view.hub_away;
    member->view_arena = arena;
    arena = before;
    return rc;
}

/* Look until all is good. 0, or -1 when it cannot be asked. */
static int look_until(const struct looking *looking, struct vl_member *member, struct vl_error *cause)
{
    long long nudge = vl_now_ms() + NUDGE_MS, tell = vl_now_ms() + TELL_MS;
    int pause = LOOK_FIRST_MS;

    for (;;) {
        bool last = vl_now_ms() + pause >= looking->deadline || vl_session_cancelled(looking->fleet->session);

        if (look_once(looking, member, last, cause) < 0)
            return -1;
        if (last || vl_trunk_view_good(&member->view))
            return 0;
        if (member->view.stuck && vl_now_ms() >= nudge) {
            vl_probe_register_again(&looking->fleet->session->state, member->pbx, member->target);
            nudge = vl_now_ms() + NUDGE_MS;
        }
        if (vl_now_ms() >= tell) {
            vl_session_event(looking->fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name,
                             "%zu of %zu peer%s reachable%s", member->view.peers_ok, member->view.peers_wanted,
                             vl_plural(member->view.peers_wanted),
                             member->view.registration_wanted && !member->view.registered ? ", not registered" : "");
            tell = vl_now_ms() + TELL_MS;
        }
        (void)poll(NULL, 0, pause);
        pause = pause < LOOK_MOST_MS ? 2 * pause : pause;
    }
}

/* Of a PBX that did not show its trunks one of each driver stands for all: why it did not can be found out. */
static void note_unseen(const struct vl_fleet *fleet, struct vl_member *member)
{
    const struct vl_lab *lab = fleet->session->lab;
    struct vl_edge *edges = vl_arena_zalloc(&member->arena, 2 * sizeof(*edges));
    struct vl_trunks walk = vl_lab_trunks_from(lab, member->pbx);
    size_t count = 0;

    if (!edges)
        return;
    for (size_t i = 0; i < lab->pbx_count && !count; i++) {
        const struct vl_pbx *guest = member->pbx->role == VL_ROLE_HUB ? &lab->pbxs[i] : member->pbx;

        if (guest->account)
            edges[count++] = (struct vl_edge){ .kind = guest == member->pbx ? VL_EDGE_HUB : VL_EDGE_ACCOUNT,
                                               .to = guest == member->pbx ? lab->hub : guest,
                                               .name = guest->account };
    }
    while (vl_lab_next_trunk(&walk))
        if (vl_state_over_iax2(&fleet->session->state, &walk.trunk)) {
            edges[count++] = (struct vl_edge){ .kind = VL_EDGE_TRUNK,
                                               .to = walk.trunk.to,
                                               .name = vl_arena_strdup(&member->arena, walk.trunk.name),
                                               .iax2 = true };
            break;
        }
    for (size_t i = 0; i < count; i++) {
        edges[i].status = "not shown";
        edges[i].milliseconds = -1;
        edges[i].unseen = true;
    }
    member->view = (struct vl_trunk_view){ .registration = "", .edges = edges, .edge_count = count };
}

static void look_at_member(void *context, size_t index)
{
    const struct looking *looking = context;
    struct vl_fleet *fleet = looking->fleet;
    struct vl_member *member = &fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (!member->target || is_tree(fleet->session, member->pbx))
        return;
    if (look_until(looking, member, &cause) == 0) {
        if (vl_trunk_view_good(&member->view))
            return;
        describe_bad_view(member, &cause);
    } else if (!member->view.asterisk) {
        note_unseen(fleet, member); /* else one question failed, and what the others said stands */
    }
    /* its connection stays: it can still be asked why (explain.c) */
    vl_error_move(&member->error, &cause);
    vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&member->error));
}

/* Trunks that were not waited for are not passed over in silence. */
static void tell_unnamed(const struct looking *looking)
{
    const struct vl_fleet *fleet = looking->fleet;

    if (fleet->count == fleet->session->lab->pbx_count)
        return;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct vl_member *member = &fleet->members[i];

        if (!member->target || member->error.code || (!member->view.peers_away && !member->view.hub_away))
            continue;
        vl_session_event(fleet->session, VOIPLAB_EVENT_STEP, member->pbx->name,
                         "%zu of %zu peer%s reachable%s; those that this request does not name were not waited for",
                         member->view.peers_ok, member->view.peers_wanted, vl_plural(member->view.peers_wanted),
                         member->view.hub_away && !member->view.registered ? ", not registered" : "");
    }
}

/* A member that failed before takes nobody along: the trunks that lead to it are not waited for. */
void vl_fleet_look(struct vl_fleet *fleet, unsigned wait_s)
{
    const struct vl_lab *lab = fleet->session->lab;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    bool *away = vl_arena_zalloc(&arena, lab->pbx_count * sizeof(*away));
    bool *not_here = vl_arena_zalloc(&arena, lab->pbx_count * sizeof(*not_here));
    struct looking looking = { .fleet = fleet, .away = away, .not_here = not_here, .begun = vl_now_ms() };

    looking.deadline = looking.begun + (long long)wait_s * 1000;
    fleet->looked_ms = looking.begun;
    if (!away || !not_here)
        looking.away = looking.not_here = NULL;
    for (size_t i = 0; looking.away && i < lab->pbx_count; i++)
        not_here[i] = true;
    for (size_t i = 0; looking.away && i < fleet->count; i++)
        away[fleet->members[i].pbx - lab->pbxs] = not_here[fleet->members[i].pbx - lab->pbxs] =
            !fleet->members[i].target;
    vl_parallel(fleet->count, fleet->session->options.jobs, look_at_member, &looking);
    tell_unnamed(&looking);
}

struct calling {
    struct vl_fleet *fleet;
    bool all;
};

enum { MOST_CALLS = 2, AGAIN_S = 3 };

/* Calls that one member places at the same time, and how each goes, in words. */
struct calls {
    const struct vl_pbx *to;
    struct vl_call calls[MOST_CALLS];
    const char *how[MOST_CALLS];
    bool by_hub[MOST_CALLS], iax2;
    size_t count;
};

/* Keep how a call went. */
static void note_call(struct vl_member *member, const struct calls *calls, size_t i, const struct vl_error *error)
{
    struct vl_edge *grown = vl_arena_grow(&member->arena, member->calls, member->call_count, sizeof(*grown));

    if (!grown)
        return;
    member->calls = grown;
    grown[member->call_count++] = (struct vl_edge){
        .kind = VL_EDGE_CALL,
        .to = calls->to,
        .name = vl_arena_strdup(&member->arena, calls->calls[i].number),
        .context = calls->calls[i].context,
        .status = error->code ? vl_arena_strdup(&member->arena, vl_error_text(error)) : "answered",
        .milliseconds = -1,
        .ok = !error->code,
        .iax2 = calls->iax2 && !calls->by_hub[i],
        .by_hub = calls->by_hub[i],
    };
}

/* A trunk that has just come up may be down again for a moment at the end that looked first, as where an emulated guest
 * was late with an answer. Those that went wrong are placed once more, and what they say then counts. */
static void place_again(const struct vl_fleet *fleet, struct vl_member *member, const struct calls *calls,
                        struct vl_error *errors)
{
    struct vl_error second[MOST_CALLS] = { { .code = VL_OK } };
    struct vl_call again[MOST_CALLS];
    size_t which[MOST_CALLS], count = 0;

    for (size_t i = 0; i < calls->count; i++)
        if (errors[i].code) {
            which[count] = i;
            again[count++] = calls->calls[i];
        }
    if (!count || vl_session_cancelled(fleet->session))
        return;
    (void)nanosleep(&(struct timespec){ .tv_sec = AGAIN_S }, NULL);
    vl_probe_calls(member->target, again, count, CALL_TIMEOUT_MS, second);
    for (size_t i = 0; i < count; i++) {
        vl_error_clear(&errors[which[i]]);
        vl_error_move(&errors[which[i]], &second[i]);
    }
}

static void place_calls(struct vl_fleet *fleet, struct vl_member *member, const struct calls *calls)
{
    struct vl_error errors[MOST_CALLS] = { { .code = VL_OK } };

    for (size_t i = 0; fleet->note && i < calls->count; i++) {
        vl_stage_look_at_call(member->pbx, &calls->calls[i], calls->how[i], CALL_TIMEOUT_MS, fleet->note);
        note_call(member, calls, i, &errors[i]);
    }
    if (fleet->note)
        return;
    if (vl_session_cancelled(fleet->session)) {
        if (!member->error.code)
            (void)vl_fail(&member->error, VL_ERROR_FAILED, "cancelled before its calls were placed");
        return;
    }
    member->calls_placed += calls->count;
    vl_probe_calls(member->target, calls->calls, calls->count, CALL_TIMEOUT_MS, errors);
    if (fleet->again)
        place_again(fleet, member, calls, errors);
    for (size_t i = 0; i < calls->count; i++) {
        note_call(member, calls, i, &errors[i]);
        if (!errors[i].code) {
            member->calls_answered++;
            vl_session_event(fleet->session, VOIPLAB_EVENT_STEP, member->pbx->name, "called %s %s: answered",
                             calls->calls[i].number, calls->how[i]);
            continue;
        }
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&errors[i]));
        if (!member->error.code)
            vl_error_move(&member->error, &errors[i]);
        vl_error_clear(&errors[i]);
    }
}

/* Whether its Asterisk has said what was asked, so that it can call and be called. */
static bool can_talk(const struct vl_fleet *fleet, const struct vl_member *member)
{
    if (fleet->note)
        return true;
    return member->target && !is_tree(fleet->session, member->pbx) && (member->view.asterisk || !member->error.code);
}

static bool answers(const struct vl_fleet *fleet, const struct vl_pbx *pbx)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].pbx == pbx)
            return can_talk(fleet, &fleet->members[i]);
    return false;
}

/* A call to the test number of `to`, and where it leaves by a trunk one to its account at the hub. */
static void call_guest(const struct calling *calling, struct vl_member *member, const struct vl_pbx *to)
{
    const struct vl_lab *lab = calling->fleet->session->lab;
    const struct vl_state *state = &calling->fleet->session->state;
    const char *context = vl_render_dial_context(&member->arena, lab, state, member->pbx);
    const char *by_hub = vl_arena_printf(&member->arena, "(%s) over two SIP trunks and the hub", to->name);
    struct vl_trunk trunk;
    enum vl_way way = vl_lab_way(lab, member->pbx, to, &trunk);
    struct calls calls = { .to = to, .by_hub = { way == VL_WAY_HUB, true }, .count = 1 };

    calls.iax2 = way != VL_WAY_HUB && vl_state_over_iax2(state, &trunk);
    calls.calls[0] = (struct vl_call){ .number = to->test_number, .context = context };
    if (way == VL_WAY_HUB) {
        calls.calls[0].channel = vl_render_hub_channel(&member->arena, state, member->pbx);
        calls.how[0] = by_hub;
    } else {
        calls.calls[0].channel = vl_render_trunk_channel(&member->arena, state, &trunk);
        calls.how[0] = vl_arena_printf(
            &member->arena, "(%s) over %s%s%s", to->name, vl_state_over_iax2(state, &trunk) ? "IAX2" : "SIP",
            way == VL_WAY_ONWARD ? ", sent on by " : "", way == VL_WAY_ONWARD ? trunk.to->name : "");
    }
    if (way == VL_WAY_TRUNK && to->account && answers(calling->fleet, lab->hub)) {
        calls.calls[1] = (struct vl_call){ .number = to->account,
                                           .context = context,
                                           .channel = vl_render_hub_channel(&member->arena, state, member->pbx) };
        calls.how[1] = by_hub;
        calls.count = 2;
    }
    place_calls(calling->fleet, member, &calls);
}

/* Whether this guest can be called now. One that is to send the call on is not asked whether it does: the call tells.
 */
static bool can_call(const struct calling *calling, const struct vl_member *member, const struct vl_pbx *to)
{
    const struct vl_lab *lab = calling->fleet->session->lab;
    struct vl_trunk ignored;
    enum vl_way way = vl_lab_way(lab, member->pbx, to, &ignored);

    return way != VL_WAY_NONE && (way != VL_WAY_HUB || answers(calling->fleet, lab->hub)) &&
           answers(calling->fleet, to);
}

static bool has_called_by_hub(const struct vl_member *member)
{
    for (size_t i = 0; i < member->call_count; i++)
        if (member->calls[i].by_hub)
            return true;
    return false;
}

/* What Asterisk says of a registration may be 140 s old: it goes on saying so until the next renewal has failed. A call
 * over the hub to this guest's own test number proves it, at either end, also where the hub is not asked. One that says
 * itself that there is nothing to prove is not called, nor one that may have a single call at the hub: it takes two. */
static void prove_registration(const struct calling *calling, struct vl_member *member)
{
    const struct vl_lab *lab = calling->fleet->session->lab;
    const struct vl_state *state = &calling->fleet->session->state;
    const struct vl_trunk_view *view = &member->view;
    enum vl_register registers;
    struct vl_trunk trunk;
    struct calls calls = { .to = lab->hub, .by_hub = { true }, .count = 1, .how = { "over the hub, to itself" } };

    if (!member->pbx->account || !member->pbx->prefix || view->hub ||
        (view->registration_wanted && !view->registered) || has_called_by_hub(member) ||
        !vl_lab_hub_trunk(lab, member->pbx, &trunk, &registers) || trunk.settings.limit == 1)
        return;
    calls.calls[0] = (struct vl_call){
        .number = member->pbx->test_number,
        .context = vl_render_dial_context(&member->arena, lab, state, member->pbx),
        .channel = vl_render_hub_channel(&member->arena, state, member->pbx),
        .device = vl_render_hub_device(&member->arena, state, member->pbx, member->pbx->test_number),
    };
    place_calls(calling->fleet, member, &calls);
}

/* One call of each kind is enough to see that it works: to the next guest that answers, so that each is called once.
 * Were all to call the first, most of them would meet its limit of calls. */
static void call_from_guest(const struct calling *calling, struct vl_member *member)
{
    const struct vl_lab *lab = calling->fleet->session->lab;
    size_t self = (size_t)(member->pbx - lab->pbxs);

    for (size_t i = 1; i < lab->pbx_count; i++) {
        const struct vl_pbx *to = &lab->pbxs[(calling->all ? i - 1 + (i > self) : self + i) % lab->pbx_count];

        if (!can_call(calling, member, to))
            continue;
        call_guest(calling, member, to);
        if (!calling->all)
            return;
    }
    if (calling->all)
        prove_registration(calling, member);
}

static void call_from_hub(const struct calling *calling, struct vl_member *member)
{
    const struct vl_lab *lab = calling->fleet->session->lab;
    const struct vl_state *state = &calling->fleet->session->state;
    const char *context = vl_render_dial_context(&member->arena, lab, state, member->pbx);
    struct calls calls = { .count = 1 };

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (!pbx->account || !answers(calling->fleet, pbx))
            continue;
        calls.to = pbx;
        calls.calls[0] = (struct vl_call){ .number = pbx->test_number,
                                           .context = context,
                                           .channel = vl_render_account_channel(&member->arena, lab, state, pbx) };
        calls.how[0] = vl_arena_printf(&member->arena, "(%s) over SIP", pbx->name);
        place_calls(calling->fleet, member, &calls);
        if (!calling->all)
            return;
    }
}

static void call_from_member(void *context, size_t index)
{
    const struct calling *calling = context;
    struct vl_member *member = &calling->fleet->members[index];

    if (!can_talk(calling->fleet, member))
        return;
    if (member->pbx->role == VL_ROLE_HUB)
        call_from_hub(calling, member);
    else
        call_from_guest(calling, member);
}

void vl_fleet_call(struct vl_fleet *fleet, bool all)
{
    struct calling calling = { .fleet = fleet, .all = all };

    if (fleet->note)
        for (size_t i = 0; i < fleet->count; i++)
            call_from_member(&calling, i);
    else
        vl_parallel(fleet->count, fleet->session->options.jobs, call_from_member, &calling);
}

size_t vl_fleet_failed(const struct vl_fleet *fleet)
{
    size_t failed = 0;

    for (size_t i = 0; i < fleet->count; i++)
        failed += fleet->members[i].error.code != VL_OK;
    return failed;
}
