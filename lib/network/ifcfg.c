/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ifcfg files: CentOS and Red Hat Enterprise Linux 5 to 9 (sysconfig.txt of initscripts; nm-settings-ifcfg-rh(5)).
 *
 * NM_CONTROLLED=no on both where the network scripts are there: on CentOS 6 and later NetworkManager would otherwise
 * take the uplink back. Where NetworkManager itself reads these files (no ifup-eth) it is left out, or nobody would
 * bring the bridge up. STP=off and DELAY=0: there is one uplink and so no loop, and with the delay of a learning port
 * (15 s by default) a guest that boots gets no answer at first; a campus switch also shuts ports that speak STP.
 * Routes and rules of the uplink (route-IF, route6-IF, rule-IF, rule6-IF) are read by the interface that has the
 * addresses, so they are copied.
 */
#include "network/ifcfg_part.h"

#include <string.h>

#include "base/assignments.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "network/lease.h"
#include "network/owner.h"

static void add(struct vl_ifcfg *ifcfg, const char *path, const char *text, const char *why)
{
    vl_fileset_add(ifcfg->arena, ifcfg->set,
                   &(struct vl_file){
                       .path = path,
                       .kind = VL_FILE_WHOLE,
                       .mode = 0644,
                       .text = text,
                       .why = why,
                       .reload = VL_RELOAD_NONE,
                   });
}

/* A card has an address to be known by (HWADDR); a VLAN or a bond has the address of what it is made of. */
static bool is_card(const struct vl_ifcfg *ifcfg)
{
    static const char *const keys[] = { "VLAN", "BONDING_OPTS", "BONDING_MASTER", "TEAM_CONFIG", "PHYSDEV", NULL };
    const char *link;
    unsigned id;

    for (size_t i = 0; keys[i]; i++)
        if (vl_assignments_value(ifcfg->arena, ifcfg->uplink_text, keys[i]))
            return false;
    return !vl_bridge_vlan(ifcfg->arena, ifcfg->bridge->interface, &link, &id) &&
           !vl_text_starts(ifcfg->bridge->interface, "bond") && !vl_text_starts(ifcfg->bridge->interface, "team");
}

/* What HWADDR shall say; NULL: as it is. The scripts leave a card alone that has another address when they come to it,
 * and one that a file (MACADDR) or somebody by hand has given it is not there yet at that time. */
static const char *hwaddr_of(const struct vl_ifcfg *ifcfg)
{
    const char *seen = vl_bridge_mac(ifcfg->input), *own = ifcfg->input->own;
    bool given = vl_assignments_value(ifcfg->arena, ifcfg->uplink_text, "MACADDR") ||
                 (own && seen && strcasecmp(own, seen) != 0);
    bool had = vl_assignments_value(ifcfg->arena, ifcfg->uplink_text, "HWADDR");

    if (given || !is_card(ifcfg))
        return NULL;
    return ifcfg->bridge->hwaddr ? ifcfg->bridge->hwaddr : had ? NULL : ifcfg->input->hwaddr;
}

enum { CHANGES = 40 };

static void add_uplink(struct vl_ifcfg *ifcfg)
{
    static const char *const goes[] = {
        "IPADDR*",
        "NETMASK*",
        "PREFIX*",
        "NETWORK",
        "BROADCAST*",
        "GATEWAY*",
        "DNS[0-9]*",
        "DOMAIN",
        "SEARCH",
        "PEERDNS",
        "PEERROUTES",
        "DEFROUTE",
        "IPV4_*",
        "IPV6*",
        "DHCP*",
        "ARPCHECK",
        "NM_CONTROLLED",
        "DHCLIENT*",
        "PERSISTENT_DHCLIENT",
        "PEERNTP",
        "ZONE",
        "METRIC",
        "SCOPE",
        "SRCADDR",
        "RES_OPTIONS",
        "ARPUPDATE",
    };
    const struct vl_bridge *bridge = ifcfg->bridge;
    struct vl_key_change changes[CHANGES] = {
        { "", "DEVICE", bridge->interface },
        { "", "BOOTPROTO", "static" },
    };
    size_t count = 2;
    const char *mac = hwaddr_of(ifcfg);

    if (mac)
        changes[count++] = (struct vl_key_change){ "", "HWADDR", mac };
    changes[count++] = (struct vl_key_change){ "", "ONBOOT", "yes" };
    changes[count++] = (struct vl_key_change){ "", "BRIDGE", bridge->name };
    if (bridge->mtu)
        changes[count++] = (struct vl_key_change){ "", "MTU", vl_arena_printf(ifcfg->arena, "%u", bridge->mtu) };
    if (ifcfg->scripts)
        changes[count++] = (struct vl_key_change){ "", "NM_CONTROLLED", "no" };
    for (size_t i = 0; i < VL_COUNT(goes); i++)
        changes[count++] = (struct vl_key_change){ "", goes[i], NULL };
    add(ifcfg, ifcfg->uplink_path, vl_assignments_edit(ifcfg->arena, ifcfg->uplink_text, changes, count),
        "the uplink becomes a port of the bridge and has no address of its own");
}

