/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connecting to all PBXs at once. A machine that starts is tried again until Asterisk answers or the wait is over, and
 * all that the request is going to ask a PBX goes there with the first question.
 */
#include "request/fleet_part.h"
#include "request/machines.h"

#include <poll.h>

#include "base/clock.h"
#include "base/list.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "probe/ask.h"
#include "probe/knock.h"
#include "probe/nature.h"
#include "probe/trunks.h"
#include "stage/stage.h"

enum {
    CONNECT_TIMEOUT_MS = 20000,
    LEAST_PATIENCE_MS = 30000,
    BOOTING_MS = 100,   /* between two tries while nobody listens there, which costs next to nothing */
    STARTING_MS = 3000, /* how long a shell there waits for Asterisk, and what it may take on top */
    STARTING_SPARE_MS = 17000,
    KNOCK_MS = 200,
    OPEN_MS = 800,
    KNOCKS_MISSED_MS = 1700, /* a kernel that refuses says so once a second at least */
    LOGIN_SPARE_MS = 10000,
    LAST_TRY_MS = 3000, /* who gave no sign of itself is told so by one that would log in */
    AGENT_MS = 5000,    /* an agent that does not do until then is none */
    QUIET_MS = 30000,   /* longer than Asterisk takes to start beside another guest that boots */
};

static const char *const ready[] = { VL_PROBE_READY, NULL };

/* What it is, and what lies there. Of one that has stood still for a moment, or was put back to where it was seen, that
 * is known. */
static struct vl_wanted wanted_of_it(const struct vl_fleet *fleet, const struct vl_member *member,
                                     struct vl_arena *arena)
{
    const struct vl_nature *nature = vl_state_nature(&fleet->session->state, member->pbx);

    if (member->stood || member->settled)
        return (struct vl_wanted){ .commands = ready };
    return vl_stage_pbx_wanted(
        fleet->session, member->pbx, fleet->parts,
        &(struct vl_wanted){ .paths = vl_probe_nature_paths(arena),
                             .commands = vl_list_joined(arena, ready, vl_probe_nature_commands(nature)) },
        arena);
}

/* All that is going to be asked, for one round trip. The trunks come last, and of who is told to register with it they
 * are waited for: another look costs more than that. */
static struct vl_wanted wanted_of(const struct vl_fleet *fleet, const struct vl_member *member, struct vl_arena *arena)
{
    const struct vl_state *state = &fleet->session->state;
    struct vl_wanted wanted = wanted_of_it(fleet, member, arena);

    if (fleet->looks) {
        const char *const *trunks = vl_probe_trunk_commands(arena, state, member->pbx);

        wanted.commands = vl_list_joined(arena, wanted.commands, trunks);
        wanted.awaited = member->asleep && !member->stood ? vl_probe_trunk_awaited(state, member->pbx) : NULL;
        wanted.together = (unsigned)vl_list_length(trunks);
    }
    return wanted;
}

static void ask_ahead(const struct vl_fleet *fleet, const struct vl_member *member)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_wanted wanted;

    if (!member->target->ops->prefetch)
        return;
    wanted = wanted_of(fleet, member, &arena);
    if (!arena.failed)
        vl_target_prefetch(member->target, &wanted);
}

static int wake(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_wanted then = wanted_of(fleet, member, &arena);

    return arena.failed ? vl_no_memory(err) : vl_fleet_wake(fleet, member, &then, err);
}

struct connecting {
    struct vl_fleet *fleet;
    long long begun;
    size_t answered;       /* members that are connected, counted by all threads */
    long long tell_ms;     /* when who waits is told next, by any of them */
    long long wait_ms;     /* for each, from its own start on */
    struct vl_turns turns; /* to boot */
    int patience_ms;       /* how long each may keep us waiting in all that it is asked afterwards */
};

/* Who had to wait for its turn is waited for from then on. */
static long long begun_of(const struct connecting *connecting, const struct vl_member *member)
{
    return member->booted_ms ? member->booted_ms : connecting->begun;
}

