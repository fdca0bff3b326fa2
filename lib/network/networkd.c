/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd-networkd (systemd.netdev(5), systemd.network(5)): a .netdev for the bridge, a .network for it, and the
 * uplink's .network made to say Bridge=. networkd takes the first .network file, in the order of their names and
 * wherever they lie, that matches an interface. One that is for others as well (by a wildcard, or by an address, which
 * the bridge keeps) is not edited: files of ours that sort before it say what is so for the uplink and the bridge.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/lease.h"
#include "network/networkd_match.h"
#include "network/owner.h"

#define UNITS "/etc/systemd/network/"
/* What our files are called; the latter where somebody's own would be taken before them. */
#define OWN UNITS "60-voiplab-"
#define OWN_FIRST UNITS "00-voiplab-"

struct networkd {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *netdev_path, *bridge_path;
    const char *uplink_path, *uplink_text; /* text NULL: there is none */
    const char *shared_path;               /* where that text is from, when it is for others as well; NULL: it is not */
    struct vl_fileset *set;
    struct vl_error *err;
};

static void add(struct networkd *networkd, const char *path, const char *text, const char *why)
{
    vl_fileset_add(networkd->arena, networkd->set,
                   &(struct vl_file){
                       .path = path,
                       .kind = VL_FILE_WHOLE,
                       .mode = 0644,
                       .text = text,
                       .why = why,
                       .reload = VL_RELOAD_NONE,
                   });
}

static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Of files of one name the first counts, in the order of `sources`; an empty one says that there is none. */
static bool counts(const struct vl_bridge_input *input, const struct vl_bridge_source *file)
{
    for (size_t i = 0; i < input->count && &input->files[i] != file; i++)
        if (!strcmp(name_of(input->files[i].path), name_of(file->path)) && !strstr(input->files[i].path, ".d/"))
            return false;
    return *file->text != '\0';
}

/* networkd's order: by the name of the file. */
static const struct vl_bridge_source *next_file(const struct networkd *networkd, const struct vl_bridge_source *after)
{
    const struct vl_bridge_source *next = NULL;

    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *file = &networkd->input->files[i];

        if (vl_text_ends(file->path, ".network") && counts(networkd->input, file) &&
            (!after || strcmp(name_of(file->path), name_of(after->path)) > 0) &&
            (!next || strcmp(name_of(file->path), name_of(next->path)) < 0))
            next = file;
    }
    return next;
}

/* Whether ours, with the name that sorts first, still comes after this one. */
static int check_first(const struct networkd *networkd, const struct vl_bridge_source *file)
{
    if (strcmp(name_of(file->path), name_of(OWN_FIRST)) > 0)
        return 0;
    return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, 0,
                      "may be taken for '%s' or '%s' before the files of voiplab are, and is for others as well; give "
                      "it a name that sorts after '%s'",
                      networkd->bridge->interface, networkd->bridge->name, name_of(OWN_FIRST));
}

/* The file that the uplink has its settings from, and whether it can be edited. */
static int find_uplink(struct networkd *networkd)
{
    const struct vl_networkd_link uplink = { .name = networkd->bridge->interface,
                                             .mac = vl_bridge_mac(networkd->input) };
    const struct vl_bridge_source *file = NULL, *shared = NULL;
    enum vl_match shared_match = VL_MATCH_NO;

    while ((file = next_file(networkd, file)) && !networkd->uplink_text && shared_match != VL_MATCH_YES) {
        bool alone;
        enum vl_match match = vl_networkd_match(networkd->arena, file->text, &uplink, &alone);

        if (match != VL_MATCH_NO && alone) {
            networkd->uplink_path = vl_arena_printf(networkd->arena, UNITS "%s", name_of(file->path));
            networkd->uplink_text = file->text;
        } else if (match > shared_match) {
            if (check_first(networkd, file) < 0)
                return -1;
            shared = file;
            shared_match = match;
        }
    }
    if (!shared || (networkd->uplink_text && vl_text_starts(networkd->uplink_path, OWN_FIRST)))
        return 0;
    if (networkd->uplink_text)
        return vl_fail_at(networkd->err, VL_ERROR_FAILED, shared->path, 0,
                          "may match '%s' before '%s' does; say by Name= what is meant", uplink.name,
                          networkd->uplink_path);
    networkd->shared_path = shared->path;
    networkd->uplink_text = shared->text;
    return 0;
}

