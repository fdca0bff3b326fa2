/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/settings.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/keys.h"
#include "base/text.h"
#include "network/backend.h"

/* Those that somebody sets; the others are made by the kernel of what the link is. */
static const char *const names[] = {
    "ipv4/rp_filter",        "ipv4/arp_ignore",   "ipv4/arp_announce",  "ipv4/arp_filter",   "ipv4/arp_accept",
    "ipv4/proxy_arp",        "ipv4/accept_local", "ipv4/forwarding",    "ipv4/log_martians", "ipv4/accept_redirects",
    "ipv4/send_redirects",   "ipv6/disable_ipv6", "ipv6/accept_ra",     "ipv6/autoconf",     "ipv6/use_tempaddr",
    "ipv6/accept_redirects", "ipv6/proxy_ndp",    "ipv6/dad_transmits",
};

/* IPv6 that the lab file wants cannot be off. */
static bool is_wanted(const struct vl_bridge *bridge, const char *name)
{
    return strcmp(name, "ipv6/disable_ipv6") != 0 || (!vl_bridge_has_ipv6(bridge) && !bridge->gateway6);
}

static const char *value_of(struct vl_arena *arena, const char *link, const char *name)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *path = vl_arena_printf(arena, "/proc/sys/net/%.4s/conf/%s/%s", name, link, name + strlen("ipv4/"));

    if (vl_file_read(path, 64, &text, NULL, &ignored) < 0)
        return NULL;
    return vl_arena_strdup(arena, vl_text_strip(text));
}

const char *const *vl_settings_of_uplink(struct vl_arena *arena, const struct vl_bridge *bridge)
{
    const char **words = vl_arena_zalloc(arena, (VL_COUNT(names) + 1) * sizeof(*words));
    size_t count = 0;

    for (size_t i = 0; words && i < VL_COUNT(names); i++) {
        const char *uplink = value_of(arena, bridge->interface, names[i]),
                   *usual = value_of(arena, "default", names[i]);

        if (uplink && usual && strcmp(uplink, usual) != 0 && is_wanted(bridge, names[i]))
            words[count++] = vl_arena_printf(arena, "net/%.4s/conf/%s/%s=%s", names[i], bridge->name,
                                             names[i] + strlen("ipv4/"), uplink);
    }
    return words;
}

/* The part of a key behind the name of the link: `net.ipv4.conf.eth0.rp_filter`, also with slashes. NULL: it is of
 * another. */
static const char *behind_link(struct vl_arena *arena, const char *key, const char *family, const char *link)
{
    const char *const starts[] = { vl_arena_printf(arena, "net.%s.conf.%s.", family, link),
                                   vl_arena_printf(arena, "net/%s/conf/%s/", family, link) };

    key += *key == '-'; /* one that may fail */
    for (size_t i = 0; i < VL_COUNT(starts); i++)
        if (vl_text_starts(key, starts[i]))
            return key + strlen(starts[i]);
    return NULL;
}

void vl_settings_from_file(struct vl_arena *arena, const struct vl_bridge *bridge, const char *text, struct vl_buf *out)
{
    static const char *const families[] = { "ipv4", "ipv6" };
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(arena, text, &lines);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; lines[i].key && k < VL_COUNT(families); k++) {
            const char *name = behind_link(arena, lines[i].key, families[k], bridge->interface);

            if (name && is_wanted(bridge, vl_arena_printf(arena, "%s/%s", families[k], name)))
                vl_buf_printf(out, "net/%s/conf/%s/%s = %s\n", families[k], bridge->name, name, lines[i].value);
        }
}
