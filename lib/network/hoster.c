/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/hoster.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/netlink.h"

/* By which file a machine of theirs is known, as cloud-init's ds-identify(8) does it. */
static const struct {
    const char *file, *says, *name;
} rows[] = {
    { "sys_vendor", "Akamai", "Akamai" },
    { "sys_vendor", "Amazon EC2", "Amazon EC2" },
    { "sys_vendor", "DigitalOcean", "DigitalOcean" },
    { "sys_vendor", "Hetzner", "Hetzner" },
    { "sys_vendor", "Linode", "Linode" },
    { "sys_vendor", "Scaleway", "Scaleway" },
    { "sys_vendor", "UpCloud", "UpCloud" },
    { "sys_vendor", "Vultr", "Vultr" },
    { "product_name", "Alibaba Cloud ECS", "Alibaba" },
    { "product_name", "Exoscale Compute Platform", "Exoscale" },
    { "product_name", "Google Compute Engine", "Google" },
    { "chassis_asset_tag", "OracleCloud.com", "Oracle" },
    { "chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", "Microsoft Azure" },
};

static const char *of_machine(struct vl_arena *arena, const char *identity)
{
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        const char *path = vl_arena_printf(arena, "%s/%s", identity, rows[i].file);
        VL_FREE char *text = NULL;

        if (vl_file_read(path, 4096, &text, NULL, &ignored) == 0 && !strcmp(vl_text_strip(text), rows[i].says))
            return vl_arena_printf(arena, "this is a machine of the hoster %s ('%s')", rows[i].name, path);
    }
    return NULL;
}

static bool has_gateway(const struct vl_net_messages *routes)
{
    for (size_t i = 0; i < routes->count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&routes->list[i]);

        if (facts.family == AF_INET && facts.is_default && facts.has_gateway)
            return true;
    }
    return false;
}

/* The only address of IPv4 that a link has, and a gateway, which then is beyond it. */
static const char *of_lease(struct vl_arena *arena, const char *interface)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);
    struct vl_net_messages addresses, routes;
    struct vl_net_link link;
    const char *alone = NULL;

    if (!net || vl_net_link(net, arena, interface, &link, &ignored) < 0 || !link.exists ||
        vl_net_addresses(net, arena, link.index, &addresses, &ignored) < 0 ||
        vl_net_routes(net, arena, link.index, &routes, &ignored) < 0)
        return NULL;
    for (size_t i = 0; i < addresses.count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&addresses.list[i]);

        if (facts.family != AF_INET)
            continue;
        if (alone || facts.prefix != 32)
            return NULL;
        alone = vl_net_address_text(arena, &addresses.list[i]);
    }
    return alone && has_gateway(&routes)
               ? vl_arena_printf(arena, "%s with a gateway beyond is how a hoster gives a server its address", alone)
               : NULL;
}

const char *vl_hoster_sign(struct vl_arena *arena, const struct vl_bridge *bridge, const char *identity)
{
    const char *sign = NULL;

    if (vl_bridge_gateway_is_far(bridge))
        return vl_arena_printf(arena, "%s/%u with its gateway %s beyond is how a hoster gives a server its address",
                               vl_text_from_ipv4(arena, bridge->address), bridge->prefix,
                               vl_text_from_ipv4(arena, bridge->gateway));
    if (!identity)
        return NULL;
    if (bridge->dhcp)
        sign = of_lease(arena, bridge->interface);
    return sign ? sign : of_machine(arena, identity);
}
