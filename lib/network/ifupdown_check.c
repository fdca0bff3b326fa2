/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether the stanzas of the uplink can be edited, and in which files they are.
 */
#include "network/ifupdown_part.h"

#include <fnmatch.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "network/lease.h"

/* A file with stanzas, and no lease. */
bool vl_ifupdown_is_stanzas(const struct vl_bridge_source *file)
{
    return !vl_text_starts(file->path, "/var/lib/") && !vl_lease_is_config(file->path);
}

/* eth0:1 is eth0 with an address that this file's stanza of eth0 does not show. */
static int check_alias(const struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line,
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

/* Whether the bridge has the address from the lab file. */
static bool is_named(const struct vl_ifupdown *ifupdown, const char *address)
{
    const struct vl_bridge *bridge = ifupdown->bridge;

    if (!bridge->dhcp && vl_interfaces_same_address(address, vl_text_from_ipv4(ifupdown->arena, bridge->address)))
        return true;
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_interfaces_same_address(address, bridge->addresses[i]))
            return true;
    return false;
}

/* Whether the stanza that this line opens gives nothing but addresses that the bridge has from the lab file. */
static bool is_named_stanza(const struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line,
                            const struct vl_interfaces_line *end)
{
    bool any = vl_interfaces_is(line->words[3], "manual"); /* as an earlier run left it */

    for (line++; line < end && !line->opens; line++) {
        if (!vl_interfaces_is(line->words[0], "address"))
            continue;
        if (!line->words[1] || !is_named(ifupdown, line->words[1]))
            return false;
        any = true;
    }
    return any;
}

static int check_iface(struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line,
                       const struct vl_interfaces_line *end)
{
    const char *name = line->words[1], *family = line->words[1] ? line->words[2] : NULL;
    bool ipv6 = vl_interfaces_is(family, "inet6");

    if (vl_interfaces_is(name, ifupdown->bridge->name))
        return vl_bridge_fail_exists(path, line->number, name, ifupdown->err);
    if (!vl_interfaces_is(name, ifupdown->bridge->interface))
        return name ? check_alias(ifupdown, path, line, name) : 0;
    if (!family || (!ipv6 && !vl_interfaces_is(family, "inet")) || !line->words[3] || line->words[4])
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "the stanza of the uplink should read like 'iface %s inet static'; write it so, without "
                          "templates and 'inherits'",
                          name);
    if (ifupdown->uplink_path[ipv6] && !is_named_stanza(ifupdown, line, end))
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "the uplink '%s' has another stanza of %s in '%s'; put its address into [bridge] addresses "
                          "and remove one of them",
                          name, family, ifupdown->uplink_path[ipv6]);
    if (vl_text_starts(path, "/run/"))
        return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                          "the stanza of the uplink '%s' goes with the next start; put it into '%s' and remove this "
                          "file",
                          name, VL_INTERFACES);
    ifupdown->uplink_path[ipv6] = path;
    if (ipv6)
        vl_ifupdown_take_method(ifupdown, line->words[3]);
    return 0;
}

static int fail_by_another_name(const struct vl_ifupdown *ifupdown, const char *path,
                                const struct vl_interfaces_line *line, const char *name)
{
    const char *interface = ifupdown->bridge->interface;

    return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                      "'%s' is for '%s' a matter of the %s stanza; write that so that it leaves '%s' out, and give it "
                      "'auto %s' and an 'iface %s' of its own",
                      interface, name, line->words[0], interface, interface, interface);
}

/* `auto eth0=home` and `auto /eth*=home` bring the uplink up by the stanza of home. */
static bool is_by_another_name(const struct vl_ifupdown *ifupdown, const char *name)
{
    const char *equals = strchr(name, '='), *value = *name == '/' ? name + 1 : name, *pattern;

    if (!equals || vl_interfaces_is(equals + 1, ifupdown->bridge->interface))
        return false;
    pattern = vl_arena_strndup(ifupdown->arena, value, strcspn(value, "/="));
    return !fnmatch(pattern, ifupdown->bridge->interface, 0);
}

/* Who is brought up: `auto`, `allow-hotplug` and their like. */
static int check_names(const struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    for (size_t i = 1; line->words[i]; i++) {
        if (check_alias(ifupdown, path, line, line->words[i]) < 0)
            return -1;
        if (is_by_another_name(ifupdown, line->words[i]))
            return fail_by_another_name(ifupdown, path, line, line->words[i]);
    }
    return 0;
}

