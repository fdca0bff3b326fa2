/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [bridge]: addresses that a host can have, gateways that it can reach, and keys that go together.
 *
 * The network of the lab is that of `address`. With `address = dhcp` it is not known before a lease is there, so the
 * key `network` states it; without it nothing that needs it (guests that are made here) may be in the lab.
 */
#include <string.h>

#include "base/text.h"
#include "lab/schema.h"

const char *const vl_bridge_backends[] = {
    "auto",
#define X(id, name) #name,
    VL_BACKENDS(X)
#undef X
        NULL,
};

const char *vl_lab_backend_list(struct vl_arena *arena, enum vl_bridge_backend first)
{
    const char *list = vl_bridge_backends[first];

    for (size_t i = (size_t)first + 1; i < VL_BACKEND_COUNT; i++)
        list = vl_arena_printf(arena, "%s%s%s", list, i + 1 < VL_BACKEND_COUNT ? ", " : " or ", vl_bridge_backends[i]);
    return list;
}

#define NOBODYS_ADDRESS UINT32_C(0xc0000201) /* 192.0.2.1, for documentation */

struct bridge_check {
    struct vl_lab *lab;
    const struct vl_raw_section *section;
    struct vl_error *err;
};

#define MISTAKE(check, key, ...)                                                                                       \
    VL_LAB_MISTAKE((check)->lab, vl_raw_line((check)->section, key), (check)->err, __VA_ARGS__)

static bool is_given(const struct bridge_check *check, const char *key)
{
    return vl_ini_entry(check->section->section, key) != NULL;
}

/* Keys that say how the uplink's network is joined mean nothing without an uplink. */
static int check_uplink_keys(const struct bridge_check *check)
{
    static const char *const keys[] = { "addresses", "gateway6", "ipv6", "mtu", "network", NULL };
    const struct vl_bridge *bridge = &check->lab->bridge;

    if (bridge->interface)
        return 0;
    if (bridge->dhcp)
        return MISTAKE(check, "address",
                       "[bridge] address: 'dhcp' needs an uplink (interface = ...), on whose network a server answers");
    for (size_t i = 0; keys[i]; i++)
        if (is_given(check, keys[i]))
            return MISTAKE(check, keys[i], "[bridge] %s: is for a bridge with an uplink (interface = ...)", keys[i]);
    return 0;
}

static int check_address(const struct bridge_check *check)
{
    const struct vl_bridge *bridge = &check->lab->bridge;
    uint32_t mask = vl_text_netmask(bridge->prefix);

    if (!bridge->dhcp && !bridge->prefix)
        return 0;
    if (is_given(check, "network") && !bridge->dhcp)
        return MISTAKE(check, "network", "[bridge] network: is for address = dhcp; the address given says it already");
    if (!bridge->dhcp && bridge->prefix < 31 &&
        ((bridge->address & ~mask) == 0 || (bridge->address | mask) == UINT32_MAX))
        return MISTAKE(check, "address", "[bridge] address: '%s' is the network's own or its broadcast address",
                       vl_text_from_ipv4(&check->lab->arena, bridge->address));
    return 0;
}

static int check_gateway(const struct bridge_check *check)
{
    const struct vl_bridge *bridge = &check->lab->bridge;
    struct vl_arena *arena = &check->lab->arena;

    if (!bridge->gateway || (!bridge->dhcp && !bridge->prefix))
        return 0;
    if (!bridge->prefix)
        return MISTAKE(check, "gateway",
                       "[bridge] gateway: with address = dhcp it is that of the guests; say also network = "
                       "ADDRESS/PREFIX, or leave it out");
    /* a hoster's gateway for a server with one address is on the link and in no network of it */
    if (bridge->prefix != 32 && (bridge->gateway & vl_text_netmask(bridge->prefix)) != bridge->network)
        return MISTAKE(check, "gateway", "[bridge] gateway: '%s' is outside the bridge's network %s/%u",
                       vl_text_from_ipv4(arena, bridge->gateway), vl_text_from_ipv4(arena, bridge->network),
                       bridge->prefix);
    /* of an isolated network this host may be the router */
    if (bridge->gateway == bridge->address && bridge->interface)
        return MISTAKE(check, "gateway", "[bridge] gateway: '%s' is the bridge's own address",
                       vl_text_from_ipv4(arena, bridge->gateway));
    return 0;
}

static bool same_network6(const unsigned char *a, const unsigned char *b, unsigned prefix)
{
    unsigned bytes = prefix / 8, rest = prefix % 8;

    return !memcmp(a, b, bytes) && (!rest || (a[bytes] ^ b[bytes]) >> (8 - rest) == 0);
}

