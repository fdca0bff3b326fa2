/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keyfiles of NetworkManager (nm-settings-keyfile(5)): one connection for the bridge, and the uplink's own connection
 * made its port. Both have the mode 0600, or NetworkManager refuses them.
 *
 * forward-delay=0 is valid only together with stp=false: with it the least is 2 seconds. A port has no [ipv4] and
 * [ipv6]; what they say of routes and name servers goes over to the bridge, as the addresses do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/keys.h"
#include "base/text.h"
#include "lab/identity.h"
#include "network/backend.h"
#include "network/lease.h"
#include "network/networkmanager_hold.h"
#include "network/owner.h"

/* Where it keeps what is to last, what it forgets with the next start, and what packages bring. */
#define CONNECTIONS "/etc/NetworkManager/system-connections/"
#define VOLATILE "/run/NetworkManager/system-connections/"
#define VENDOR "/usr/lib/NetworkManager/system-connections/"

struct keyfile {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *bridge_path;
    const char *uplink_path, *uplink_text; /* text NULL: there is none */
    struct vl_fileset *set;
    struct vl_error *err;
};

static void add(struct keyfile *keyfile, const char *path, const char *text, const char *why)
{
    vl_fileset_add(keyfile->arena, keyfile->set,
                   &(struct vl_file){
                       .path = path,
                       .kind = VL_FILE_WHOLE,
                       .mode = 0600,
                       .text = text,
                       .why = why,
                       .reload = VL_RELOAD_NONE,
                   });
}

/* Whether the connection is one of the uplink: by its name, or without one by its card's address. */
static bool is_uplinks(const struct keyfile *keyfile, const char *text)
{
    static const char *const sections[] = { "ethernet", "802-3-ethernet", NULL };
    const char *name = vl_keys_value(keyfile->arena, text, "connection", "interface-name");
    const char *mac = vl_bridge_own_mac(keyfile->input);

    if (name)
        return !strcmp(name, keyfile->bridge->interface);
    for (size_t i = 0; mac && sections[i]; i++) {
        const char *address = vl_keys_value(keyfile->arena, text, sections[i], "mac-address");

        if (address && !strcasecmp(address, mac))
            return true;
    }
    return false;
}

static bool is_off(const struct keyfile *keyfile, const char *text)
{
    const char *word = vl_keys_value(keyfile->arena, text, "connection", "autoconnect");

    return word && (!strcmp(word, "false") || !strcmp(word, "no") || !strcmp(word, "0"));
}

static bool is_wireless(const struct keyfile *keyfile, const char *text)
{
    const char *type = vl_keys_value(keyfile->arena, text, "connection", "type");

    return type && (!strcmp(type, "wifi") || !strcmp(type, "802-11-wireless"));
}

/* What the uplink is a part of already would lose it. */
static int check_master(const struct keyfile *keyfile, const struct vl_bridge_source *file)
{
    static const char *const keys[][2] = { { "master", "slave-type" }, { "controller", "port-type" } };

    for (size_t i = 0; i < VL_COUNT(keys); i++) {
        const struct vl_key_line *master = vl_keys_find(keyfile->arena, file->text, "connection", keys[i][0]);
        const char *type = vl_keys_value(keyfile->arena, file->text, "connection", keys[i][1]);

        if (master && *master->value && strcmp(master->value, keyfile->bridge->name) != 0)
            return vl_bridge_fail_port(file->path, master->number, keyfile->bridge->interface, master->value,
                                       type && !strcmp(type, "bridge"), keyfile->err);
    }
    return 0;
}

static int find_uplink(struct keyfile *keyfile)
{
    const struct vl_bridge *bridge = keyfile->bridge;

    for (size_t i = 0; i < keyfile->input->count; i++) {
        const struct vl_bridge_source *file = &keyfile->input->files[i];
        const char *name = vl_keys_value(keyfile->arena, file->text, "connection", "interface-name");

        if (!strcmp(file->path, keyfile->bridge_path) || !vl_text_starts(file->path, CONNECTIONS))
            continue;
        if (name && !strcmp(name, bridge->name))
            return vl_bridge_fail_exists(
                file->path, vl_keys_find(keyfile->arena, file->text, "connection", "interface-name")->number,
                bridge->name, keyfile->err);
        if (!is_uplinks(keyfile, file->text) || is_off(keyfile, file->text))
            continue;
        if (is_wireless(keyfile, file->text))
            return vl_bridge_fail_wireless(file->path,
                                           vl_keys_find(keyfile->arena, file->text, "connection", "type")->number,
                                           bridge->interface, keyfile->err);
        if (keyfile->uplink_text)
            return vl_fail_at(keyfile->err, VL_ERROR_FAILED, file->path, 0,
                              "is a connection for the uplink '%s', and so is '%s'; delete one of them with nmcli",
                              bridge->interface, keyfile->uplink_path);
        if (check_master(keyfile, file) < 0)
            return -1;
        keyfile->uplink_path = file->path;
        keyfile->uplink_text = file->text;
    }
    return 0;
}

