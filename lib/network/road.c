/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/road.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "network/netlink.h"

struct vl_road vl_road_look(const char *address)
{
    struct vl_road way = { .known = false };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = NULL;
    unsigned char bytes[16];
    struct vl_net_way found;
    int family = address && strchr(address, ':') ? AF_INET6 : AF_INET;

    if (!address || inet_pton(family, address, bytes) != 1)
        return way;
    (void)snprintf(way.to, sizeof(way.to), "%s", address);
    net = vl_net_open(&ignored);
    if (!net || !vl_net_way(net, family, bytes, &found) || !if_indextoname((unsigned)found.index, way.over))
        return way;
    way.known = true;
    if (found.has_source)
        (void)inet_ntop(family, found.source, way.from, sizeof(way.from));
    return way;
}

const char *vl_road_moved(struct vl_arena *arena, const struct vl_road *before, const struct vl_road *now,
                          const char *uplink, const char *bridge)
{
    if (!before->known || !now->known || (strcmp(before->over, uplink) != 0 && strcmp(before->over, bridge) != 0) ||
        !strcmp(now->over, bridge))
        return NULL;
    return vl_arena_printf(arena, "%s was reached over '%s', and is over '%s' now instead of '%s'", before->to,
                           before->over, now->over, bridge);
}

const char *vl_road_lost(struct vl_arena *arena, const struct vl_road *before, const struct vl_road *now,
                         const char *uplink, const char *bridge)
{
    if (!before->known)
        return NULL;
    if (!now->known)
        return vl_arena_printf(arena, "there is no way to %s any more", before->to);
    if (strcmp(before->from, now->from) != 0)
        return vl_arena_printf(arena, "%s is spoken to from %s now, and was from %s", before->to, now->from,
                               before->from);
    return vl_road_moved(arena, before, now, uplink, bridge);
}
