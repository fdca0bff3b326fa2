/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/recovery.h"

#include <poll.h>

#include "base/process.h"
#include "network/lease_client.h"
#include "network/switch.h"

enum {
    RELOAD_TIMEOUT_MS = 30000,
    RESTORE_TRIES = 5, /* once the owner has been told */
    RESTORE_PAUSE_MS = 200,
};

static void restore_pair(const struct vl_checkpoint *checkpoint, const struct vl_saved_link *uplink,
                         const struct vl_saved_link *bridge, struct vl_error *first)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    bool done = false;

    if (vl_checkpoint_restore_network(checkpoint, uplink, bridge, &done, &cause) == 0 &&
        (done || vl_switch_back(bridge->name, uplink->name, &cause) == 0))
        return;
    if (!first->code)
        vl_error_move(first, &cause);
}

static void restore_network(const struct vl_checkpoint *checkpoint, struct vl_error *first)
{
    for (size_t i = checkpoint->further_count; i-- > 0;)
        restore_pair(checkpoint, &checkpoint->further[i].uplink, &checkpoint->further[i].bridge, first);
    restore_pair(checkpoint, &checkpoint->uplink, &checkpoint->bridge, first);
}

static void restore_modes(const struct vl_checkpoint *checkpoint)
{
    for (size_t i = checkpoint->further_count; i-- > 0;)
        vl_checkpoint_restore_mode(&checkpoint->further[i].uplink);
    vl_checkpoint_restore_mode(&checkpoint->uplink);
}

/* DHCP clients that were started for the bridge have nothing to do when it goes; those of the uplink come with the
 * owner's commands. */
static void end_clients(const struct vl_checkpoint *checkpoint)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (checkpoint->bridge.name && !checkpoint->bridge.link.exists)
        (void)vl_lease_clients_end(checkpoint->bridge.name, "", false, &ignored);
}

/* The owner of the network reads its files again. It may not run at all (after a reboot, early in the boot). */
static void run_reloads(const struct vl_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->reload_count; i++) {
        VL_PROCESS_RESULT_AUTO result = { .status = -1 };
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        struct vl_process_options options = { .timeout_ms = RELOAD_TIMEOUT_MS };

        (void)vl_process_run(checkpoint->reloads[i], &options, &result, &ignored);
    }
}

/* While the owner still acts on what it has seen it may take an address away before the route over it is there. What is
 * there already is no error, so that the same can be tried again. */
static void restore_at_last(const struct vl_checkpoint *checkpoint, struct vl_error *err)
{
    for (int i = 0; i < RESTORE_TRIES; i++) {
        if (i)
            (void)poll(NULL, 0, RESTORE_PAUSE_MS);
        vl_error_clear(err);
        restore_network(checkpoint, err);
        if (!err->code)
            return;
    }
}

int vl_network_restore(const struct vl_checkpoint *checkpoint, size_t *changed, struct vl_error *err)
{
    VL_ERROR_AUTO network = { .code = VL_OK }, files = { .code = VL_OK };

    /* at once, whatever the owner makes of it; what counts is how it is in the end */
    if (checkpoint->boot) {
        end_clients(checkpoint);
        restore_network(checkpoint, &network);
    }
    (void)vl_checkpoint_restore_files(checkpoint, changed, &files);
    if (checkpoint->boot && checkpoint->reload_count)
        run_reloads(checkpoint);
    if (checkpoint->boot && (checkpoint->reload_count || network.code))
        restore_at_last(checkpoint, &network);
    if (checkpoint->boot) {
        restore_modes(checkpoint);
        vl_checkpoint_restore_filter(checkpoint);
    }
    if (!network.code && !files.code)
        return 0;
    vl_error_move(err, network.code ? &network : &files);
    return -1;
}

static const char service[] = "[Unit]\n"
                              "Description=Take back a change of the network that was not confirmed (voiplab)\n"
                              "DefaultDependencies=no\n"
                              "RequiresMountsFor=%s %s\n"
                              "After=local-fs.target\n"
                              "Wants=network-pre.target\n"
                              "Before=network-pre.target shutdown.target\n"
                              "Conflicts=shutdown.target\n"
                              "ConditionPathExists=|%s/pending\n"
                              "ConditionPathExists=|%s/reverting\n"
                              "\n"
                              "[Service]\n"
                              "Type=oneshot\n"
                              "ExecStart=%s bridge revert --boot --state %s\n";

static const char drop_in[] = "[Unit]\nWants=voiplab-bridge.service\n";

static void add(struct vl_arena *arena, struct vl_fileset *set, enum vl_file_kind kind, const char *path,
                const char *text, const char *why)
{
    vl_fileset_add(arena, set, &(struct vl_file){ .path = path, .kind = kind, .mode = 0644, .text = text, .why = why });
}

void vl_bridge_at_boot(struct vl_arena *arena, enum vl_init init, const char *program, const char *state,
                       const char *pending, struct vl_fileset *set)
{
    if (init == VL_INIT_RC_LOCAL) {
        add(arena, set, VL_FILE_BLOCK, "/etc/rc.d/rc.local",
            vl_arena_printf(arena, "%s bridge revert --boot --state %s >/dev/null 2>&1\n", program, state),
            "after a power cut, a change of the network that was not confirmed is taken back");
        return;
    }
    add(arena, set, VL_FILE_WHOLE, "/etc/systemd/system/voiplab-bridge.service",
        vl_arena_printf(arena, service, state, program, pending, pending, program, state),
        "after a power cut, a change of the network that was not confirmed is taken back before the network comes up");
    add(arena, set, VL_FILE_WHOLE, "/etc/systemd/system/sysinit.target.d/60-voiplab.conf", drop_in,
        "so that the service above runs at every boot; it does nothing when no change waits");
}
