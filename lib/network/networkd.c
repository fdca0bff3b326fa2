/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * systemd-networkd (systemd.netdev(5), systemd.network(5)): a .netdev for the bridge, a .network for it, and the
 * uplink's .network made to say Bridge=. networkd takes the first .network file, in the order of their names, that
 * matches an interface; one that matches by a wildcard or by an address would match other cards or the bridge itself
 * (which keeps the uplink's address), so it is not edited.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/owner.h"

#define UNITS "/etc/systemd/network/"

struct networkd {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *netdev_path, *bridge_path;
    const char *uplink_path, *uplink_text; /* text NULL: there is none */
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

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);

    return length >= end_length && !strcmp(text + length - end_length, end);
}

/* Whether one of the names in `value` matches the interface, and whether it is the only one and no pattern. */
static bool matches(struct vl_arena *arena, const char *value, const char *interface, bool *ret_alone)
{
    const char *const *names = vl_text_split(arena, value, " \t");
    bool found = false;
    size_t count = 0;

    for (; names && names[count]; count++)
        found |= !fnmatch(names[count], interface, 0);
    *ret_alone = count == 1 && !strcmp(names[0], interface);
    return found;
}

/* Refuse what [Match] says by other means than a name, when it takes the uplink or would take the bridge as well. */
static int check_match(const struct networkd *networkd, const char *path, const struct vl_key_line *line)
{
    const char *mac = vl_bridge_mac(networkd->input), *interface = networkd->bridge->interface;

    if (!strcmp(line->key, "MACAddress"))
        return mac && strcasestr(line->value, mac)
                   ? vl_fail_at(networkd->err, VL_ERROR_FAILED, path, line->number,
                                "'%s' would match the bridge too, which keeps the address of the uplink; say Name=%s "
                                "instead",
                                line->value, interface)
                   : 0;
    if (strcmp(path, networkd->uplink_path) > 0 || !strcmp(line->key, "PermanentMACAddress"))
        return 0;
    return vl_fail_at(networkd->err, VL_ERROR_FAILED, path, line->number,
                      "'%s=%s' may match '%s' before its own file does; say by Name= what is meant", line->key,
                      line->value, interface);
}

/* Look at one .network file: is it the uplink's, may it be edited? */
static int look_at(struct networkd *networkd, const struct vl_bridge_source *file)
{
    const struct vl_key_line *name = vl_keys_find(networkd->arena, file->text, "Match", "Name");
    const char *permanent = vl_keys_value(networkd->arena, file->text, "Match", "PermanentMACAddress");
    const char *mac = vl_bridge_mac(networkd->input), *interface = networkd->bridge->interface;
    bool alone = permanent && mac && !strcasecmp(permanent, mac);
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(networkd->arena, file->text, &lines);

    for (size_t i = 0; i < count && !name; i++)
        if (lines[i].key && !strcmp(lines[i].section, "Match") && check_match(networkd, file->path, &lines[i]) < 0)
            return -1;
    if (name ? !matches(networkd->arena, name->value, interface, &alone) : !alone)
        return 0;
    if (!alone)
        return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, name->number,
                          "'%s' is not for '%s' alone; give it a .network file of its own with Name=%s that sorts "
                          "before this one",
                          name->value, interface, interface);
    networkd->uplink_path = file->path;
    networkd->uplink_text = file->text;
    return 0;
}

/* networkd's order: by the name of the file. */
static const struct vl_bridge_source *next_file(const struct networkd *networkd, const char *after)
{
    const struct vl_bridge_source *next = NULL;

    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *file = &networkd->input->files[i];

        if (vl_text_starts(file->path, UNITS) && ends_with(file->path, ".network") && strcmp(file->path, after) > 0 &&
            (!next || strcmp(file->path, next->path) < 0))
            next = file;
    }
    return next;
}

static int find_uplink(struct networkd *networkd)
{
    const struct vl_bridge_source *file = NULL;

    while ((file = next_file(networkd, file ? file->path : "")) && !networkd->uplink_text)
        if (look_at(networkd, file) < 0)
            return -1;
    return 0;
}

