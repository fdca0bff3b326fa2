/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that ran on from saved memory believes that it is the time of then, and that it is registered as it was. So
 * the first that it is told is the time, and the second to register now. What it says of its registration is believed
 * once that is another text than before.
 */
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "lab/flavor.h"
#include "plan/apply.h"
#include "probe/ask.h"
#include "probe/trunks.h"
#include "request/fleet_part.h"

enum { REGISTER_MS = 20000, AGAIN_MS = 1000, LOOK_MS = 50 };

static int run_there(struct vl_fleet *fleet, const struct vl_member *member, const char *title, const char *why,
                     const char *const *argv, struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    vl_plan_add(&plan,
                &(struct vl_step){
                    .kind = VL_STEP_COMMAND, .target = member->pbx->name, .object = title, .argv = argv, .why = why });
    return plan.arena.failed ? vl_no_memory(err) : vl_apply(fleet->session, &plan, member->target, err);
}

/* chan_sip goes on with the numbers and the name of a registration until its files have changed. */
int vl_fleet_forget_registration(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    static const char *const touch[] = { "touch", "-c", VL_ETC_ASTERISK "voiplab_sip.conf",
                                         VL_ETC_ASTERISK "voiplab_sip_registrations.conf", NULL };

    if (!vl_probe_registers(&fleet->session->state, member->pbx) ||
        vl_state_nature(&fleet->session->state, member->pbx)->sip == VL_SIP_PJSIP)
        return 0;
    return run_there(fleet, member, "a new registration at the next reload",
                     "the hub refuses a number that it has seen, as those of a guest that was put back are", touch,
                     err);
}

static int set_clock(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *argv[] = { "date", "-s", NULL, NULL };
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    argv[2] = vl_arena_printf(&arena, "@%lld.%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000);
    if (arena.failed)
        return vl_no_memory(err);
    return run_there(fleet, member, "the clock forward to now", "it went on from the time of the saved memory", argv,
                     err);
}

/* What it says of its registration; NULL: nothing. The caller frees it. */
static char *ask_registration(const struct vl_fleet *fleet, const struct vl_member *member)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *const *commands = vl_probe_trunk_commands(&arena, &fleet->session->state, member->pbx);
    char *text = NULL;

    if (!*commands || vl_asterisk_ask(member->target, *commands, &text, &ignored) < 0)
        return NULL;
    return text;
}

/* By the command that Asterisk remembers the time of, so that nobody takes its files for newer than what it has. */
static void tell_to_register(const struct vl_fleet *fleet, const struct vl_member *member)
{
    static const char *const reload[] = { "module reload chan_sip.so", NULL };

    if (vl_state_nature(&fleet->session->state, member->pbx)->sip == VL_SIP_PJSIP)
        vl_probe_register_again(&fleet->session->state, member->pbx, member->target);
    else
        vl_asterisk_ask_all(member->target, reload);
}

/* What was saved knows already that its registration is to be a new one. Where that does not help, since the new one
 * has the name of the one before, too, it is told so again. */
static void register_again(struct vl_fleet *fleet, const struct vl_member *member, const char *before)
{
    long long begun = vl_now_ms(), next = begun;
    int pause = AGAIN_MS;

    while (vl_now_ms() < begun + REGISTER_MS && !vl_session_cancelled(fleet->session)) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        VL_FREE char *now = NULL;

        if (vl_now_ms() >= next) {
            if (next > begun)
                (void)vl_fleet_forget_registration(fleet, member, &ignored);
            tell_to_register(fleet, member);
            next = vl_now_ms() + pause;
            pause += pause / 2;
        }
        now = ask_registration(fleet, member);
        if (!now || (strcmp(now, before) != 0 && strstr(now, "Registered")))
            return;
        (void)poll(NULL, 0, LOOK_MS);
    }
}

int vl_fleet_wake(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_FREE char *before = NULL;

    if (set_clock(fleet, member, err) < 0)
        return -1;
    if (vl_probe_registers(&fleet->session->state, member->pbx))
        before = ask_registration(fleet, member);
    if (before)
        register_again(fleet, member, before);
    else
        vl_probe_register_again(&fleet->session->state, member->pbx, member->target);
    member->asleep = false;
    return 0;
}
