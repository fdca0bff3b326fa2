/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of a PBX that prove its trunks. Asterisk is told to call (`channel originate`) and shows its channels; which of
 * them are ours is told by the Local channel that each call hangs on.
 */
#include "probe/calls.h"

#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "probe/ask.h"
#include "probe/asterisk.h"

enum {
    POLL_FIRST_MS = 30,
    POLL_MOST_MS = 240,
    LOOKS_WITHOUT = 5, /* so often a call is not there, before it is one that has ended */
};

#define ASK_CHANNELS "core show channels concise"

/* A call under way. Other calls, a user's or those of the other PBXs' checks, may use the same trunk at the same time:
 * ours is the one that hangs on the Local channel that was not there before. */
struct placed {
    const struct vl_call *call;
    const char *prefix; /* of the names of our Local channel's two ends */
    const char *before; /* the list of channels before the call */
    bool seen, up;
    bool over;            /* nothing is to be waited for any more */
    int without;          /* looks that did not find it */
    const char *ours;     /* our channel, to be hung up: the call is over */
    const char *answered; /* the channel of another trunk that answered it: dialplans try the hub where a trunk fails */
};

/* The end of our Local channel that calls: the one that runs the dialplan, or where a device is dialled, the other. */
static const struct vl_channel *find_ours(const struct placed *placed, const struct vl_channel *list, size_t count)
{
    char end = placed->call->device ? '1' : '2';

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(list[i].name);

        if (vl_text_starts(list[i].name, placed->prefix) && length > 2 && list[i].name[length - 1] == end &&
            strchr(";,", list[i].name[length - 2]) && !strstr(placed->before, list[i].name))
            return &list[i];
    }
    return NULL;
}

/* Asterisk 12 and later shows the same bridge with both channels, an older one each other's name. */
static bool is_bridged_with(const struct vl_channel *ours, const struct vl_channel *other)
{
    return *ours->bridge && (!strcmp(ours->bridge, other->bridge) || !strcmp(ours->bridge, other->name));
}

/* Look whether a call of ours is up on the trunk. Returns the channel to be hung up, which there is when it has been
 * answered, and at the last look in any case. */
static const char *look_at_call(struct vl_arena *arena, struct placed *placed, const struct vl_channel *list,
                                size_t count, bool last)
{
    const struct vl_channel *ours = find_ours(placed, list, count);

    for (size_t i = 0; i < count && ours; i++) {
        bool wanted = vl_text_starts(list[i].name, placed->call->channel);
        bool answered = !strcmp(list[i].state, "Up") && is_bridged_with(ours, &list[i]);

        placed->seen = placed->seen || wanted;
        placed->up = placed->up || (wanted && answered);
        if (!wanted && answered && !vl_text_starts(list[i].name, "Local/"))
            placed->answered = vl_arena_strdup(arena, list[i].name);
    }
    placed->without = ours ? 0 : placed->without + 1;
    placed->over = placed->up || placed->answered || placed->without >= LOOKS_WITHOUT || last;
    return ours && placed->over ? ours->name : NULL;
}

/* What is worth waiting for over there: that the trunks of calls which were there when last looked are up. */
static const char *awaited(struct vl_arena *arena, const struct placed *placed, size_t count)
{
    const char *list = NULL;

    for (size_t i = 0; i < count; i++)
        if (!placed[i].over && !placed[i].without)
            list = list ? vl_arena_printf(arena, "%s %s", list, placed[i].call->channel) : placed[i].call->channel;
    return list;
}

/* What hangs up calls that are over and are not hung up yet, then what is put behind it; a list that ends with NULL. */
static const char **hang_up_then(struct vl_arena *arena, struct placed *placed, size_t count, const char *then)
{
    const char **commands = vl_arena_zalloc(arena, (count + 2) * sizeof(*commands));
    size_t used = 0;

    for (size_t i = 0; commands && i < count; i++) {
        if (!placed[i].ours)
            continue;
        commands[used++] = vl_arena_printf(arena, "channel request hangup %s", placed[i].ours);
        placed[i].ours = NULL;
    }
    if (commands)
        commands[used] = then;
    return arena->failed ? NULL : commands;
}

/* Look at all calls that are not over; those that were at the look before are hung up with it. How many are left, or
 * -1. `kept`: for what is to be told afterwards. */
