/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /etc/network/interfaces (interfaces(5) of ifupdown, bridge-utils-interfaces(5)), in the form that ifupdown2 reads as
 * well. The uplink's stanzas become `manual`; what they say of addresses, routes and name servers goes. The bridge has
 * a file of its own, interfaces.d/60-voiplab, for which interfaces gets a `source` line when it reads no such file.
 *
 * A line belongs to the stanza above it until the next word that opens one. A line that ends in a backslash goes on.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "network/backend.h"
#include "network/interfaces_line.h"
#include "network/lease.h"

#define INTERFACES "/etc/network/interfaces"
#define DIRECTORY INTERFACES ".d"
#define OWN DIRECTORY "/60-voiplab"

struct ifupdown {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *uplink_path[2]; /* where the uplink's stanza of inet and of inet6 stands */
    bool sourced;               /* interfaces reads our file */
    const char *method6;      /* of the uplink's stanza of inet6, when the bridge gets one like it; NULL: it does not */
    struct vl_buf carried[2]; /* lines of these stanzas that the bridge's get: name servers, routes, the lease */
    struct vl_fileset *set;
    struct vl_error *err;
};

/* A file with stanzas, and no lease. */
static bool is_stanzas(const struct vl_bridge_source *file)
{
    return !vl_text_starts(file->path, "/var/lib/");
}

static bool is(const char *word, const char *wanted)
{
    return word && !strcmp(word, wanted);
}

/* eth0:1 is eth0 with an address that this file's stanza of eth0 does not show. */
static int check_alias(const struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line,
                       const char *name)
{
    const char *interface = ifupdown->bridge->interface;

    if (!vl_text_starts(name, interface) || name[strlen(interface)] != ':')
        return 0;
    return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                      "'%s' gives the uplink another address; put it into [bridge] addresses and remove the stanza and "
                      "the name from 'auto'",
                      name);
}

/* IPv6 that comes by itself comes to the bridge in the same way. */
static void take_method(struct ifupdown *ifupdown, const char *method)
{
    if (ifupdown->bridge->ipv6_auto && !vl_bridge_has_ipv6(ifupdown->bridge) &&
        (is(method, "auto") || is(method, "dhcp")))
        ifupdown->method6 = method;
}

static int check_iface(struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    const char *name = line->words[1], *family = line->words[1] ? line->words[2] : NULL;
    bool ipv6 = is(family, "inet6");

    if (is(name, ifupdown->bridge->name))
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "'%s' has a stanza already; give [bridge] another name, or remove the stanza", name);
    if (!is(name, ifupdown->bridge->interface))
        return name ? check_alias(ifupdown, path, line, name) : 0;
    if (!family || (!ipv6 && !is(family, "inet")) || !line->words[3] || line->words[4])
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "the stanza of the uplink should read like 'iface %s inet static'; write it so, without "
                          "templates and 'inherits'",
                          name);
    if (ifupdown->uplink_path[ipv6])
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "the uplink '%s' has another stanza of %s in '%s'; put its address into [bridge] addresses "
                          "and remove one of them",
                          name, family, ifupdown->uplink_path[ipv6]);
    if (vl_text_starts(path, "/run/"))
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "the stanza of the uplink '%s' goes with the next start; put it into '%s' and remove this "
                          "file",
                          name, INTERFACES);
    ifupdown->uplink_path[ipv6] = path;
    if (ipv6)
        take_method(ifupdown, line->words[3]);
    return 0;
}

static int fail_by_another_name(const struct ifupdown *ifupdown, const char *path,
                                const struct vl_interfaces_line *line, const char *name)
{
    return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                      "'%s' is for '%s' a matter of the %s stanza; configure it by its own name",
                      ifupdown->bridge->interface, name, line->words[0]);
}

/* `auto eth0=home` and `auto /eth*=home` bring the uplink up by the stanza of home. */
static bool is_by_another_name(const struct ifupdown *ifupdown, const char *name)
{
    const char *equals = strchr(name, '='), *value = *name == '/' ? name + 1 : name, *pattern;

    if (!equals || is(equals + 1, ifupdown->bridge->interface))
        return false;
    pattern = vl_arena_strndup(ifupdown->arena, value, strcspn(value, "/="));
    return !fnmatch(pattern, ifupdown->bridge->interface, 0);
}

