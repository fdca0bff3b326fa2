/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Telling who owns the network of this host (NetworkManager, systemd-networkd) that its files have changed, so that it
 * takes over what the switch-over made, or what was put back, instead of making it anew from what it remembers.
 */
#ifndef VL_NETWORK_OWNER_H
#define VL_NETWORK_OWNER_H

#include "network/backend.h"

/* Commands of NetworkManager, for the rows. For the bridge `device connect` would take up the profile that
 * NetworkManager made for the bridge it came upon, which is gone when NetworkManager is started anew. The port comes up
 * with the bridge, but not when that profile was still being left at that moment, and is not tried again then; so it is
 * brought up by its own command. `device connect` takes the profile that was up last of those that fit, and makes a
 * lasting one where there is none: where a profile can be named it is. */
#define VL_NM_RUNS .state = "/run/NetworkManager", .daemon = "NetworkManager"
#define VL_NM_RELOAD                                                                                                   \
    {                                                                                                                  \
        "nmcli", "connection", "reload"                                                                                \
    }
#define VL_NM_CONNECT_UPLINK                                                                                           \
    {                                                                                                                  \
        "nmcli", "--wait", "30", "device", "connect", "UPLINK"                                                         \
    }
#define VL_NM_BRING_UP(profile)                                                                                        \
    {                                                                                                                  \
        "nmcli", "--wait", "30", "connection", "up", profile                                                           \
    }
#define VL_NM_BRING_UP_ON(profile, interface)                                                                          \
    {                                                                                                                  \
        "nmcli", "--wait", "30", "connection", "up", profile, "ifname", interface                                      \
    }
#define VL_NETWORKD_RUNS .state = "/run/systemd/netif/state", .daemon = "systemd-network"

/* The commands for the owner of this back end, NULL-terminated; none when no such daemon runs. One that is about a
 * profile is left out when there is none. In the arena. */
const char *const *const *vl_owner_commands(struct vl_arena *arena, enum vl_bridge_backend backend,
                                            enum vl_owner_word word, const struct vl_bridge *bridge);

/* Files of this host that the owner's daemon keeps of the uplink for as long as it runs, and that are gone after a
 * start with the bridge: they belong to the way back. *ret_files is in the arena. */
int vl_owner_kept(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge *bridge,
                  struct vl_bridge_source **ret_files, size_t *ret_count, struct vl_error *err);

#endif
