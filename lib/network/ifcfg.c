/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ifcfg files: CentOS and Red Hat Enterprise Linux 5 to 9 (sysconfig.txt of initscripts; nm-settings-ifcfg-rh(5)).
 *
 * NM_CONTROLLED=no on both where the network scripts are there: on CentOS 6 and later NetworkManager would otherwise
 * take the uplink back. Where NetworkManager itself reads these files (no ifup-eth) it is left out, or nobody would
 * bring the bridge up. STP=off and DELAY=0: there is one uplink and so no loop, and with the delay of a learning port
 * (15 s by default) a guest that boots gets no answer at first; a campus switch also shuts ports that speak STP.
 * Routes of the uplink (route-IF, route6-IF) are read by the interface that has the addresses, so they are copied.
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

/* An alias of the uplink has addresses of its own. */
static int find_uplink(struct ifcfg *ifcfg)
{
    const char *alias = vl_arena_printf(ifcfg->arena, "%s:", ifcfg->bridge->interface), *unknown = NULL;

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
        if (vl_text_starts(device, alias))
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                              "'%s' gives the uplink another address; put it into [bridge] addresses and remove the "
                              "file",
                              device);
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
    return check_plain(ifcfg);
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

enum { CHANGES = 32 };

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

static void put_ipv4(struct ifcfg *ifcfg, struct vl_buf *text)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    struct vl_arena *arena = ifcfg->arena;
    unsigned number = 1;

    if (!bridge->dhcp) {
        uint32_t netmask = vl_text_netmask(bridge->prefix);

        vl_buf_printf(text, "IPADDR=%s\n", vl_text_from_ipv4(arena, bridge->address));
        vl_buf_printf(text, "NETMASK=%s\n", vl_text_from_ipv4(arena, netmask));
        if (bridge->gateway)
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
    const struct vl_bridge *bridge = ifcfg->bridge;
    const char *first = NULL;
    VL_BUF_AUTO others = VL_BUF_INIT;
    bool has = vl_bridge_has_ipv6(bridge) || bridge->gateway6;

    if (bridge->ipv6_auto && !has)
        return; /* as the host is set in /etc/sysconfig/network */
    vl_buf_printf(text, "IPV6INIT=%s\nIPV6_AUTOCONF=%s\n", has ? "yes" : "no", bridge->ipv6_auto ? "yes" : "no");
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

/* Name servers: the lab's; else those that the uplink's file had, which went over to the bridge's. */
static void put_dns(struct ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = { "DNS[0-9]*", "DOMAIN", "SEARCH", "PEERDNS", NULL };
    const char *before = vl_bridge_text(ifcfg->input, ifcfg->bridge_path);
    const char *kept = vl_assignments_collect(ifcfg->arena, ifcfg->uplink_text, patterns);

    for (unsigned i = 0; ifcfg->bridge->dns[i]; i++)
        vl_buf_printf(text, "DNS%u=%s\n", i + 1, ifcfg->bridge->dns[i]);
    if (ifcfg->bridge->dns[0])
        return;
    vl_buf_puts(text, *kept || !before ? kept : vl_assignments_collect(ifcfg->arena, before, patterns));
}

/* Who this host is for the DHCP server, and how its client is run: from the uplink's file, or from the bridge's of an
 * earlier run. */
static void put_dhcp(struct ifcfg *ifcfg, struct vl_buf *text)
{
    static const char *const patterns[] = {
        "DHCP*", "DHCLIENT*", "PERSISTENT_DHCLIENT", "PEERROUTES", "PEERNTP", NULL
    };
    const char *before = vl_bridge_text(ifcfg->input, ifcfg->bridge_path);
    const char *kept = vl_assignments_collect(ifcfg->arena, ifcfg->uplink_text, patterns);

    if (ifcfg->bridge->dhcp)
        vl_buf_puts(text, *kept || !before ? kept : vl_assignments_collect(ifcfg->arena, before, patterns));
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
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                              "there is a bridge '%s' already that is not of voiplab: use it, by 'interface = none' in "
                              "[bridge]; or give [bridge] another name; or remove the file",
                              name);
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
    if (mac)
        vl_buf_printf(&text, "MACADDR=%s\n", mac);
    if (bridge->mtu)
        vl_buf_printf(&text, "MTU=%u\n", bridge->mtu);
    vl_buf_printf(&text, "STP=off\nDELAY=0\n%s", ifcfg->scripts ? "NM_CONTROLLED=no\n" : "");
    ifcfg->arena->failed |= text.failed;
    add(ifcfg, ifcfg->bridge_path, vl_arena_strdup(ifcfg->arena, vl_buf_text(&text)),
        "the bridge that the guests hang on; it carries the address of this host");
}

/* A file of the uplink's own that the bridge gets a copy of, with its own name in it. */
static void add_copy(struct ifcfg *ifcfg, const char *before, const char *behind, const char *why)
{
    const char *from = vl_arena_printf(ifcfg->arena, "%s%s%s", before, ifcfg->bridge->interface, behind);
    const char *path = vl_arena_printf(ifcfg->arena, "%s%s%s", before, ifcfg->bridge->name, behind);
    const char *text = vl_bridge_text(ifcfg->input, path), *source = vl_bridge_text(ifcfg->input, from);

    if (!source)
        return;
    if (!text)
        text = vl_lease_rename(ifcfg->arena, source, ifcfg->bridge->interface, ifcfg->bridge->name);
    add(ifcfg, path, text, why);
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
    add_copy(&ifcfg, SCRIPTS "route-", "", "the routes of the uplink go with its addresses");
    add_copy(&ifcfg, SCRIPTS "route6-", "", "the routes of the uplink go with its addresses");
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
    .sources = { SCRIPTS "ifcfg-*", SCRIPTS "route-*", SCRIPTS "route6-*", SCRIPTS "ifup-eth", HOST,
                 "/etc/NetworkManager/NetworkManager.conf", "/etc/dhclient-*.conf", "/etc/dhcp/dhclient-*.conf",
                 VL_LEASE_FILES },
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
