/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that prove the trunks: which PBX calls which, over what, and how each call went. A member places its calls one
 * after the other, all members at the same time, or as many as their host bears.
 */
#include "request/fleet_part.h"

#include <time.h>

#include "base/parallel.h"
#include "base/text.h"
#include "plan/sites.h"
#include "probe/calls.h"
#include "render/asterisk.h"
#include "stage/stage.h"

struct calling {
    struct vl_fleet *fleet;
    bool all;
};

enum { MOST_CALLS = 2, AGAIN_S = 3, CALL_TIMEOUT_MS = 10000, CALL_EMULATED_MS = 30000, MOST_IN_VAIN = 2 };

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

static bool is_emulated(const struct vl_session *session, const struct vl_pbx *pbx)
{
    return pbx->place == VL_PLACE_VM && vl_site_emulates(session, vl_site_of(session, pbx));
}

/* Either end, or the hub between them: one among ten that have just booted was seen not to place its first call in ten
 * seconds. Whose calls were in vain has no more time for others. */
static int timeout_of(const struct vl_session *session, const struct vl_member *from, const struct vl_pbx *to)
{
    const struct vl_pbx *hub = session->lab->hub;
    bool emulated = is_emulated(session, from->pbx) || is_emulated(session, to) || (hub && is_emulated(session, hub));

    return emulated && from->in_vain < MOST_IN_VAIN ? CALL_EMULATED_MS : CALL_TIMEOUT_MS;
}

static bool is_cancelled(void *session)
{
    return vl_session_cancelled(session);
}

static int place_in_turn(struct vl_session *session, const struct vl_member *member, const struct vl_pbx *to,
                         const struct vl_call *calls, size_t count, struct vl_error *errors)
{
    const struct vl_call_patience patience = { .timeout_ms = timeout_of(session, member, to),
                                               .cancelled = is_cancelled,
                                               .context = session };
    struct vl_gate_visit visit;
    bool turn = vl_gate_enter_for(session, member->pbx, patience.timeout_ms, &visit);
    int rc;

    for (size_t i = 0; turn && vl_session_cancelled(session) && i < count; i++)
        (void)vl_fail(&errors[i], VL_ERROR_FAILED, "cancelled before the call from '%s' to %s was placed",
                      member->pbx->name, calls[i].number);
    rc = turn && vl_session_cancelled(session) ? -1 : vl_probe_calls(member->target, calls, count, &patience, errors);
    vl_gate_leave(session, &visit);
    return rc;
}

/* A trunk that has just come up may be down again for a moment at the end that looked first, as where an emulated guest
 * was late with an answer. Those that went wrong are placed once more, and what they say then counts; unless that was
 * in vain before. */
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
    if (!count || member->in_vain >= MOST_IN_VAIN || vl_session_cancelled(fleet->session))
        return;
    (void)nanosleep(&(struct timespec){ .tv_sec = AGAIN_S }, NULL);
    (void)place_in_turn(fleet->session, member, calls->to, again, count, second);
    for (size_t i = 0; i < count; i++) {
        member->in_vain += second[i].code != VL_OK;
        if (!second[i].code)
            vl_session_event(fleet->session, VOIPLAB_EVENT_STEP, member->pbx->name, "placed once more, since %s",
                             vl_error_text(&errors[which[i]]));
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
    if (place_in_turn(fleet->session, member, calls->to, calls->calls, calls->count, errors) == 0 && fleet->again)
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
    return member->target && !vl_fleet_is_tree(fleet, member->pbx) && (member->view.asterisk || !member->error.code);
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