static int look_at_calls(struct vl_target *target, struct vl_arena *kept, struct placed *placed, size_t count,
                         bool last, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *output = NULL;
    const char **commands = hang_up_then(&arena, placed, count, ASK_CHANNELS);
    struct vl_channel *list;
    size_t channels;
    int left = 0;

    if (!commands)
        return vl_no_memory(err);
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands, .awaited = awaited(&arena, placed, count) });
    for (; commands[1]; commands++) {
        VL_FREE char *ignored = NULL;

        if (vl_asterisk_ask(target, *commands, &ignored, err) < 0)
            return -1;
    }
    if (vl_asterisk_ask(target, ASK_CHANNELS, &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_channels_concise(&arena, output, &list, &channels) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not list its channels", target->name);
    for (size_t i = 0; i < count; i++) {
        const char *ours = placed[i].over ? NULL : look_at_call(kept, &placed[i], list, channels, last);

        placed[i].ours = ours ? vl_arena_strdup(kept, ours) : NULL;
        left += !placed[i].over;
    }
    return left;
}

/* The command that places a call. It ends by itself, should nobody hang up. */
static const char *originate(struct vl_arena *arena, const struct vl_call *call, int timeout_ms)
{
    int seconds = timeout_ms / 1000 + 2;

    if (call->device)
        return vl_arena_printf(arena, "channel originate Local/%s@%s/n application Dial %s,%d,S(%d)", call->number,
                               call->context, call->device, seconds, seconds);
    return vl_arena_printf(arena, "channel originate Local/%s@%s/n application Wait %d", call->number, call->context,
                           seconds);
}

struct vl_sight vl_probe_call_sight(struct vl_arena *arena, const struct vl_call *call, int timeout_ms,
                                    const char **ret_originate)
{
    *ret_originate = originate(arena, call, timeout_ms);
    return (struct vl_sight){
        .command = vl_arena_printf(arena, "asterisk -rx '" ASK_CHANNELS "' | grep -c '^%s.*!Up!'", call->channel),
        .answer = "1",
    };
}

/* Look which channels there are, then place all calls; with these, look for the first time. */
static int place_calls(struct vl_target *target, struct vl_arena *arena, struct placed *placed, size_t count,
                       int timeout_ms, struct vl_error *err)
{
    const char **commands = vl_arena_zalloc(arena, (count + 3) * sizeof(*commands));
    VL_FREE char *before = NULL;

    if (!commands)
        return vl_no_memory(err);
    commands[0] = ASK_CHANNELS;
    for (size_t i = 0; i < count; i++)
        commands[i + 1] = originate(arena, placed[i].call, timeout_ms);
    commands[count + 1] = ASK_CHANNELS;
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = commands, .awaited = awaited(arena, placed, count) });
    if (vl_asterisk_ask(target, ASK_CHANNELS, &before, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        VL_FREE char *output = NULL;

        if (vl_asterisk_ask(target, commands[i + 1], &output, err) < 0)
            return -1;
        if (vl_asterisk_no_such_command(output))
            return vl_fail(err, VL_ERROR_FAILED,
                           "Asterisk on '%s' cannot place a call by itself; load res_clioriginate", target->name);
        placed[i].before = vl_arena_strdup(arena, before);
        placed[i].prefix = vl_arena_printf(arena, "Local/%s@%s-", placed[i].call->number, placed[i].call->context);
    }
    return vl_arena_check(arena, err);
}

static bool is_over(const struct vl_call_patience *patience, long long deadline)
{
    return vl_now_ms() >= deadline || (patience->cancelled && patience->cancelled(patience->context));
}

static int follow_calls(struct vl_target *target, struct vl_arena *arena, struct placed *placed, size_t count,
                        const struct vl_call_patience *patience, struct vl_error *err)
{
    long long deadline = vl_now_ms() + patience->timeout_ms;
    const char **hangups;
    int left;

    if (place_calls(target, arena, placed, count, patience->timeout_ms, err) < 0)
        return -1;
    for (int pause = POLL_FIRST_MS;; pause = pause < POLL_MOST_MS ? 2 * pause : pause) {
        left = look_at_calls(target, arena, placed, count, is_over(patience, deadline), err);
        if (left <= 0)
            break;
        (void)poll(NULL, 0, pause);
    }
    hangups = hang_up_then(arena, placed, count, NULL);
    if (hangups)
        vl_asterisk_ask_all(target, hangups);
    return left;
}

static void tell_unanswered(const struct vl_target *target, const struct placed *placed, int timeout_ms,
                            struct vl_error *err)
{
    const struct vl_call *call = placed->call;

    if (call->device)
        (void)vl_fail(err, VL_ERROR_FAILED,
                      "registered by its own word only: a call from '%s' over the hub to itself, %s, was not answered "
                      "within %d s",
                      target->name, call->number, timeout_ms / 1000);
    else if (placed->answered)
        (void)vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s was answered by '%s' and not over '%s'%s",
                      target->name, call->number, placed->answered, call->channel,
                      placed->seen ? ", which rang" : ", which did not come up");
    else if (placed->without >= LOOKS_WITHOUT)
        (void)vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s ended without an answer: %s '%s' came up",
                      target->name, call->number, placed->seen ? "a channel" : "no channel", call->channel);
    else
        (void)vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s was not answered within %d s: %s '%s' came up",
                      target->name, call->number, timeout_ms / 1000, placed->seen ? "a channel" : "no channel",
                      call->channel);
}

int vl_probe_calls(struct vl_target *target, const struct vl_call *calls, size_t count,
                   const struct vl_call_patience *patience, struct vl_error *ret_errors)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct placed *placed = vl_arena_zalloc(&arena, count * sizeof(*placed));
    int rc = placed ? 0 : vl_no_memory(&cause);

    for (size_t i = 0; placed && i < count; i++)
        placed[i].call = &calls[i];
    vl_target_grant(target, patience->timeout_ms);
    if (placed)
        rc = follow_calls(target, &arena, placed, count, patience, &cause);
    for (size_t i = 0; i < count; i++) {
        if (rc < 0 && !(placed && placed[i].up))
            (void)vl_fail(&ret_errors[i], cause.code, "%s", vl_error_text(&cause));
        else if (rc == 0 && !placed[i].up)
            tell_unanswered(target, &placed[i], patience->timeout_ms, &ret_errors[i]);
    }
    return rc;
}