/* Who is brought up: `auto`, `allow-hotplug` and their like. */
static int check_names(const struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    for (size_t i = 1; line->words[i]; i++) {
        if (check_alias(ifupdown, path, line, line->words[i]) < 0)
            return -1;
        if (is_by_another_name(ifupdown, line->words[i]))
            return fail_by_another_name(ifupdown, path, line, line->words[i]);
    }
    return 0;
}

static int check_patterns(const struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    for (size_t i = 1; line->words[i]; i++)
        if (!fnmatch(line->words[i], ifupdown->bridge->interface, 0))
            return fail_by_another_name(ifupdown, path, line, line->words[i]);
    return 0;
}

/* The path that a word of `source` stands for, without what means nothing in it. The first one may be relative to the
 * directory of the file that it stands in; a further one is relative to wherever ifup is run, and stays as it is. */
static const char *sourced_path(struct vl_arena *arena, const char *path, const struct vl_interfaces_line *line,
                                size_t index)
{
    const char *word = line->words[index];
    const char *const *parts;
    VL_BUF_AUTO tidy = VL_BUF_INIT;

    if (*word != '/' && index > 1)
        return word;
    if (*word != '/')
        word = vl_arena_printf(arena, "%.*s/%s", (int)(strrchr(path, '/') - path), path, word);
    parts = vl_text_split(arena, word, "/");
    for (size_t i = 0; parts[i]; i++)
        if (strcmp(parts[i], ".") != 0)
            vl_buf_printf(&tidy, "/%s", parts[i]);
    arena->failed |= tidy.failed;
    return vl_arena_strdup(arena, vl_buf_text(&tidy));
}

/* Whether glob(7) finds what ifup does: that expands a word as a shell does (wordexp(3)), where $NAME may hold
 * anything. By way of .. one file may have two names. */
static bool is_plain(const char *pattern)
{
    return *pattern == '/' && !strpbrk(pattern, "$`'\"~") && !strstr(pattern, "/../") && !vl_text_ends(pattern, "/..");
}

static const char *const *leads(struct vl_arena *arena, const struct vl_bridge_source *file)
{
    struct vl_interfaces_line *lines;
    size_t count = is_stanzas(file) ? vl_interfaces_lines(arena, file->text, &lines) : 0, number = 0;
    const char **patterns = vl_arena_zalloc(arena, (strlen(file->text) + 1) * sizeof(*patterns));

    for (size_t i = 0; i < count && patterns; i++) {
        bool directory = lines[i].opens && !is(lines[i].words[0], "source");

        if (!lines[i].opens || !vl_text_starts(lines[i].words[0], "source"))
            continue;
        for (size_t k = 1; lines[i].words[k]; k++) {
            const char *pattern = sourced_path(arena, file->path, &lines[i], k);

            if (is_plain(pattern))
                patterns[number++] = directory ? vl_arena_printf(arena, "%s/*", pattern) : pattern;
        }
    }
    return patterns;
}

/* A stanza of the uplink in a file that nobody has looked at would keep its address. */
static int check_source(struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    bool directory = !is(line->words[0], "source"), main_file = !strcmp(path, INTERFACES);

    for (size_t i = 1; line->words[i]; i++) {
        const char *pattern = sourced_path(ifupdown->arena, path, line, i);

        if (!is_plain(pattern))
            return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                              "'%s' leads to files that voiplab does not read, where '%s' may have a stanza; put the "
                              "stanzas of these files into '%s' or into files of '%s', and remove '%s' here",
                              line->words[i], ifupdown->bridge->interface, INTERFACES, DIRECTORY, line->words[i]);
        if (directory)
            pattern = vl_arena_printf(ifupdown->arena, "%s/*", pattern);
        ifupdown->sourced |= main_file && !fnmatch(pattern, OWN, FNM_PATHNAME | FNM_PERIOD);
    }
    return 0;
}

static int look_at_stanza(struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    const char *word = line->words[0];

    if (is(word, "iface"))
        return check_iface(ifupdown, path, line);
    if (is(word, "auto") || vl_text_starts(word, "allow-"))
        return check_names(ifupdown, path, line);
    if (is(word, "mapping") || is(word, "rename"))
        return check_patterns(ifupdown, path, line);
    if (vl_text_starts(word, "source"))
        return check_source(ifupdown, path, line);
    return 0;
}

