/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `bridge`: plan, checkpoint, watchdog, change, look; in this order, so that there is no moment at which a change has
 * been made that nobody would take back.
 */
#include "request/bridge.h"

#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/change.h"
#include "network/checkpoint.h"
#include "network/hoster.h"
#include "network/lease_client.h"
#include "network/netlink.h"
#include "network/owner.h"
#include "network/reach.h"
#include "network/recovery.h"
#include "network/rehearsal.h"
#include "network/switch.h"
#include "network/watchdog.h"
#include "stage/stage.h"

enum {
    RELOADS = 8,
    DEFAULT_TIMEOUT_S = 120,
    REACH_MS = 500,
    REACH_TRIES = 20,
    SETTLE_MS = 5000,
    SETTLE_PAUSE_MS = 100
};

static bool is_this_host(const struct vl_run *run)
{
    return !strcmp(run->session->options.root, "/");
}

const char *vl_run_bridge_store(const struct vl_run *run)
{
    return vl_checkpoint_directory(&run->result->arena, run->session->options.state_directory,
                                   run->session->options.root);
}

int vl_run_bridge_lock(const struct vl_run *run)
{
    const char *directory = run->session->options.state_directory;

    if (vl_file_mkdirs(directory, 0700, run->err) < 0)
        return -1;
    return vl_file_lock(vl_arena_printf(&run->result->arena, "%s/.bridge.lock", directory),
                        "another voiplab is changing the network of this host; wait until it is done", run->err);
}

static int refuse_second(const struct vl_run *run, const char *directory)
{
    long long left = 0;

    switch (vl_change_phase(directory, &left)) {
    case VL_CHANGE_ARMED:
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "a change of the network waits to be confirmed, and is taken back in %lld s: 'voiplab bridge "
                       "confirm' keeps it, 'voiplab bridge revert' takes it back now",
                       left);
    case VL_CHANGE_ABANDONED:
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "a change of the network was cut off and nobody watches it: 'voiplab bridge revert' takes it "
                       "back, 'voiplab bridge confirm' keeps it");
    case VL_CHANGE_NONE:
        break;
    }
    return 0;
}

/* The default gateway that the uplink has now: the one to be reached when the lab file names none. */
static const char *live_gateway(const struct vl_checkpoint *checkpoint, struct vl_arena *arena)
{
    const struct vl_net_messages *routes =
        checkpoint->uplink.routes.count ? &checkpoint->uplink.routes : &checkpoint->bridge.routes;

    for (size_t i = 0; i < routes->count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&routes->list[i]);

        if (facts.is_default && facts.in_main && facts.has_gateway && facts.family == AF_INET)
            return vl_text_from_ipv4(arena, (uint32_t)facts.gateway[0] << 24 | (uint32_t)facts.gateway[1] << 16 |
                                                (uint32_t)facts.gateway[2] << 8 | facts.gateway[3]);
    }
    return NULL;
}

static void save_owner(struct vl_checkpoint *checkpoint, const struct vl_session *session)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    struct vl_arena *arena = &checkpoint->arena;
    const char *const *const *commands = vl_owner_commands(arena, session->backend, VL_OWNER_PUT_BACK, bridge);
    const struct vl_lease_client *client = vl_lease_clients(arena, bridge->interface, bridge->name);
    const char *const **all = vl_arena_zalloc(arena, RELOADS * sizeof(*all));
    size_t count = 0;

    for (size_t i = 0; all && commands && commands[i] && count < RELOADS; i++)
        all[count++] = commands[i];
    /* a DHCP client that the change ends is started again when it is taken back */
    for (; all && client && client->pid && count < RELOADS; client++)
        all[count++] = client->argv;
    checkpoint->backend = vl_bridge_backends[session->backend];
    checkpoint->reloads = all;
    checkpoint->reload_count = count;
}

/* The file and directory steps of the plan, as they are before it. */
static int save_files(struct vl_checkpoint *checkpoint, const struct vl_plan *plan, struct vl_error *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];

        if (step->kind == VL_STEP_DIRECTORY)
            vl_checkpoint_add_directory(checkpoint, step->object);
        if ((step->kind == VL_STEP_FILE || step->kind == VL_STEP_REMOVE) &&
            vl_checkpoint_add_file(checkpoint, step->object, step->before, (mode_t)step->mode_before, err) < 0)
            return -1;
    }
    return vl_arena_check(&checkpoint->arena, err);
}

