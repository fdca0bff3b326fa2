/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the uplink's stanzas goes over to the bridge's.
 */
#include "network/ifupdown_part.h"

#include "base/text.h"

/* IPv6 that comes by itself comes to the bridge in the same way. */
void vl_ifupdown_take_method(struct vl_ifupdown *ifupdown, const char *method)
{
    if (ifupdown->bridge->ipv6_auto && !vl_bridge_has_ipv6(ifupdown->bridge) &&
        (vl_interfaces_is(method, "auto") || vl_interfaces_is(method, "dhcp")))
        ifupdown->method6 = method;
}

/* The gateway's metric, and it as the other end of the link, while there is one. */
static bool is_of_gateway(const struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line)
{
    const struct vl_bridge *bridge = ifupdown->bridge;

    if (!bridge->gateway || !line->words[1])
        return false;
    return strcmp(line->words[0], "pointopoint") != 0 ||
           (vl_bridge_gateway_is_far(bridge) &&
            !strcmp(line->words[1], vl_text_from_ipv4(ifupdown->arena, bridge->gateway)));
}

/* What a DHCP client is told, how IPv6 comes by itself, and what goes with the lab file's addresses. */
static bool is_of_lease(const struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line, bool ipv6)
{
    static const char *const inet[] = { "hostname", "leasehours", "leasetime", "vendor", "client", "metric", NULL };
    static const char *const inet6[] = { "hostname",       "accept_ra",    "autoconf",    "privext",
                                         "request_prefix", "ll-attempts",  "ll-interval", "dhcp",
                                         "dad-attempts",   "dad-interval", NULL };
    static const char *const inet_static[] = { "metric", "pointopoint", NULL };
    static const char *const inet6_static[] = {
        "accept_ra", "autoconf", "privext", "dad-attempts", "dad-interval", NULL
    };
    const char *const *words = ipv6 ? inet6 : inet;

    if (ipv6 ? !ifupdown->method6 : !ifupdown->bridge->dhcp)
        words = ipv6 ? inet6_static : inet_static;
    if (words == inet6_static && !vl_bridge_has_ipv6(ifupdown->bridge))
        return false;
    for (size_t i = 0; words[i]; i++)
        if (!strcmp(line->words[0], words[i]))
            return words != inet_static || is_of_gateway(ifupdown, line);
    return false;
}

enum vl_interfaces_about vl_ifupdown_about(const struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line,
                                           const char *interface, bool ipv6)
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
    if (is_of_lease(ifupdown, line, ipv6))
        return ABOUT_LEASE;
    for (size_t i = 0; addressing[i]; i++)
        if (!strcmp(word, addressing[i]))
            return ABOUT_ADDRESS;
    return ABOUT_CARD;
}

/* The word, with the uplink's name as the bridge's. */
static const char *for_bridge(const struct vl_ifupdown *ifupdown, const char *word)
{
    const struct vl_bridge *bridge = ifupdown->bridge;
    const char *setting = vl_interfaces_setting(ifupdown->arena, ifupdown->bridge->interface, word);

    if (vl_interfaces_is(word, bridge->interface))
        return bridge->name;
    if (!setting)
        return word;
    setting += strlen("conf/");
    return vl_arena_printf(ifupdown->arena, "%.*s%s%s", (int)(setting - word), word, bridge->name,
                           setting + strlen(bridge->interface));
}

/* How IPv6 comes by itself beside the lab file's addresses, unless that says it. */
static bool take_automatic(struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line)
{
    bool accept_ra = vl_interfaces_is(line->words[0], "accept_ra");

    if (!accept_ra && !vl_interfaces_is(line->words[0], "autoconf"))
        return false;
    if (!ifupdown->bridge->ipv6_stated && line->words[1])
        *(accept_ra ? &ifupdown->accept_ra : &ifupdown->autoconf) = line->words[1];
    return true;
}

/* The line for the bridge's stanza of this family. */
void vl_ifupdown_carry(struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line, bool ipv6)
{
    const struct vl_bridge *bridge = ifupdown->bridge;

    /* the default route is the key `gateway`, in whichever way it was made before; that of another table is not */
    if (vl_text_starts(line->words[0], "dns-nameserver")
            ? bridge->dns[0] != NULL
            : strstr(line->text, "default") != NULL && !strstr(line->text, " table "))
        return;
    if (ipv6 && !ifupdown->method6 && take_automatic(ifupdown, line))
        return;
    for (size_t i = 0; line->words[i]; i++)
        vl_buf_printf(&ifupdown->carried[ipv6], "%s%s", i ? " " : "    ", for_bridge(ifupdown, line->words[i]));
    vl_buf_putc(&ifupdown->carried[ipv6], '\n');
}

/* Of the lines of the bridge's stanzas, those that were carried there and not written for what the lab says. */
static bool is_carried(const struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line, bool ipv6)
{
    enum vl_interfaces_about what = vl_ifupdown_about(ifupdown, line, ifupdown->bridge->name, ipv6);

    if (strstr(line->text, " sysctl -q -e -w ") || strstr(line->text, "ip -6 route replace default via"))
        return false;
    return what == ABOUT_LEASE || what == ABOUT_NAMES_OR_ROUTES;
}

/* What our own file has of an earlier run, which carried it over. */
void vl_ifupdown_carry_from_before(struct vl_ifupdown *ifupdown)
{
    const char *before = vl_bridge_text(ifupdown->input, VL_INTERFACES_OWN);
    struct vl_interfaces_line *lines;
    size_t count = vl_interfaces_lines(ifupdown->arena, before ? before : "", &lines);
    bool ipv6 = false, ours = false;

    if (ifupdown->carried[0].length || ifupdown->carried[1].length || ifupdown->method6)
        return;
    for (size_t i = 0; i < count; i++) {
        if (lines[i].opens) {
            ours = vl_interfaces_is(lines[i].words[0], "iface") &&
                   vl_interfaces_is(lines[i].words[1], ifupdown->bridge->name);
            ipv6 = ours && vl_interfaces_is(lines[i].words[2], "inet6");
            if (ipv6)
                vl_ifupdown_take_method(ifupdown, lines[i].words[3]);
        } else if (ours && is_carried(ifupdown, &lines[i], ipv6)) {
            vl_ifupdown_carry(ifupdown, &lines[i], ipv6);
        }
    }
}