/* The connection that is up on an uplink without one of its own: one for any card, or one that NetworkManager made up,
 * as it does for a card that nobody configures. NULL: none is known. */
static const char *find_model(const struct keyfile *keyfile)
{
    const struct vl_bridge_input *input = keyfile->input;
    const char *model = NULL;

    for (size_t i = 0; i < input->count; i++) {
        const char *text = input->files[i].text;
        const char *uuid = vl_keys_value(keyfile->arena, text, "connection", "uuid");

        if (!strcmp(input->files[i].path, keyfile->bridge_path))
            continue;
        if (uuid && input->hold.profile && !strcmp(uuid, input->hold.profile))
            return text;
        if (!vl_text_starts(input->files[i].path, CONNECTIONS) && is_uplinks(keyfile, text) && !is_off(keyfile, text))
            model = text;
    }
    return model;
}

/* More than what others have that fit any card: it is the only one that fits the port. */
#define FIRST_OF_ALL "999"

static const char *from_model(const struct keyfile *keyfile, const char *model, const char *uuid)
{
    const struct vl_key_change changes[] = {
        { "connection", "id", vl_arena_printf(keyfile->arena, "voiplab-%s", keyfile->bridge->interface) },
        { "connection", "uuid", uuid },
        { "connection", "interface-name", keyfile->bridge->interface },
        { "connection", "autoconnect-priority", FIRST_OF_ALL },
        { "connection", "timestamp", NULL },
        { "connection", "multi-connect", NULL },
        { "match", NULL, NULL },
        { ".nmmeta", NULL, NULL },
    };

    return vl_keys_edit(keyfile->arena, model, changes, VL_COUNT(changes));
}

/* A connection for an uplink that has none of its own. */
static int new_uplink(struct keyfile *keyfile)
{
    const char *interface = keyfile->bridge->interface, *link, *model;
    const char *type = "type=ethernet", *more = "";
    char uuid[37];
    unsigned id;

    if (vl_text_starts(interface, "bond") || vl_text_starts(interface, "team"))
        return vl_fail(keyfile->err, VL_ERROR_FAILED,
                       "%s has no connection for '%s', and of what it is made nobody says; make one with nmcli first",
                       CONNECTIONS, interface);
    if (vl_bridge_vlan(keyfile->arena, interface, &link, &id)) {
        type = "type=vlan";
        more = vl_arena_printf(keyfile->arena, "\n[vlan]\nid=%u\nparent=%s\n", id, link);
    }
    vl_identity_uuid("networkmanager", interface, uuid);
    model = find_model(keyfile);
    keyfile->uplink_text = model ? from_model(keyfile, model, uuid)
                                 : vl_arena_printf(keyfile->arena,
                                                   "[connection]\nid=voiplab-%s\nuuid=%s\n%s\ninterface-name=%s\n"
                                                   "autoconnect-priority=" FIRST_OF_ALL "\n%s",
                                                   interface, uuid, type, interface, more);
    return 0;
}

/* By which it is told which connection is meant; one without gets its own. */
static const char *uuid_of(const struct keyfile *keyfile)
{
    const char *known = vl_keys_value(keyfile->arena, keyfile->uplink_text, "connection", "uuid");
    char uuid[37];

    if (known && *known)
        return known;
    vl_identity_uuid("networkmanager", keyfile->bridge->interface, uuid);
    return vl_arena_strdup(keyfile->arena, uuid);
}