/* What the owner of the network keeps of the uplink in no file that is to last. */
static int save_kept(struct vl_checkpoint *checkpoint, const struct vl_session *session, struct vl_error *err)
{
    struct vl_bridge_source *files;
    size_t count;

    if (vl_owner_kept(&checkpoint->arena, session->backend, &session->lab->bridge, &files, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (vl_checkpoint_add_file(checkpoint, files[i].path, files[i].text, 0600, err) < 0)
            return -1;
    return 0;
}

static int save(const struct vl_run *run, const struct vl_plan *plan, const char *peer, const char *directory,
                struct vl_checkpoint *checkpoint)
{
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    struct vl_arena *arena = &checkpoint->arena;
    VL_NET_AUTO *net = NULL;

    checkpoint->root = vl_arena_strdup(arena, run->session->options.root);
    checkpoint->lab = vl_arena_strdup(arena, run->session->lab->name);
    checkpoint->peer = peer;
    if (save_files(checkpoint, plan, run->err) < 0)
        return -1;
    save_owner(checkpoint, run->session);
    if (is_this_host(run)) {
        net = vl_net_open(run->err);
        if (!net || save_kept(checkpoint, run->session, run->err) < 0 ||
            vl_checkpoint_network(checkpoint, net, bridge->interface, bridge->name, run->err) < 0)
            return -1;
        vl_checkpoint_filter(checkpoint);
        checkpoint->gateway =
            bridge->gateway ? vl_text_from_ipv4(arena, bridge->gateway) : live_gateway(checkpoint, arena);
    }
    return vl_checkpoint_write(checkpoint, directory, run->err);
}

static int find_missing(const struct vl_run *run, struct vl_arena *arena, const char **ret_missing)
{
    const struct vl_lab *lab = run->session->lab;

    return vl_switch_plan(arena, &lab->bridge, lab->name, ret_missing, run->err);
}

/* Everything that the plan was for is so now, or a moment later: who owns the network may set up the bridge once more,
 * address by address. */
static int verify(const struct vl_run *run)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    long long deadline = vl_boot_ms() + SETTLE_MS;
    const char *missing = "";

    if (find_missing(run, &arena, &missing) < 0)
        return -1;
    while (*missing && vl_boot_ms() < deadline) {
        (void)poll(NULL, 0, SETTLE_PAUSE_MS);
        if (find_missing(run, &arena, &missing) < 0)
            return -1;
    }
    if (!*missing)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED, "the network is not as it should be: still to be done is '%.*s'",
                   (int)strcspn(missing, "\n"), missing);
}

/* Whether all that answered before answers again. */
static bool is_reachable(struct vl_reach *reach)
{
    size_t known = vl_reach_known(reach);

    for (int i = 0; i < REACH_TRIES && known; i++) {
        if (vl_reach_round(reach, REACH_MS) >= known)
            return true;
        (void)poll(NULL, 0, REACH_MS / 5);
    }
    return false;
}

/* The watchdog puts everything back as soon as it hears that the command is at its end; when it was killed, this does.
 */
static int put_back_now(const struct vl_checkpoint *checkpoint, const char *directory, int *channel,
                        struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    size_t changed = 0;

    if (vl_watchdog_take_back(channel, directory, &cause) == 0)
        return 0;
    if (vl_change_phase(directory, NULL) != VL_CHANGE_ABANDONED || !vl_change_take_back(directory)) {
        vl_error_move(err, &cause);
        return -1;
    }
    if (vl_network_restore(checkpoint, &changed, err) < 0)
        return -1;
    if (checkpoint->first)
        vl_checkpoint_forget_original(directory);
    vl_change_over(directory, "taken back: the command failed, and its watchdog was gone", true);
    return 0;
}

/* The time was over before the change was through (the command was stopped, or slow), or what answered before does not
 * answer any more. */
static int is_late(const struct vl_run *run, const struct vl_checkpoint *checkpoint, const char *directory,
                   int *channel)
{
    vl_error_clear(run->err);
    if (put_back_now(checkpoint, directory, channel, run->err) < 0)
        return -1;
    return vl_fail(run->err, VL_ERROR_TIMEOUT, "the change was %s; all is as it was",
                   vl_change_outcome(&run->result->arena, directory, ""));
}

/* Carry the plan out under the watchdog. */
static int change_watched(const struct vl_run *run, const struct vl_plan *plan, const struct vl_checkpoint *checkpoint,
                          const struct vl_run_roads *roads, unsigned timeout, const char *directory, bool *waits)
{
    int channel = vl_watchdog_arm(directory, timeout, run->err);
    VL_ERROR_AUTO cause = { .code = VL_OK };
    size_t changed = 0;
    bool is_through, in_time;

    if (channel < 0) {
        if (checkpoint->first && vl_change_phase(directory, NULL) == VL_CHANGE_NONE)
            vl_checkpoint_forget_original(directory);
        return -1;
    }
    vl_session_event(run->session, VOIPLAB_EVENT_STEP, VL_THIS_HOST,
                     "watchdog armed: without confirmation all is put back after %u s", timeout);
    run->session->change = directory;
    is_through =
        vl_run_apply_plan(run, plan, "/", &changed) == 0 && verify(run) == 0 && vl_run_roads_moved(run, roads) == 0;
    run->session->change = NULL;
    if (is_through)
        vl_watchdog_done(&channel);
    in_time = vl_change_pending(directory);
    *waits = is_through && in_time;
    if (*waits)
        return 0;
    if (!in_time)
        return is_late(run, checkpoint, directory, &channel);
    if (put_back_now(checkpoint, directory, &channel, &cause) < 0)
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST, "%s", vl_error_text(&cause));
    else
        (void)vl_error_wrap(run->err, "the change was taken back, all is as it was");
    return -1;
}

