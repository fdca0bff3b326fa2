/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of the uplink's entries goes over to the bridge's.
 */
#include "network/netplan_part.h"

#include <string.h>

#include "base/text.h"

const char *vl_netplan_scalar(const struct vl_yaml *node)
{
    return node && node->kind == VL_YAML_SCALAR ? node->value : NULL;
}

void vl_netplan_add(struct vl_netplan *netplan, const char *path, const struct vl_buf *text, const char *why)
{
    netplan->arena->failed |= text->failed;
    vl_fileset_add(netplan->arena, netplan->set,
                   &(struct vl_file){
                       .path = path,
                       .kind = VL_FILE_WHOLE,
                       /* netplan warns about more: files may hold the keys of a wireless network */
                       .mode = vl_text_ends(path, ".yaml") ? 0600 : 0644,
                       .text = vl_arena_strdup(netplan->arena, vl_buf_text(text)),
                       .why = why,
                       .reload = VL_RELOAD_NONE,
                   });
}

void vl_netplan_put_flow(struct vl_buf *out, const struct vl_yaml *node)
{
    bool mapping = node->kind == VL_YAML_MAPPING;

    if (node->kind == VL_YAML_SCALAR) {
        vl_buf_putc(out, '"');
        for (const char *p = node->value; *p; p++)
            vl_buf_printf(out, strchr("\"\\", *p) ? "\\%c" : "%c", *p);
        vl_buf_putc(out, '"');
        return;
    }
    vl_buf_putc(out, mapping ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        vl_buf_puts(out, i == 0 ? "" : mapping && i % 2 ? ": " : ", ");
        vl_netplan_put_flow(out, node->nodes[i]);
    }
    vl_buf_putc(out, mapping ? '}' : ']');
}

/* Where the value of the key stands in a mapping; `count` when it does not. */
static size_t value_of(const struct vl_yaml *mapping, const char *key)
{
    for (size_t i = 0; i + 1 < mapping->count; i += 2)
        if (vl_netplan_scalar(mapping->nodes[i]) && key && !strcmp(mapping->nodes[i]->value, key))
            return i + 1;
    return mapping->count;
}

const struct vl_yaml *vl_netplan_merge(struct vl_arena *arena, const struct vl_yaml *one, const struct vl_yaml *other)
{
    struct vl_yaml *both;

    if (!one || !other)
        return one ? one : other;
    if (one->kind != other->kind || one->kind == VL_YAML_SCALAR)
        return other;
    both = vl_arena_zalloc(arena, sizeof(*both));
    if (!both)
        return other;
    *both = *one;
    both->nodes = vl_arena_zalloc(arena, (one->count + other->count + 1) * sizeof(const struct vl_yaml *));
    if (!both->nodes)
        return other;
    for (size_t i = 0; i < one->count; i++)
        both->nodes[i] = one->nodes[i];
    for (size_t i = 0; i < other->count && one->kind == VL_YAML_SEQUENCE; i++)
        both->nodes[both->count++] = other->nodes[i];
    for (size_t i = 0; i + 1 < other->count && one->kind == VL_YAML_MAPPING; i += 2) {
        size_t at = value_of(both, vl_netplan_scalar(other->nodes[i]));

        if (at < both->count) {
            both->nodes[at] = vl_netplan_merge(arena, both->nodes[at], other->nodes[i + 1]);
            continue;
        }
        both->nodes[both->count++] = other->nodes[i];
        both->nodes[both->count++] = other->nodes[i + 1];
    }
    return both;
}

const struct vl_yaml *vl_netplan_carried(const struct vl_netplan *netplan, const char *key)
{
    const struct vl_yaml *node = vl_yaml_get(netplan->said, key);

    return node ? node : vl_yaml_get(netplan->before, key);
}

void vl_netplan_put_carried(const struct vl_netplan *netplan, struct vl_buf *out, const char *key)
{
    const struct vl_yaml *node = vl_netplan_carried(netplan, key);

    if (!node)
        return;
    vl_buf_printf(out, "      %s: ", key);
    vl_netplan_put_flow(out, node);
    vl_buf_putc(out, '\n');
}

/* The default route of the main table, which the lab file gives. */
static bool is_default(const struct vl_yaml *route)
{
    static const char *const names[] = { "default", "0.0.0.0/0", "0/0", "::/0", NULL };
    const char *to = vl_netplan_scalar(vl_yaml_get(route, "to"));
    const char *table = vl_netplan_scalar(vl_yaml_get(route, "table"));

    for (size_t i = 0; to && (!table || !strcmp(table, "254")) && names[i]; i++)
        if (!strcmp(to, names[i]))
            return true;
    return false;
}

/* What the uplink's default route over this gateway said more: a metric, say. NULL: there is none. */
static const struct vl_yaml *default_over(const struct vl_yaml *routes, const char *gateway)
{
    unsigned char bytes[2][16];

    for (size_t i = 0; routes && i < routes->count; i++) {
        const char *via = vl_netplan_scalar(vl_yaml_get(routes->nodes[i], "via"));

        if (!via || !is_default(routes->nodes[i]))
            continue;
        if (!strcmp(via, gateway) || (vl_text_ipv6(via, bytes[0]) && vl_text_ipv6(gateway, bytes[1]) &&
                                      !memcmp(bytes[0], bytes[1], sizeof(bytes[0]))))
            return routes->nodes[i];
    }
    return NULL;
}

static void put_default(const struct vl_yaml *routes, struct vl_buf *out, const char *to, const char *gateway,
                        bool on_link)
{
    const struct vl_yaml *was = default_over(routes, gateway);

    vl_buf_printf(out, "        - to: \"%s\"\n          via: \"%s\"\n%s", to, gateway,
                  on_link ? "          on-link: true\n" : "");
    for (size_t i = 0; was && i + 1 < was->count; i += 2) {
        const char *key = vl_netplan_scalar(was->nodes[i]);

        if (!key || !strcmp(key, "to") || !strcmp(key, "via") || (on_link && !strcmp(key, "on-link")))
            continue;
        vl_buf_printf(out, "          %s: ", key);
        vl_netplan_put_flow(out, was->nodes[i + 1]);
        vl_buf_putc(out, '\n');
    }
}

void vl_netplan_put_routes(const struct vl_netplan *netplan, struct vl_buf *out)
{
    const struct vl_bridge *bridge = netplan->bridge;
    const struct vl_yaml *routes = vl_netplan_carried(netplan, "routes");
    VL_BUF_AUTO text = VL_BUF_INIT;

    if (bridge->gateway && !bridge->dhcp)
        put_default(routes, &text, "0.0.0.0/0", vl_text_from_ipv4(netplan->arena, bridge->gateway),
                    vl_bridge_gateway_is_far(bridge));
    if (bridge->gateway6)
        put_default(routes, &text, "::/0", bridge->gateway6, !vl_bridge_has_ipv6(bridge));
    for (size_t i = 0; routes && routes->kind == VL_YAML_SEQUENCE && i < routes->count; i++) {
        if (is_default(routes->nodes[i]))
            continue;
        vl_buf_puts(&text, "        - ");
        vl_netplan_put_flow(&text, routes->nodes[i]);
        vl_buf_putc(&text, '\n');
    }
    if (text.length)
        vl_buf_printf(out, "      routes:\n%s", vl_buf_text(&text));
    out->failed |= text.failed;
}