/* Whether somebody's file would be taken for the bridge before ours is. */
static int is_before_ours(const struct networkd *networkd, bool *ret_before)
{
    const struct vl_networkd_link bridge = {
        .name = networkd->bridge->name,
        .mac = vl_bridge_mac(networkd->input),
        .is_bridge = true,
    };
    const struct vl_bridge_source *file = NULL;
    bool alone;

    while ((file = next_file(networkd, file)) && strcmp(name_of(file->path), name_of(OWN)) < 0) {
        if (vl_text_starts(file->path, OWN_FIRST) ||
            vl_networkd_match(networkd->arena, file->text, &bridge, &alone) == VL_MATCH_NO)
            continue;
        if (check_first(networkd, file) < 0)
            return -1;
        *ret_before = true;
    }
    return 0;
}

static int name_files(struct networkd *networkd)
{
    const char *name = networkd->bridge->name;
    bool first = networkd->shared_path ||
                 vl_bridge_text(networkd->input, vl_arena_printf(networkd->arena, OWN_FIRST "%s.network", name));
    const char *own;

    if (is_before_ours(networkd, &first) < 0)
        return -1;
    own = first ? OWN_FIRST : OWN;
    networkd->netdev_path = vl_arena_printf(networkd->arena, "%s%s.netdev", own, name);
    networkd->bridge_path = vl_arena_printf(networkd->arena, "%s%s.network", own, name);
    if (!networkd->uplink_path)
        networkd->uplink_path = vl_arena_printf(networkd->arena, "%s%s.network", own, networkd->bridge->interface);
    return 0;
}

/* Another file for the bridge, or drop-ins of the uplink's, which would say addresses behind our back. */
static int check_others(const struct networkd *networkd)
{
    const char *source = networkd->shared_path ? networkd->shared_path : networkd->uplink_path;
    const char *drop_ins = vl_arena_printf(networkd->arena, "/%s.d/", name_of(source));

    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *file = &networkd->input->files[i];
        const struct vl_key_line *name = vl_keys_find(networkd->arena, file->text, "NetDev", "Name");

        if (strstr(file->path, drop_ins) && *file->text)
            return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, 1,
                              "adds to the uplink's settings; put what is in it into '%s' and remove it", source);
        if (vl_text_ends(file->path, ".netdev") && name && !strcmp(name->value, networkd->bridge->name) &&
            strcmp(file->path, networkd->netdev_path) != 0 && counts(networkd->input, file))
            return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, name->number,
                              "makes '%s' already; give [bridge] another name, or remove the file",
                              networkd->bridge->name);
    }
    return 0;
}

/* What [Network] says of this host's IP configuration, as patterns of fnmatch(3): a port of a bridge has none, so it
 * leaves the uplink's file. What the bridge's file does not say anew goes over to it. */
static const char *const replaced_keys[] = { "Address", "Gateway", "DHCP", "IPv6Accept*", "LinkLocalAddressing" };
static const char *const moved_keys[] = {
    "DNS", "Domains",    "DNSDefaultRoute",      "DNSOverTLS", "DNSSEC*",      "LLMNR", "MulticastDNS",
    "NTP", "DHCPServer", "DHCPPrefixDelegation", "IPForward",  "IPMasquerade", "IPv4*", "IPv6[!A]*"
};
static const char *const replaced_sections[] = { "Address" };
/* of routes those that are not the default one */
static const char *const moved_sections[] = { "Route", "RoutingPolicyRule", "DHCP*", "IPv6*", "Neighbor", "NextHop" };

static void remove_all(struct vl_key_change *changes, size_t *count, const char *const *names, size_t name_count,
                       bool sections)
{
    for (size_t i = 0; i < name_count; i++)
        changes[(*count)++] = sections ? (struct vl_key_change){ names[i], NULL, NULL }
                                       : (struct vl_key_change){ "Network", names[i], NULL };
}

/* A file for the uplink alone, with what the one says that is for others as well. */
static const char *own_text(const struct networkd *networkd)
{
    static const struct vl_key_change without[] = { { "Match", NULL, NULL } };
    const char *shared = networkd->shared_path ? networkd->uplink_text : "";

    shared = vl_keys_edit(networkd->arena, shared, without, VL_COUNT(without));
    return vl_arena_printf(networkd->arena, "# Written by voiplab.\n[Match]\nName=%s\n%s%s",
                           networkd->bridge->interface, *shared ? "\n" : "", shared);
}

