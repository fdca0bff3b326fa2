/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that ran on from saved memory believes that it is the time of then, and that it is registered as it was. So
 * the first that it is told is the time, and the second to register now. What it says of its registration is believed
 * once that is another one than before, for which the question itself waits a moment, and the look at its trunks
 * (fleet_look.c) as long as it may. One that only stood still for a moment (`stood`) is registered as it was, and is
 * told nothing but the time.
 */
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/list.h"
#include "lab/flavor.h"
#include "plan/apply.h"
#include "probe/ask.h"
#include "probe/trunks.h"
#include "request/fleet_part.h"

static int run_there(struct vl_fleet *fleet, const struct vl_member *member, const struct vl_step *what,
                     struct vl_error *err)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_step step = *what;

    step.kind = VL_STEP_COMMAND;
    step.target = member->pbx->name;
    vl_plan_add(&plan, &step);
    return plan.arena.failed ? vl_no_memory(err) : vl_apply(fleet->session, &plan, member->target, err);
}

#define REGISTRATIONS VL_ETC_ASTERISK "voiplab_sip.conf"
#define REGISTRATIONS_ALSO VL_ETC_ASTERISK "voiplab_sip_registrations.conf"

/* chan_sip goes on with the numbers and the name of a registration until its files have changed, and the hub refuses
 * what it has seen. */
static bool goes_on_registering(const struct vl_fleet *fleet, const struct vl_member *member)
{
    return vl_probe_registers(&fleet->session->state, member->pbx) &&
           vl_state_nature(&fleet->session->state, member->pbx)->sip != VL_SIP_PJSIP;
}

static int forget_registration(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    static const char *const touch[] = { "touch", "-c", REGISTRATIONS, REGISTRATIONS_ALSO, NULL };

    if (!goes_on_registering(fleet, member))
        return 0;
    return run_there(
        fleet, member,
        &(struct vl_step){ .object = "a new registration at the next reload",
                           .argv = touch,
                           .why = "the hub refuses a number that it has seen, as those of a guest that was put back "
                                  "are" },
        err);
}

/* The random numbers that it would draw now, each guest that ran on from there has drawn: the names of registrations,
 * which the hub refuses the second time, and keys of sessions. So it gets new ones into its pool, of which they count
 * as random (RNDADDENTROPY), and draws from it anew (RNDRESEEDCRNG); the numbers are those of most machines, where they
 * are others the guest says no. A kernel from 5.18 on could tell by itself, with a device that says that the guest was
 * put back. The clock is set by clock_settime(2), which has this number on a 64-bit PC, elsewhere by date(1): each
 * process more takes an emulated guest that has just run on 50 ms. What time it is stands before the program, in $w:
 * the clock only goes forward, for a program that comes late would put it back. What it says is how far its local time
 * is ahead, in which Asterisk shows times. */
static const char wake_program[] =
    "if (open(R, \"+<\", \"/dev/urandom\")) { read(STDIN, $r, 64); "
    "ioctl(R, 0x40085203, pack(\"iia*\", 4 * length($r), length($r), $r)); ioctl(R, 0x5207, 0); } "
    "$w =~ /^@(\\d+)[.](\\d+)$/ or exit 1; "
    "unless ($1 <= time || -e \"/lib64/ld-linux-x86-64.so.2\" && length(pack(\"p\", \"\")) == 8 && "
    "syscall(227, 0, pack(\"q2\", $1, $2 * 1000000)) == 0) { "
    "open(O, \">&\", STDOUT); open(STDOUT, \">\", \"/dev/null\"); system(\"date\", \"-s\", $w) == 0 or exit 1; "
    "open(STDOUT, \">&\", O); } "
    "$n = time; @l = localtime $n; @g = gmtime $n; $d = $l[5] != $g[5] ? $l[5] <=> $g[5] : $l[7] - $g[7]; "
    "$said = 86400 + 60 * (1440 * $d + 60 * ($l[2] - $g[2]) + $l[1] - $g[1]); ";

/* The same as touch(1) without a process more, when the clock is right. */
static const char forget_program[] = "utime(undef, undef, \"" REGISTRATIONS "\", \"" REGISTRATIONS_ALSO "\"); ";

enum { RANDOM_LETTERS = 64, ZONE_ZERO = 86400 /* of what the program says of its time zone */ };