static int check_patterns(const struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
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

const char *const *vl_ifupdown_leads(struct vl_arena *arena, const struct vl_bridge_source *file)
{
    struct vl_interfaces_line *lines;
    size_t count = vl_ifupdown_is_stanzas(file) ? vl_interfaces_lines(arena, file->text, &lines) : 0, number = 0;
    const char **patterns = vl_arena_zalloc(arena, (strlen(file->text) + 1) * sizeof(*patterns));

    for (size_t i = 0; i < count && patterns; i++) {
        bool directory = lines[i].opens && !vl_interfaces_is(lines[i].words[0], "source");

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
static int check_source(struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
{
    bool directory = !vl_interfaces_is(line->words[0], "source"), main_file = !strcmp(path, VL_INTERFACES);

    for (size_t i = 1; line->words[i]; i++) {
        const char *pattern = sourced_path(ifupdown->arena, path, line, i);

        if (!is_plain(pattern))
            return vl_fail_at(ifupdown->err, VL_ERROR_FAILED, path, line->number,
                              "'%s' leads to files that voiplab does not read, where '%s' may have a stanza; put the "
                              "stanzas of these files into '%s' or into files of '%s', and remove '%s' here",
                              line->words[i], ifupdown->bridge->interface, VL_INTERFACES, VL_INTERFACES_DIRECTORY,
                              line->words[i]);
        if (directory)
            pattern = vl_arena_printf(ifupdown->arena, "%s/*", pattern);
        ifupdown->sourced |= main_file && !fnmatch(pattern, VL_INTERFACES_OWN, FNM_PATHNAME | FNM_PERIOD);
    }
    return 0;
}

static int look_at_stanza(struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line,
                          const struct vl_interfaces_line *end)
{
    const char *word = line->words[0];

    if (vl_interfaces_is(word, "iface"))
        return check_iface(ifupdown, path, line, end);
    if (vl_interfaces_is(word, "auto") || vl_text_starts(word, "allow-"))
        return check_names(ifupdown, path, line);
    if (vl_interfaces_is(word, "mapping") || vl_interfaces_is(word, "rename"))
        return check_patterns(ifupdown, path, line);
    if (vl_text_starts(word, "source"))
        return check_source(ifupdown, path, line);
    return 0;
}

/* Addresses that a command gives belong in the lab file, or the bridge would have them only after the next start. */
static int check_command(const struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line)
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

/* What the uplink is a part of already, by a word of its own stanza or of that of the other, would lose it. */
static int check_master(const struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line,
                        const char *stanza)
{
    static const struct {
        const char *word;
        bool of_master, is_bridge; /* it stands in the stanza of the bridge or bond, and names the ports */
    } words[] = {
        { "bridge_ports", true, true },  { "bridge-ports", true, true }, { "bond-slaves", true, false },
        { "slaves", true, false },       { "bond_slaves", true, false }, { "bond-master", false, false },
        { "bond_master", false, false },
    };
    const char *interface = ifupdown->bridge->interface;
    bool in_uplink = vl_interfaces_is(stanza, interface);

    for (size_t i = 0; stanza && line->words[0] && i < VL_COUNT(words); i++) {
        if (strcmp(line->words[0], words[i].word) != 0 || in_uplink == words[i].of_master)
            continue;
        for (size_t k = 1; line->words[k]; k++)
            if (in_uplink || !strcmp(line->words[k], interface))
                return vl_bridge_fail_port(path, line->number, interface, in_uplink ? line->words[k] : stanza,
                                           words[i].is_bridge, ifupdown->err);
    }
    return 0;
}

static int look_at_option(struct vl_ifupdown *ifupdown, const char *path, const struct vl_interfaces_line *line,
                          const char *stanza)
{
    if (check_master(ifupdown, path, line, stanza) < 0)
        return -1;
    if (!line->words[0] || !vl_interfaces_is(stanza, ifupdown->bridge->interface))
        return 0;
    if (vl_text_starts(line->words[0], "wpa-") || vl_text_starts(line->words[0], "wireless-"))
        return vl_bridge_fail_wireless(path, line->number, ifupdown->bridge->interface, ifupdown->err);
    return check_command(ifupdown, path, line);
}

int vl_ifupdown_look_at(struct vl_ifupdown *ifupdown, const struct vl_bridge_source *file)
{
    struct vl_interfaces_line *lines;
    size_t count = vl_interfaces_lines(ifupdown->arena, file->text, &lines);
    const char *stanza = NULL; /* whose this one is */

    for (size_t i = 0; i < count; i++) {
        if (lines[i].opens)
            stanza = vl_interfaces_is(lines[i].words[0], "iface") ? lines[i].words[1] : NULL;
        if (lines[i].opens ? look_at_stanza(ifupdown, file->path, &lines[i], lines + count) < 0
                           : look_at_option(ifupdown, file->path, &lines[i], stanza) < 0)
            return -1;
    }
    return 0;
}