/* Whether the bridge has the address from the lab file. */
static bool is_named(const struct ifupdown *ifupdown, const char *address)
{
    const struct vl_bridge *bridge = ifupdown->bridge;

    if (!bridge->dhcp && vl_interfaces_same_address(address, vl_text_from_ipv4(ifupdown->arena, bridge->address)))
        return true;
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_interfaces_same_address(address, bridge->addresses[i]))
            return true;
    return false;
}

/* Addresses that a command gives belong in the lab file, or the bridge would have them only after the next start. */
static int check_command(const struct ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    const char *address;

    if (!line->words[0] || !vl_interfaces_is_command(line->words[0]) ||
        vl_interfaces_object(ifupdown->arena, ifupdown->bridge->interface, line) != VL_OBJECT_ADDRESS ||
        strstr(line->words[0], "down"))
        return 0;
    address = vl_interfaces_address(line);
    if (address && is_named(ifupdown, address))
        return 0;
    return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                      address ? "'%s' is given to the uplink by a command; put it into [bridge] addresses"
                              : "'%s' changes addresses of the uplink, and voiplab cannot tell which; put them into "
                                "[bridge] addresses and remove the line",
                      address ? address : vl_text_strip(vl_arena_strdup(ifupdown->arena, line->text)));
}

static int look_at(struct ifupdown *ifupdown, const struct vl_bridge_source *file)
{
    struct vl_interfaces_line *lines;
    size_t count = vl_interfaces_lines(ifupdown->arena, file->text, &lines);
    bool in_uplink = false;

    for (size_t i = 0; i < count; i++) {
        if (lines[i].opens) {
            in_uplink = is(lines[i].words[0], "iface") && is(lines[i].words[1], ifupdown->bridge->interface);
            if (look_at_stanza(ifupdown, file->path, &lines[i]) < 0)
                return -1;
        } else if (in_uplink && lines[i].words[0] &&
                   (vl_text_starts(lines[i].words[0], "wpa-") || vl_text_starts(lines[i].words[0], "wireless-"))) {
            return vl_bridge_fail_wireless(file->path, lines[i].number, ifupdown->bridge->interface, ifupdown->err);
        } else if (in_uplink && check_command(ifupdown, file->path, &lines[i]) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What an option of the stanza of this interface is about. */
enum about { ABOUT_CARD, ABOUT_ADDRESS, ABOUT_LEASE, ABOUT_NAMES_OR_ROUTES };

/* What a DHCP client is told, and how IPv6 comes by itself. */
static bool is_of_lease(const struct ifupdown *ifupdown, const char *word, bool ipv6)
{
    static const char *const inet[] = { "hostname", "leasehours", "leasetime", "vendor", "client", "metric", NULL };
    static const char *const inet6[] = { "hostname",       "accept_ra",    "autoconf",    "privext",
                                         "request_prefix", "ll-attempts",  "ll-interval", "dhcp",
                                         "dad-attempts",   "dad-interval", NULL };
    const char *const *words = ipv6 ? inet6 : inet;

    if (ipv6 ? !ifupdown->method6 : !ifupdown->bridge->dhcp)
        return false;
    for (size_t i = 0; words[i]; i++)
        if (!strcmp(word, words[i]))
            return true;
    return false;
}

static enum about about(const struct ifupdown *ifupdown, const struct vl_interfaces_line *line, const char *interface,
                        bool ipv6)
{
    static const char *const addressing[] = {
        "address",      "netmask",        "broadcast",   "network",     "gateway",   "metric",
        "pointopoint",  "scope",          "accept_ra",   "autoconf",    "privext",   "preferred-lifetime",
        "dad-attempts", "dad-interval",   "hostname",    "leasehours",  "leasetime", "vendor",
        "client",       "request_prefix", "ll-attempts", "ll-interval", "dhcp",      NULL,
    };
    const char *word = line->words[0];
    enum vl_interfaces_object object;

    if (!word)
        return ABOUT_CARD;
    if (vl_text_starts(word, "dns-"))
        return ABOUT_NAMES_OR_ROUTES;
    object = vl_interfaces_is_command(word) ? vl_interfaces_object(ifupdown->arena, interface, line) : VL_OBJECT_OTHER;
    if (object != VL_OBJECT_OTHER)
        return object == VL_OBJECT_ADDRESS ? ABOUT_ADDRESS : ABOUT_NAMES_OR_ROUTES;
    if (is_of_lease(ifupdown, word, ipv6))
        return ABOUT_LEASE;
    for (size_t i = 0; addressing[i]; i++)
        if (!strcmp(word, addressing[i]))
            return ABOUT_ADDRESS;
    return ABOUT_CARD;
}

/* The word, with the uplink's name as the bridge's. */
static const char *for_bridge(const struct ifupdown *ifupdown, const char *word)
{
    const struct vl_bridge *bridge = ifupdown->bridge;
    const char *setting = vl_interfaces_setting(ifupdown->arena, ifupdown->bridge->interface, word);

    if (is(word, bridge->interface))
        return bridge->name;
    if (!setting)
        return word;
    setting += strlen("conf/");
    return vl_arena_printf(ifupdown->arena, "%.*s%s%s", (int)(setting - word), word, bridge->name,
                           setting + strlen(bridge->interface));
}

/* The line for the bridge's stanza of this family. */
static void carry(struct ifupdown *ifupdown, const struct vl_interfaces_line *line, bool ipv6)
{
    const struct vl_bridge *bridge = ifupdown->bridge;

    /* the default route is the key `gateway`, in whichever way it was made before; that of another table is not */
    if (vl_text_starts(line->words[0], "dns-")
            ? bridge->dns[0] != NULL
            : strstr(line->text, "default") != NULL && !strstr(line->text, " table "))
        return;
    for (size_t i = 0; line->words[i]; i++)
        vl_buf_printf(&ifupdown->carried[ipv6], "%s%s", i ? " " : "    ", for_bridge(ifupdown, line->words[i]));
    vl_buf_putc(&ifupdown->carried[ipv6], '\n');
}

/* Whether the stanza that this line opens says how large a packet may be. */
static bool has_mtu(const struct vl_interfaces_line *line, const struct vl_interfaces_line *end)
{
    for (line++; line < end && !line->opens; line++)
        if (is(line->words[0], "mtu"))
            return true;
    return false;
}

static void put_line(struct ifupdown *ifupdown, struct vl_buf *out, const struct vl_interfaces_line *line,
                     const struct vl_interfaces_line *end, bool *in_uplink, bool *ipv6)
{
    const struct vl_bridge *bridge = ifupdown->bridge;
    enum about what = ABOUT_CARD;

    if (line->opens)
        *ipv6 = line->words[1] && is(line->words[2], "inet6");
    else if (*in_uplink)
        what = about(ifupdown, line, bridge->interface, *ipv6);
    if (line->opens)
        *in_uplink = is(line->words[0], "iface") && is(line->words[1], bridge->interface);
    if (line->opens && *in_uplink) {
        if (is(line->words[3], "manual"))
            vl_buf_printf(out, "%s\n", line->text);
        else
            vl_buf_printf(out, "iface %s %s manual\n", bridge->interface, line->words[2]);
        if (bridge->mtu && !has_mtu(line, end))
            vl_buf_printf(out, "    mtu %u\n", bridge->mtu);
    } else if (*in_uplink && !line->opens && is(line->words[0], "mtu") && bridge->mtu) {
        vl_buf_printf(out, "    mtu %u\n", bridge->mtu);
    } else if (what != ABOUT_CARD) {
        if (what != ABOUT_ADDRESS)
            carry(ifupdown, line, *ipv6);
    } else {
        vl_buf_printf(out, "%s\n", line->text);
    }
}

static void add(struct ifupdown *ifupdown, const char *path, const struct vl_buf *text, const char *why)
{
    ifupdown->arena->failed |= text->failed;
    vl_fileset_add(ifupdown->arena, ifupdown->set,
                   &(struct vl_file){
                       .path = path,
                       .kind = VL_FILE_WHOLE,
                       .mode = 0644,
                       .text = vl_arena_strdup(ifupdown->arena, vl_buf_text(text)),
                       .why = why,
                       .reload = VL_RELOAD_NONE,
                   });
}

static void edit(struct ifupdown *ifupdown, const char *path, const char *text)
{
    bool uplinks = is(ifupdown->uplink_path[0], path) || is(ifupdown->uplink_path[1], path);
    bool main_file = !strcmp(path, INTERFACES), in_uplink = false, ipv6 = false;
    struct vl_interfaces_line *lines;
    size_t count = vl_interfaces_lines(ifupdown->arena, text, &lines);
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (size_t i = 0; i < count; i++)
        put_line(ifupdown, &out, &lines[i], lines + count, &in_uplink, &ipv6);
    if (main_file && !ifupdown->sourced)
        vl_buf_printf(&out, "%ssource %s\n", out.length ? "\n" : "auto lo\niface lo inet loopback\n\n", OWN);
    if (uplinks)
        add(ifupdown, path, &out, "the uplink becomes a port of the bridge and has no address of its own");
    else if (main_file && strstr(vl_buf_text(&out), "source " OWN "\n"))
        add(ifupdown, path, &out, "reads the file of the bridge");
}

/* Of the lines of the bridge's stanzas, those that were carried there and not written for what the lab says. */
static bool is_carried(const struct ifupdown *ifupdown, const struct vl_interfaces_line *line, bool ipv6)
{
    enum about what = about(ifupdown, line, ifupdown->bridge->name, ipv6);

    if (strstr(line->text, " sysctl -q -e -w ") || strstr(line->text, "ip -6 route replace default via"))
        return false;
    return what == ABOUT_LEASE || what == ABOUT_NAMES_OR_ROUTES;
}

/* What our own file has of an earlier run, which carried it over. */
static void carry_from_before(struct ifupdown *ifupdown)
{
    const char *before = vl_bridge_text(ifupdown->input, OWN);
    struct vl_interfaces_line *lines;
    size_t count = vl_interfaces_lines(ifupdown->arena, before ? before : "", &lines);
    bool ipv6 = false, ours = false;

    if (ifupdown->carried[0].length || ifupdown->carried[1].length || ifupdown->method6)
        return;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].opens) {
            ours = is(lines[i].words[0], "iface") && is(lines[i].words[1], ifupdown->bridge->name);
            ipv6 = ours && is(lines[i].words[2], "inet6");
            if (ipv6)
                take_method(ifupdown, lines[i].words[3]);
        } else if (ours && is_carried(ifupdown, &lines[i], ipv6)) {
            carry(ifupdown, &lines[i], ipv6);
        }
    }
}

