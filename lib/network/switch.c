/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/switch.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/lease_client.h"
#include "network/netlink.h"
#include "network/policy.h"
#include "network/possible.h"
#include "network/settings.h"

/* How long a port may take until the bridge carries traffic: the kernel's link watch acts within a second. */
enum { RUNNING_TIMEOUT_MS = 3000, RUNNING_PAUSE_MS = 2 };

/* An address that the bridge shall have. */
struct wanted {
    int family;
    unsigned char bytes[16];
    unsigned prefix;
};

/* What is there, what shall be, and the changes between, which are told and collected in one go. */
struct change {
    struct vl_arena *arena;
    struct vl_net *net;
    const struct vl_bridge *bridge;
    struct vl_net_link uplink_link, bridge_link;
    struct vl_net_messages uplink_addresses, uplink_routes, bridge_addresses, bridge_routes;
    struct vl_policy policy; /* of the uplink */
    struct wanted *wanted;
    size_t wanted_count;
    bool left;                      /* the bridge has an address that goes */
    struct vl_net_batch join, move; /* before and after the bridge carries traffic */
    struct vl_buf text;
};

static void free_change(struct change *change)
{
    vl_net_batch_free(&change->join);
    vl_net_batch_free(&change->move);
    vl_buf_free(&change->text);
    vl_net_close(change->net);
}

#define CHANGE_AUTO __attribute__((cleanup(free_change))) struct change

static void want(struct change *change, int family, const unsigned char *bytes, unsigned prefix)
{
    struct wanted *grown = vl_arena_grow(change->arena, change->wanted, change->wanted_count, sizeof(*grown));

    if (!grown)
        return;
    change->wanted = grown;
    grown[change->wanted_count].family = family;
    grown[change->wanted_count].prefix = prefix;
    memcpy(grown[change->wanted_count].bytes, bytes, family == AF_INET ? 4 : 16);
    change->wanted_count++;
}

static bool is_wanted(const struct change *change, const struct vl_net_facts *facts, bool with_prefix)
{
    for (size_t i = 0; i < change->wanted_count; i++) {
        const struct wanted *wanted = &change->wanted[i];

        if (wanted->family == facts->family && (!with_prefix || wanted->prefix == facts->prefix) &&
            !memcmp(wanted->bytes, facts->bytes, facts->family == AF_INET ? 4 : 16))
            return true;
    }
    return false;
}

/* ADDRESS/PREFIX of the lab file, which has been checked there. */
static void want_text(struct change *change, const char *text)
{
    char address[INET6_ADDRSTRLEN] = "";
    size_t length = strcspn(text, "/");
    unsigned char bytes[16];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;

    if (length >= sizeof(address))
        return;
    memcpy(address, text, length);
    if (inet_pton(family, address, bytes) == 1)
        want(change, family, bytes, text[length] ? (unsigned)strtoul(text + length + 1, NULL, 10) : 32);
}

static void want_ipv4(struct change *change, uint32_t address, unsigned prefix)
{
    uint32_t wire = htonl(address);
    unsigned char bytes[4];

    memcpy(bytes, &wire, sizeof(bytes));
    want(change, AF_INET, bytes, prefix);
}

/* What the lab file says, and of what the uplink has all that somebody else gave it: a DHCP server, a router. */
static void find_wanted(struct change *change)
{
    const struct vl_bridge *bridge = change->bridge;

    if (!bridge->dhcp)
        want_ipv4(change, bridge->address, bridge->prefix);
    for (size_t i = 0; bridge->addresses && bridge->addresses[i]; i++)
        want_text(change, bridge->addresses[i]);
    for (size_t i = 0; i < change->uplink_addresses.count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&change->uplink_addresses.list[i]);
        bool given = facts.family == AF_INET ? bridge->dhcp : !facts.permanent && bridge->ipv6_auto;

        if (given && !facts.link_local && !is_wanted(change, &facts, true))
            want(change, facts.family, facts.bytes, facts.prefix);
    }
}