static int try_to_commit(const struct vl_run *run, const struct vl_run_roads *before, const struct vl_access *access,
                         bool greeted, struct vl_reach *reach, const char *directory, bool *waits)
{
    const char *lost = vl_run_roads_lost(run, before), *shut = NULL;
    bool goes_on = false;
    int done = 0;

    if (lost)
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                         "%s: the session in which this was started is not carried on; confirm it yourself", lost);
    else if ((shut = vl_run_access_lost(run, access, greeted, &goes_on)))
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                         "%s; see that you get in, and confirm it yourself", shut);
    else if (!vl_reach_known(reach) && !goes_on)
        vl_session_event(
            run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
            "neither a gateway nor the peer of an SSH session answered before, so nothing tells whether the "
            "change is good: confirm it yourself");
    else if (vl_reach_known(reach) && !is_reachable(reach))
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST, "what answered before does not answer now");
    else
        done = vl_change_confirm(directory, run->err);
    if (done > 0) {
        vl_change_over(directory,
                       goes_on ? "confirmed: the session goes on, and what answered before answers"
                               : "confirmed: what answered before answers",
                       true);
        *waits = false;
    }
    return done < 0 ? -1 : 0;
}

/* The files of this host that the plan changes, as they shall be. */
static void files_of(const struct vl_plan *plan, struct vl_arena *arena, struct vl_fileset *set)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == VL_STEP_FILE && plan->steps[i].after)
            vl_fileset_add(arena, set,
                           &(struct vl_file){
                               .path = plan->steps[i].object,
                               .kind = VL_FILE_WHOLE,
                               .mode = plan->steps[i].mode,
                               .text = plan->steps[i].after,
                           });
}

/* Whether what the plan writes brings the bridge up at the next start. What went wrong is the error; that it cannot be
 * tried is only told. */
static int rehearse(const struct vl_run *run, const struct voiplab_bridge *how, struct vl_plan *plan)
{
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    struct vl_fileset set = { .count = 0 };
    enum vl_rehearsed rehearsed;
    const char *text = "";

    files_of(plan, &plan->arena, &set);
    if (!set.count || !is_this_host(run))
        return 0;
    if (how->unrehearsed) {
        vl_session_event(run->session, VOIPLAB_EVENT_STEP, VL_THIS_HOST, "not rehearsed, as --rehearse=no says");
        return 0;
    }
    if (vl_rehearse(&plan->arena, run->session->backend, bridge, &set, &rehearsed, &text, run->err) < 0)
        return -1;
    vl_json_string(run->result->document, "rehearsal", text);
    if (rehearsed == VL_REHEARSED_BADLY)
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "the next start of this host was rehearsed with %s, and %s; nothing was changed "
                       "(--rehearse=no leaves the rehearsal out)",
                       vl_bridge_backends[run->session->backend], text);
    vl_session_event(run->session, VOIPLAB_EVENT_STEP, VL_THIS_HOST,
                     rehearsed == VL_REHEARSED_WELL ? "the next start was rehearsed with %s: %s"
                                                    : "the next start cannot be rehearsed with %s: %s",
                     vl_bridge_backends[run->session->backend], text);
    return 0;
}

/* Nobody watches a tree: it is not what this host reaches its gateway by. */
static int change_tree(const struct vl_run *run, const struct vl_plan *plan, const char *directory)
{
    size_t changed = 0;

    if (vl_checkpoint_keep(directory, run->err) < 0)
        return -1;
    return vl_run_apply_plan(run, plan, run->session->options.root, &changed);
}

static unsigned timeout_of(const struct voiplab_bridge *how)
{
    return how->timeout_s ? how->timeout_s : DEFAULT_TIMEOUT_S;
}

/* The back end that is named, if one is. */
static int take_backend(struct vl_session *session, const char *name, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    for (int i = 0; name && vl_bridge_backends[i]; i++)
        if (!strcmp(name, vl_bridge_backends[i])) {
            session->backend = (enum vl_bridge_backend)i;
            return 0;
        }
    if (!name)
        return 0;
    return vl_fail(err, VL_ERROR_USAGE, "there is no back end '%s'; it is one of %s", name,
                   vl_lab_backend_list(&arena, VL_BACKEND_AUTO));
}

