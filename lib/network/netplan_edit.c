/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of the uplink's addresses, taken out of a file that a person wrote: found by the positions that the YAML
 * parser tells. Everything else of the file stays byte for byte.
 */
#include "network/netplan_part.h"

#include <fnmatch.h>
#include <string.h>

#include "base/text.h"

#define WIRELESS "wifis"

const char *const vl_netplan_kinds[] = { "ethernets", "vlans", "bonds", WIRELESS, NULL };

static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Whether an entry is that of an interface. */
enum vl_netplan_whose vl_netplan_whose(const char *id, const struct vl_yaml *entry, const char *interface,
                                       const char *mac)
{
    const struct vl_yaml *match = vl_yaml_get(entry, "match");
    const char *set_name = vl_netplan_scalar(vl_yaml_get(entry, "set-name")),
               *name = vl_netplan_scalar(vl_yaml_get(match, "name"));
    const char *address = vl_netplan_scalar(vl_yaml_get(match, "macaddress"));

    if (!match)
        return !strcmp(id, interface) ? WHOSE_OURS : WHOSE_OTHER;
    if (set_name)
        return !strcmp(set_name, interface) ? WHOSE_OURS : WHOSE_OTHER;
    if (address && !mac)
        return WHOSE_UNKNOWN;
    if (address)
        return !strcasecmp(address, mac) ? WHOSE_OURS : WHOSE_OTHER;
    if (name && fnmatch(name, interface, 0) != 0)
        return WHOSE_OTHER;
    return name && !strcmp(name, interface) ? WHOSE_OURS : WHOSE_SHARED;
}

/* Keys that leave the uplink's entry. */
static bool is_addressing(const char *key)
{
    static const char *const keys[] = {
        "dhcp4",
        "dhcp6",
        "dhcp4-overrides",
        "dhcp6-overrides",
        "dhcp-identifier",
        "addresses",
        "optional-addresses",
        "gateway4",
        "gateway6",
        "nameservers",
        "routes",
        "routing-policy",
        "accept-ra",
        "link-local",
        "ipv6-privacy",
        "ipv6-address-generation",
        "ipv6-address-token",
        NULL,
    };

    for (size_t i = 0; keys[i]; i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

static int check_entry(const struct vl_netplan *netplan, const char *path, const struct vl_yaml *key,
                       const struct vl_yaml *entry, enum vl_netplan_whose whose)
{
    const char *interface = netplan->bridge->interface;

    if (whose == WHOSE_UNKNOWN)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, key->line,
                          "'%s' is for the card with its macaddress, which may be '%s'; say the card's address by "
                          "'hwaddr = …' in [bridge]",
                          key->value, interface);
    if (entry->kind == VL_YAML_MAPPING && entry->flow && entry->count)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, entry->line,
                          "'%s' stands on one line, in braces; write it with one key a line", key->value);
    if (netplan->id && strcmp(netplan->id, key->value) != 0)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, key->line,
                          "'%s' is the uplink '%s', and so is '%s'; remove one of them", key->value, interface,
                          netplan->id);
    return 0;
}

/* An entry for the uplink and others: of all that match a card the one whose id sorts first counts. */
static void take_shared(struct vl_netplan *netplan, const char *path, const struct vl_yaml *key,
                        const struct vl_yaml *entry)
{
    if (netplan->shared && strcmp(netplan->shared, key->value) < 0)
        return;
    netplan->of_shared = netplan->shared && !strcmp(netplan->shared, key->value)
                             ? vl_netplan_merge(netplan->arena, netplan->of_shared, entry)
                             : entry;
    netplan->shared = key->value;
    netplan->shared_path = path;
    netplan->shared_line = key->line;
}

struct surgery {
    struct vl_netplan *netplan;
    const char *path, *text;
    size_t lines;     /* elements of the next two, which the line numbers from 1 index */
    bool *gone;       /* per line */
    size_t *empty_at; /* per line: column, in characters, after which ` {}` is put in; 0: nowhere */
    bool any;
};