/* Without a gateway in the lab file the host would lose the one that it has, and everything beyond its network. */
static int fail_gateway(const struct change *change, const struct vl_net_facts *route, struct vl_error *err)
{
    const char *interface = change->bridge->interface;
    char text[INET_ADDRSTRLEN] = "";

    if (!route->has_gateway)
        return vl_fail(
            err, VL_ERROR_FAILED,
            "the default route of this host leads over '%s' without a gateway, for which [bridge] has no word: "
            "make the router that answers there its gateway ('ip route replace default via ROUTER dev %s "
            "onlink', and so in the files), and say 'gateway = ROUTER' in [bridge]",
            interface, interface);
    (void)inet_ntop(AF_INET, route->gateway, text, sizeof(text));
    return vl_fail(err, VL_ERROR_FAILED,
                   "this host reaches the world through '%s' by the gateway %s, and [bridge] names none: put "
                   "'gateway = %s' there, or take the default route away first",
                   interface, text, text);
}

static int check_gateway(const struct change *change, struct vl_error *err)
{
    const struct vl_bridge *bridge = change->bridge;

    for (size_t i = 0; !bridge->dhcp && !bridge->gateway && i < change->uplink_routes.count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&change->uplink_routes.list[i]);

        if (facts.is_default && facts.in_main && facts.family == AF_INET)
            return fail_gateway(change, &facts, err);
    }
    return 0;
}

static int look(struct change *change, struct vl_error *err)
{
    const struct vl_bridge *bridge = change->bridge;

    if (vl_uplink_possible(bridge, err) < 0)
        return -1;
    change->net = vl_net_open(err);
    if (!change->net || vl_net_link(change->net, change->arena, bridge->interface, &change->uplink_link, err) < 0 ||
        vl_net_link(change->net, change->arena, bridge->name, &change->bridge_link, err) < 0)
        return -1;
    if (!change->uplink_link.exists)
        return vl_fail(err, VL_ERROR_FAILED, "this host has no interface '%s'; [bridge] interface names the uplink",
                       bridge->interface);
    if (change->bridge_link.exists && !change->bridge_link.is_bridge)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' exists on this host and is not a bridge; give [bridge] another name",
                       bridge->name);
    if (vl_net_addresses(change->net, change->arena, change->uplink_link.index, &change->uplink_addresses, err) < 0 ||
        vl_net_routes(change->net, change->arena, change->uplink_link.index, &change->uplink_routes, err) < 0 ||
        vl_policy_look(change->net, change->arena, &change->uplink_link, &change->policy, err) < 0)
        return -1;
    if (change->bridge_link.exists &&
        (vl_net_addresses(change->net, change->arena, change->bridge_link.index, &change->bridge_addresses, err) < 0 ||
         vl_net_routes(change->net, change->arena, change->bridge_link.index, &change->bridge_routes, err) < 0))
        return -1;
    find_wanted(change);
    return check_gateway(change, err);
}

static void make_bridge(struct change *change, const char *alias)
{
    const struct vl_net_link *uplink = &change->uplink_link;
    unsigned mtu = change->bridge->mtu ? change->bridge->mtu : uplink->mtu;

    if (change->bridge_link.exists) {
        /* one without anything on it was made a moment ago: the kernel takes the mark only then */
        if (!change->bridge_link.alias && !change->bridge_link.up && !change->bridge_addresses.count)
            vl_net_set_link(&change->join, change->bridge_link.index, &(struct vl_net_settings){ .alias = alias });
        return;
    }
    vl_buf_printf(&change->text, "ip link add name %s", change->bridge->name);
    if (uplink->has_mac)
        vl_buf_printf(&change->text, " address %s", vl_net_mac_text(change->arena, uplink->mac));
    vl_buf_printf(&change->text, " mtu %u type bridge stp_state 0 forward_delay 0\n", mtu);
    vl_buf_printf(&change->text, "ip link set dev %s alias %s\n", change->bridge->name, alias);
    vl_net_add_bridge(&change->join, change->bridge->name, uplink->has_mac ? uplink->mac : NULL, mtu);
    for (const char *const *word = vl_settings_of_uplink(change->arena, change->bridge); word && *word; word++)
        vl_buf_printf(&change->text, "sysctl -q -w %s\n", *word);
}

