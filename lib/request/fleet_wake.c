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
#include "plan/apply.h"
#include "probe/ask.h"
#include "probe/trunks.h"
#include "request/fleet_part.h"

enum { REGISTER_MS = 20000, AGAIN_MS = 200, LOOK_MS = 50 };

static int set_clock(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    vl_plan_add(
        &plan, &(struct vl_step){
                   .kind = VL_STEP_COMMAND,
                   .target = member->pbx->name,
                   .object = "the clock forward to now",
                   .argv = vl_plan_argv(
                       &plan, "date", "-s",
                       vl_arena_printf(&plan.arena, "@%lld.%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000), NULL),
                   .why = "it went on from the time of the saved memory",
               });
    if (plan.arena.failed)
        return vl_no_memory(err);
    return vl_apply(fleet->session, &plan, member->target, err);
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

/* A REGISTER that has a number which the hub has seen already, before the guest was put back, is refused; the next has
 * the next number. */
static void register_again(const struct vl_fleet *fleet, const struct vl_member *member, const char *before)
{
    long long begun = vl_now_ms(), next = begun;
    int pause = AGAIN_MS;

    while (vl_now_ms() < begun + REGISTER_MS && !vl_session_cancelled(fleet->session)) {
        VL_FREE char *now = NULL;

        if (vl_now_ms() >= next) {
            vl_probe_register_again(&fleet->session->state, member->pbx, member->target);
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