static int check_gateway6(const struct bridge_check *check)
{
    const struct vl_bridge *bridge = &check->lab->bridge;
    unsigned char gateway[16];

    if (!bridge->gateway6)
        return 0;
    if (vl_text_ipv6(bridge->gateway6, gateway) && gateway[0] == 0xfe && (gateway[1] & 0xc0) == 0x80)
        return 0;
    for (size_t i = 0; bridge->addresses[i]; i++) {
        unsigned char address[16];
        unsigned prefix;

        if (vl_text_network6(bridge->addresses[i], address, &prefix) && same_network6(address, gateway, prefix))
            return 0;
    }
    return MISTAKE(check, "gateway6",
                   "[bridge] gateway6: '%s' is in the network of no IPv6 address of the key 'addresses'",
                   bridge->gateway6);
}

/* Whether two addresses with their prefixes are one address. Both are well formed. */
static bool same_address(const char *a, const char *b)
{
    unsigned char left6[16], right6[16];
    uint32_t left, right;
    unsigned prefix;

    if (vl_text_network(a, &left, &prefix))
        return vl_text_network(b, &right, &prefix) && left == right;
    return vl_text_network6(a, left6, &prefix) && vl_text_network6(b, right6, &prefix) && !memcmp(left6, right6, 16);
}

static int check_addresses(const struct bridge_check *check)
{
    const struct vl_bridge *bridge = &check->lab->bridge;
    const char *own = vl_arena_printf(&check->lab->arena, "%s/%u",
                                      vl_text_from_ipv4(&check->lab->arena, bridge->address), bridge->prefix);

    for (size_t i = 0; bridge->addresses[i]; i++) {
        bool twice = !bridge->dhcp && same_address(bridge->addresses[i], own);

        for (size_t j = 0; j < i; j++)
            twice |= same_address(bridge->addresses[i], bridge->addresses[j]);
        if (twice)
            return MISTAKE(check, "addresses", "[bridge] addresses: '%s' is there twice", bridge->addresses[i]);
    }
    return 0;
}

static int check_mtu(const struct bridge_check *check)
{
    const struct vl_bridge *bridge = &check->lab->bridge;
    bool ipv6 = bridge->ipv6_auto;

    for (size_t i = 0; bridge->addresses[i]; i++)
        ipv6 |= strchr(bridge->addresses[i], ':') != NULL;
    if (!bridge->mtu || bridge->mtu >= 1280 || !ipv6)
        return 0;
    return MISTAKE(check, "mtu",
                   "[bridge] mtu: %u is too little for IPv6, which needs 1280; for a smaller one say ipv6 = none and "
                   "leave IPv6 addresses out",
                   bridge->mtu);
}

static int check_bridge(const struct bridge_check *check)
{
    const struct vl_bridge *bridge = &check->lab->bridge;

    if (bridge->interface && !strcmp(bridge->interface, bridge->name))
        return MISTAKE(check, "interface", "[bridge] interface: '%s' is the bridge itself", bridge->name);
    if (check_uplink_keys(check) < 0 || check_address(check) < 0 || check_gateway(check) < 0 ||
        check_gateway6(check) < 0 || check_addresses(check) < 0)
        return -1;
    return check_mtu(check);
}

int vl_lab_make_bridge(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    static const char *const nothing[] = { NULL };
    const struct vl_raw_section *section = raw->kinds[VL_RAW_BRIDGE].sections;
    const struct bridge_check check = { .lab = lab, .section = section, .err = err };
    const struct vl_raw_bridge *given = section->object;
    bool known = is_given(&check, "address"); /* else the lab is only looked at for more mistakes */

    lab->bridge = (struct vl_bridge){
        .name = given->name ? given->name : "br0",
        .interface = given->interface && strcmp(given->interface, "none") != 0 ? given->interface : NULL,
        .hwaddr = given->hwaddr,
        .dhcp = known && !given->prefix,
        .address = known ? given->address : NOBODYS_ADDRESS,
        .prefix = given->prefix ? given->prefix : given->network_prefix,
        .network = given->prefix ? given->address & vl_text_netmask(given->prefix)
                                 : given->network & vl_text_netmask(given->network_prefix),
        .gateway = given->gateway,
        .gateway6 = given->gateway6,
        .dns = given->dns ? given->dns : nothing,
        .addresses = given->addresses ? given->addresses : nothing,
        .ipv6_auto = given->ipv6 == 0,
        .ipv6_stated = is_given(&check, "ipv6"),
        .mtu = given->mtu,
        .backend = (enum vl_bridge_backend)given->backend,
        .line = section->section->line,
    };
    return check_bridge(&check);
}