static void join_bridge(struct change *change)
{
    static const bool up = true;
    const struct vl_net_link *uplink = &change->uplink_link, *bridge = &change->bridge_link;
    bool joined = bridge->exists && uplink->master == bridge->index;

    if (bridge->stp) { /* it would keep a new port waiting for half a minute */
        vl_buf_printf(&change->text, "ip link set dev %s type bridge stp_state 0\n", bridge->name);
        vl_net_set_stp(&change->join, bridge->index, false);
    }
    if (!bridge->up) {
        vl_buf_printf(&change->text, "ip link set dev %s up\n", change->bridge->name);
        if (bridge->exists)
            vl_net_set_link(&change->join, bridge->index, &(struct vl_net_settings){ .up = &up });
    }
    if (change->bridge->mtu && uplink->mtu != change->bridge->mtu) {
        vl_buf_printf(&change->text, "ip link set dev %s mtu %u\n", uplink->name, change->bridge->mtu);
        vl_net_set_link(&change->join, uplink->index, &(struct vl_net_settings){ .mtu = change->bridge->mtu });
    }
    if (!uplink->up) {
        vl_buf_printf(&change->text, "ip link set dev %s up\n", uplink->name);
        vl_net_set_link(&change->join, uplink->index, &(struct vl_net_settings){ .up = &up });
    }
    if (!joined) {
        vl_buf_printf(&change->text, "ip link set dev %s master %s\n", uplink->name, change->bridge->name);
        if (bridge->exists)
            vl_net_set_link(&change->join, uplink->index, &(struct vl_net_settings){ .master = &bridge->index });
    }
}

/* The message that has the address on this link, NULL when none does. */
static const struct vl_net_message *holder(const struct vl_net_messages *messages, const struct wanted *wanted)
{
    for (size_t i = 0; i < messages->count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&messages->list[i]);

        if (facts.family == wanted->family && facts.prefix == wanted->prefix &&
            !memcmp(facts.bytes, wanted->bytes, wanted->family == AF_INET ? 4 : 16))
            return &messages->list[i];
    }
    return NULL;
}

/* Whether the bridge has it from the lab file as it was before: the trial must be of what the files say, and they say
 * it no more. What a DHCP server or a router gave is theirs. */
static bool leaves(const struct change *change, const struct vl_net_facts *address)
{
    return address->permanent && !address->link_local && !is_wanted(change, address, true) &&
           (address->family != AF_INET || !change->bridge->dhcp);
}

/* Such an address goes first, and takes along those that were added after it to the same network, and with the last one
 * the routes: what stays of both is put again. */
static void leave_addresses(struct change *change)
{
    const struct vl_net_messages *addresses = &change->bridge_addresses;

    for (size_t i = 0; i < addresses->count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&addresses->list[i]);

        if (!leaves(change, &facts))
            continue;
        vl_buf_printf(&change->text, "ip address del %s dev %s\n",
                      vl_net_address_text(change->arena, &addresses->list[i]), change->bridge->name);
        vl_net_delete_address(&change->move, &addresses->list[i]);
        change->left = true;
    }
    for (size_t i = 0; change->left && i < addresses->count; i++) {
        struct vl_net_facts facts = vl_net_address_facts(&addresses->list[i]);

        if (!leaves(change, &facts) && !facts.link_local)
            vl_net_put_address(&change->move, &addresses->list[i], change->bridge_link.index);
    }
}

static bool same_bits(const unsigned char *one, const unsigned char *other, unsigned bits)
{
    unsigned rest = bits % 8, whole = bits / 8;

    return !memcmp(one, other, whole) && (!rest || !((one[whole] ^ other[whole]) >> (8 - rest)));
}

/* Whether the gateway is in a network that the bridge is to be in; those of the link itself are in every one. */
static bool is_near(const struct change *change, const struct vl_net_facts *route)
{
    if (route->family == AF_INET6 && route->gateway[0] == 0xfe && (route->gateway[1] & 0xc0) == 0x80)
        return true;
    for (size_t i = 0; i < change->wanted_count; i++)
        if (change->wanted[i].family == route->family &&
            same_bits(change->wanted[i].bytes, route->gateway, change->wanted[i].prefix))
            return true;
    return false;
}