/* Assignments of the uplink's file, which go over to the bridge's, or those that it has of an earlier run. */
static const char *kept(const struct vl_ifcfg *ifcfg, const char *const *patterns)
{
    const char *before = vl_bridge_text(ifcfg->input, ifcfg->bridge_path);
    const char *text = vl_assignments_collect(ifcfg->arena, ifcfg->uplink_text, patterns);

    return *text || !before ? text : vl_assignments_collect(ifcfg->arena, before, patterns);
}

/* The scripts make no default route over a gateway that is in no network of the bridge: that is for its file of routes.
 */
static bool is_by_routes(const struct vl_ifcfg *ifcfg)
{
    return ifcfg->scripts && vl_bridge_gateway_is_far(ifcfg->bridge);
}

/* The scripts of CentOS 5 know one IPv4 address a file, and further ones by the files of aliases. */
static bool is_one_a_file(const struct vl_ifcfg *ifcfg)
{
    const char *script = vl_bridge_text(ifcfg->input, VL_IFCFG_SCRIPTS "ifup-eth");

    return script && !strstr(script, "ipaddr[");
}

static void put_ipv4(struct vl_ifcfg *ifcfg, struct vl_buf *text)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    struct vl_arena *arena = ifcfg->arena;
    unsigned number = 1;

    if (!bridge->dhcp) {
        uint32_t netmask = vl_text_netmask(bridge->prefix);

        vl_buf_printf(text, "IPADDR=%s\n", vl_text_from_ipv4(arena, bridge->address));
        vl_buf_printf(text, "NETMASK=%s\n", vl_text_from_ipv4(arena, netmask));
        if (bridge->gateway && !is_by_routes(ifcfg))
            vl_buf_printf(text, "GATEWAY=%s\n", vl_text_from_ipv4(arena, bridge->gateway));
        vl_buf_printf(text, "NETWORK=%s\n", vl_text_from_ipv4(arena, bridge->address & netmask));
    }
    for (size_t i = 0; bridge->addresses[i]; i++) {
        const char *slash = strchr(bridge->addresses[i], '/');

        if (vl_bridge_is_ipv6(bridge->addresses[i]) || is_one_a_file(ifcfg))
            continue;
        vl_buf_printf(text, "IPADDR%u=%.*s\nPREFIX%u=%s\n", number, (int)(slash - bridge->addresses[i]),
                      bridge->addresses[i], number, slash + 1);
        number++;
    }
}

static void put_ipv6(const struct vl_ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const how[] = { "IPV6_PRIVACY",
                                       "IPV6_ADDR_GEN_MODE",
                                       "IPV6_TOKEN",
                                       "IPV6_ROUTE_METRIC",
                                       "IPV6_PEER*",
                                       "IPV6_FAILURE_FATAL",
                                       "IPV6_SET_SYSCTLS",
                                       "IPV6FORWARDING",
                                       "IPV6_DISABLED",
                                       "DHCPV6*",
                                       NULL };
    const struct vl_bridge *bridge = ifcfg->bridge;
    const char *first = NULL;
    VL_BUF_AUTO others = VL_BUF_INIT;
    bool has = vl_bridge_has_ipv6(bridge) || bridge->gateway6;
    const char *automatic = bridge->ipv6_stated ? "" : kept(ifcfg, (const char *const[]){ "IPV6_AUTOCONF", NULL });

    if (has || !bridge->ipv6_auto)
        vl_buf_printf(text, "IPV6INIT=%s\n", has ? "yes" : "no");
    else if (!bridge->ipv6_stated) /* else as the host is set in /etc/sysconfig/network */
        vl_buf_puts(text, kept(ifcfg, (const char *const[]){ "IPV6INIT", NULL }));
    if (*automatic || (bridge->ipv6_auto && !has))
        vl_buf_puts(text, automatic);
    else
        vl_buf_printf(text, "IPV6_AUTOCONF=%s\n", bridge->ipv6_auto ? "yes" : "no");
    if (has || bridge->ipv6_auto)
        vl_buf_puts(text, kept(ifcfg, how));
    if (!bridge->gateway6 && bridge->ipv6_auto)
        vl_buf_puts(text, kept(ifcfg, (const char *const[]){ "IPV6_DEFROUTE", NULL }));
    for (size_t i = 0; bridge->addresses[i]; i++) {
        if (!vl_bridge_is_ipv6(bridge->addresses[i]))
            continue;
        if (first)
            vl_buf_printf(&others, "%s%s", others.length ? " " : "", bridge->addresses[i]);
        else
            first = bridge->addresses[i];
    }
    if (first)
        vl_buf_printf(text, "IPV6ADDR=%s\n", first);
    if (others.length)
        vl_buf_printf(text, "IPV6ADDR_SECONDARIES=\"%s\"\n", vl_buf_text(&others));
    if (bridge->gateway6)
        vl_buf_printf(text, "IPV6_DEFAULTGW=%s%s%s\n", bridge->gateway6,
                      vl_text_starts(bridge->gateway6, "fe80:") ? "%" : "",
                      vl_text_starts(bridge->gateway6, "fe80:") ? bridge->name : "");
    text->failed |= others.failed;
}

