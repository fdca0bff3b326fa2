/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bridge with an uplink: its files, and on this host also what takes an unconfirmed change back at boot, and the live
 * switch-over.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "network/checkpoint.h"
#include "network/owner.h"
#include "network/possible.h"
#include "network/recovery.h"
#include "network/switch.h"
#include "probe/filter.h"
#include "stage/stage.h"

static const char *own_path(struct vl_arena *arena)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

    return length > 0 ? vl_arena_strndup(arena, path, (size_t)length) : "/usr/bin/voiplab";
}

static void add_parent(struct vl_plan *plan, const char *path)
{
    const char *directory = vl_arena_strndup(&plan->arena, path, (size_t)(strrchr(path, '/') - path));

    vl_plan_add_directory(plan, directory, 0755, "where the next file goes");
}

static int plan_boot(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    const char *state = session->options.state_directory;
    bool systemd = vl_file_exists("/etc/systemd/system");
    struct vl_fileset set = { .count = 0 };
    VL_TARGET_AUTO *host = NULL;

    if (!systemd && !vl_file_exists("/etc/rc.d/rc.local"))
        return 0;
    host = vl_target_local("/", err);
    if (!host)
        return -1;
    vl_bridge_at_boot(arena, systemd ? VL_INIT_SYSTEMD : VL_INIT_RC_LOCAL, own_path(arena), state,
                      vl_checkpoint_directory(arena, state, "/"), &set);
    for (size_t i = 0; i < set.count; i++)
        add_parent(plan, set.files[i].path);
    return vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, err);
}

static int plan_switch(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    const char *commands = "";

    if (vl_switch_plan(&plan->arena, bridge, session->lab->name, &commands, err) < 0)
        return -1;
    if (*commands)
        vl_plan_add(plan,
                    &(struct vl_step){
                        .kind = VL_STEP_SWITCH,
                        .target = VL_THIS_HOST,
                        .object = vl_arena_printf(&plan->arena, "%s to %s", bridge->interface, bridge->name),
                        .after = commands,
                        .why = "addresses and routes move to the bridge, and the uplink becomes its port, without "
                               "a reboot; by netlink in one short step what these commands would do one by one",
                    });
    return 0;
}

/* Whoever owns the network takes over what the switch-over made. */
static void plan_owner(const struct vl_session *session, struct vl_plan *plan)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    const char *const *const *commands = vl_owner_commands(&plan->arena, session->backend, VL_OWNER_CHANGED, bridge);

    for (size_t i = 0; commands && commands[i]; i++)
        vl_plan_add_command(plan, "whoever owns the network of this host takes the changed files over",
                            vl_arena_printf(&plan->arena, "%s %s", commands[i][0], commands[i][1]), commands[i]);
}

static int plan_switch_if_possible(struct vl_session *session, bool dry, struct vl_plan *plan, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (plan_switch(session, plan, &cause) == 0)
        return 0;
    if (dry) {
        vl_session_event(session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST, "%s; the live switch-over is not shown",
                         vl_error_text(&cause));
        return 0;
    }
    vl_error_move(err, &cause);
    return -1;
}

/* Before it is changed: rules for the uplink that mean nothing once it is a port. */
static void tell_filter(struct vl_session *session, struct vl_arena *arena)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    struct vl_filter_rules rules[VL_FILTERS];
    size_t count = vl_filter_look(arena, bridge->interface, bridge->name, rules);

    for (size_t i = 0; i < count; i++)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                         "the packet filter (%s) has %zu rule%s for '%s' and none such for '%s', by which all packets "
                         "come and go then: add %s for '%s' first, or nothing passes that needs %s: %s",
                         rules[i].program, rules[i].count, vl_plural(rules[i].count), bridge->interface, bridge->name,
                         rules[i].count > 1 ? "them" : "it", bridge->name, rules[i].count > 1 ? "them" : "it",
                         rules[i].first);
}

int vl_stage_uplink(struct vl_session *session, bool dry, struct vl_plan *plan, struct vl_error *err)
{
    bool here = !strcmp(session->options.root, "/");

    if (here && vl_uplink_possible(&session->lab->bridge, err) < 0)
        return -1;
    if ((here && plan_boot(session, plan, err) < 0) || vl_stage_bridge(session, plan, err) < 0 ||
        (here && plan_switch_if_possible(session, dry, plan, err) < 0))
        return -1;
    if (here && plan->count) {
        plan_owner(session, plan);
        tell_filter(session, &plan->arena);
    }
    if (here && vl_stage_forward(session, plan, err) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}
