/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the uplink's .network and its drop-ins goes over to the bridge's.
 */
#include "network/networkd_part.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"
#include "network/lease.h"

const char *vl_networkd_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

const struct vl_bridge_source *vl_networkd_drop_in(const struct vl_networkd *networkd,
                                                   const struct vl_bridge_source *file,
                                                   const struct vl_bridge_source *after)
{
    const char *folder = vl_arena_printf(networkd->arena, "/%s.d/", vl_networkd_name(file->path));
    const struct vl_bridge_source *next = NULL;

    for (size_t i = 0; i < networkd->input->count; i++) {
        const struct vl_bridge_source *one = &networkd->input->files[i];

        if (strstr(one->path, folder) &&
            (!after || strcmp(vl_networkd_name(one->path), vl_networkd_name(after->path)) > 0) &&
            (!next || strcmp(vl_networkd_name(one->path), vl_networkd_name(next->path)) < 0))
            next = one;
    }
    return next;
}

const char *vl_networkd_whole(const struct vl_networkd *networkd, const struct vl_bridge_source *file)
{
    const struct vl_bridge_source *drop_in = NULL;
    const char *text = file->text;

    while ((drop_in = vl_networkd_drop_in(networkd, file, drop_in)))
        text = vl_arena_printf(networkd->arena, "%s%s%s", text, *text && !vl_text_ends(text, "\n") ? "\n" : "",
                               drop_in->text);
    return text;
}

/* What [Network] says of this host's IP configuration, as patterns of fnmatch(3): a port of a bridge has none, so it
 * leaves the uplink's file. What the bridge's file does not say anew goes over to it. */
static const char *const replaced_keys[] = { "Address", "Gateway", "DHCP", "IPv6Accept*", "LinkLocalAddressing" };
static const char *const moved_keys[] = {
    "DNS", "Domains",    "DNSDefaultRoute",      "DNSOverTLS", "DNSSEC*",      "LLMNR", "MulticastDNS",
    "NTP", "DHCPServer", "DHCPPrefixDelegation", "IPForward",  "IPMasquerade", "IPv4*", "IPv6[!A]*"
};
static const char *const replaced_sections[] = { "Address" };
static const char *const moved_sections[] = { "Route", "RoutingPolicyRule", "DHCP*", "IPv6*", "Neighbor", "NextHop" };

static void remove_all(struct vl_key_change *changes, size_t *count, const char *const *names, size_t name_count,
                       bool sections)
{
    for (size_t i = 0; i < name_count; i++)
        changes[(*count)++] = sections ? (struct vl_key_change){ names[i], NULL, NULL }
                                       : (struct vl_key_change){ "Network", names[i], NULL };
}

const char *vl_networkd_as_port(const struct vl_networkd *networkd, const char *text, bool port)
{
    struct vl_key_change changes[2 + VL_COUNT(replaced_keys) + VL_COUNT(moved_keys) + VL_COUNT(replaced_sections) +
                                 VL_COUNT(moved_sections)];
    size_t count = 0;

    if (port)
        changes[count++] = (struct vl_key_change){ "Network", "Bridge", networkd->bridge->name };
    if (port && networkd->bridge->mtu)
        changes[count++] =
            (struct vl_key_change){ "Link", "MTUBytes", vl_arena_printf(networkd->arena, "%u", networkd->bridge->mtu) };
    else if (!port && networkd->bridge->mtu)
        changes[count++] = (struct vl_key_change){ "Link", "MTUBytes", NULL };
    remove_all(changes, &count, replaced_keys, VL_COUNT(replaced_keys), false);
    remove_all(changes, &count, moved_keys, VL_COUNT(moved_keys), false);
    remove_all(changes, &count, replaced_sections, VL_COUNT(replaced_sections), true);
    remove_all(changes, &count, moved_sections, VL_COUNT(moved_sections), true);
    return vl_keys_edit(networkd->arena, text, changes, count);
}

/* The value of a key of a section of `count` lines, whose heading is the first of them; "" when it says nothing. */
static const char *value_of(const struct vl_key_line *lines, size_t count, const char *key)
{
    const char *value = "";

    for (size_t i = 1; i < count && !lines[i].heading; i++)
        if (lines[i].key && !strcmp(lines[i].key, key))
            value = lines[i].value;
    return value;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (!strcasecmp(word, words[i]))
            return true;
    return false;
}

