/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/networkmanager_hold.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "network/netlink.h"

const char *vl_networkmanager_token(struct vl_arena *arena, const unsigned char address[static 16],
                                    const unsigned char mac[static 6])
{
    const unsigned char made[8] = { mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] };
    unsigned char end[16] = { 0 };
    char text[INET6_ADDRSTRLEN];

    memcpy(end + 8, address + 8, 8);
    if (!memcmp(end + 8, made, sizeof(made)) || !inet_ntop(AF_INET6, end, text, sizeof(text)))
        return NULL;
    return vl_arena_strdup(arena, text);
}

/* Of the address that is made of a router's advertisement and lasts: its network has 64 bits (RFC 4862). */
static const char *token_of(struct vl_arena *arena, unsigned index)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);
    struct vl_net_messages addresses;
    struct vl_net_link link;
    char name[IF_NAMESIZE];

    if (!net || !if_indextoname(index, name) || vl_net_link(net, arena, name, &link, &ignored) < 0 || !link.has_mac ||
        vl_net_addresses(net, arena, (int)index, &addresses, &ignored) < 0)
        return NULL;
    for (size_t i = 0; i < addresses.count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&addresses.list[i]);

        if (facts.family == AF_INET6 && facts.prefix == 64 && !facts.permanent && !facts.temporary && !facts.link_local)
            return vl_networkmanager_token(arena, facts.bytes, link.mac);
    }
    return NULL;
}

static const char *said(const char *value)
{
    return *value ? value : NULL;
}

struct vl_hold vl_networkmanager_holds(struct vl_arena *arena, unsigned index)
{
    const char *path = vl_arena_printf(arena, "/run/NetworkManager/devices/%u", index);

    if (strcmp(vl_backend_state(arena, path, "device", "managed"), "true") != 0)
        return (struct vl_hold){ .profile = NULL };
    return (struct vl_hold){
        .profile = said(vl_backend_state(arena, path, "device", "connection-uuid")),
        .metric = said(vl_backend_state(arena, path, "device", "route-metric-default-effective")),
        .token = token_of(arena, index),
    };
}