static void add_uplink(struct networkd *networkd)
{
    struct vl_key_change changes[2 + VL_COUNT(replaced_keys) + VL_COUNT(moved_keys) + VL_COUNT(replaced_sections) +
                                 VL_COUNT(moved_sections)] = { { "Network", "Bridge", networkd->bridge->name } };
    size_t count = 1;
    const char *text = networkd->uplink_text;

    if (!text || networkd->shared_path)
        text = own_text(networkd);
    if (networkd->bridge->mtu)
        changes[count++] =
            (struct vl_key_change){ "Link", "MTUBytes", vl_arena_printf(networkd->arena, "%u", networkd->bridge->mtu) };
    remove_all(changes, &count, replaced_keys, VL_COUNT(replaced_keys), false);
    remove_all(changes, &count, moved_keys, VL_COUNT(moved_keys), false);
    remove_all(changes, &count, replaced_sections, VL_COUNT(replaced_sections), true);
    remove_all(changes, &count, moved_sections, VL_COUNT(moved_sections), true);
    add(networkd, networkd->uplink_path, vl_keys_edit(networkd->arena, text, changes, count),
        "the uplink becomes a port of the bridge and has no address of its own");
}

static void add_netdev(struct networkd *networkd)
{
    const char *mac = vl_bridge_mac(networkd->input);
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, "# Written by voiplab.\n[NetDev]\nName=%s\nKind=bridge\n", networkd->bridge->name);
    if (mac)
        vl_buf_printf(&text, "MACAddress=%s\n", mac);
    if (networkd->bridge->mtu)
        vl_buf_printf(&text, "MTUBytes=%u\n", networkd->bridge->mtu);
    vl_buf_puts(&text, "\n[Bridge]\nSTP=no\nForwardDelaySec=0\n");
    networkd->arena->failed |= text.failed;
    add(networkd, networkd->netdev_path, vl_arena_strdup(networkd->arena, vl_buf_text(&text)),
        "the bridge that the guests hang on");
}

static bool is_default_route(const struct vl_key_line *lines, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (lines[i].key && !strcmp(lines[i].key, "Destination") && strcmp(lines[i].value, "0.0.0.0/0") != 0 &&
            strcmp(lines[i].value, "::/0") != 0)
            return false;
    return true;
}

/* One section with what follows its heading, when it is one that moves. Returns how many lines it has. */
static size_t put_section(struct vl_buf *out, const char *pattern, const struct vl_key_line *lines, size_t count)
{
    size_t end = 1;

    while (end < count && !lines[end].heading)
        end++;
    if (fnmatch(pattern, lines[0].section, 0) != 0 ||
        (!strcmp(lines[0].section, "Route") && is_default_route(lines, end)))
        return end;
    vl_buf_printf(out, "\n%s\n", lines[0].text);
    for (size_t i = 1; i < end; i++)
        if (lines[i].key)
            vl_buf_printf(out, "%s\n", lines[i].text);
    return end;
}

static const char *sections_of(struct networkd *networkd, const char *pattern, const char *text)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(networkd->arena, text ? text : "", &lines);

    for (size_t i = 0; i < count;)
        i += lines[i].heading ? put_section(&out, pattern, lines + i, count - i) : 1;
    networkd->arena->failed |= out.failed;
    return vl_arena_strdup(networkd->arena, vl_buf_text(&out));
}

static const char *keys_of(struct networkd *networkd, const char *pattern, const char *text)
{
    const char *const patterns[] = { pattern, NULL };

    return vl_keys_collect(networkd->arena, text ? text : "", "Network", patterns);
}

/* What the uplink had, or the bridge has since an earlier run: each kind for itself. */
static void put_moved(struct networkd *networkd, struct vl_buf *out, const char *pattern,
                      const char *(*of)(struct networkd *networkd, const char *pattern, const char *text))
{
    const char *moved = of(networkd, pattern, networkd->uplink_text);

    vl_buf_puts(out, *moved ? moved : of(networkd, pattern, vl_bridge_text(networkd->input, networkd->bridge_path)));
}

/* The IAID is made of the interface's name: that of the uplink is said, unless a file said one. */
static void put_iaid(struct networkd *networkd, struct vl_buf *text)
{
    uint32_t iaid = 0;

    if (strstr(vl_buf_text(text), "\nIAID="))
        return;
    if (networkd->bridge->dhcp && vl_lease_iaid(&networkd->input->lease, &iaid))
        vl_buf_printf(text, "\n[DHCPv4]\nIAID=%u\n", iaid);
    if (networkd->input->lease.iaid6)
        iaid = (uint32_t)strtoul(networkd->input->lease.iaid6, NULL, 16);
    if (iaid && networkd->bridge->ipv6_auto)
        vl_buf_printf(text, "\n[DHCPv6]\nIAID=%u\n", iaid);
}

