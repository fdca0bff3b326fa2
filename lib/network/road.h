/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way to an address: over which link, and from which address of this host. Who is logged in keeps the session only
 * when both stay what they were; and a default route that is another card's now is no success, whoever answers there.
 * Only the kernel's tables are asked: no packet is sent.
 */
#ifndef VL_NETWORK_ROAD_H
#define VL_NETWORK_ROAD_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "base/arena.h"

struct vl_road {
    char to[INET6_ADDRSTRLEN];
    bool known;          /* there is a way */
    char over[IFNAMSIZ]; /* the link */
    char from[INET6_ADDRSTRLEN];
};

/* Addresses out in the world, one of each family, that stand for all that the default routes lead to. */
#define VL_ROAD_FAR4 "198.41.0.4"
#define VL_ROAD_FAR6 "2001:503:ba3e::2:30"

/* Look. NULL, and what is no address, has no way. */
struct vl_road vl_road_look(const char *address);

/* Whether it led over the uplink or the bridge and leads over another link now: in words, in the arena; NULL: no. */
const char *vl_road_moved(struct vl_arena *arena, const struct vl_road *before, const struct vl_road *now,
                          const char *uplink, const char *bridge);

/* Whether whoever is at the other end is not reached as before, from the same address: in words; NULL: as before. */
const char *vl_road_lost(struct vl_arena *arena, const struct vl_road *before, const struct vl_road *now,
                         const char *uplink, const char *bridge);

#endif