static void add_uplink(struct keyfile *keyfile)
{
    const struct vl_bridge *bridge = keyfile->bridge;
    const char *ethernet = vl_keys_find(keyfile->arena, keyfile->uplink_text, "802-3-ethernet", "mac-address")
                               ? "802-3-ethernet"
                               : "ethernet";
    struct vl_key_change changes[] = {
        { "connection", "uuid", uuid_of(keyfile) },
        { "connection", "interface-name", bridge->interface },
        { "connection", "autoconnect", NULL },
        { "connection", "controller", NULL },
        { "connection", "port-type", NULL },
        { "connection", "master", bridge->name },
        { "connection", "slave-type", "bridge" },
        { "ipv4", NULL, NULL },
        { "ipv6", NULL, NULL },
        { "proxy", NULL, NULL },
        { ethernet, "mtu", bridge->mtu ? vl_arena_printf(keyfile->arena, "%u", bridge->mtu) : NULL },
    };
    size_t count = sizeof(changes) / sizeof(changes[0]);

    add(keyfile, keyfile->uplink_path,
        vl_keys_edit(keyfile->arena, keyfile->uplink_text, changes, bridge->mtu ? count : count - 1),
        "the uplink's connection becomes a port of the bridge and has no address of its own");
}

/* What the uplink's connection says in a section, but for keys that match `ours`; or the bridge's file does since an
 * earlier run. */
static const char *carried(const struct keyfile *keyfile, const char *section, const char *const *ours)
{
    const char *before = vl_bridge_text(keyfile->input, keyfile->bridge_path);
    const char *lines = vl_keys_others(keyfile->arena, keyfile->uplink_text, section, ours);

    return *lines || !before ? lines : vl_keys_others(keyfile->arena, before, section, ours);
}

/* The same of one key: its value. NULL: neither says it. */
static const char *carried_value(const struct keyfile *keyfile, const char *section, const char *key)
{
    const char *before = vl_bridge_text(keyfile->input, keyfile->bridge_path);
    const char *value = vl_keys_value(keyfile->arena, keyfile->uplink_text, section, key);

    return value || !before ? value : vl_keys_value(keyfile->arena, before, section, key);
}

/* Who this host is for a DHCP server, where that is made of the name or of the connection, which are others now. Later
 * lines of a key win. */
static void put_identity(const struct keyfile *keyfile, struct vl_buf *text, bool ipv6)
{
    const struct vl_lease *lease = &keyfile->input->lease;
    const char *identifier = vl_lease_identifier(keyfile->arena, lease);

    if (!lease->by_networkmanager || (ipv6 ? !keyfile->bridge->ipv6_auto : !keyfile->bridge->dhcp))
        return;
    if (!ipv6 && identifier)
        vl_buf_printf(text, "dhcp-client-id=%s\n", identifier);
    if (ipv6 && lease->iaid6)
        vl_buf_printf(text, "dhcp-iaid=%lu\n", strtoul(lease->iaid6, NULL, 16));
    if (ipv6 && lease->duid6)
        vl_buf_printf(text, "dhcp-duid=%s\n", vl_lease_colons(keyfile->arena, lease->duid6));
}

static void put_addresses(const struct keyfile *keyfile, struct vl_buf *text, bool ipv6, unsigned number)
{
    const char *const *addresses = keyfile->bridge->addresses;

    for (size_t i = 0; addresses[i]; i++)
        if (vl_bridge_is_ipv6(addresses[i]) == ipv6)
            vl_buf_printf(text, "address%u=%s\n", number++, addresses[i]);
}

/* Name servers of one family; false when the lab names none of either. */
static bool put_dns(const struct keyfile *keyfile, struct vl_buf *text, bool ipv6)
{
    const char *const *dns = keyfile->bridge->dns;
    bool any = false;

    for (size_t i = 0; dns[i]; i++)
        if (vl_bridge_is_ipv6(dns[i]) == ipv6) {
            vl_buf_printf(text, "%s%s;", any ? "" : "dns=", dns[i]);
            any = true;
        }
    if (any)
        vl_buf_putc(text, '\n');
    return dns[0] != NULL;
}

/* A bridge is of another kind than a card, for which NetworkManager has another metric: another card would be preferred
 * to it. */
static void put_metric(const struct keyfile *keyfile, struct vl_buf *text, const char *section)
{
    if (keyfile->input->hold.metric && !carried_value(keyfile, section, "route-metric"))
        vl_buf_printf(text, "route-metric=%s\n", keyfile->input->hold.metric);
}

