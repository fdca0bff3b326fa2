/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a running NetworkManager holds an interface: what of it stands in no file that is to last, or would be another on
 * the bridge.
 */
#ifndef VL_NETWORK_NETWORKMANAGER_HOLD_H
#define VL_NETWORK_NETWORKMANAGER_HOLD_H

#include "network/backend.h"

/* Everything is NULL when it does not have the interface of this index. In the arena. */
struct vl_hold vl_networkmanager_holds(struct vl_arena *arena, unsigned index);

/* What an IPv6 address ends with, `::1:2:3:4`; NULL: that is made of the MAC address (RFC 4291, appendix A), which the
 * bridge has as well. */
const char *vl_networkmanager_token(struct vl_arena *arena, const unsigned char address[static 16],
                                    const unsigned char mac[static 6]);

#endif