/* To everywhere, in the main table: what the lab file's gateways are for. */
static bool is_default_route(const struct vl_key_line *lines, size_t count)
{
    static const char *const everywhere[] = { "", "0.0.0.0/0", "::/0", NULL }, *const main_table[] = { "", "main",
                                                                                                       "254", NULL };

    return is_one_of(value_of(lines, count, "Destination"), everywhere) &&
           is_one_of(value_of(lines, count, "Table"), main_table);
}

static bool same_address(const char *one, const char *other)
{
    unsigned char bytes[2][16];

    if (vl_text_ipv6(one, bytes[0]) && vl_text_ipv6(other, bytes[1]))
        return !memcmp(bytes[0], bytes[1], sizeof(bytes[0]));
    return !strcmp(one, other);
}

/* The lab file's gateway, which is 0 for that of IPv4; NULL: there is none. */
static const char *gateway_of(const struct vl_networkd *networkd, int which)
{
    const struct vl_bridge *bridge = networkd->bridge;

    if (which == 1)
        return bridge->gateway6;
    return bridge->gateway && !bridge->dhcp ? vl_text_from_ipv4(networkd->arena, bridge->gateway) : NULL;
}

/* Whether a section goes over: of default routes those over the lab file's gateways, and over those that the bridge is
 * given as the uplink was, with what they say of it. */
static bool goes_over(const struct vl_networkd *networkd, const struct vl_key_line *lines, size_t count)
{
    static const char *const given[] = { "_dhcp4", "_dhcp", NULL }, *const announced[] = { "_ipv6ra", NULL };
    const struct vl_bridge *bridge = networkd->bridge;

    if (strcmp(lines[0].section, "Route") != 0 || !is_default_route(lines, count))
        return true;
    if ((bridge->dhcp && is_one_of(value_of(lines, count, "Gateway"), given)) ||
        (bridge->ipv6_auto && is_one_of(value_of(lines, count, "Gateway"), announced)))
        return true;
    for (int i = 0; i < 2; i++)
        if (gateway_of(networkd, i) && same_address(value_of(lines, count, "Gateway"), gateway_of(networkd, i)))
            return true;
    return false;
}

static size_t section_length(const struct vl_key_line *lines, size_t count)
{
    size_t end = 1;

    while (end < count && !lines[end].heading)
        end++;
    return end;
}

/* A rule for what comes or goes by the uplink is for the bridge. */
static void put_key(const struct vl_networkd *networkd, struct vl_buf *out, const struct vl_key_line *line)
{
    static const char *const links[] = { "IncomingInterface", "OutgoingInterface", NULL };

    if (is_one_of(line->key, links) && !strcmp(line->value, networkd->bridge->interface))
        vl_buf_printf(out, "%s=%s\n", line->key, networkd->bridge->name);
    else
        vl_buf_printf(out, "%s\n", line->text);
}

static const char *sections_of(const struct vl_networkd *networkd, const char *pattern, const char *text)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(networkd->arena, text ? text : "", &lines), length = 1;

    for (size_t i = 0; i < count; i += length) {
        length = lines[i].heading ? section_length(lines + i, count - i) : 1;
        if (!lines[i].heading || fnmatch(pattern, lines[i].section, 0) != 0 || !goes_over(networkd, lines + i, length))
            continue;
        vl_buf_printf(&out, "\n%s\n", lines[i].text);
        for (size_t k = 1; k < length; k++)
            if (lines[i + k].key)
                put_key(networkd, &out, &lines[i + k]);
    }
    networkd->arena->failed |= out.failed;
    return vl_arena_strdup(networkd->arena, vl_buf_text(&out));
}

static const char *keys_of(const struct vl_networkd *networkd, const char *pattern, const char *text)
{
    const char *const patterns[] = { pattern, NULL };

    return vl_keys_collect(networkd->arena, text ? text : "", "Network", patterns);
}

/* What the uplink had, or the bridge has since an earlier run: each kind for itself. */
static const char *moved(const struct vl_networkd *networkd, const char *pattern,
                         const char *(*of)(const struct vl_networkd *networkd, const char *pattern, const char *text))
{
    const char *text = of(networkd, pattern, networkd->uplink_text);

    return *text ? text : of(networkd, pattern, vl_bridge_text(networkd->input, networkd->bridge_path));
}

/* Whether there is a default route over this gateway among the sections. */
static bool has_default(const struct vl_networkd *networkd, const char *sections, const char *gateway)
{
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(networkd->arena, sections, &lines);

    for (size_t i = 0; i < count; i++)
        if (lines[i].heading && is_default_route(lines + i, section_length(lines + i, count - i)) &&
            same_address(value_of(lines + i, count - i, "Gateway"), gateway))
            return true;
    return false;
}

