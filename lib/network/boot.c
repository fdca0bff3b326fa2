/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unit, or the block of rc.local, that runs `bridge revert --boot`. What puts the network back is recovery.c.
 */
#include "network/boot.h"

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