/* Name servers: the lab's; else those that the uplink's file had, which went over to the bridge's. Search lists are
 * the uplink's. */
static void put_dns(struct vl_ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "DNS[0-9]*", "DOMAIN", "SEARCH", "PEERDNS", "RES_OPTIONS", NULL };
    const char *const *dns = ifcfg->bridge->dns;

    for (unsigned i = 0; dns[i]; i++)
        vl_buf_printf(text, "DNS%u=%s\n", i + 1, dns[i]);
    vl_buf_puts(text, kept(ifcfg, dns[0] ? patterns + 1 : patterns));
}

/* Who this host is for the DHCP server, and how its client is run. */
static void put_dhcp(struct vl_ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "DHCP[!V]*", "DHCLIENT*", "PERSISTENT_DHCLIENT", "PEERROUTES", "PEERNTP",
                                            "DEFROUTE",  NULL };

    if (ifcfg->bridge->dhcp)
        vl_buf_puts(text, kept(ifcfg, patterns));
}

/* Whose firewall zone it is in, and what else belongs to addresses. */
static void put_policy(struct vl_ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "ZONE",   "METRIC",   "SCOPE",     "SRCADDR",
                                            "IPV4_*", "ARPCHECK", "ARPUPDATE", NULL };

    vl_buf_puts(text, kept(ifcfg, patterns));
}

static void add_bridge(struct vl_ifcfg *ifcfg)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    VL_BUF_AUTO text = VL_BUF_INIT;
    const char *mac = vl_bridge_mac(ifcfg->input);

    vl_buf_printf(&text, VL_IFCFG_MARK "DEVICE=%s\nTYPE=Bridge\nBOOTPROTO=%s\nONBOOT=yes\n", bridge->name,
                  bridge->dhcp ? "dhcp" : "static");
    put_ipv4(ifcfg, &text);
    put_ipv6(ifcfg, &text);
    put_dns(ifcfg, &text);
    put_dhcp(ifcfg, &text);
    put_policy(ifcfg, &text);
    if (mac)
        vl_buf_printf(&text, "MACADDR=%s\n", mac);
    if (bridge->mtu)
        vl_buf_printf(&text, "MTU=%u\n", bridge->mtu);
    vl_buf_printf(&text, "STP=off\nDELAY=0\n%s", ifcfg->scripts ? "NM_CONTROLLED=no\n" : "");
    ifcfg->arena->failed |= text.failed;
    add(ifcfg, ifcfg->bridge_path, vl_arena_strdup(ifcfg->arena, vl_buf_text(&text)),
        "the bridge that the guests hang on; it carries the address of this host");
}

/* What a file of the bridge's is to hold that is a copy of one of the uplink's, with its own name in it; NULL: nothing.
 */
static const char *copy_of(const struct vl_ifcfg *ifcfg, const char *path, const char *from)
{
    const char *text = vl_bridge_text(ifcfg->input, path), *source = vl_bridge_text(ifcfg->input, from);

    if (!source)
        return NULL;
    return text ? text : vl_lease_rename(ifcfg->arena, source, ifcfg->bridge->interface, ifcfg->bridge->name);
}

static void add_copy(struct vl_ifcfg *ifcfg, const char *before, const char *behind, const char *why)
{
    const char *from = vl_arena_printf(ifcfg->arena, "%s%s%s", before, ifcfg->bridge->interface, behind);
    const char *path = vl_arena_printf(ifcfg->arena, "%s%s%s", before, ifcfg->bridge->name, behind);
    const char *text = copy_of(ifcfg, path, from);

    if (text)
        add(ifcfg, path, text, why);
}

