/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Telling who owns the network of this host (NetworkManager, systemd-networkd) that its files have changed, so that it
 * takes over what the switch-over made, or what was put back, instead of making it anew from what it remembers.
 */
#ifndef VL_NETWORK_OWNER_H
#define VL_NETWORK_OWNER_H

#include "lab/lab.h"

enum vl_owner_word { VL_OWNER_CHANGED, VL_OWNER_PUT_BACK };

/* The commands for the owner of this back end, NULL-terminated; none when no such daemon runs. In the arena. */
const char *const *const *vl_owner_commands(struct vl_arena *arena, enum vl_bridge_backend backend,
                                            enum vl_owner_word word, const char *uplink, const char *bridge);

#endif
