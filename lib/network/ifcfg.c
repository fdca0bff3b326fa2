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
#include <string.h>

#include "base/assignments.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/lease.h"
#include "network/owner.h"

#define HOST "/etc/sysconfig/network"
#define SCRIPTS HOST "-scripts/"

/* The first line of the bridge's file: whose it is. */
#define MARK "# Written by voiplab.\n"

struct ifcfg {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *uplink_path, *uplink_text; /* text "" when there is no file */
    const char *bridge_path;
    bool scripts; /* the network scripts read the files, not NetworkManager */
    struct vl_fileset *set;
    struct vl_error *err;
};

static void add(struct ifcfg *ifcfg, const char *path, const char *text, const char *why)
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

/* Names that the network scripts pass over. */
static bool is_left_over(const char *path)
{
    static const char *const ends[] = { "~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", NULL };
    size_t length = strlen(path);

    for (size_t i = 0; ends[i]; i++)
        if (length > strlen(ends[i]) && !strcmp(path + length - strlen(ends[i]), ends[i]))
            return true;
    return false;
}

/* The device that a file is for: the one that it names, else the card with its HWADDR, else the one that its own name
 * has. NULL: a card of which nobody says here whether it is the uplink. */
static const char *device_of(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                             const char *mac)
{
    const char *device = vl_assignments_value(arena, file->text, "DEVICE");
    const char *address = vl_assignments_value(arena, file->text, "HWADDR");
    const char *name = file->path + strlen(SCRIPTS "ifcfg-");

    if (device)
        return device;
    if (!address || !strcmp(name, interface))
        return name;
    if (!mac)
        return NULL;
    return !strcasecmp(address, mac) ? interface : name;
}

static int fail_unknown(const struct ifcfg *ifcfg, const char *path)
{
    return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, path, 0,
                      "is for the card with its HWADDR, which may be '%s'; say the card's address by 'hwaddr = …' in "
                      "[bridge], or DEVICE= in the file",
                      ifcfg->bridge->interface);
}

/* What is to change in the uplink's file must be plain to see. */
static int check_plain(const struct ifcfg *ifcfg)
{
    static const char *const keys[] = { "DEVICE", "HWADDR", "ONBOOT", "BRIDGE", "BOOTPROTO", NULL };
    int line = vl_assignments_odd_line(ifcfg->arena, ifcfg->uplink_text, keys);

    if (!line)
        return 0;
    return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, ifcfg->uplink_path, line,
                      "what this says is known only when a shell runs it; write it as KEY=VALUE with the value itself");
}

/* What the uplink is a part of already would lose it. */
static int check_master(const struct ifcfg *ifcfg)
{
    static const char *const keys[] = { "BRIDGE", "MASTER", "TEAM_MASTER" };

    for (size_t i = 0; i < VL_COUNT(keys); i++) {
        const char *master = vl_assignments_value(ifcfg->arena, ifcfg->uplink_text, keys[i]);

        if (master && *master && strcmp(master, ifcfg->bridge->name) != 0)
            return vl_bridge_fail_port(ifcfg->uplink_path, 0, ifcfg->bridge->interface, master, i == 0, ifcfg->err);
    }
    return 0;
}

/* Whether the bridge has the address from the lab file. */
static bool is_named(const struct ifcfg *ifcfg, uint32_t address)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    uint32_t further;
    unsigned prefix;

    if (!bridge->dhcp && bridge->address == address)
        return true;
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_text_network(bridge->addresses[i], &further, &prefix) && further == address)
            return true;
    return false;
}

/* eth0:1, and eth0-range0 with its many, have addresses of their own. Those that the lab names are the bridge's, and
 * nobody reads the file any more: the scripts come to it only from an uplink that has addresses. */
static int check_alias(const struct ifcfg *ifcfg, const struct vl_bridge_source *file, const char *device)
{
    const char *from = vl_assignments_value(ifcfg->arena, file->text, "IPADDR_START");
    const char *to = vl_assignments_value(ifcfg->arena, file->text, "IPADDR_END");
    const char *one = vl_assignments_value(ifcfg->arena, file->text, "IPADDR");
    uint32_t first = 0, last = 0;
    bool known = from && to
                     ? vl_text_ipv4(from, &first) && vl_text_ipv4(to, &last) && last >= first && last - first < 65536
                     : one && vl_text_ipv4(one, &first);

    last = last ? last : first;
    for (uint32_t address = first; known && address <= last; address++)
        known = is_named(ifcfg, address);
    if (known)
        return 0;
    if (from && to)
        return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                          "'%s' gives the uplink the addresses from %s to %s; put those that are used into [bridge] "
                          "addresses and remove the file",
                          device, from, to);
    return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                      "'%s' gives the uplink another address; put it into [bridge] addresses and remove the file",
                      device);
}

