/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at the trunks of all PBXs at once until they are good or the wait is over. A PBX that is away, or that the
 * request does not name, is no fault of the one that has a trunk to it.
 */
#include "request/fleet_part.h"

#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/parallel.h"
#include "base/text.h"
#include "probe/trunks.h"

enum {
    LOOK_FIRST_MS = 50, /* a registration takes this long on an idle host; later looks are rarer, for busy ones */
    LOOK_MOST_MS = 500,
    UNNAMED_MS = 2000, /* how long trunks to PBXs are waited for that the request did not name */
    NUDGE_MS = 3000,
    ANEW_MS = 1000, /* after that long a new registration is not on its way, but was refused */
};

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
    struct vl_trunk_view view = { .registration = "", .before = member->before, .every = looking->fleet->every };
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

/* The hub, or the peer of a SIP trunk, that did not answer in time; one whose answer came late at once: it was busy
 * then. */
static bool is_to_be_asked(const struct vl_trunk_view *view, long long waited_ms)
{
    for (size_t i = 0; i < view->edge_count; i++) {
        const struct vl_edge *edge = &view->edges[i];

        if (!edge->ok && !edge->away && !edge->iax2 && (edge->kind == VL_EDGE_HUB || edge->kind == VL_EDGE_TRUNK) &&
            (waited_ms >= ANEW_MS || (edge->status && vl_text_starts(edge->status, "LAGGED"))))
            return true;
    }
    return false;
}

/* One that has given up, or was refused, is told to try again, and one that had no answer in time to ask again. For how
 * long it is left alone then; 0: it was told nothing. */
static int nudge_member(const struct looking *looking, struct vl_member *member)
{
    const struct vl_state *state = &looking->fleet->session->state;
    long long waited_ms = vl_now_ms() - looking->begun;
    bool asked = false;

    if (member->before && !member->view.registered && waited_ms >= ANEW_MS)
        vl_fleet_register_anew(looking->fleet, member);
    else if (member->view.stuck && waited_ms >= NUDGE_MS)
        vl_probe_register_again(state, member->pbx, member->target);
    else if ((asked = is_to_be_asked(&member->view, waited_ms)))
        vl_probe_qualify(state, member->pbx, member->target);
    else
        return 0;
    return asked ? ANEW_MS : NUDGE_MS;
}

/* One look, and what is done about what it shows. 1: no other is needed, or there is no time for one, 0, or -1 when it
 * cannot be asked. */
static int look_and_nudge(const struct looking *looking, struct vl_member *member, bool last, long long *nudge_ms,
                          struct vl_error *cause)
{
    if (look_once(looking, member, last, cause) < 0)
        return -1;
    if (member->view.registered)
        member->before = NULL;
    if (last || vl_trunk_view_good(&member->view))
        return 1;
    if (vl_now_ms() >= *nudge_ms)
        *nudge_ms = vl_now_ms() + nudge_member(looking, member);
    return 0;
}

static void tell_look(const struct looking *looking, const struct vl_member *member)
{
    const struct vl_trunk_view *view = &member->view;

    vl_session_event(looking->fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name,
                     "%zu of %zu peer%s reachable%s%s%s", view->peers_ok, view->peers_wanted,
                     vl_plural(view->peers_wanted),
                     view->registration_wanted && !view->registered ? ", not registered" : "",
                     view->hub ? ", the hub: " : "", view->hub ? view->hub : "");
}

/* Look until all is good. 0, or -1 when it cannot be asked. One that has to wait for its turn has its time from the
 * first one on. */
static int look_until(const struct looking *looking, struct vl_member *member, struct vl_error *cause)
{
    struct vl_session *session = looking->fleet->session;
    long long begun = vl_now_ms(), nudge = begun, tell = begun + VL_FLEET_TELL_MS, deadline = 0;
    int pause = LOOK_FIRST_MS, rc;

    vl_target_grant(member->target, looking->deadline - begun);
    for (;;) {
        struct vl_gate_visit visit;
        bool turn = vl_gate_enter(session, member->pbx, &visit);

        if (!deadline)
            deadline = turn ? vl_now_ms() + looking->deadline - looking->begun : looking->deadline;
        rc = look_and_nudge(looking, member, vl_now_ms() + pause >= deadline || vl_session_cancelled(session), &nudge,
                            cause);
        vl_gate_leave(session, &visit);
        if (rc)
            return rc < 0 ? -1 : 0;
        if (vl_now_ms() >= tell) {
            tell_look(looking, member);
            tell = vl_now_ms() + VL_FLEET_TELL_MS;
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

    if (!member->target || vl_fleet_is_tree(fleet, member->pbx))
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
    if (looking.away && fleet->registers && lab->hub)
        not_here[lab->hub - lab->pbxs] = away[lab->hub - lab->pbxs];
    vl_parallel(fleet->count, fleet->session->options.jobs, look_at_member, &looking);
    tell_unnamed(&looking);
}