/* The name of a line end at `text` that is one for libyaml and none for put_lines(); NULL: there is none. */
static const char *odd_line_end(const char *text)
{
    if (text[0] == '\r' && text[1] != '\n')
        return "CR";
    if (vl_text_starts(text, "\xc2\x85"))
        return "U+0085";
    if (vl_text_starts(text, "\xe2\x80\xa8"))
        return "U+2028";
    return vl_text_starts(text, "\xe2\x80\xa9") ? "U+2029" : NULL;
}

/* libyaml's numbers of lines tell which lines go: they must count what put_lines() counts. Only a file that is changed
 * has to bear with this. */
static int check_line_ends(const struct surgery *surgery)
{
    int line = 1;

    for (const char *p = surgery->text; *p; p++) {
        const char *name = odd_line_end(p);

        if (name)
            return vl_fail_at(surgery->netplan->err, VL_ERROR_FAILED, surgery->path, line,
                              "'%s' ends a line for netplan and for few others; write a line feed instead of it, or "
                              "remove it",
                              name);
        line += *p == '\n';
    }
    return 0;
}

/* Mark the lines of the keys that go. An entry that is left without any gets {}, since it must be a mapping. */
static void mark(struct surgery *surgery, const struct vl_yaml *key, const struct vl_yaml *entry)
{
    size_t left = 0;

    for (size_t i = 0; entry->kind == VL_YAML_MAPPING && i + 1 < entry->count; i += 2) {
        if (!is_addressing(entry->nodes[i]->value ? entry->nodes[i]->value : "")) {
            left++;
            continue;
        }
        for (size_t line = (size_t)entry->nodes[i]->line;
             line <= (size_t)entry->nodes[i + 1]->last_line && line < surgery->lines; line++)
            surgery->gone[line] = true;
    }
    if (left == 0 && !entry->flow && (size_t)key->line < surgery->lines)
        surgery->empty_at[key->line] = key->end_column;
    surgery->any = true;
}

static int look_at_kind(struct surgery *surgery, const char *kind, const struct vl_yaml *entries)
{
    struct vl_netplan *netplan = surgery->netplan;

    for (size_t i = 0; entries && entries->kind == VL_YAML_MAPPING && i + 1 < entries->count; i += 2) {
        const struct vl_yaml *key = entries->nodes[i], *entry = entries->nodes[i + 1];
        enum vl_netplan_whose whose = !key->value ? WHOSE_OTHER
                                                  : vl_netplan_whose(key->value, entry, netplan->bridge->interface,
                                                                     vl_bridge_own_mac(netplan->input));

        if (whose == WHOSE_OTHER)
            continue;
        if (!strcmp(kind, WIRELESS))
            return vl_bridge_fail_wireless(surgery->path, entry->line, netplan->bridge->interface, netplan->err);
        if (whose == WHOSE_SHARED) {
            take_shared(netplan, surgery->path, key, entry);
            continue;
        }
        if (entries->flow)
            return vl_fail_at(netplan->err, VL_ERROR_FAILED, surgery->path, entries->line,
                              "'%s' stands on one line, in braces; write it with one key a line", kind);
        if (check_entry(netplan, surgery->path, key, entry, whose) < 0 || check_line_ends(surgery) < 0)
            return -1;
        netplan->kind = kind;
        netplan->id = key->value;
        if (strcmp(name_of(surgery->path), VL_NETPLAN_OWN_NAME) > 0)
            netplan->late = surgery->path;
        if (vl_netplan_scalar(vl_yaml_get(entry, "renderer")))
            netplan->renderer = vl_netplan_scalar(vl_yaml_get(entry, "renderer"));
        netplan->said = vl_netplan_merge(netplan->arena, netplan->said, entry);
        mark(surgery, key, entry);
    }
    return 0;
}

/* The column counts characters, which are bytes or fewer; before the colon of an interface's name there is no other. */
static void put_lines(const struct surgery *surgery, struct vl_buf *out)
{
    const char *text = surgery->text;

    for (size_t line = 1; *text && line < surgery->lines; line++) {
        size_t length = strcspn(text, "\n"), whole = length + (text[length] == '\n');
        size_t at = surgery->empty_at[line];
        const char *colon = at && at < length ? memchr(text + at, ':', length - at) : NULL;
        size_t head = colon ? (size_t)(colon - text) + 1 : 0;

        if (!surgery->gone[line]) {
            vl_buf_add(out, text, head);
            vl_buf_puts(out, colon ? " {}" : "");
            vl_buf_add(out, text + head, whole - head);
        }
        text += whole;
    }
}