/* The routes that the bridge had, but those that lead from or by an address that it has no more. */
static void put_routes_again(struct change *change)
{
    int index = change->bridge_link.index;

    for (size_t i = 0; change->left && i < change->bridge_routes.count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&change->bridge_routes.list[i]);
        struct vl_net_facts source = { .family = facts.family };

        memcpy(source.bytes, facts.source, sizeof(source.bytes));
        if (!facts.link_local && (!facts.has_source || is_wanted(change, &source, false)) &&
            (!facts.has_gateway || is_near(change, &facts)))
            vl_net_put_route(&change->move, &change->bridge_routes.list[i], index, index);
    }
}

static void move_addresses(struct change *change)
{
    const char *name = change->bridge->name;
    int index = change->bridge_link.index;
    bool joined = change->bridge_link.exists && change->uplink_link.master == index;

    leave_addresses(change);
    for (size_t i = 0; i < change->wanted_count; i++) {
        const struct wanted *wanted = &change->wanted[i];
        const struct vl_net_message *moved = holder(&change->uplink_addresses, wanted);
        char text[INET6_ADDRSTRLEN] = "";

        if (holder(&change->bridge_addresses, wanted))
            continue;
        (void)inet_ntop(wanted->family, wanted->bytes, text, sizeof(text));
        vl_buf_printf(&change->text, "ip address add %s/%u dev %s\n", text, wanted->prefix, name);
        if (moved)
            vl_net_put_address(&change->move, moved, index);
        else
            vl_net_new_address(&change->move, wanted->family, wanted->bytes, wanted->prefix, index);
    }
    for (size_t i = 0; i < change->uplink_addresses.count; i++) {
        const struct vl_net_message *message = &change->uplink_addresses.list[i];

        /* whoever brings a port up gives it one of the link, which is in nobody's way: not worth a change */
        if (!joined || !vl_net_address_facts(message).link_local)
            vl_buf_printf(&change->text, "ip address del %s dev %s\n", vl_net_address_text(change->arena, message),
                          change->bridge->interface);
        vl_net_delete_address(&change->move, message);
    }
}

/* Whether a route of the uplink has a meaning on the bridge: not one from an address that does not come along, and not
 * a default route besides the one that the lab file gives. */
static bool moves(const struct change *change, const struct vl_net_facts *route)
{
    struct vl_net_facts source = { .family = route->family };

    if (route->link_local)
        return false;
    if (route->is_default && route->in_main &&
        (route->family == AF_INET ? !change->bridge->dhcp : change->bridge->gateway6 != NULL))
        return false;
    if (!route->has_source)
        return true;
    memcpy(source.bytes, route->source, sizeof(source.bytes));
    return is_wanted(change, &source, false);
}

static bool has_default(const struct vl_net_messages *routes, int family, const unsigned char *gateway)
{
    for (size_t i = 0; i < routes->count; i++) {
        struct vl_net_facts facts = vl_net_route_facts(&routes->list[i]);

        if (facts.family == family && facts.is_default && facts.in_main && facts.has_gateway &&
            !memcmp(facts.gateway, gateway, family == AF_INET ? 4 : 16))
            return true;
    }
    return false;
}

/* The lab file's default route. */
static void give_default(struct change *change, const char *gateway, bool on_link)
{
    int family = strchr(gateway, ':') ? AF_INET6 : AF_INET, index = change->bridge_link.index;
    unsigned char bytes[16];

    if (inet_pton(family, gateway, bytes) != 1 || has_default(&change->bridge_routes, family, bytes))
        return;
    vl_buf_printf(&change->text, "ip route replace default via %s dev %s%s\n", gateway, change->bridge->name,
                  on_link ? " onlink" : "");
    vl_net_new_default(&change->move, family, bytes, on_link, index);
}