/* Another file for the bridge, or drop-ins of the uplink's, which would say addresses behind our back. */
static int check_others(const struct networkd *networkd)
{
    const char *drop_ins = vl_arena_printf(networkd->arena, "%s.d/", networkd->uplink_path);

    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *file = &networkd->input->files[i];
        const struct vl_key_line *name = vl_keys_find(networkd->arena, file->text, "NetDev", "Name");
        const struct vl_key_line *match = vl_keys_find(networkd->arena, file->text, "Match", "Name");
        bool alone;

        if (vl_text_starts(file->path, drop_ins))
            return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, 1,
                              "adds to the uplink's settings; put what is in it into '%s' and remove it",
                              networkd->uplink_path);
        if (ends_with(file->path, ".netdev") && name && !strcmp(name->value, networkd->bridge->name) &&
            strcmp(file->path, networkd->netdev_path) != 0)
            return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, name->number,
                              "makes '%s' already; give [bridge] another name, or remove the file",
                              networkd->bridge->name);
        if (ends_with(file->path, ".network") && strcmp(file->path, networkd->bridge_path) < 0 && match &&
            matches(networkd->arena, match->value, networkd->bridge->name, &alone))
            return vl_fail_at(networkd->err, VL_ERROR_FAILED, file->path, match->number,
                              "'%s' takes the bridge '%s' as well, before its own file does; say a narrower name",
                              match->value, networkd->bridge->name);
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

static void add_uplink(struct networkd *networkd)
{
    struct vl_key_change changes[2 + VL_COUNT(replaced_keys) + VL_COUNT(moved_keys) + VL_COUNT(replaced_sections) +
                                 VL_COUNT(moved_sections)] = { { "Network", "Bridge", networkd->bridge->name } };
    size_t count = 1;
    const char *text = networkd->uplink_text;

    if (!text)
        text =
            vl_arena_printf(networkd->arena, "# Written by voiplab.\n[Match]\nName=%s\n", networkd->bridge->interface);
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
    for (size_t i = 0; i < VL_COUNT(moved_sections); i++)
        put_moved(networkd, &text, moved_sections[i], sections_of);
    arena->failed |= text.failed;
    add(networkd, networkd->bridge_path, vl_arena_strdup(arena, vl_buf_text(&text)),
        "the address of this host, which the bridge carries now");
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    const char *name = input->bridge->name;
    struct networkd networkd = {
        .arena = arena,
        .input = input,
        .bridge = input->bridge,
        .netdev_path = vl_arena_printf(arena, UNITS "60-voiplab-%s.netdev", name),
        .bridge_path = vl_arena_printf(arena, UNITS "60-voiplab-%s.network", name),
        .uplink_path = vl_arena_printf(arena, UNITS "60-voiplab-%s.network", input->bridge->interface),
        .set = set,
        .err = err,
    };

    if (find_uplink(&networkd) < 0 || check_others(&networkd) < 0)
        return -1;
    add_netdev(&networkd);
    add_network(&networkd);
    add_uplink(&networkd);
    return 0;
}

static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface)
{
    const char *names = vl_keys_value(arena, file->text, "Match", "Name");
    const char *const *words = vl_text_split(arena, names ? names : "", " \t");

    for (size_t i = 0; words[i]; i++)
        if (!fnmatch(words[i], interface, 0))
            return true;
    return false;
}

/* It keeps a file for every interface. */
static const char *runs(struct vl_arena *arena, const char *interface, unsigned index)
{
    const char *path = vl_arena_printf(arena, "/run/systemd/netif/links/%u", index);
    const char *state = vl_backend_state(arena, path, "", "ADMIN_STATE");

    (void)interface;
    return *state && strcmp(state, "unmanaged") != 0 ? path : NULL;
}

const struct vl_backend vl_backend_networkd = {
    .directory = "/etc/systemd/network",
    .sources = { UNITS "*.network", UNITS "*.netdev", UNITS "*.network.d/*.conf" },
    .render = render,
    .is_about = is_about,
    .runs = runs,
    /* it takes the uplink's leaving the bridge for a new uplink, and configures that by the file that it read last;
     * once this has failed it looks at a new file only when it is told to */
    .owners = { { VL_NETWORKD_RUNS,
                  .commands = { [VL_OWNER_CHANGED] = { { "networkctl", "reload" } },
                                [VL_OWNER_PUT_BACK] = { { "networkctl", "reload" },
                                                        { "networkctl", "reconfigure", "UPLINK" } } } } },
};