static void put_options(const struct ifupdown *ifupdown, struct vl_buf *text)
{
    const struct vl_bridge *bridge = ifupdown->bridge;
    const char *mac = vl_bridge_mac(ifupdown->input);

    vl_buf_printf(text, "    bridge_ports %s\n    bridge_stp off\n    bridge_fd 0\n    bridge_maxwait 0\n",
                  bridge->interface);
    if (mac)
        vl_buf_printf(text, "    hwaddress %s\n", mac);
    /* an option of static and manual stanzas; a dhcp one has none for it */
    if (bridge->mtu && bridge->dhcp)
        vl_buf_printf(text, "    post-up ip link set dev %s mtu %u\n", bridge->name, bridge->mtu);
    else if (bridge->mtu)
        vl_buf_printf(text, "    mtu %u\n", bridge->mtu);
    if (!bridge->ipv6_auto && !vl_bridge_has_ipv6(bridge))
        vl_buf_printf(text, "    post-up sysctl -q -e -w net/ipv6/conf/%s/%s\n", bridge->name,
                      bridge->gateway6 ? "accept_ra=0" : "disable_ipv6=1");
    if (bridge->gateway6 && !vl_bridge_has_ipv6(bridge))
        vl_buf_printf(text, "    post-up ip -6 route replace default via %s dev %s\n", bridge->gateway6, bridge->name);
    for (size_t i = 0; bridge->dns[i]; i++)
        vl_buf_printf(text, "%s%s%s", i ? " " : "    dns-nameservers ", bridge->dns[i], bridge->dns[i + 1] ? "" : "\n");
    vl_buf_puts(text, vl_buf_text(&ifupdown->carried[0]));
}