static void add_network(struct networkd *networkd)
{
    const struct vl_bridge *bridge = networkd->bridge;
    struct vl_arena *arena = networkd->arena;
    bool ipv6 = bridge->ipv6_auto || vl_bridge_has_ipv6(bridge) || bridge->gateway6;
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_printf(&text, "# Written by voiplab.\n[Match]\nName=%s\n", bridge->name);
    if (bridge->mtu)
        vl_buf_printf(&text, "\n[Link]\nMTUBytes=%u\n", bridge->mtu);
    vl_buf_printf(&text, "\n[Network]\nDHCP=%s\nIPv6AcceptRA=%s\nLinkLocalAddressing=%s\n",
                  bridge->dhcp ? "ipv4" : "no", bridge->ipv6_auto ? "yes" : "no", ipv6 ? "ipv6" : "no");
    if (!bridge->dhcp)
        vl_buf_printf(&text, "Address=%s/%u\n", vl_text_from_ipv4(arena, bridge->address), bridge->prefix);
    for (size_t i = 0; bridge->addresses[i]; i++)
        vl_buf_printf(&text, "Address=%s\n", bridge->addresses[i]);
    if (!bridge->dhcp && bridge->gateway)
        vl_buf_printf(&text, "Gateway=%s\n", vl_text_from_ipv4(arena, bridge->gateway));
    if (bridge->gateway6)
        vl_buf_printf(&text, "Gateway=%s\n", bridge->gateway6);
    for (size_t i = 0; bridge->dns[i]; i++)
        vl_buf_printf(&text, "DNS=%s\n", bridge->dns[i]);
    for (size_t i = 0; i < VL_COUNT(moved_keys); i++)
        if (!bridge->dns[0] || strcmp(moved_keys[i], "DNS") != 0)
            put_moved(networkd, &text, moved_keys[i], keys_of);
    /* up without a port as well, so that guests can talk while the uplink's cable is out */
    vl_buf_puts(&text, "ConfigureWithoutCarrier=yes\n");
    for (size_t i = 0; i < VL_COUNT(moved_sections); i++) {
        put_moved(networkd, &text, moved_sections[i], sections_of);
        if (!strcmp(moved_sections[i], "DHCP*"))
            put_iaid(networkd, &text);
    }
    arena->failed |= text.failed;
    add(networkd, networkd->bridge_path, vl_arena_strdup(arena, vl_buf_text(&text)),
        "the address of this host, which the bridge carries now");
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct networkd networkd = { .arena = arena, .input = input, .bridge = input->bridge, .set = set, .err = err };

    if (find_uplink(&networkd) < 0 || name_files(&networkd) < 0 || check_others(&networkd) < 0)
        return -1;
    add_netdev(&networkd);
    add_network(&networkd);
    add_uplink(&networkd);
    return 0;
}

/* What netplan makes in /run is netplan's. */
static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    bool alone;

    return vl_text_ends(file->path, ".network") && !vl_text_starts(file->path, "/run/systemd/network/10-netplan-") &&
           vl_networkd_match(arena, file->text, &(struct vl_networkd_link){ .name = interface, .mac = mac }, &alone) ==
               VL_MATCH_YES;
}

/* It keeps a file for every interface. */
static const char *runs(struct vl_arena *arena, const char *interface, unsigned index)
{
    const char *path = vl_arena_printf(arena, "/run/systemd/netif/links/%u", index);
    const char *state = vl_backend_state(arena, path, "", "ADMIN_STATE");

    (void)interface;
    return *state && strcmp(state, "unmanaged") != 0 ? path : NULL;
}

#define IN(folder)                                                                                                     \
    folder "/systemd/network/*.network", folder "/systemd/network/*.netdev",                                           \
        folder "/systemd/network/*.network.d/*.conf"

const struct vl_backend vl_backend_networkd = {
    .directory = "/etc/systemd/network",
    .sources = { IN("/etc"), IN("/run"), IN("/usr/local/lib"), IN("/usr/lib"), IN("/lib") },
    .render = render,
    .rehearsal = { .needs = { "/lib/systemd/systemd-networkd" },
                   .runs = { { "/lib/systemd/systemd-networkd" } },
                   .stays = true,
                   .is_networkd = true },
    .is_about = is_about,
    .runs = runs,
    /* it takes the uplink's leaving the bridge for a new uplink, and configures that by the file that it read last;
     * once this has failed it looks at a new file only when it is told to */
    .owners = { { VL_NETWORKD_RUNS,
                  .commands = { [VL_OWNER_CHANGED] = { { "networkctl", "reload" } },
                                [VL_OWNER_PUT_BACK] = { { "networkctl", "reload" },
                                                        { "networkctl", "reconfigure", "UPLINK" } } } } },
};