/* Whether one of the lines begins so. */
static bool has_line(const char *text, const char *start)
{
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (vl_text_starts(line + strspn(line, " \t"), start))
            return true;
    return false;
}

/* The routes, with the way to a gateway that is in no network, which a file of ADDRESS0= and its like has no place for
 * where it does not say it itself. */
static int add_routes(struct vl_ifcfg *ifcfg)
{
    static const char why[] = "the routes of the uplink go with its addresses";
    const char *name = ifcfg->bridge->name;
    const char *path = vl_arena_printf(ifcfg->arena, VL_IFCFG_SCRIPTS "route-%s", name);
    const char *from = vl_arena_printf(ifcfg->arena, VL_IFCFG_SCRIPTS "route-%s", ifcfg->bridge->interface);
    const char *text = copy_of(ifcfg, path, from), *gateway, *scope;

    if (is_by_routes(ifcfg)) {
        text = text ? text : vl_bridge_text(ifcfg->input, path);
        text = text ? text : "";
        gateway = vl_text_from_ipv4(ifcfg->arena, ifcfg->bridge->gateway);
        scope = kept(ifcfg, (const char *const[]){ "SCOPE", NULL });
        if (has_line(text, "ADDRESS0=") && !has_line(text, "ADDRESS0=0.0.0.0"))
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, vl_bridge_text(ifcfg->input, from) ? from : path, 0,
                              "has no place for the way to the gateway %s, which is in no network of '%s'; write its "
                              "routes as ip-route(8) takes them, a line each: '%s dev %s', 'NETWORK via GATEWAY'",
                              gateway, ifcfg->bridge->interface, gateway, ifcfg->bridge->interface);
        if (!has_line(text, "ADDRESS0=") && !has_line(text, vl_arena_printf(ifcfg->arena, "default via %s", gateway)))
            text = vl_arena_printf(ifcfg->arena, "default via %s dev %s\n%s", gateway, name, text);
        if (!has_line(text, "ADDRESS0=") && !strstr(scope, "peer") &&
            !has_line(text, vl_arena_printf(ifcfg->arena, "%s dev %s", gateway, name)))
            text = vl_arena_printf(ifcfg->arena, "%s dev %s\n%s", gateway, name, text);
    }
    if (text)
        add(ifcfg, path, text, why);
    return 0;
}

/* What says of all of the host which device its default routes lead over. */
static void add_host(struct vl_ifcfg *ifcfg)
{
    const char *text = vl_bridge_text(ifcfg->input, VL_IFCFG_HOST), *edited;
    const char *interface = ifcfg->bridge->interface, *name = ifcfg->bridge->name;
    const char *gateway = vl_assignments_value(ifcfg->arena, text ? text : "", "IPV6_DEFAULTGW");
    static const char *const keys[] = { "GATEWAYDEV", "IPV6_DEFAULTDEV" };
    struct vl_key_change changes[VL_COUNT(keys) + 1];
    size_t count = 0;
    bool ours = false; /* an earlier run has been here */

    for (size_t i = 0; text && i < VL_COUNT(keys); i++) {
        const char *device = vl_assignments_value(ifcfg->arena, text, keys[i]);

        ours |= device && !strcmp(device, name);
        if (device && !strcmp(device, interface))
            changes[count++] = (struct vl_key_change){ "", keys[i], name };
    }
    if (gateway && vl_text_ends(gateway, vl_arena_printf(ifcfg->arena, "%%%s", interface)))
        changes[count++] = (struct vl_key_change){
            "",
            "IPV6_DEFAULTGW",
            vl_arena_printf(ifcfg->arena, "%.*s%%%s", (int)strcspn(gateway, "%"), gateway, name),
        };
    edited = count ? vl_assignments_edit(ifcfg->arena, text, changes, count) : text;
    if (text && (count || ours))
        add(ifcfg, VL_IFCFG_HOST, edited,
            "the default routes of this host lead over the bridge now, no longer over the uplink");
}

static void add_alias(struct vl_ifcfg *ifcfg, const char *device, const char *says)
{
    add(ifcfg, vl_arena_printf(ifcfg->arena, VL_IFCFG_SCRIPTS "ifcfg-%s", device),
        vl_arena_printf(ifcfg->arena, VL_IFCFG_MARK "DEVICE=%s\n%s", device, says), "further addresses of this host");
}