static void put_ipv4(const struct ifupdown *ifupdown, struct vl_buf *text)
{
    const struct vl_bridge *bridge = ifupdown->bridge;

    vl_buf_printf(text, "auto %s\niface %s inet %s\n", bridge->name, bridge->name, bridge->dhcp ? "dhcp" : "static");
    if (!bridge->dhcp) {
        vl_buf_printf(text, "    address %s\n", vl_text_from_ipv4(ifupdown->arena, bridge->address));
        vl_buf_printf(text, "    netmask %s\n", vl_text_from_ipv4(ifupdown->arena, vl_text_netmask(bridge->prefix)));
        if (bridge->gateway)
            vl_buf_printf(text, "    gateway %s\n", vl_text_from_ipv4(ifupdown->arena, bridge->gateway));
    }
    put_options(ifupdown, text);
}

static void put_further(const struct ifupdown *ifupdown, struct vl_buf *text)
{
    const struct vl_bridge *bridge = ifupdown->bridge;
    bool first6 = true;

    for (size_t i = 0; bridge->addresses[i]; i++) {
        bool ipv6 = vl_bridge_is_ipv6(bridge->addresses[i]);

        vl_buf_printf(text, "\niface %s %s static\n    address %s\n", bridge->name, ipv6 ? "inet6" : "inet",
                      bridge->addresses[i]);
        if (!ipv6)
            continue;
        /* 2: also when this host forwards, which libvirt's own networks turn on */
        if (first6)
            vl_buf_printf(text, "    accept_ra %u\n    autoconf %u\n", bridge->ipv6_auto ? 2 : 0, bridge->ipv6_auto);
        if (first6 && bridge->gateway6)
            vl_buf_printf(text, "    gateway %s\n", bridge->gateway6);
        if (first6)
            vl_buf_puts(text, vl_buf_text(&ifupdown->carried[1]));
        first6 = false;
    }
    /* without an address of the lab's: as the uplink had it, or only what was carried over */
    if (first6 && (ifupdown->method6 || ifupdown->carried[1].length))
        vl_buf_printf(text, "\niface %s inet6 %s\n%s", bridge->name, ifupdown->method6 ? ifupdown->method6 : "manual",
                      vl_buf_text(&ifupdown->carried[1]));
}

