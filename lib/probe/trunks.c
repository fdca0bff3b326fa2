/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/trunks.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/asterisk.h"

enum { ASK_TIMEOUT_MS = 30000, POLL_MS = 200 };

/* One CLI command of Asterisk. */
static int ask(struct vl_target *target, const char *command, char **ret_output, struct vl_error *err)
{
    const char *const argv[] = { "asterisk", "-rx", command, NULL };
    struct vl_command_result result = { .status = -1 };

    if (target->ops->run(target, argv, NULL, ASK_TIMEOUT_MS, &result, err) < 0)
        return -1;
    if (result.status) {
        vl_command_result_free(&result);
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk does not answer on '%s'", target->name);
    }
    *ret_output = result.output;
    return 0;
}

bool vl_probe_asterisk_ready(struct vl_target *target)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *output = NULL;

    return ask(target, "core waitfullybooted", &output, &ignored) == 0;
}

void vl_probe_register_again(struct vl_target *target)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *output = NULL;

    (void)ask(target, "sip reload", &output, &ignored);
}

static void look_at_version(struct vl_arena *arena, struct vl_target *target, struct vl_trunk_view *view)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *output = NULL;
    unsigned major, minor;

    if (ask(target, "core show version", &output, &ignored) == 0 &&
        vl_asterisk_parse_version(output, &major, &minor))
        view->version = vl_arena_printf(arena, "%u.%u", major, minor);
}

static int look_at_registration(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_pbx *pbx,
                                struct vl_target *target, struct vl_trunk_view *view, struct vl_error *err)
{
    const char *hub = vl_text_from_ipv4(arena, lab->hub->address);
    VL_FREE char *output = NULL;
    struct vl_registration *list;
    size_t count;

    view->registration_wanted = true;
    view->registration = "";
    if (ask(target, "sip show registry", &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_sip_registry(arena, output, &list, &count) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not say what it has registered; is chan_sip there?",
                       target->name);
    for (size_t i = 0; i < count; i++) {
        if (!vl_asterisk_name_matches(list[i].username, pbx->account) || !vl_text_starts(list[i].host, hub) ||
            (list[i].host[strlen(hub)] && list[i].host[strlen(hub)] != ':'))
            continue;
        view->registration = list[i].state_text;
        view->registered = list[i].state == VL_REGISTRATION_REGISTERED;
        view->registration_stuck = list[i].state == VL_REGISTRATION_NO_AUTHENTICATION ||
                                   list[i].state == VL_REGISTRATION_REJECTED ||
                                   list[i].state == VL_REGISTRATION_FAILED;
    }
    return 0;
}

/* Count one wanted peer among those that Asterisk shows. */
static void count_peer(struct vl_arena *arena, const struct vl_peer *peers, size_t count, const char *name,
                       const char *whose, struct vl_trunk_view *view)
{
    const char *status = "not there";

    view->peers_wanted++;
    for (size_t i = 0; i < count; i++) {
        if (!vl_asterisk_name_matches(peers[i].name, name))
            continue;
        if (peers[i].status == VL_PEER_OK || peers[i].status == VL_PEER_LAGGED) {
            view->peers_ok++;
            return;
        }
        status = peers[i].status_text;
    }
    if (!view->first_bad_peer)
        view->first_bad_peer = vl_arena_printf(arena, "%s (%s): %s", name, whose, status);
}

static int look_at_iax2_peers(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_pbx *pbx,
                              struct vl_target *target, struct vl_trunk_view *view, struct vl_error *err)
{
    VL_FREE char *output = NULL;
    struct vl_peer *peers;
    size_t count;

    if (ask(target, "iax2 show peers", &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_iax2_peers(arena, output, &peers, &count) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' shows no IAX2 peers; is chan_iax2 there?",
                       target->name);
    for (size_t i = 0; i < lab->trunk_count; i++)
        if (lab->trunks[i].from == pbx)
            count_peer(arena, peers, count, lab->trunks[i].name, lab->trunks[i].to->name, view);
    return 0;
}

static int look_at_accounts(struct vl_arena *arena, const struct vl_lab *lab, struct vl_target *target,
                            struct vl_trunk_view *view, struct vl_error *err)
{
    VL_FREE char *output = NULL;
    struct vl_peer *peers;
    size_t count;

    if (ask(target, "sip show peers", &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_sip_peers(arena, output, &peers, &count) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' shows no SIP peers; is chan_sip there?", target->name);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].account)
            count_peer(arena, peers, count, lab->pbxs[i].account, lab->pbxs[i].name, view);
    return 0;
}

int vl_probe_trunks(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_pbx *pbx,
                    struct vl_target *target, struct vl_trunk_view *ret_view, struct vl_error *err)
{
    struct vl_trunk_view view = { .registration = "" };

    look_at_version(arena, target, &view);
    if (pbx->role == VL_ROLE_HUB) {
        if (look_at_accounts(arena, lab, target, &view, err) < 0)
            return -1;
    } else {
        if (pbx->account && look_at_registration(arena, lab, pbx, target, &view, err) < 0)
            return -1;
        if (look_at_iax2_peers(arena, lab, pbx, target, &view, err) < 0)
            return -1;
    }
    view.asterisk = true;
    *ret_view = view;
    return 0;
}

bool vl_trunk_view_good(const struct vl_trunk_view *view)
{
    return view->asterisk && (!view->registration_wanted || view->registered) &&
           view->peers_ok == view->peers_wanted;
}

static long long now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The answered channel of the call, hung up at once; false while there is none. */
static int find_answered(struct vl_target *target, const struct vl_call *call, bool *ret_seen, bool *ret_up,
                         struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *output = NULL, *ignored = NULL;
    struct vl_channel *channels;
    size_t count;

    if (ask(target, "core show channels concise", &output, err) < 0)
        return -1;
    if (vl_asterisk_parse_channels_concise(&arena, output, &channels, &count) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not list its channels", target->name);
    for (size_t i = 0; i < count; i++) {
        if (!vl_text_starts(channels[i].name, call->channel))
            continue;
        *ret_seen = true;
        if (strcmp(channels[i].state, "Up") != 0)
            continue;
        *ret_up = true;
        return ask(target, vl_arena_printf(&arena, "channel request hangup %s", channels[i].name), &ignored, err);
    }
    return 0;
}

int vl_probe_call(struct vl_target *target, const struct vl_call *call, int timeout_ms, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *output = NULL;
    long long deadline = now_ms() + timeout_ms;
    bool seen = false, up = false;

    if (ask(target,
            vl_arena_printf(&arena, "channel originate Local/%s@%s/n application Wait %d", call->number,
                            call->context, timeout_ms / 1000 + 2),
            &output, err) < 0)
        return -1;
    if (vl_asterisk_no_such_command(output))
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' cannot place a call by itself; load res_clioriginate",
                       target->name);
    while (!up && now_ms() < deadline) {
        (void)poll(NULL, 0, POLL_MS);
        if (find_answered(target, call, &seen, &up, err) < 0)
            return -1;
    }
    if (up)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "the call from '%s' to %s was not answered within %d s: %s", target->name,
                   call->number, timeout_ms / 1000,
                   seen ? "the trunk rang" : vl_arena_printf(&arena, "no channel '%s' came up", call->channel));
}
