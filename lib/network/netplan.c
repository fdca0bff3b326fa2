/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netplan (netplan(5)): 60-voiplab.yaml has the bridge. netplan puts the lists of all its files together, so the
 * uplink would keep its addresses as long as they stand in the user's file: the lines of those keys are taken out of
 * it, found by the positions that the YAML parser tells. Everything else of the file stays byte for byte.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/yaml.h"
#include "network/backend.h"
#include "network/lease.h"
#include "network/owner.h"

#define NETPLAN "/etc/netplan/"
#define OWN_NAME "60-voiplab.yaml"
#define OWN NETPLAN OWN_NAME
#define DROP_IN "/etc/systemd/network/10-netplan-%s.network.d/60-voiplab.conf"

/* Keys of the uplink's entry that the bridge's gets: what the lab file does not say, and who this host is for a DHCP
 * server. */
enum { NAMESERVERS, IDENTIFIER, OVERRIDES4, OVERRIDES6, PASSTHROUGH, CARRIED };
static const char *const carried_keys[CARRIED] = {
    [NAMESERVERS] = "nameservers",    [IDENTIFIER] = "dhcp-identifier", [OVERRIDES4] = "dhcp4-overrides",
    [OVERRIDES6] = "dhcp6-overrides", [PASSTHROUGH] = "networkmanager", /* of our own file only: the uplink's stays with
                                                                           its connection */
};

struct netplan {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *kind, *id; /* where the uplink stands: ethernets, vlans, bonds; NULL: nowhere */
    const char *late;      /* the file that it stands in, when netplan reads that after ours */
    const char *renderer;
    const char *carried[CARRIED]; /* as YAML on one line; NULL: there is none */
    struct vl_fileset *set;
    struct vl_error *err;
};

#define WIRELESS "wifis"

static const char *const kinds[] = { "ethernets", "vlans", "bonds", WIRELESS, NULL };

static const char *scalar(const struct vl_yaml *node)
{
    return node && node->kind == VL_YAML_SCALAR ? node->value : NULL;
}

static void add(struct netplan *netplan, const char *path, const struct vl_buf *text, const char *why)
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

static const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Of files of one name netplan reads that of /run, else that of /etc, else that of /lib. */
static bool counts(const struct vl_bridge_input *input, const struct vl_bridge_source *file)
{
    for (size_t i = 0; i < input->count && &input->files[i] != file; i++)
        if (!strcmp(name_of(input->files[i].path), name_of(file->path)))
            return false;
    return true;
}

/* Whether an entry is that of an interface. */
enum whose { WHOSE_OTHER, WHOSE_OURS, WHOSE_SHARED, WHOSE_UNKNOWN };

static enum whose whose_entry(const char *id, const struct vl_yaml *entry, const char *interface, const char *mac)
{
    const struct vl_yaml *match = vl_yaml_get(entry, "match");
    const char *set_name = scalar(vl_yaml_get(entry, "set-name")), *name = scalar(vl_yaml_get(match, "name"));
    const char *address = scalar(vl_yaml_get(match, "macaddress"));

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

/* A node as one line of flow style. */
static void put_flow(struct vl_buf *out, const struct vl_yaml *node)
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
        put_flow(out, node->nodes[i]);
    }
    vl_buf_putc(out, mapping ? '}' : ']');
}

static void carry(struct netplan *netplan, const struct vl_yaml *entry, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct vl_yaml *node = vl_yaml_get(entry, carried_keys[i]);
        VL_BUF_AUTO text = VL_BUF_INIT;

        if (!node || netplan->carried[i])
            continue;
        put_flow(&text, node);
        netplan->arena->failed |= text.failed;
        netplan->carried[i] = vl_arena_strdup(netplan->arena, vl_buf_text(&text));
    }
}

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

/* Routes but the default one, and policies, are not ours to guess at. */
static int check_routes(const struct netplan *netplan, const char *path, const struct vl_yaml *entry)
{
    const struct vl_yaml *routes = vl_yaml_get(entry, "routes"), *policy = vl_yaml_get(entry, "routing-policy");
    const struct vl_yaml *wrong = policy;

    for (size_t i = 0; routes && i < routes->count; i++) {
        const char *to = scalar(vl_yaml_get(routes->nodes[i], "to"));

        if (!to || (strcmp(to, "default") != 0 && strcmp(to, "0.0.0.0/0") != 0 && strcmp(to, "::/0") != 0))
            wrong = routes->nodes[i];
    }
    if (!wrong)
        return 0;
    return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, wrong->line,
                      "the uplink has a route of its own; move it to a netplan file of yours, to bridges: %s: routes:, "
                      "which netplan puts together with that of voiplab",
                      netplan->bridge->name);
}