static void put_ipv4(const struct keyfile *keyfile, struct vl_buf *text)
{
    static const char *const ours[] = { "method", "address*", "gateway", NULL }, *const ours_too[] = {
        "method", "address*", "gateway", "dns", NULL
    };
    const struct vl_bridge *bridge = keyfile->bridge;
    struct vl_arena *arena = keyfile->arena;
    bool dns;

    vl_buf_printf(text, "\n[ipv4]\nmethod=%s\n", bridge->dhcp ? "auto" : "manual");
    if (!bridge->dhcp)
        vl_buf_printf(text, "address1=%s/%u\n", vl_text_from_ipv4(arena, bridge->address), bridge->prefix);
    put_addresses(keyfile, text, false, bridge->dhcp ? 1 : 2);
    if (!bridge->dhcp && bridge->gateway)
        vl_buf_printf(text, "gateway=%s\n", vl_text_from_ipv4(arena, bridge->gateway));
    dns = put_dns(keyfile, text, false);
    vl_buf_puts(text, carried(keyfile, "ipv4", dns ? ours_too : ours));
    put_metric(keyfile, text, "ipv4");
    put_identity(keyfile, text, false);
}

/* Where the lab does not say it is as the uplink has it, off too. */
static const char *ipv6_method(const struct keyfile *keyfile)
{
    static const char *const kept[] = { "auto", "disabled", "ignore", "link-local", "dhcp", NULL };
    const struct vl_bridge *bridge = keyfile->bridge;
    bool has = vl_bridge_has_ipv6(bridge);
    const char *method = carried_value(keyfile, "ipv6", "method");

    if (!bridge->ipv6_auto)
        return has ? "manual" : bridge->gateway6 ? "link-local" : "disabled";
    for (size_t i = 0; method && !bridge->ipv6_stated && !has && !bridge->gateway6 && kept[i]; i++)
        if (!strcmp(method, kept[i]))
            return kept[i];
    return "auto";
}

/* The address that the host made itself of the card's name stays, which no other link has. */
static void put_token(const struct keyfile *keyfile, struct vl_buf *text)
{
    vl_buf_printf(text, "addr-gen-mode=eui64\ntoken=%s\n", keyfile->input->hold.token);
}

/* A gateway needs an address beside it in this format; a link-local one without goes as a route. */
static void put_ipv6(const struct keyfile *keyfile, struct vl_buf *text)
{
    /* what is left out of what is carried: the last ones only where they are said anew */
    static const char
        *const ours[] = { "method", "address*", "gateway", "dns", "addr-gen-mode", "token", NULL },
               *const ours_but_dns[] = { "method", "address*", "gateway", "addr-gen-mode", "token", NULL },
               *const ours_but_token[] = { "method", "address*", "gateway", "dns", NULL },
               *const least[] = { "method", "address*", "gateway", NULL };
    const struct vl_bridge *bridge = keyfile->bridge;
    const char *method = ipv6_method(keyfile);
    bool has = vl_bridge_has_ipv6(bridge), on = strcmp(method, "disabled") != 0 && strcmp(method, "ignore") != 0;
    bool token = !strcmp(method, "auto") && keyfile->input->hold.token, dns;

    vl_buf_printf(text, "\n[ipv6]\nmethod=%s\n", method);
    put_addresses(keyfile, text, true, 1);
    if (bridge->gateway6 && has)
        vl_buf_printf(text, "gateway=%s\n", bridge->gateway6);
    dns = on && put_dns(keyfile, text, true);
    if (bridge->gateway6 && !has)
        vl_buf_printf(text, "route1=::/0,%s\n", bridge->gateway6);
    else if (on)
        vl_buf_puts(text,
                    carried(keyfile, "ipv6", token ? (dns ? ours : ours_but_dns) : (dns ? ours_but_token : least)));
    if (on)
        put_metric(keyfile, text, "ipv6");
    put_identity(keyfile, text, true);
    if (token)
        put_token(keyfile, text);
}

/* Of the connection what is said of its addresses and not of its card. */
static const char *said_of_addresses(const struct keyfile *keyfile)
{
    static const char *const keys[] = { "zone", "metered", "mdns", "llmnr", "dns-over-tls", NULL };

    return vl_keys_collect(keyfile->arena, keyfile->uplink_text, "connection", keys);
}

