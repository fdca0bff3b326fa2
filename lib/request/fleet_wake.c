/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that ran on from saved memory believes that it is the time of then, and that it is registered as it was. So
 * the first that it is told is the time, and the second to register now. What it says of its registration is believed
 * once that is another one than before, for which the look at its trunks waits (fleet_look.c).
 */
#include <time.h>

#include "base/arena.h"
#include "lab/flavor.h"
#include "plan/apply.h"
#include "probe/trunks.h"
#include "request/fleet_part.h"

static int run_there(struct vl_fleet *fleet, const struct vl_member *member, const char *title, const char *why,
                     const char *const *argv, const char *input, struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    vl_plan_add(&plan, &(struct vl_step){ .kind = VL_STEP_COMMAND,
                                          .target = member->pbx->name,
                                          .object = title,
                                          .argv = argv,
                                          .input = input,
                                          .why = why });
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
                     NULL, err);
}

/* The random numbers that it would draw now, each guest that ran on from there has drawn: the names of registrations,
 * which the hub refuses the second time, and keys of sessions. So it gets new ones into its pool, of which they count
 * as random (RNDADDENTROPY), and draws from it anew (RNDRESEEDCRNG); the numbers are those of most machines, where they
 * are others the guest says no. A kernel from 5.18 on could tell by itself, with a device that says that the guest was
 * put back. */
static const char wake_program[] = "if (open(R, \"+<\", \"/dev/urandom\")) { read(STDIN, $r, 64); "
                                   "ioctl(R, 0x40085203, pack(\"iia*\", 4 * length($r), length($r), $r)); "
                                   "ioctl(R, 0x5207, 0); } exec(\"date\", \"-s\", $ARGV[0]);";

enum { RANDOM_LETTERS = 64 };

static int run_clock(struct vl_fleet *fleet, const struct vl_member *member, const char *const *argv, const char *input,
                     struct vl_error *err)
{
    return run_there(fleet, member, "the clock forward to now", "it went on from the time of the saved memory", argv,
                     input, err);
}

/* Without perl only the clock is set. */
static int set_clock(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO no_perl = { .code = VL_OK };
    const char *argv[] = { "date", "-s", NULL, NULL }, *with_perl[] = { "perl", "-e", wake_program, NULL, NULL };
    char letters[RANDOM_LETTERS + 1] = "";
    struct timespec now;

    if (vl_state_chance(&fleet->session->state, VL_STATE_LETTERS, RANDOM_LETTERS, letters) < 0)
        return vl_fail_errno(err, "cannot get random bytes");
    (void)clock_gettime(CLOCK_REALTIME, &now);
    argv[2] = with_perl[3] = vl_arena_printf(&arena, "@%lld.%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000);
    if (arena.failed)
        return vl_no_memory(err);
    if (run_clock(fleet, member, with_perl, letters, &no_perl) == 0)
        return 0;
    return run_clock(fleet, member, argv, NULL, err);
}

void vl_fleet_register_anew(struct vl_fleet *fleet, struct vl_member *member)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *before;

    (void)vl_fleet_forget_registration(fleet, member, &ignored);
    vl_probe_register_anew(&fleet->session->state, member->pbx, member->target, &member->arena, &before);
}

/* What was saved knows already that its registration is to be a new one. */
int vl_fleet_wake(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    if (set_clock(fleet, member, err) < 0)
        return -1;
    if (vl_probe_registers(&fleet->session->state, member->pbx))
        vl_probe_register_anew(&fleet->session->state, member->pbx, member->target, &member->arena, &member->before);
    else
        vl_probe_register_again(&fleet->session->state, member->pbx, member->target);
    member->asleep = false;
    return 0;
}