static void add_own(struct ifupdown *ifupdown)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_puts(&text, "# Written by voiplab.\n");
    if (!ifupdown->uplink_path[0] && !ifupdown->uplink_path[1]) {
        vl_buf_printf(&text, "iface %s inet manual\n", ifupdown->bridge->interface);
        if (ifupdown->bridge->mtu)
            vl_buf_printf(&text, "    mtu %u\n", ifupdown->bridge->mtu);
        vl_buf_putc(&text, '\n');
    }
    put_ipv4(ifupdown, &text);
    put_further(ifupdown, &text);
    add(ifupdown, OWN, &text, "the bridge that the guests hang on; it carries the address of this host");
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct ifupdown ifupdown = { .arena = arena, .input = input, .bridge = input->bridge, .set = set, .err = err };
    int rc = 0;

    for (size_t i = 0; i < input->count && rc == 0; i++)
        if (is_stanzas(&input->files[i]) && strcmp(input->files[i].path, OWN) != 0)
            rc = look_at(&ifupdown, &input->files[i]);
    for (size_t i = 0; i < input->count && rc == 0; i++)
        if (is_stanzas(&input->files[i]) && strcmp(input->files[i].path, OWN) != 0)
            edit(&ifupdown, input->files[i].path, input->files[i].text);
    if (rc == 0 && !vl_bridge_text(input, INTERFACES))
        edit(&ifupdown, INTERFACES, "");
    if (rc == 0) {
        carry_from_before(&ifupdown);
        add_own(&ifupdown);
        vl_lease_files(arena, input, set);
    }
    for (size_t i = 0; i < VL_COUNT(ifupdown.carried); i++) {
        arena->failed |= ifupdown.carried[i].failed;
        vl_buf_free(&ifupdown.carried[i]);
    }
    return rc;
}

static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    const char *const *lines = vl_text_split(arena, file->text, "\n");

    (void)mac;
    for (size_t i = 0; lines[i]; i++) {
        const char *const *words = vl_text_split(arena, lines[i], " \t");

        if (words[0] && words[1] && !strcmp(words[0], "iface") && !strcmp(words[1], interface))
            return true;
    }
    return false;
}

/* It keeps a list of what it has brought up. */
static const char *runs(struct vl_arena *arena, const char *interface, unsigned index)
{
    static const char list[] = "/run/network/ifstate";

    (void)index;
    return *vl_backend_state(arena, list, "", interface) ? list : NULL;
}

const struct vl_backend vl_backend_ifupdown = {
    .directory = "/etc/network",
    .sources = { INTERFACES, OWN, VL_LEASE_FILES },
    .leads = leads,
    .render = render,
    .rehearsal = { .needs = { "ifup", "ifquery" },
                   .asks = { { "ifquery", "BRIDGE" }, { "ifup", "--no-act", "BRIDGE" } },
                   .runs = { { "ifup", "UPLINK", "BRIDGE" } } },
    .is_about = is_about,
    .runs = runs,
};
