/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's settings for IP on one link (/proc/sys/net/ipv4/conf/LINK and its kin). What somebody set for the uplink
 * is for the bridge, which would come up with those of any new link: with IPv6 where it was off, say.
 */
#ifndef VL_NETWORK_SETTINGS_H
#define VL_NETWORK_SETTINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "lab/lab.h"

/* What of the uplink's settings is not that of a new link, as arguments of sysctl(8): `net/ipv4/conf/br0/rp_filter=0`;
 * NULL-terminated. */
const char *const *vl_settings_of_uplink(struct vl_arena *arena, const struct vl_bridge *bridge);

/* The same from the text of a file of sysctl.d(5), a line each, appended to `out`. */
void vl_settings_from_file(struct vl_arena *arena, const struct vl_bridge *bridge, const char *text,
                           struct vl_buf *out);

#endif