static void add_bridge(struct keyfile *keyfile)
{
    const struct vl_bridge *bridge = keyfile->bridge;
    const char *mac = vl_bridge_mac(keyfile->input);
    VL_BUF_AUTO text = VL_BUF_INIT;
    const char *proxy;
    char uuid[37];

    vl_identity_uuid("networkmanager", bridge->name, uuid);
    vl_buf_printf(&text,
                  "# Written by voiplab.\n[connection]\nid=voiplab-%s\nuuid=%s\ntype=bridge\ninterface-name=%s\n"
                  "autoconnect-slaves=1\n%s",
                  bridge->name, uuid, bridge->name, said_of_addresses(keyfile));
    if (bridge->mtu)
        vl_buf_printf(&text, "\n[ethernet]\nmtu=%u\n", bridge->mtu);
    vl_buf_puts(&text, "\n[bridge]\nstp=false\nforward-delay=0\n");
    if (mac)
        vl_buf_printf(&text, "mac-address=%s\n", mac);
    put_ipv4(keyfile, &text);
    put_ipv6(keyfile, &text);
    proxy = carried(keyfile, "proxy", (const char *const[]){ NULL });
    if (*proxy)
        vl_buf_printf(&text, "\n[proxy]\n%s", proxy);
    keyfile->arena->failed |= text.failed;
    add(keyfile, keyfile->bridge_path, vl_arena_strdup(keyfile->arena, vl_buf_text(&text)),
        "the bridge that the guests hang on; it carries the address of this host");
}

static struct keyfile keyfile_of(struct vl_arena *arena, const struct vl_bridge_input *input)
{
    return (struct keyfile){
        .arena = arena,
        .input = input,
        .bridge = input->bridge,
        .bridge_path = vl_arena_printf(arena, CONNECTIONS "voiplab-%s.nmconnection", input->bridge->name),
        .uplink_path = vl_arena_printf(arena, CONNECTIONS "voiplab-%s.nmconnection", input->bridge->interface),
    };
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct keyfile keyfile = keyfile_of(arena, input);

    keyfile.set = set;
    keyfile.err = err;
    if (find_uplink(&keyfile) < 0 || (!keyfile.uplink_text && new_uplink(&keyfile) < 0))
        return -1;
    add_bridge(&keyfile);
    add_uplink(&keyfile);
    return 0;
}

/* The connection of the port, once the files are there, or the one that is up now. */
static const char *profile(struct vl_arena *arena, const struct vl_bridge_input *input, enum vl_owner_word word)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct keyfile keyfile = keyfile_of(arena, input);

    keyfile.err = &ignored;
    if (word == VL_OWNER_PUT_BACK)
        return input->hold.profile;
    if (find_uplink(&keyfile) < 0 || (!keyfile.uplink_text && new_uplink(&keyfile) < 0))
        return NULL;
    return uuid_of(&keyfile);
}

/* What it made up for the uplink it would not make up again before its next start. */
static bool is_kept(struct vl_arena *arena, const struct vl_bridge_input *input, const struct vl_bridge_source *file)
{
    struct keyfile keyfile = keyfile_of(arena, input);

    return vl_text_starts(file->path, VOLATILE) && is_uplinks(&keyfile, file->text);
}

static bool is_about(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                     const char *mac)
{
    const char *name = vl_keys_value(arena, file->text, "connection", "interface-name");

    (void)mac;
    return vl_text_starts(file->path, CONNECTIONS) && name && !strcmp(name, interface);
}

/* It keeps a file for every interface. */
static const char *runs(struct vl_arena *arena, const char *interface, unsigned index)
{
    const char *path = vl_arena_printf(arena, "/run/NetworkManager/devices/%u", index);

    (void)interface;
    return !strcmp(vl_backend_state(arena, path, "device", "managed"), "true") ? path : NULL;
}

const struct vl_backend vl_backend_networkmanager = {
    .directory = "/etc/NetworkManager/system-connections",
    .sources = { CONNECTIONS "*", VOLATILE "*", VENDOR "*" },
    .render = render,
    .rehearsal = { .needs = { "NetworkManager", "dbus-daemon" },
                   .of_files = { .files = CONNECTIONS "*",
                                 .argv = { "nmcli", "--offline", "connection", "modify" },
                                 .too_new = "--offline" },
                   .runs = { { "dbus-daemon", "--system", "--nofork", "--nopidfile" },
                             { "NetworkManager", "--debug", "--log-level=WARN" } },
                   .ready = { "/run/dbus/system_bus_socket" },
                   .stays = true },
    .is_about = is_about,
    .runs = runs,
    .holds = vl_networkmanager_holds,
    .profile = profile,
    .is_kept = is_kept,
    .owners = { { VL_NM_RUNS,
                  .commands = { [VL_OWNER_CHANGED] = { VL_NM_RELOAD, VL_NM_BRING_UP("voiplab-BRIDGE"),
                                                       VL_NM_BRING_UP_ON("PROFILE", "UPLINK") },
                                [VL_OWNER_PUT_BACK] = { VL_NM_RELOAD, VL_NM_BRING_UP_ON("PROFILE", "UPLINK") } } } },
};