static int check_entry(const struct netplan *netplan, const char *path, const struct vl_yaml *key,
                       const struct vl_yaml *entry, enum whose whose)
{
    const char *interface = netplan->bridge->interface;

    if (whose == WHOSE_UNKNOWN)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, key->line,
                          "'%s' is for the card with its macaddress, which may be '%s'; say the card's address by "
                          "'hwaddr = …' in [bridge]",
                          key->value, interface);
    if (whose == WHOSE_SHARED)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, key->line,
                          "'%s' matches '%s' and may match others; give it an entry of its own", key->value, interface);
    if (entry->kind == VL_YAML_MAPPING && entry->flow && entry->count)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, entry->line,
                          "'%s' stands on one line, in braces; write it with one key a line", key->value);
    if (netplan->id && strcmp(netplan->id, key->value) != 0)
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, path, key->line,
                          "'%s' is the uplink '%s', and so is '%s'; remove one of them", key->value, interface,
                          netplan->id);
    return check_routes(netplan, path, entry);
}

struct surgery {
    struct netplan *netplan;
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
    struct netplan *netplan = surgery->netplan;

    for (size_t i = 0; entries && entries->kind == VL_YAML_MAPPING && i + 1 < entries->count; i += 2) {
        const struct vl_yaml *key = entries->nodes[i], *entry = entries->nodes[i + 1];
        enum whose whose =
            !key->value ? WHOSE_OTHER
                        : whose_entry(key->value, entry, netplan->bridge->interface, vl_bridge_mac(netplan->input));

        if (whose == WHOSE_OTHER)
            continue;
        if (!strcmp(kind, WIRELESS))
            return vl_bridge_fail_wireless(surgery->path, entry->line, netplan->bridge->interface, netplan->err);
        if (entries->flow)
            return vl_fail_at(netplan->err, VL_ERROR_FAILED, surgery->path, entries->line,
                              "'%s' stands on one line, in braces; write it with one key a line", kind);
        if (check_entry(netplan, surgery->path, key, entry, whose) < 0 || check_line_ends(surgery) < 0)
            return -1;
        netplan->kind = kind;
        netplan->id = key->value;
        if (strcmp(name_of(surgery->path), OWN_NAME) > 0)
            netplan->late = surgery->path;
        if (scalar(vl_yaml_get(entry, "renderer")))
            netplan->renderer = scalar(vl_yaml_get(entry, "renderer"));
        carry(netplan, entry, PASSTHROUGH);
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

static int edit(struct netplan *netplan, const struct vl_bridge_source *file)
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
    for (size_t i = 0; kinds[i]; i++) {
        const struct vl_yaml *entries = vl_yaml_get(network, kinds[i]);

        if (entries && network->flow)
            return vl_fail_at(netplan->err, VL_ERROR_FAILED, file->path, network->line,
                              "'network' stands on one line, in braces; write it with one key a line");
        if (look_at_kind(&surgery, kinds[i], entries) < 0)
            return -1;
    }
    if (vl_yaml_get(vl_yaml_get(network, "bridges"), netplan->bridge->name) &&
        vl_yaml_get(vl_yaml_get(vl_yaml_get(network, "bridges"), netplan->bridge->name), "interfaces"))
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, file->path, vl_yaml_get(network, "bridges")->line,
                          "there is a bridge '%s' already; give [bridge] another name", netplan->bridge->name);
    if (!surgery.any)
        return 0;
    if (vl_text_starts(file->path, "/run/"))
        return vl_fail_at(netplan->err, VL_ERROR_FAILED, file->path, 0,
                          "has the uplink '%s', goes with the next start, and until then goes before every file of "
                          "%s; move it there",
                          netplan->bridge->interface, NETPLAN);
    put_lines(&surgery, &out);
    /* one of /lib stays as it is: ours has its name, and is read instead of it */
    add(netplan, vl_arena_printf(netplan->arena, NETPLAN "%s", name_of(file->path)), &out,
        "the uplink becomes a port of the bridge and has no address of its own");
    return 0;
}

/* What our own file says since an earlier run. */
static int look_at_own(struct netplan *netplan)
{
    const char *text = vl_bridge_text(netplan->input, OWN);
    const struct vl_yaml *root = NULL;

    if (!text)
        return 0;
    if (vl_yaml_parse(netplan->arena, text, OWN, &root, netplan->err) < 0)
        return -1;
    carry(netplan, vl_yaml_get(vl_yaml_get(vl_yaml_get(root, "network"), "bridges"), netplan->bridge->name), CARRIED);
    return 0;
}