static void move_routes(struct change *change)
{
    const struct vl_bridge *bridge = change->bridge;

    put_routes_again(change);
    for (size_t i = 0; i < change->uplink_routes.count; i++)
        vl_net_delete_route(&change->move, &change->uplink_routes.list[i]);
    for (size_t i = 0; i < change->uplink_routes.count; i++) {
        const struct vl_net_message *route = &change->uplink_routes.list[i];
        struct vl_net_facts facts = vl_net_route_facts(route);

        if (!moves(change, &facts))
            continue;
        if (facts.has_gateway)
            vl_buf_printf(&change->text, "ip route replace %s dev %s\n", vl_net_route_text(change->arena, route),
                          bridge->name);
        vl_net_put_route(&change->move, route, change->uplink_link.index, change->bridge_link.index);
    }
    if (bridge->gateway && !bridge->dhcp)
        give_default(change, vl_text_from_ipv4(change->arena, bridge->gateway), vl_bridge_gateway_is_far(bridge));
    if (bridge->gateway6)
        give_default(change, bridge->gateway6, false);
}

/* A DHCP client of the uplink goes with the address; where the bridge has its address from the lab file, it ends. */
static void move_client(struct change *change)
{
    const struct vl_bridge *bridge = change->bridge;

    vl_buf_puts(&change->text,
                vl_lease_clients_text(change->arena, vl_lease_clients(change->arena, bridge->interface, bridge->name),
                                      bridge->dhcp));
}

static int find_changes(struct change *change, const char *lab_name, struct vl_error *err)
{
    if (look(change, err) < 0)
        return -1;
    make_bridge(change, vl_arena_printf(change->arena, "voiplab:%s", lab_name));
    join_bridge(change);
    move_addresses(change);
    move_routes(change);
    vl_policy_move(change->arena, &change->policy, change->bridge->interface, change->bridge->name,
                   change->bridge_link.index, &change->move, &change->text);
    move_client(change);
    if (change->text.failed || change->arena->failed)
        return vl_no_memory(err);
    return 0;
}

int vl_switch_plan(struct vl_arena *arena, const struct vl_bridge *bridge, const char *lab_name, const char **ret_text,
                   struct vl_error *err)
{
    CHANGE_AUTO change = { .arena = arena, .bridge = bridge };

    if (find_changes(&change, lab_name, err) < 0)
        return -1;
    *ret_text = vl_arena_strdup(arena, vl_buf_text(&change.text));
    return 0;
}

static int wait_running(const struct vl_bridge *bridge, struct vl_error *err)
{
    VL_NET_AUTO *net = vl_net_open(err);
    long long deadline = vl_boot_ms() + RUNNING_TIMEOUT_MS;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_net_link link;

    while (net && vl_net_link(net, &arena, bridge->name, &link, err) == 0) {
        if (link.running)
            return 0;
        if (vl_boot_ms() > deadline)
            return vl_fail(err, VL_ERROR_FAILED, "the bridge '%s' does not come up: has the uplink '%s' a carrier?",
                           bridge->name, bridge->interface);
        (void)poll(NULL, 0, RUNNING_PAUSE_MS);
    }
    return -1;
}

/* Look, and send one of the two batches. */
static int send_part(const struct vl_bridge *bridge, const char *lab_name, bool move, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    CHANGE_AUTO change = { .arena = &arena, .bridge = bridge };

    if (find_changes(&change, lab_name, err) < 0)
        return -1;
    return vl_net_send(change.net, move ? &change.move : &change.join, err);
}

/* The first part is sent twice: what belongs to the bridge can be said only when it has an index. */
int vl_switch_over(const struct vl_bridge *bridge, const char *lab_name, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    bool is_new = if_nametoindex(bridge->name) == 0;
    const char *const *settings = vl_settings_of_uplink(&arena, bridge);

    if (send_part(bridge, lab_name, false, err) < 0 || (is_new && settings && vl_settings_give(settings, err) < 0) ||
        send_part(bridge, lab_name, false, err) < 0 || wait_running(bridge, err) < 0 ||
        send_part(bridge, lab_name, true, err) < 0)
        return -1;
    return vl_lease_clients_end(bridge->interface, bridge->name, bridge->dhcp, err);
}