/* Commands alone change no address and no route: nothing of it could lock anybody out. */
static bool is_harmless(const struct vl_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind != VL_STEP_COMMAND)
            return false;
    return true;
}

/* Before something is changed, not each time that nothing is to be done. */
static void tell_of_hoster(const struct vl_run *run, const struct vl_plan *plan)
{
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    const char *sign = plan->count && bridge->interface ? vl_hoster_sign(&run->result->arena, bridge,
                                                                         is_this_host(run) ? VL_HOSTER_IDENTITY : NULL)
                                                        : NULL;

    if (sign)
        vl_session_event(
            run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
            "%s, and most hosters let frames of no other MAC address through: then guests on a bridge with '%s' reach "
            "nobody; 'interface = none' in [bridge] with a network of the lab's own, whose router this host is, is "
            "what "
            "works there (see 'A routed network' in voiplab-bridge(1))",
            sign, bridge->interface);
}

int vl_run_bridge_change(const struct vl_run *run, const struct voiplab_bridge *how, size_t *changed, bool *ret_waits)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_CHECKPOINT_AUTO checkpoint = { .root = NULL };
    struct vl_reach reach = { .count = 0 };
    const struct vl_access access = vl_access_of(how->peer);
    const char *peer = *access.peer ? access.peer : NULL;
    const struct vl_run_roads roads = vl_run_roads_look(peer);
    const char *directory = vl_run_bridge_store(run);
    VL_CLOSE int lock = vl_run_bridge_lock(run);
    bool greeted;

    *ret_waits = false;
    if (lock < 0 || refuse_second(run, directory) < 0 || vl_stage_bridge_possible(run->session, run->err) < 0 ||
        vl_stage_uplink(run->session, false, &plan, run->err) < 0)
        return -1;
    *changed += plan.count;
    if (!plan.count)
        return 0;
    if (is_harmless(&plan)) {
        size_t done = 0;

        return vl_run_apply_plan(run, &plan, run->session->options.root, &done);
    }
    tell_of_hoster(run, &plan);
    if (rehearse(run, how, &plan) < 0 || save(run, &plan, peer, directory, &checkpoint) < 0)
        return -1;
    if (!is_this_host(run))
        return change_tree(run, &plan, directory);
    vl_reach_add(&reach, checkpoint.gateway, true);
    vl_reach_add(&reach, checkpoint.peer, false);
    if (how->commit_if_reachable && reach.count)
        (void)vl_reach_round(&reach, REACH_MS);
    greeted = how->commit_if_reachable && vl_run_access_greets(&access);
    if (change_watched(run, &plan, &checkpoint, &roads, timeout_of(how), directory, ret_waits) < 0)
        return -1;
    return how->commit_if_reachable ? try_to_commit(run, &roads, &access, greeted, &reach, directory, ret_waits) : 0;
}

/* The plan, and what became of its rehearsal. */
static int show(const struct vl_run *run, const struct voiplab_bridge *how, struct vl_plan *plan)
{
    tell_of_hoster(run, plan);
    if (run->session->lab->bridge.interface && rehearse(run, how, plan) < 0) {
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST, "%s", vl_error_text(run->err));
        vl_error_clear(run->err);
    }
    return vl_run_show_plan(run, plan);
}

int vl_run_bridge(const struct vl_run *run)
{
    const struct voiplab_bridge *how = run->request->parameters.bridge;
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;
    bool waits = false;
    int rc;

    if (take_backend(run->session, how->backend, run->err) < 0)
        return -1;
    if (!is_this_host(run) && !bridge->interface)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "with interface = none in [bridge] there are no files to write under '%s': the bridge is made "
                       "live, on this host; leave --root out for that",
                       run->session->options.root);
    if (vl_run_is_dry(run)) {
        rc = bridge->interface ? vl_stage_uplink(run->session, true, &plan, run->err)
                               : vl_stage_bridge(run->session, &plan, run->err);
        return rc < 0 ? rc : show(run, how, &plan);
    }
    rc = bridge->interface ? vl_run_bridge_change(run, how, &changed, &waits)
                           : vl_run_apply_stage(run, vl_stage_bridge, &changed);
    if (rc < 0)
        return rc;
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_json_bool(run->result->document, "waits_for_confirmation", waits);
    if (waits)
        vl_result_summary(run->result,
                          "%zu step%s taken; 'voiplab bridge confirm' keeps the change, which is taken back after %u s "
                          "without it",
                          changed, vl_plural(changed), timeout_of(how));
    else
        vl_result_summary(run->result, changed ? "%zu step%s taken" : "nothing to do", changed, vl_plural(changed));
    return 0;
}
