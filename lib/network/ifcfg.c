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

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/owner.h"

#define SCRIPTS "/etc/sysconfig/network-scripts/"

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

/* The uplink's file is the one that says DEVICE=; its name is a custom. An alias of it has addresses of its own. */
static int find_uplink(struct ifcfg *ifcfg)
{
    const char *alias = vl_arena_printf(ifcfg->arena, "%s:", ifcfg->bridge->interface);

    for (size_t i = 0; i < ifcfg->input->count; i++) {
        const struct vl_bridge_source *file = &ifcfg->input->files[i];
        const char *device;

        if (!vl_text_starts(file->path, SCRIPTS "ifcfg-") || is_left_over(file->path))
            continue;
        device = vl_keys_value(ifcfg->arena, file->text, "", "DEVICE");
        if (!device)
            device = file->path + strlen(SCRIPTS "ifcfg-");
        if (vl_text_starts(device, alias))
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                              "'%s' gives the uplink another address; put it into [bridge] addresses and remove the "
                              "file",
                              device);
        if (strcmp(device, ifcfg->bridge->interface) != 0)
            continue;
        if (*ifcfg->uplink_text)
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                              "'%s' is configured here and in '%s'; remove the file that does not count", device,
                              ifcfg->uplink_path);
        ifcfg->uplink_path = file->path;
        ifcfg->uplink_text = file->text;
    }
    return 0;
}

/* A card has an address to be known by (HWADDR); a VLAN or a bond has the address of what it is made of. */
static bool is_card(const struct ifcfg *ifcfg)
{
    static const char *const keys[] = { "VLAN", "BONDING_OPTS", "BONDING_MASTER", "TEAM_CONFIG", "PHYSDEV", NULL };
    const char *link;
    unsigned id;

    for (size_t i = 0; keys[i]; i++)
        if (vl_keys_value(ifcfg->arena, ifcfg->uplink_text, "", keys[i]))
            return false;
    return !vl_bridge_vlan(ifcfg->arena, ifcfg->bridge->interface, &link, &id) &&
           !vl_text_starts(ifcfg->bridge->interface, "bond") && !vl_text_starts(ifcfg->bridge->interface, "team");
}

enum { CHANGES = 32 };

static void add_uplink(struct ifcfg *ifcfg)
{
    static const char *const goes[] = {
        "IPADDR*",   "NETMASK*", "PREFIX*", "NETWORK",  "BROADCAST*",    "GATEWAY*",
        "DNS[0-9]*", "DOMAIN",   "SEARCH",  "PEERDNS",  "PEERROUTES",    "DEFROUTE",
        "IPV4_*",    "IPV6*",    "DHCP*",   "ARPCHECK", "NM_CONTROLLED",
    };
    const struct vl_bridge *bridge = ifcfg->bridge;
    struct vl_key_change changes[CHANGES] = {
        { "", "DEVICE", bridge->interface },
        { "", "BOOTPROTO", "static" },
    };
    size_t count = 2;
    const char *had = vl_keys_value(ifcfg->arena, ifcfg->uplink_text, "", "HWADDR");
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
    add(ifcfg, ifcfg->uplink_path, vl_keys_edit(ifcfg->arena, ifcfg->uplink_text, changes, count),
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
    const char *kept = vl_keys_collect(ifcfg->arena, ifcfg->uplink_text, "", patterns);

    for (unsigned i = 0; ifcfg->bridge->dns[i]; i++)
        vl_buf_printf(text, "DNS%u=%s\n", i + 1, ifcfg->bridge->dns[i]);
    if (ifcfg->bridge->dns[0])
        return;
    vl_buf_puts(text, *kept || !before ? kept : vl_keys_collect(ifcfg->arena, before, "", patterns));
}

static void add_bridge(struct ifcfg *ifcfg)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    VL_BUF_AUTO text = VL_BUF_INIT;
    const char *mac = vl_bridge_mac(ifcfg->input);

    vl_buf_printf(&text, "DEVICE=%s\nTYPE=Bridge\nBOOTPROTO=%s\nONBOOT=yes\n", bridge->name,
                  bridge->dhcp ? "dhcp" : "static");
    put_ipv4(ifcfg, &text);
    put_ipv6(ifcfg, &text);
    put_dns(ifcfg, &text);
    if (mac)
        vl_buf_printf(&text, "MACADDR=%s\n", mac);
    if (bridge->mtu)
        vl_buf_printf(&text, "MTU=%u\n", bridge->mtu);
    vl_buf_printf(&text, "STP=off\nDELAY=0\n%s", ifcfg->scripts ? "NM_CONTROLLED=no\n" : "");
    ifcfg->arena->failed |= text.failed;
    add(ifcfg, ifcfg->bridge_path, vl_arena_strdup(ifcfg->arena, vl_buf_text(&text)),
        "the bridge that the guests hang on; it carries the address of this host");
}

/* `text` with the word `from` as `to`. */
static const char *replace_word(struct vl_arena *arena, const char *text, const char *from, const char *to)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    size_t length = strlen(from);

    while (*text) {
        size_t word = strcspn(text, " \t\n");

        if (word == length && !strncmp(text, from, length))
            vl_buf_puts(&out, to);
        else
            vl_buf_add(&out, text, word);
        text += word;
        word = strspn(text, " \t\n");
        vl_buf_add(&out, text, word);
        text += word;
    }
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

static void add_routes(struct ifcfg *ifcfg, const char *kind)
{
    const char *from = vl_arena_printf(ifcfg->arena, SCRIPTS "%s-%s", kind, ifcfg->bridge->interface);
    const char *path = vl_arena_printf(ifcfg->arena, SCRIPTS "%s-%s", kind, ifcfg->bridge->name);
    const char *text = vl_bridge_text(ifcfg->input, path), *source = vl_bridge_text(ifcfg->input, from);

    if (!source)
        return;
    if (!text)
        text = replace_word(ifcfg->arena, source, ifcfg->bridge->interface, ifcfg->bridge->name);
    add(ifcfg, path, text, "the routes of the uplink go with its addresses");
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

    if (find_uplink(&ifcfg) < 0)
        return -1;
    add_uplink(&ifcfg);
    add_bridge(&ifcfg);
    add_routes(&ifcfg, "route");
    add_routes(&ifcfg, "route6");
    return 0;
}

static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface)
{
    const char *base = strrchr(file->path, '/') + 1;
    const char *device = vl_keys_value(arena, file->text, "", "DEVICE");

    if (!vl_text_starts(base, "ifcfg-"))
        return false;
    return !strcmp(device ? device : base + strlen("ifcfg-"), interface);
}

const struct vl_backend vl_backend_ifcfg = {
    .directory = "/etc/sysconfig/network-scripts",
    .sources = { SCRIPTS "ifcfg-*", SCRIPTS "route-*", SCRIPTS "route6-*", SCRIPTS "ifup-eth",
                 "/etc/NetworkManager/NetworkManager.conf" },
    .render = render,
    .is_about = is_about,
    .hands = 1U << VL_BACKEND_NETWORKMANAGER,
    /* our files say NM_CONTROLLED=no: it lets go of the interfaces when it reads them, and takes the uplink back */
    .owners = { { VL_NM_RUNS, .commands = { [VL_OWNER_CHANGED] = { VL_NM_RELOAD },
                                            [VL_OWNER_PUT_BACK] = { VL_NM_RELOAD, VL_NM_CONNECT_UPLINK } } } },
};