/* The lab file's default routes, where the uplink's own sections do not give them. */
static void put_gateways(const struct vl_networkd *networkd, struct vl_buf *out, struct vl_buf *sections)
{
    const char *routes = moved(networkd, "Route", sections_of);

    for (int i = 0; i < 2; i++) {
        const char *gateway = gateway_of(networkd, i);

        if (!gateway || has_default(networkd, routes, gateway))
            continue;
        if (i == 0 && vl_bridge_gateway_is_far(networkd->bridge))
            vl_buf_printf(sections, "\n[Route]\nGateway=%s\nGatewayOnLink=yes\n", gateway);
        else
            vl_buf_printf(out, "Gateway=%s\n", gateway);
    }
}

/* The IAID is made of the interface's name: that of the uplink is said, unless a file said one. */
static void put_iaid(const struct vl_networkd *networkd, struct vl_buf *text)
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

/* What the uplink said for this key, or the bridge does since an earlier run; NULL: nothing. */
static const char *said(const struct vl_networkd *networkd, const char *key)
{
    const char *before = vl_bridge_text(networkd->input, networkd->bridge_path);
    const char *value =
        vl_keys_value(networkd->arena, networkd->uplink_text ? networkd->uplink_text : "", "Network", key);

    return value || !before ? value : vl_keys_value(networkd->arena, before, "Network", key);
}

/* How addresses come by themselves: IPv6 as the lab file says, else as the uplink had it. */
static void put_automatic(const struct vl_networkd *networkd, struct vl_buf *out)
{
    static const char *const six[] = { "yes", "true", "1", "on", "both", "ipv6", "v6", NULL };
    const struct vl_bridge *bridge = networkd->bridge;
    bool ipv6 = bridge->ipv6_auto || vl_bridge_has_ipv6(bridge) || bridge->gateway6;
    const char *dhcp = said(networkd, "DHCP"), *accept = NULL, *local = NULL;
    bool dhcp6 = bridge->ipv6_auto && dhcp && is_one_of(dhcp, six);

    if (!bridge->ipv6_stated) {
        accept = said(networkd, "IPv6AcceptRA");
        accept = accept ? accept : said(networkd, "IPv6AcceptRouterAdvertisements");
        local = said(networkd, "LinkLocalAddressing");
    }
    vl_buf_printf(out, "\n[Network]\nDHCP=%s\nIPv6AcceptRA=%s\nLinkLocalAddressing=%s\n",
                  bridge->dhcp ? dhcp6 ? "yes" : "ipv4"
                  : dhcp6      ? "ipv6"
                               : "no",
                  accept              ? accept
                  : bridge->ipv6_auto ? "yes"
                                      : "no",
                  local  ? local
                  : ipv6 ? "ipv6"
                         : "no");
}

void vl_networkd_put_network(const struct vl_networkd *networkd, struct vl_buf *out)
{
    const struct vl_bridge *bridge = networkd->bridge;
    VL_BUF_AUTO far = VL_BUF_INIT;

    put_automatic(networkd, out);
    if (!bridge->dhcp)
        vl_buf_printf(out, "Address=%s/%u\n", vl_text_from_ipv4(networkd->arena, bridge->address), bridge->prefix);
    for (size_t i = 0; bridge->addresses[i]; i++)
        vl_buf_printf(out, "Address=%s\n", bridge->addresses[i]);
    put_gateways(networkd, out, &far);
    for (size_t i = 0; bridge->dns[i]; i++)
        vl_buf_printf(out, "DNS=%s\n", bridge->dns[i]);
    for (size_t i = 0; i < VL_COUNT(moved_keys); i++)
        if (!bridge->dns[0] || strcmp(moved_keys[i], "DNS") != 0)
            vl_buf_puts(out, moved(networkd, moved_keys[i], keys_of));
    /* up without a port as well, so that guests can talk while the uplink's cable is out */
    vl_buf_puts(out, "ConfigureWithoutCarrier=yes\n");
    vl_buf_puts(out, vl_buf_text(&far));
    for (size_t i = 0; i < VL_COUNT(moved_sections); i++) {
        vl_buf_puts(out, moved(networkd, moved_sections[i], sections_of));
        if (!strcmp(moved_sections[i], "DHCP*"))
            put_iaid(networkd, out);
    }
    out->failed |= far.failed;
}