/* A bridge can be made only of what netplan has read of before. */
static int put_uplink(const struct netplan *netplan, struct vl_buf *text)
{
    const char *interface = netplan->bridge->interface, *link;
    unsigned id;

    if (!netplan->id && (vl_bridge_vlan(netplan->arena, interface, &link, &id) || vl_text_starts(interface, "bond")))
        return vl_fail(netplan->err, VL_ERROR_FAILED,
                       "no file of %s has '%s', and of what it is made nobody says; write it there first", NETPLAN,
                       interface);
    if (netplan->late && !strcmp(netplan->kind, "vlans"))
        return vl_fail(
            netplan->err, VL_ERROR_FAILED,
            "netplan reads '%s' after '%s', which would name a VLAN that is not known yet; give the former a "
            "name that sorts before the latter",
            netplan->late, OWN);
    if (netplan->id && !netplan->bridge->mtu && !netplan->late)
        return 0;
    vl_buf_printf(text, "  %s:\n    %s:", netplan->id ? netplan->kind : "ethernets",
                  netplan->id ? netplan->id : interface);
    if (netplan->bridge->mtu)
        vl_buf_printf(text, "\n      mtu: %u\n", netplan->bridge->mtu);
    else
        vl_buf_puts(text, " {}\n");
    return 0;
}

static void put_addresses(const struct netplan *netplan, struct vl_buf *text)
{
    const struct vl_bridge *bridge = netplan->bridge;

    vl_buf_printf(text, "      dhcp4: %s\n", bridge->dhcp ? "true" : "false");
    if (!bridge->dhcp || bridge->addresses[0])
        vl_buf_puts(text, "      addresses:\n");
    if (!bridge->dhcp)
        vl_buf_printf(text, "        - \"%s/%u\"\n", vl_text_from_ipv4(netplan->arena, bridge->address),
                      bridge->prefix);
    for (size_t i = 0; bridge->addresses[i]; i++)
        vl_buf_printf(text, "        - \"%s\"\n", bridge->addresses[i]);
    if ((bridge->gateway && !bridge->dhcp) || bridge->gateway6)
        vl_buf_puts(text, "      routes:\n");
    if (bridge->gateway && !bridge->dhcp)
        vl_buf_printf(text, "        - to: \"0.0.0.0/0\"\n          via: \"%s\"\n",
                      vl_text_from_ipv4(netplan->arena, bridge->gateway));
    if (bridge->gateway6)
        vl_buf_printf(text, "        - to: \"::/0\"\n          via: \"%s\"\n%s", bridge->gateway6,
                      vl_bridge_has_ipv6(bridge) ? "" : "          on-link: true\n");
    vl_buf_printf(text, "      accept-ra: %s\n", bridge->ipv6_auto ? "true" : "false");
    if (!bridge->ipv6_auto && !bridge->gateway6 && !vl_bridge_has_ipv6(bridge))
        vl_buf_puts(text, "      link-local: []\n");
}

/* netplan has no key for the IAID, which networkd makes of the interface's name: that of the uplink is said in a
 * drop-in of what netplan makes for the bridge. NetworkManager has one for the whole of the client identifier. */
static void add_identity(struct netplan *netplan)
{
    const char *path = vl_arena_printf(netplan->arena, DROP_IN, netplan->bridge->name);
    const char *before = vl_bridge_text(netplan->input, path);
    const struct vl_lease *lease = &netplan->input->lease;
    VL_BUF_AUTO text = VL_BUF_INIT;
    uint32_t iaid = 0;

    if (before)
        vl_buf_puts(&text, before);
    else if (!lease->by_networkmanager && netplan->bridge->dhcp && vl_lease_iaid(lease, &iaid))
        vl_buf_printf(&text, "# Written by voiplab.\n[DHCPv4]\nIAID=%u\n", iaid);
    if (!before && iaid && netplan->bridge->ipv6_auto)
        vl_buf_printf(&text, "\n[DHCPv6]\nIAID=%u\n", iaid);
    if (text.length)
        add(netplan, path, &text, "who this host is for the DHCP server stays as it was");
}

static void put_identifier(const struct netplan *netplan, struct vl_buf *text)
{
    const char *identifier = vl_lease_identifier(netplan->arena, &netplan->input->lease);

    if (netplan->carried[PASSTHROUGH])
        vl_buf_printf(text, "      networkmanager: %s\n", netplan->carried[PASSTHROUGH]);
    else if (identifier && netplan->input->lease.by_networkmanager && netplan->bridge->dhcp)
        vl_buf_printf(text, "      networkmanager: {\"passthrough\": {\"ipv4.dhcp-client-id\": \"%s\"}}\n", identifier);
}