static bool is_alias(const struct ifcfg *ifcfg, const char *device)
{
    size_t length = strlen(ifcfg->bridge->interface);

    return vl_text_starts(device, ifcfg->bridge->interface) &&
           (device[length] == ':' || vl_text_starts(device + length, "-range"));
}

static int find_uplink(struct ifcfg *ifcfg)
{
    const char *unknown = NULL;

    for (size_t i = 0; i < ifcfg->input->count; i++) {
        const struct vl_bridge_source *file = &ifcfg->input->files[i];
        const char *device, *type;

        if (!vl_text_starts(file->path, SCRIPTS "ifcfg-") || is_left_over(file->path))
            continue;
        device = device_of(ifcfg->arena, file, ifcfg->bridge->interface, vl_bridge_mac(ifcfg->input));
        if (!device) {
            unknown = file->path;
            continue;
        }
        if (is_alias(ifcfg, device) && check_alias(ifcfg, file, device) < 0)
            return -1;
        if (strcmp(device, ifcfg->bridge->interface) != 0)
            continue;
        type = vl_assignments_value(ifcfg->arena, file->text, "TYPE");
        if (type && !strcasecmp(type, "Wireless"))
            return vl_bridge_fail_wireless(file->path, 0, device, ifcfg->err);
        if (*ifcfg->uplink_text)
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                              "'%s' is configured here and in '%s'; remove the file that does not count", device,
                              ifcfg->uplink_path);
        ifcfg->uplink_path = file->path;
        ifcfg->uplink_text = file->text;
    }
    if (unknown && !*ifcfg->uplink_text)
        return fail_unknown(ifcfg, unknown);
    return check_plain(ifcfg) < 0 ? -1 : check_master(ifcfg);
}

/* A card has an address to be known by (HWADDR); a VLAN or a bond has the address of what it is made of. */
static bool is_card(const struct ifcfg *ifcfg)
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

enum { CHANGES = 40 };

static void add_uplink(struct ifcfg *ifcfg)
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
    const char *had = vl_assignments_value(ifcfg->arena, ifcfg->uplink_text, "HWADDR");
    const char *mac = bridge->hwaddr ? bridge->hwaddr : had ? NULL : ifcfg->input->hwaddr;

    if (mac && is_card(ifcfg))
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
static const char *kept(const struct ifcfg *ifcfg, const char *const *patterns)
{
    const char *before = vl_bridge_text(ifcfg->input, ifcfg->bridge_path);
    const char *text = vl_assignments_collect(ifcfg->arena, ifcfg->uplink_text, patterns);

    return *text || !before ? text : vl_assignments_collect(ifcfg->arena, before, patterns);
}

/* The scripts make no default route over a gateway that is in no network of the bridge: that is for its file of routes.
 */
static bool is_by_routes(const struct ifcfg *ifcfg)
{
    return ifcfg->scripts && vl_bridge_gateway_is_far(ifcfg->bridge);
}

static void put_ipv4(struct ifcfg *ifcfg, struct vl_buf *text)
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

        if (vl_bridge_is_ipv6(bridge->addresses[i]))
            continue;
        vl_buf_printf(text, "IPADDR%u=%.*s\nPREFIX%u=%s\n", number, (int)(slash - bridge->addresses[i]),
                      bridge->addresses[i], number, slash + 1);
        number++;
    }
}

static void put_ipv6(const struct ifcfg *ifcfg, struct vl_buf *text)
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
static void put_dns(struct ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "DNS[0-9]*", "DOMAIN", "SEARCH", "PEERDNS", "RES_OPTIONS", NULL };
    const char *const *dns = ifcfg->bridge->dns;

    for (unsigned i = 0; dns[i]; i++)
        vl_buf_printf(text, "DNS%u=%s\n", i + 1, dns[i]);
    vl_buf_puts(text, kept(ifcfg, dns[0] ? patterns + 1 : patterns));
}

/* Who this host is for the DHCP server, and how its client is run. */
static void put_dhcp(struct ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "DHCP[!V]*", "DHCLIENT*", "PERSISTENT_DHCLIENT", "PEERROUTES", "PEERNTP",
                                            "DEFROUTE",  NULL };

    if (ifcfg->bridge->dhcp)
        vl_buf_puts(text, kept(ifcfg, patterns));
}

/* Whose firewall zone it is in, and what else belongs to addresses. */
static void put_policy(struct ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "ZONE",   "METRIC",   "SCOPE",     "SRCADDR",
                                            "IPV4_*", "ARPCHECK", "ARPUPDATE", NULL };

    vl_buf_puts(text, kept(ifcfg, patterns));
}

/* A bridge of this name that somebody else made has settings which nobody told us of. */
static int refuse_another(const struct ifcfg *ifcfg)
{
    const char *name = ifcfg->bridge->name;

    for (size_t i = 0; i < ifcfg->input->count; i++) {
        const struct vl_bridge_source *file = &ifcfg->input->files[i];
        const char *device;

        if (!vl_text_starts(file->path, SCRIPTS "ifcfg-") || is_left_over(file->path))
            continue;
        device = device_of(ifcfg->arena, file, name, NULL);
        if (device && !strcmp(device, name) &&
            (strcmp(file->path, ifcfg->bridge_path) != 0 || !vl_text_starts(file->text, MARK)))
            return vl_bridge_fail_exists(file->path, 0, name, ifcfg->err);
    }
    return 0;
}