static long long deadline_of(const struct connecting *connecting, const struct vl_member *member)
{
    const struct vl_fleet *fleet = connecting->fleet;
    bool by_hand = fleet->patient && !fleet->session->options.wait_s && vl_fleet_by_hand(fleet, member);

    return begun_of(connecting, member) + (by_hand ? VL_WAIT_INSTALL_S * 1000LL : connecting->wait_ms);
}

/* What a machine that does not answer is doing, as far as can be seen from here: its system, or Asterisk on it. */
static const char *doing(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member,
                         const struct vl_error *cause)
{
    if (member->start.count)
        return "its turn to boot";
    if (member->pbx->place != VL_PLACE_VM)
        return vl_error_text(cause);
    if (!member->ssh_seen && vl_fleet_by_hand(fleet, member))
        return vl_fleet_tell_by_hand(fleet, arena, member);
    return member->ssh_seen ? "Asterisk not up" : "booting";
}

/* Who waits is told for whom: one line for all, which names another one each time that it is said. */
static void tell_waiting(struct connecting *connecting, const struct vl_member *member, const struct vl_error *cause)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    long long now = vl_now_ms(), next = __atomic_load_n(&connecting->tell_ms, __ATOMIC_RELAXED);

    if (now < next || !__atomic_compare_exchange_n(&connecting->tell_ms, &next, now + VL_FLEET_TELL_MS, false,
                                                   __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        return;
    vl_session_event(
        connecting->fleet->session, VOIPLAB_EVENT_PROGRESS, NULL, "%zu of %zu answer; waiting for %s: %s, %lld s",
        __atomic_load_n(&connecting->answered, __ATOMIC_RELAXED), connecting->fleet->count, member->pbx->name,
        doing(connecting->fleet, &arena, member, cause), (now - begun_of(connecting, member)) / 1000);
}

/* One more. Of many that answer in turns, one after the other, it is told as well. */
static void tell_answered(struct connecting *connecting)
{
    size_t answered = __atomic_add_fetch(&connecting->answered, 1, __ATOMIC_RELAXED);
    long long now = vl_now_ms(), next = __atomic_load_n(&connecting->tell_ms, __ATOMIC_RELAXED);

    if (now < (next ? next : connecting->begun + VL_FLEET_TELL_MS) ||
        !__atomic_compare_exchange_n(&connecting->tell_ms, &next, now + VL_FLEET_TELL_MS, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
        return;
    vl_session_event(connecting->fleet->session, VOIPLAB_EVENT_PROGRESS, NULL, "%zu of %zu answer", answered,
                     connecting->fleet->count);
}

/* Leave it alone while it says that Asterisk does not listen yet; not for ever: one may listen elsewhere, or nowhere.
 */
static void leave_alone(struct connecting *connecting, struct vl_member *member, struct vl_knocking *knocking,
                        struct vl_error *cause)
{
    long long begun = vl_now_ms(), now = begun, refused = begun;

    while (now - begun < QUIET_MS && now - refused < KNOCKS_MISSED_MS &&
           now + LOGIN_SPARE_MS < deadline_of(connecting, member) &&
           !vl_session_cancelled(connecting->fleet->session)) {
        enum vl_knock said = vl_knock(knocking, KNOCK_MS);

        now = vl_now_ms();
        member->heard = said == VL_KNOCK_ANSWERED;
        if (member->heard)
            return;
        if (said == VL_KNOCK_REFUSED) {
            refused = now;
            (void)poll(NULL, 0, KNOCK_MS);
        }
        vl_turns_end_long(&connecting->turns, member, now);
        tell_waiting(connecting, member, cause);
    }
}

/* PJSIP has no port before it was given one: its sample files have none. */
static bool will_listen(const struct vl_session *session, const struct vl_pbx *pbx)
{
    const struct vl_nature *nature = vl_state_nature(&session->state, pbx);

    return nature->sip != VL_SIP_PJSIP || nature->transport ||
           (nature->seen && (!session->renews || session->configures));
}

/* One that boots has its processor for itself until its Asterisk is there: a login and what is asked then would take
 * seconds of it. Who refuses nothing is asked as ever, once it lets us in. Each look for that is one of its own: what
 * the kernel sends again it sends after 1, 2, 4, 8 seconds, and a guest that is up would be found that much later. */
static void await_asterisk(struct connecting *connecting, struct vl_member *member, struct vl_error *cause)
{
    const struct vl_pbx *pbx = member->pbx;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    enum vl_knock said = VL_KNOCK_SILENT;
    struct vl_knocking knocking;
    bool open = false;

    if (!member->started || member->target || member->asleep || pbx->place != VL_PLACE_VM ||
        !will_listen(connecting->fleet->session, pbx) || vl_knock_open(&knocking, pbx->address, &ignored) < 0)
        return;
    while (said == VL_KNOCK_SILENT && !open && vl_now_ms() + LAST_TRY_MS < deadline_of(connecting, member) &&
           !vl_session_cancelled(connecting->fleet->session)) {
        said = vl_knock(&knocking, KNOCK_MS);
        open = said == VL_KNOCK_SILENT && vl_knock_is_open(pbx->address, pbx->ssh_port, OPEN_MS);
        vl_turns_end_long(&connecting->turns, member, vl_now_ms());
        tell_waiting(connecting, member, cause);
    }
    member->heard = said == VL_KNOCK_ANSWERED;
    member->silent = said == VL_KNOCK_SILENT && !open;
    if (said == VL_KNOCK_REFUSED)
        leave_alone(connecting, member, &knocking, cause);
    vl_knock_close(&knocking);
}

/* A guest lets us in long before its Asterisk is there. To ask for more then would be a login and ten programs that
 * fail for each try, which an emulated guest, whose Asterisk starts meanwhile, has no time for: so one that was booted
 * is asked for the control socket alone, by a shell that waits for it. Its two places are those of ssh_ask.c. False: it
 * has not come, or who waits is cancelled. */
static bool await_start(struct connecting *connecting, struct vl_member *member)
{
    static const char *const argv[] = {
        "sh", "-c",
        "n=0; while [ $n -lt 15 ]; do [ ! -S /var/run/asterisk/asterisk.ctl ] && [ ! -S /var/run/asterisk.ctl ] || "
        "exit 0; sleep 0.2 || exit 2; n=$((n+1)); done; exit 1",
        NULL
    };
    struct vl_command_result result = { .status = 0 };
    VL_ERROR_AUTO cause = { .code = VL_OK };

    do {
        if (result.status)
            tell_waiting(connecting, member, &cause);
        vl_turns_end_long(&connecting->turns, member, vl_now_ms());
        if (member->target->ops->run(member->target, argv, NULL, STARTING_MS + STARTING_SPARE_MS, &result, &cause) < 0)
            return false;
        vl_command_result_free(&result);
    } while (result.status == 1 && vl_now_ms() + STARTING_MS < deadline_of(connecting, member) &&
             !vl_session_cancelled(connecting->fleet->session));
    return result.status != 1;
}

static void close_target(struct vl_member *member)
{
    vl_target_close(member->target);
    member->target = NULL;
    member->by_agent = false;
}

static bool no_asterisk(struct vl_member *member, struct vl_error *cause)
{
    (void)vl_fail(cause, VL_ERROR_FAILED, "Asterisk on '%s' does not answer", member->pbx->name);
    member->agentless |= member->by_agent;
    if (member->pbx->place != VL_PLACE_LOCAL)
        close_target(member);
    return false;
}

/* The port of an agent that runs on from saved memory is opened by a timer of the guest's: for a moment the hypervisor
 * says that there is none, so it is asked again at the next try. */
static void go_over_ssh(const struct connecting *connecting, struct vl_member *member, const struct vl_error *why)
{
    vl_session_event(connecting->fleet->session, VOIPLAB_EVENT_PROGRESS, member->pbx->name, "goes on over SSH: %s",
                     vl_error_text(why));
    member->agentless = vl_now_ms() - begun_of(connecting, member) > AGENT_MS;
    close_target(member);
}

/* Which guest answers is the hypervisor's word, and the agent takes it less than a login would; it stays the way to the
 * guest then. So one is asked that runs on, and one that has a new disk and is known otherwise, once its Asterisk
 * answers. Without an agent, or with one that does not do, it goes over SSH. */
static void ask_agent(struct connecting *connecting, struct vl_member *member)
{
    bool renewed = connecting->fleet->session->renews && member->started && member->heard;
    VL_ERROR_AUTO why = { .code = VL_OK };

    if (member->target || member->agentless || !(member->asleep || renewed))
        return;
    member->target = vl_stage_agent(connecting->fleet->session, member->pbx, &why);
    if (!member->target)
        return;
    member->by_agent = true;
    member->target->patience_ms = connecting->patience_ms;
    if (member->asleep && wake(connecting->fleet, member, &why) < 0)
        go_over_ssh(connecting, member, &why);
}

static bool no_more(const struct connecting *connecting, struct vl_error *cause)
{
    if (!vl_session_cancelled(connecting->fleet->session))
        return false;
    (void)vl_fail(cause, VL_ERROR_FAILED, "cancelled before it was asked");
    return true;
}

/* One try. A host that answers with another key than the lab's will not change its mind: no use in waiting. A guest
 * that runs lets us in, and is asked, in its turn; what boots has had one (struct vl_turns), and what wakes wakes at
 * once. */
static bool try_in_turn(struct connecting *connecting, struct vl_member *member, struct vl_gate_visit *visit,
                        struct vl_error *cause)
{
    struct vl_session *session = connecting->fleet->session;
    bool in_turn = !member->started && !member->asleep, woken = member->asleep;
    long long left = deadline_of(connecting, member) - vl_now_ms();
    int timeout = left > CONNECT_TIMEOUT_MS ? CONNECT_TIMEOUT_MS : left < 2000 ? 2000 : (int)left;

    vl_error_clear(cause);
    ask_agent(connecting, member);
    if (!member->target)
        member->target = in_turn ? vl_gate_connect(session, member->pbx, timeout, visit, cause)
                                 : vl_session_connect(session, member->pbx, timeout, NULL, cause);
    if (!member->target)
        return false;
    if (visit->site && no_more(connecting, cause)) {
        close_target(member);
        return false;
    }
    member->ssh_seen = true;
    member->target->patience_ms = connecting->patience_ms;
    if (member->asleep && wake(connecting->fleet, member, cause) < 0) {
        close_target(member);
        return false;
    }
    if (member->started && !woken && !member->heard && member->pbx->place == VL_PLACE_VM &&
        !await_start(connecting, member))
        return no_asterisk(member, cause);
    member->heard = false; /* if that is not enough it is waited for there */
    ask_ahead(connecting->fleet, member);
    if (vl_fleet_is_tree(connecting->fleet, member->pbx) || vl_probe_asterisk_ready(member->target))
        return true;
    return no_asterisk(member, cause);
}

static bool try_connect(struct connecting *connecting, struct vl_member *member, struct vl_error *cause)
{
    struct vl_gate_visit visit = { .site = NULL };
    bool good = try_in_turn(connecting, member, &visit, cause);

    vl_gate_leave(connecting->fleet->session, &visit);
    return good;
}

static void tell_nature(struct vl_session *session, struct vl_member *member)
{
    /* what is remembered says nothing of who has which port now */
    const char *conflict = member->settled ? NULL : vl_nature_conflict(&member->arena, member->pbx, &member->nature);

    vl_session_event(session, VOIPLAB_EVENT_STEP, member->pbx->name, "answers: %s",
                     vl_flavor_describe(&member->arena, &member->nature));
    if (conflict)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", conflict);
}

/* The last of many tries was short: what is told is how long was waited in all. */
static void tell_whole_wait(const struct connecting *connecting, const struct vl_member *member, struct vl_error *cause)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_pbx *pbx = member->pbx;
    double seconds = (double)(vl_now_ms() - begun_of(connecting, member)) / 1000;
    bool silent = member->silent && cause->code != VL_ERROR_REFUSED;

    if ((cause->code != VL_ERROR_TIMEOUT && !silent) || pbx->place == VL_PLACE_LOCAL)
        return;
    if (silent || vl_text_starts(vl_error_text(cause), vl_arena_printf(&arena, "'%s' ", pbx->name)))
        (void)vl_fail(cause, VL_ERROR_TIMEOUT, "'%s' (%s port %u) did not answer within %.1f s; is it up?", pbx->name,
                      vl_text_from_ipv4(&arena, pbx->address), pbx->ssh_port, seconds);
    else
        (void)vl_error_wrap(cause, "'%s' could not be reached within %.1f s", pbx->name, seconds);
}

/* Until it answers. False: the member has failed. */
static bool reach(struct connecting *connecting, struct vl_member *member)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    size_t tries = 0;

    await_asterisk(connecting, member, &cause);
    while (!try_connect(connecting, member, &cause)) {
        tries++;
        /* who only looks does not wait for a machine to start, but for one that is busy */
        if (cause.code == VL_ERROR_REFUSED || (connecting->fleet->dry && cause.code != VL_ERROR_TIMEOUT) ||
            vl_now_ms() + VL_FLEET_RETRY_MS >= deadline_of(connecting, member) ||
            vl_session_cancelled(connecting->fleet->session)) {
            if (tries > 1 || member->silent)
                tell_whole_wait(connecting, member, &cause);
            vl_fleet_fail_member(connecting->fleet, member, &cause);
            return false;
        }
        vl_turns_end_long(&connecting->turns, member, vl_now_ms());
        tell_waiting(connecting, member, &cause);
        (void)poll(NULL, 0, member->ssh_seen ? VL_FLEET_RETRY_MS : BOOTING_MS);
    }
    tell_answered(connecting);
    return true;
}

static bool await_turn(struct connecting *connecting, struct vl_member *member, struct vl_error *cause)
{
    while (!vl_turns_take(&connecting->turns, member)) {
        if (vl_session_cancelled(connecting->fleet->session)) {
            (void)vl_fail(cause, VL_ERROR_FAILED, "cancelled; '%s' is not started yet", member->pbx->name);
            return false;
        }
        tell_waiting(connecting, member, cause);
        (void)poll(NULL, 0, BOOTING_MS);
    }
    return true;
}

/* The others wait until it answers, is given up, or is late. */
static bool boot_and_reach(struct connecting *connecting, struct vl_member *member)
{
    struct vl_fleet *fleet = connecting->fleet;
    VL_ERROR_AUTO cause = { .code = VL_OK };
    bool good;

    if (!await_turn(connecting, member, &cause)) {
        vl_fleet_fail_member(fleet, member, &cause);
        return false;
    }
    good = vl_fleet_start(fleet, member, &cause) == 0 && vl_run_look_at_domain(fleet, member, &cause) == 0;
    member->booted_ms = vl_now_ms();
    vl_turns_started(&connecting->turns, member);
    if (good)
        good = reach(connecting, member);
    else
        vl_fleet_fail_member(fleet, member, &cause);
    member->booted_ms = 0;
    vl_turns_end(&connecting->turns, member);
    return good;
}

static void connect_member(void *context, size_t index)
{
    struct connecting *connecting = context;
    struct vl_member *member = &connecting->fleet->members[index];
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (member->error.code || (connecting->fleet->waking && !member->asleep) ||
        !(member->start.count ? boot_and_reach : reach)(connecting, member))
        return;
    if (member->stood) {
        member->stood = false;
        return;
    }
    if (member->settled) {
        member->nature = *vl_state_nature(&connecting->fleet->session->state, member->pbx);
        tell_nature(connecting->fleet->session, member);
        return;
    }
    if (vl_probe_nature(&member->arena, member->target, member->pbx,
                        vl_state_nature(&connecting->fleet->session->state, member->pbx),
                        vl_fleet_is_tree(connecting->fleet, member->pbx), &member->nature, &cause) < 0)
        vl_fleet_fail_member(connecting->fleet, member, &cause);
    else if (!vl_fleet_is_tree(connecting->fleet, member->pbx) && !connecting->fleet->waking)
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
    struct connecting connecting = { .fleet = fleet, .begun = vl_now_ms(), .wait_ms = wait_ms };

    connecting.patience_ms = wait_ms < LEAST_PATIENCE_MS       ? LEAST_PATIENCE_MS
                             : wait_ms > VL_TARGET_PATIENCE_MS ? VL_TARGET_PATIENCE_MS
                                                               : (int)wait_ms;
    vl_turns_open(&connecting.turns, fleet);
    vl_parallel(fleet->count, fleet->session->options.jobs, connect_member, &connecting);
    vl_turns_close(&connecting.turns);
    learn(fleet);
}