/* Of an earlier run more may be there: they are not brought up any more. */
static void add_aliases(struct vl_ifcfg *ifcfg)
{
    struct vl_arena *arena = ifcfg->arena;
    const char *const *addresses = ifcfg->bridge->addresses;
    unsigned number = 0;

    for (; is_one_a_file(ifcfg) && *addresses; addresses++) {
        uint32_t address;
        unsigned prefix;

        if (vl_text_network(*addresses, &address, &prefix))
            add_alias(ifcfg, vl_arena_printf(arena, "%s:%u", ifcfg->bridge->name, ++number),
                      vl_arena_printf(arena, "BOOTPROTO=static\nONPARENT=yes\nIPADDR=%s\nNETMASK=%s\n",
                                      vl_text_from_ipv4(arena, address),
                                      vl_text_from_ipv4(arena, vl_text_netmask(prefix))));
    }
    for (;;) {
        const char *device = vl_arena_printf(arena, "%s:%u", ifcfg->bridge->name, ++number);
        const char *text = vl_bridge_text(ifcfg->input, vl_arena_printf(arena, VL_IFCFG_SCRIPTS "ifcfg-%s", device));

        if (!text || !vl_text_starts(text, VL_IFCFG_MARK))
            break;
        add_alias(ifcfg, device, "ONPARENT=no\n");
    }
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct vl_ifcfg ifcfg = {
        .arena = arena,
        .input = input,
        .bridge = input->bridge,
        .uplink_path = vl_arena_printf(arena, VL_IFCFG_SCRIPTS "ifcfg-%s", input->bridge->interface),
        .uplink_text = "",
        .bridge_path = vl_arena_printf(arena, VL_IFCFG_SCRIPTS "ifcfg-%s", input->bridge->name),
        .scripts = vl_bridge_text(input, VL_IFCFG_SCRIPTS "ifup-eth") ||
                   !vl_bridge_text(input, "/etc/NetworkManager/NetworkManager.conf"),
        .set = set,
        .err = err,
    };

    if (vl_ifcfg_refuse_another(&ifcfg) < 0 || vl_ifcfg_find_uplink(&ifcfg) < 0)
        return -1;
    add_uplink(&ifcfg);
    add_bridge(&ifcfg);
    add_aliases(&ifcfg);
    add_host(&ifcfg);
    if (add_routes(&ifcfg) < 0)
        return -1;
    add_copy(&ifcfg, VL_IFCFG_SCRIPTS "route6-", "", "the routes of the uplink go with its addresses");
    add_copy(&ifcfg, VL_IFCFG_SCRIPTS "rule-", "", "the rules of the uplink go with its addresses");
    add_copy(&ifcfg, VL_IFCFG_SCRIPTS "rule6-", "", "the rules of the uplink go with its addresses");
    add_copy(&ifcfg, "/etc/dhclient-", ".conf", "who this host is for the DHCP server goes with its address");
    add_copy(&ifcfg, "/etc/dhcp/dhclient-", ".conf", "who this host is for the DHCP server goes with its address");
    vl_lease_files(arena, input, set);
    return 0;
}

static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    const char *device = NULL;

    if (vl_text_starts(file->path, VL_IFCFG_SCRIPTS "ifcfg-") && !vl_ifcfg_is_left_over(file->path))
        device = vl_ifcfg_device_of(arena, file, interface, mac);
    return device && !strcmp(device, interface);
}

const struct vl_backend vl_backend_ifcfg = {
    .directory = "/etc/sysconfig/network-scripts",
    .sources = { VL_IFCFG_SCRIPTS "ifcfg-*", VL_IFCFG_SCRIPTS "route-*", VL_IFCFG_SCRIPTS "route6-*",
                 VL_IFCFG_SCRIPTS "rule-*", VL_IFCFG_SCRIPTS "rule6-*", VL_IFCFG_SCRIPTS "ifup-eth", VL_IFCFG_HOST,
                 "/etc/NetworkManager/NetworkManager.conf", "/etc/dhclient-*.conf", "/etc/dhcp/dhclient-*.conf",
                 VL_LEASE_FILES, VL_LEASE_CONFIG },
    .render = render,
    .rehearsal = { .needs = { "/etc/init.d/network", VL_IFCFG_SCRIPTS "ifup-eth" },
                   .reads = VL_IFCFG_SCRIPTS "ifcfg-",
                   .runs = { { "/etc/init.d/network", "start" } } },
    .is_about = is_about,
    .hands = 1U << VL_BACKEND_NETWORKMANAGER,
    /* our files say NM_CONTROLLED=no: it lets go of the interfaces when it reads them, and takes the uplink back */
    .owners = { { VL_NM_RUNS, .commands = { [VL_OWNER_CHANGED] = { VL_NM_RELOAD },
                                            [VL_OWNER_PUT_BACK] = { VL_NM_RELOAD, VL_NM_CONNECT_UPLINK } } } },
};