static void add_bridge(struct ifcfg *ifcfg)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    VL_BUF_AUTO text = VL_BUF_INIT;
    const char *mac = vl_bridge_mac(ifcfg->input);

    vl_buf_printf(&text, MARK "DEVICE=%s\nTYPE=Bridge\nBOOTPROTO=%s\nONBOOT=yes\n", bridge->name,
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
static const char *copy_of(const struct ifcfg *ifcfg, const char *path, const char *from)
{
    const char *text = vl_bridge_text(ifcfg->input, path), *source = vl_bridge_text(ifcfg->input, from);

    if (!source)
        return NULL;
    return text ? text : vl_lease_rename(ifcfg->arena, source, ifcfg->bridge->interface, ifcfg->bridge->name);
}

static void add_copy(struct ifcfg *ifcfg, const char *before, const char *behind, const char *why)
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
static int add_routes(struct ifcfg *ifcfg)
{
    static const char why[] = "the routes of the uplink go with its addresses";
    const char *name = ifcfg->bridge->name;
    const char *path = vl_arena_printf(ifcfg->arena, SCRIPTS "route-%s", name);
    const char *from = vl_arena_printf(ifcfg->arena, SCRIPTS "route-%s", ifcfg->bridge->interface);
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
static void add_host(struct ifcfg *ifcfg)
{
    const char *text = vl_bridge_text(ifcfg->input, HOST), *edited;
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
        add(ifcfg, HOST, edited, "the default routes of this host lead over the bridge now, no longer over the uplink");
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct ifcfg ifcfg = {
        .arena = arena,
        .input = input,
        .bridge = input->bridge,
        .uplink_path = vl_arena_printf(arena, SCRIPTS "ifcfg-%s", input->bridge->interface),
        .uplink_text = "",
        .bridge_path = vl_arena_printf(arena, SCRIPTS "ifcfg-%s", input->bridge->name),
        .scripts = vl_bridge_text(input, SCRIPTS "ifup-eth") ||
                   !vl_bridge_text(input, "/etc/NetworkManager/NetworkManager.conf"),
        .set = set,
        .err = err,
    };

    if (refuse_another(&ifcfg) < 0 || find_uplink(&ifcfg) < 0)
        return -1;
    add_uplink(&ifcfg);
    add_bridge(&ifcfg);
    add_host(&ifcfg);
    if (add_routes(&ifcfg) < 0)
        return -1;
    add_copy(&ifcfg, SCRIPTS "route6-", "", "the routes of the uplink go with its addresses");
    add_copy(&ifcfg, SCRIPTS "rule-", "", "the rules of the uplink go with its addresses");
    add_copy(&ifcfg, SCRIPTS "rule6-", "", "the rules of the uplink go with its addresses");
    add_copy(&ifcfg, "/etc/dhclient-", ".conf", "who this host is for the DHCP server goes with its address");
    add_copy(&ifcfg, "/etc/dhcp/dhclient-", ".conf", "who this host is for the DHCP server goes with its address");
    vl_lease_files(arena, input, set);
    return 0;
}

static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    const char *device = NULL;

    if (vl_text_starts(file->path, SCRIPTS "ifcfg-") && !is_left_over(file->path))
        device = device_of(arena, file, interface, mac);
    return device && !strcmp(device, interface);
}

const struct vl_backend vl_backend_ifcfg = {
    .directory = "/etc/sysconfig/network-scripts",
    .sources = { SCRIPTS "ifcfg-*", SCRIPTS "route-*", SCRIPTS "route6-*", SCRIPTS "rule-*", SCRIPTS "rule6-*",
                 SCRIPTS "ifup-eth", HOST, "/etc/NetworkManager/NetworkManager.conf", "/etc/dhclient-*.conf",
                 "/etc/dhcp/dhclient-*.conf", VL_LEASE_FILES, VL_LEASE_CONFIG },
    .render = render,
    .rehearsal = { .needs = { "/etc/init.d/network", SCRIPTS "ifup-eth" },
                   .reads = SCRIPTS "ifcfg-",
                   .runs = { { "/etc/init.d/network", "start" } } },
    .is_about = is_about,
    .hands = 1U << VL_BACKEND_NETWORKMANAGER,
    /* our files say NM_CONTROLLED=no: it lets go of the interfaces when it reads them, and takes the uplink back */
    .owners = { { VL_NM_RUNS, .commands = { [VL_OWNER_CHANGED] = { VL_NM_RELOAD },
                                            [VL_OWNER_PUT_BACK] = { VL_NM_RELOAD, VL_NM_CONNECT_UPLINK } } } },
};