int vl_netplan_edit(struct vl_netplan *netplan, const struct vl_bridge_source *file)
{
    struct surgery surgery = { .netplan = netplan, .path = file->path, .text = file->text, .lines = 3 };
    const struct vl_yaml *root, *network;
    VL_BUF_AUTO out = VL_BUF_INIT;

    if (vl_yaml_parse(netplan->arena, file->text, file->path, &root, netplan->err) < 0)
        return -1;
    for (const char *p = file->text; *p; p++)
        surgery.lines += *p == '\n';
    surgery.gone = vl_arena_zalloc(netplan->arena, surgery.lines * sizeof(*surgery.gone));
    surgery.empty_at = vl_arena_zalloc(netplan->arena, surgery.lines * sizeof(*surgery.empty_at));
    if (!surgery.gone || !surgery.empty_at)
        return vl_no_memory(netplan->err);
    network = vl_yaml_get(root, "network");
    for (size_t i = 0; vl_netplan_kinds[i]; i++) {
        const struct vl_yaml *entries = vl_yaml_get(network, vl_netplan_kinds[i]);

        if (entries && network->flow)
            return vl_fail_at(netplan->err, VL_ERROR_FAILED, file->path, network->line,
                              "'network' stands on one line, in braces; write it with one key a line");
        if (look_at_kind(&surgery, vl_netplan_kinds[i], entries) < 0)
            return -1;
    }
    if (vl_yaml_get(vl_yaml_get(vl_yaml_get(network, "bridges"), netplan->bridge->name), "interfaces"))
        return vl_bridge_fail_exists(file->path, vl_yaml_get(network, "bridges")->line, netplan->bridge->name,
                                     netplan->err);
    if (vl_netplan_scalar(vl_yaml_get(network, "renderer")))
        netplan->renderer_of_all = vl_netplan_scalar(vl_yaml_get(network, "renderer"));
    if (!surgery.any)
        return 0;
    if (vl_text_starts(file->path, "/run/"))
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, file->path, 0,
                          "has the uplink '%s', goes with the next start, and until then goes before every file of "
                          "%s; move it there",
                          netplan->bridge->interface, VL_NETPLAN);
    put_lines(&surgery, &out);
    /* one of /lib stays as it is: ours has its name, and is read instead of it */
    vl_netplan_add(netplan, vl_arena_printf(netplan->arena, VL_NETPLAN "%s", name_of(file->path)), &out,
                   "the uplink becomes a port of the bridge and has no address of its own");
    return 0;
}

/* Whether a list names the interface by its id. */
static bool names(const struct vl_yaml *list, const char *id)
{
    for (size_t i = 0; list && list->kind == VL_YAML_SEQUENCE && i < list->count; i++)
        if (vl_netplan_scalar(list->nodes[i]) && !strcmp(list->nodes[i]->value, id))
            return true;
    return false;
}

int vl_netplan_check_ports(const struct vl_netplan *netplan, const struct vl_bridge_source *file)
{
    static const char *const masters[] = { "bridges", "bonds" };
    const char *id = netplan->id ? netplan->id : netplan->bridge->interface;
    const struct vl_yaml *root;

    if (vl_yaml_parse(netplan->arena, file->text, file->path, &root, netplan->err) < 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        const struct vl_yaml *entries = vl_yaml_get(vl_yaml_get(root, "network"), masters[i]);

        for (size_t k = 0; entries && entries->kind == VL_YAML_MAPPING && k + 1 < entries->count; k += 2)
            if (vl_netplan_scalar(entries->nodes[k]) && strcmp(entries->nodes[k]->value, netplan->bridge->name) != 0 &&
                names(vl_yaml_get(entries->nodes[k + 1], "interfaces"), id))
                return vl_bridge_fail_port(file->path, entries->nodes[k]->line, netplan->bridge->interface,
                                           entries->nodes[k]->value, i == 0, netplan->err);
    }
    return 0;
}
