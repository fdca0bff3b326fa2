/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames between the guests do not pass the host's packet filter: they are not the host's traffic, and a rule made
 * for the host would stop calls between guests without a trace.
 */
#include "network/sysctl.h"

void vl_bridge_sysctl(struct vl_arena *arena, const struct vl_lab *lab, bool directory, const char *settings,
                      struct vl_fileset *set)
{
    const struct vl_file file = {
        .path = directory ? "/etc/sysctl.d/60-voiplab.conf" : "/etc/sysctl.conf",
        .kind = directory ? VL_FILE_WHOLE : VL_FILE_BLOCK,
        .mode = 0644,
        .text = vl_arena_printf(arena,
                                "# Written by voiplab for the lab %s.\n"
                                "net.bridge.bridge-nf-call-ip6tables = 0\n"
                                "net.bridge.bridge-nf-call-iptables = 0\n"
                                "net.bridge.bridge-nf-call-arptables = 0\n%s",
                                lab->name, settings),
        .why = "traffic of the bridge passes by the host's packet filter, which is not there for the guests",
        .reload = directory ? VL_RELOAD_SYSCTL : VL_RELOAD_SYSCTL_CONF,
    };

    vl_fileset_add(arena, set, &file);
}