static int add_own(struct netplan *netplan)
{
    const struct vl_bridge *bridge = netplan->bridge;
    const char *mac = vl_bridge_mac(netplan->input);
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_puts(&text, "# Written by voiplab.\nnetwork:\n  version: 2\n");
    if (put_uplink(netplan, &text) < 0)
        return -1;
    vl_buf_printf(&text, "  bridges:\n    %s:\n", bridge->name);
    if (netplan->renderer)
        vl_buf_printf(&text, "      renderer: %s\n", netplan->renderer);
    vl_buf_printf(&text, "      interfaces: [%s]\n", netplan->id ? netplan->id : bridge->interface);
    if (mac)
        vl_buf_printf(&text, "      macaddress: \"%s\"\n", mac);
    if (bridge->mtu)
        vl_buf_printf(&text, "      mtu: %u\n", bridge->mtu);
    vl_buf_puts(&text, "      parameters:\n        stp: false\n        forward-delay: 0\n");
    put_addresses(netplan, &text);
    if (bridge->dns[0])
        vl_buf_puts(&text, "      nameservers:\n        addresses:\n");
    else if (netplan->carried[NAMESERVERS])
        vl_buf_printf(&text, "      nameservers: %s\n", netplan->carried[NAMESERVERS]);
    for (size_t i = 0; bridge->dns[i]; i++)
        vl_buf_printf(&text, "          - \"%s\"\n", bridge->dns[i]);
    for (size_t i = IDENTIFIER; i < PASSTHROUGH; i++)
        if (netplan->carried[i] && (i == OVERRIDES6 ? bridge->ipv6_auto : bridge->dhcp))
            vl_buf_printf(&text, "      %s: %s\n", carried_keys[i], netplan->carried[i]);
    put_identifier(netplan, &text);
    add(netplan, OWN, &text, "the bridge that the guests hang on; it carries the address of this host");
    return 0;
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct netplan netplan = { .arena = arena, .input = input, .bridge = input->bridge, .set = set, .err = err };

    for (size_t i = 0; i < input->count; i++)
        if (vl_text_ends(input->files[i].path, ".yaml") && strcmp(input->files[i].path, OWN) != 0 &&
            counts(input, &input->files[i]) && edit(&netplan, &input->files[i]) < 0)
            return -1;
    if (look_at_own(&netplan) < 0 || add_own(&netplan) < 0)
        return -1;
    add_identity(&netplan);
    return 0;
}

static bool has_word(const char *text, const char *word)
{
    static const char letters[] = "-._abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || !strchr(letters, at[-1])) && (!at[length] || !strchr(letters, at[length])))
            return true;
    return false;
}

/* A file that is no YAML is about what it names. */
static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const struct vl_yaml *root = NULL;

    if (!vl_text_ends(file->path, ".yaml"))
        return false;
    if (vl_yaml_parse(arena, file->text, file->path, &root, &ignored) < 0)
        return has_word(file->text, interface);
    for (size_t i = 0; kinds[i]; i++) {
        const struct vl_yaml *entries = vl_yaml_get(vl_yaml_get(root, "network"), kinds[i]);

        for (size_t k = 0; entries && entries->kind == VL_YAML_MAPPING && k + 1 < entries->count; k += 2) {
            enum whose whose = !entries->nodes[k]->value
                                   ? WHOSE_OTHER
                                   : whose_entry(entries->nodes[k]->value, entries->nodes[k + 1], interface, mac);

            if (whose == WHOSE_OURS || whose == WHOSE_SHARED)
                return true;
        }
    }
    return false;
}

const struct vl_backend vl_backend_netplan = {
    .directory = "/etc/netplan",
    .sources = { "/run/netplan/*.yaml", NETPLAN "*.yaml", "/usr/lib/netplan/*.yaml", "/lib/netplan/*.yaml",
                 "/etc/systemd/network/10-netplan-*.network.d/60-voiplab.conf" },
    .render = render,
    .rehearsal = { .needs = { "netplan", "/lib/systemd/systemd-networkd" },
                   .asks = { { "netplan", "generate" } },
                   .runs = { { "/lib/systemd/systemd-networkd" } },
                   .stays = true,
                   .is_networkd = true },
    .is_about = is_about,
    .hands = 1U << VL_BACKEND_NETWORKMANAGER | 1U << VL_BACKEND_NETWORKD,
    .owners = { { VL_NETWORKD_RUNS,
                  .commands = { [VL_OWNER_CHANGED] = { { "netplan", "generate" }, { "networkctl", "reload" } },
                                [VL_OWNER_PUT_BACK] = { { "netplan", "generate" },
                                                        { "networkctl", "reload" },
                                                        { "networkctl", "reconfigure", "UPLINK" } } } },
                { VL_NM_RUNS, .commands = { [VL_OWNER_CHANGED] = { { "netplan", "generate" },
                                                                   VL_NM_RELOAD,
                                                                   VL_NM_BRING_UP("netplan-BRIDGE"),
                                                                   VL_NM_CONNECT_UPLINK },
                                            [VL_OWNER_PUT_BACK] = { { "netplan", "generate" },
                                                                    VL_NM_RELOAD,
                                                                    VL_NM_CONNECT_UPLINK } } } },
};