static int run_clock(struct vl_fleet *fleet, const struct vl_member *member, const char *const *argv, const char *input,
                     char **answer, struct vl_error *err)
{
    return run_there(fleet, member,
                     &(struct vl_step){ .object = "the clock forward to now",
                                        .argv = argv,
                                        .input = input,
                                        .answer = answer,
                                        .why = "it went on from the time of the saved memory" },
                     err);
}

/* The commands that wake it are not to be answered from what was learnt once more: somebody may mean them. The first
 * says how it was registered before; where that was not learnt, or is of after its clock was set, any registration will
 * do: to be told the time has made it register. `woken` is in the local time over there. */
static void take_answers(struct vl_fleet *fleet, struct vl_member *member, const char *const *commands, long long woken)
{
    const struct vl_state *state = &fleet->session->state;
    bool registers = vl_probe_registers(state, member->pbx);

    for (const char *const *command = commands; command && *command; command++) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        VL_FREE char *said = NULL;

        if (vl_asterisk_ask(member->target, *command, &said, &ignored) == 0 && registers && command == commands &&
            !vl_probe_registered_after(state, member->pbx, said, woken))
            member->before = vl_arena_strdup(&member->arena, said);
    }
}

/* All of it, and `then`, in one round trip: where that does not do, it is done one after the other. */
static int wake_at_once(struct vl_fleet *fleet, struct vl_member *member, const struct vl_wanted *then,
                        struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *commands =
        member->stood ? NULL : vl_probe_wake_commands(&arena, &fleet->session->state, member->pbx);
    struct vl_wanted wanted = *then;
    char letters[RANDOM_LETTERS + 1] = "";
    VL_FREE char *answer = NULL;
    const char *const *argv = NULL;
    long long now = (long long)time(NULL);
    unsigned long zone = ZONE_ZERO;

    if (vl_state_chance(&fleet->session->state, VL_STATE_LETTERS, RANDOM_LETTERS, letters) < 0)
        return vl_fail_errno(err, "cannot get random bytes");
    if (commands)
        wanted.commands = vl_list_joined(&arena, commands, then->commands);
    if (!arena.failed && member->target->ops->question)
        argv = member->target->ops->question(
            member->target, &wanted,
            vl_arena_printf(&arena, "$w = q(%s); %s%s", vl_clock_word(&arena), wake_program,
                            !member->stood && goes_on_registering(fleet, member) ? forget_program : ""),
            &arena);
    if (!argv || run_clock(fleet, member, argv, letters, &answer, err) < 0)
        return -1;
    switch (member->target->ops->take(member->target, &wanted, answer, &zone)) {
    case VL_TAKEN_LEARNT:
        take_answers(fleet, member, commands, now + (long long)(zone % (2UL * ZONE_ZERO)) - ZONE_ZERO);
        return 0;
    case VL_TAKEN_DONE:
        return 0;
    case VL_TAKEN_NOT:
        break;
    }
    return -1;
}

int vl_fleet_tell_time(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const argv[] = { "date", "-s", vl_clock_word(&arena), NULL };

    return arena.failed ? vl_no_memory(err) : run_clock(fleet, member, argv, NULL, NULL, err);
}

void vl_fleet_register_anew(struct vl_fleet *fleet, struct vl_member *member)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *before;

    (void)forget_registration(fleet, member, &ignored);
    vl_probe_register_anew(&fleet->session->state, member->pbx, member->target, &member->arena, &before);
}

/* Of what was saved. */
static void register_now(struct vl_fleet *fleet, struct vl_member *member)
{
    const struct vl_state *state = &fleet->session->state;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    (void)forget_registration(fleet, member, &ignored);
    if (vl_probe_registers(state, member->pbx))
        vl_probe_register_anew(state, member->pbx, member->target, &member->arena, &member->before);
    else
        vl_probe_register_again(state, member->pbx, member->target);
}

int vl_fleet_wake(struct vl_fleet *fleet, struct vl_member *member, const struct vl_wanted *then, struct vl_error *err)
{
    VL_ERROR_AUTO not_at_once = { .code = VL_OK };

    if (wake_at_once(fleet, member, then, &not_at_once) < 0) {
        if (vl_fleet_tell_time(fleet, member, err) < 0) /* without perl that is all */
            return -1;
        if (!member->stood)
            register_now(fleet, member);
    }
    member->asleep = false;
    return 0;
}
