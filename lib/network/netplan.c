/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netplan (netplan(5)): 60-voiplab.yaml has the bridge. netplan puts the lists of all its files together, so the
 * uplink would keep its addresses as long as they stand in the user's file: the lines of those keys are taken out of
 * it, found by the positions that the YAML parser tells. Everything else of the file stays byte for byte.
 */
#include <fnmatch.h>
#include <string.h>
#include "network/netplan_part.h"

#include <fnmatch.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "network/lease.h"
#include "network/owner.h"

#define DROP_IN "/etc/systemd/network/10-netplan-%s.network.d/60-voiplab.conf"

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

/* What our own file says since an earlier run. */
static int look_at_own(struct vl_netplan *netplan)
{
    const char *text = vl_bridge_text(netplan->input, VL_NETPLAN_OWN);
    const struct vl_yaml *root = NULL;

    if (!text)
        return 0;
    if (vl_yaml_parse(netplan->arena, text, VL_NETPLAN_OWN, &root, netplan->err) < 0)
        return -1;
    netplan->before = vl_yaml_get(vl_yaml_get(vl_yaml_get(root, "network"), "bridges"), netplan->bridge->name);
    return 0;
}

static int fail_shared(const struct vl_netplan *netplan, const char *why)
{
    return vl_fail_at(netplan->err, VL_ERROR_FAILED, netplan->shared_path, netplan->shared_line,
                      "'%s' matches '%s' and others, and %s; write its match so that it leaves '%s' out, and give that "
                      "an entry of its own",
                      netplan->shared, netplan->bridge->interface, why, netplan->bridge->interface);
}

/* Of the entries that match a card networkd takes the one whose id sorts first. Where that is one for many cards, ours
 * sorts before it, and its settings are what the uplink has now. */
static int settle_shared(struct vl_netplan *netplan)
{
    const char *renderer = netplan->renderer ? netplan->renderer : netplan->renderer_of_all;
    const char *name = vl_netplan_scalar(vl_yaml_get(vl_yaml_get(netplan->of_shared, "match"), "name"));
    bool networkmanager = renderer && !strcmp(renderer, "NetworkManager");

    if (!netplan->shared || (netplan->id && !networkmanager && strcmp(netplan->id, netplan->shared) < 0))
        return 0;
    if (networkmanager)
        return fail_shared(netplan, "NetworkManager takes whichever it likes");
    if (strcmp(netplan->shared, VL_NETPLAN_OWN_ID) <= 0)
        return fail_shared(netplan, "its name sorts before that of voiplab's entry, '" VL_NETPLAN_OWN_ID "'");
    if (name && !fnmatch(name, netplan->bridge->name, 0) && strcmp(netplan->shared, netplan->bridge->name) < 0)
        return fail_shared(netplan, "it would be taken for the bridge too");
    netplan->said = netplan->of_shared;
    netplan->kind = "ethernets";
    netplan->id = VL_NETPLAN_OWN_ID;
    netplan->late = NULL;
    return 0;
}

/* A bridge can be made only of what netplan has read of before. */
static int put_uplink(const struct vl_netplan *netplan, struct vl_buf *text)
{
    const char *interface = netplan->bridge->interface, *link;
    bool is_ours = netplan->id && !strcmp(netplan->id, VL_NETPLAN_OWN_ID);
    unsigned id;

    if (!netplan->id && (vl_bridge_vlan(netplan->arena, interface, &link, &id) || vl_text_starts(interface, "bond")))
        return vl_fail(netplan->err, VL_ERROR_FAILED,
                       "no file of %s has '%s', and of what it is made nobody says; write it there first", VL_NETPLAN,
                       interface);
    if (netplan->late && !strcmp(netplan->kind, "vlans"))
        return vl_fail(
            netplan->err, VL_ERROR_FAILED,
            "netplan reads '%s' after '%s', which would name a VLAN that is not known yet; give the former a "
            "name that sorts before the latter",
            netplan->late, VL_NETPLAN_OWN);
    if (netplan->id && !is_ours && !netplan->bridge->mtu && !netplan->late)
        return 0;
    vl_buf_printf(text, "  %s:\n    %s:", netplan->id ? netplan->kind : "ethernets",
                  netplan->id ? netplan->id : interface);
    if (is_ours)
        vl_buf_printf(text, "\n      match:\n        name: \"%s\"%s", interface, netplan->bridge->mtu ? "" : "\n");
    if (netplan->bridge->mtu)
        vl_buf_printf(text, "\n      mtu: %u\n", netplan->bridge->mtu);
    else if (!is_ours)
        vl_buf_puts(text, " {}\n");
    return 0;
}

static bool is_true(const struct vl_yaml *node)
{
    static const char *const words[] = { "true", "on", "yes", "y", NULL };

    for (size_t i = 0; vl_netplan_scalar(node) && words[i]; i++)
        if (!strcasecmp(node->value, words[i]))
            return true;
    return false;
}

/* How IPv6 comes by itself: as the lab file says, else as the uplink had it. */
static void put_ipv6(const struct vl_netplan *netplan, struct vl_buf *text)
{
    static const char *const how[] = { "dhcp6-overrides", "ipv6-privacy", "ipv6-address-generation",
                                       "ipv6-address-token" };
    const struct vl_bridge *bridge = netplan->bridge;
    const struct vl_yaml *accept = bridge->ipv6_stated ? NULL : vl_netplan_carried(netplan, "accept-ra");

    vl_buf_printf(text, "      accept-ra: %s\n", (accept ? is_true(accept) : bridge->ipv6_auto) ? "true" : "false");
    if (bridge->ipv6_auto && is_true(vl_netplan_carried(netplan, "dhcp6")))
        vl_buf_puts(text, "      dhcp6: true\n");
    if (!bridge->ipv6_stated && vl_netplan_carried(netplan, "link-local"))
        vl_netplan_put_carried(netplan, text, "link-local");
    else if (!bridge->ipv6_auto && !bridge->gateway6 && !vl_bridge_has_ipv6(bridge))
        vl_buf_puts(text, "      link-local: []\n");
    for (size_t i = 0; bridge->ipv6_auto && i < VL_COUNT(how); i++)
        vl_netplan_put_carried(netplan, text, how[i]);
}

static void put_addresses(const struct vl_netplan *netplan, struct vl_buf *text)
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
    vl_netplan_put_routes(netplan, text);
    vl_netplan_put_carried(netplan, text, "routing-policy");
    put_ipv6(netplan, text);
}

/* The lab's name servers take the place of the uplink's; the search list stays. */
static void put_names(const struct vl_netplan *netplan, struct vl_buf *text)
{
    const char *const *dns = netplan->bridge->dns;
    const struct vl_yaml *search = vl_yaml_get(vl_netplan_carried(netplan, "nameservers"), "search");

    if (!dns[0]) {
        vl_netplan_put_carried(netplan, text, "nameservers");
        return;
    }
    vl_buf_puts(text, "      nameservers:\n        addresses:\n");
    for (size_t i = 0; dns[i]; i++)
        vl_buf_printf(text, "          - \"%s\"\n", dns[i]);
    if (!search)
        return;
    vl_buf_puts(text, "        search: ");
    vl_netplan_put_flow(text, search);
    vl_buf_putc(text, '\n');
}

/* netplan has no key for the IAID, which networkd makes of the interface's name: that of the uplink is said in a
 * drop-in of what netplan makes for the bridge. NetworkManager has one for the whole of the client identifier. */
static void add_identity(struct vl_netplan *netplan)
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
        vl_netplan_add(netplan, path, &text, "who this host is for the DHCP server stays as it was");
}

static void put_identifier(const struct vl_netplan *netplan, struct vl_buf *text)
{
    const char *identifier = vl_lease_identifier(netplan->arena, &netplan->input->lease);

    /* of our own file only: the uplink's stays with its connection */
    if (vl_yaml_get(netplan->before, "networkmanager")) {
        vl_buf_puts(text, "      networkmanager: ");
        vl_netplan_put_flow(text, vl_yaml_get(netplan->before, "networkmanager"));
        vl_buf_putc(text, '\n');
    } else if (identifier && netplan->input->lease.by_networkmanager && netplan->bridge->dhcp)
        vl_buf_printf(text, "      networkmanager: {\"passthrough\": {\"ipv4.dhcp-client-id\": \"%s\"}}\n", identifier);
}

static int add_own(struct vl_netplan *netplan)
{
    static const char *const dhcp[] = { "dhcp-identifier", "dhcp4-overrides" };
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
    put_names(netplan, &text);
    for (size_t i = 0; bridge->dhcp && i < VL_COUNT(dhcp); i++)
        vl_netplan_put_carried(netplan, &text, dhcp[i]);
    put_identifier(netplan, &text);
    vl_netplan_add(netplan, VL_NETPLAN_OWN, &text,
                   "the bridge that the guests hang on; it carries the address of this host");
    return 0;
}

/* A file of somebody's that counts. */
static bool is_read(const struct vl_bridge_input *input, const struct vl_bridge_source *file)
{
    return vl_text_ends(file->path, ".yaml") && strcmp(file->path, VL_NETPLAN_OWN) != 0 && counts(input, file);
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct vl_netplan netplan = { .arena = arena, .input = input, .bridge = input->bridge, .set = set, .err = err };

    for (size_t i = 0; i < input->count; i++)
        if (is_read(input, &input->files[i]) && vl_netplan_edit(&netplan, &input->files[i]) < 0)
            return -1;
    for (size_t i = 0; i < input->count; i++)
        if (is_read(input, &input->files[i]) && vl_netplan_check_ports(&netplan, &input->files[i]) < 0)
            return -1;
    if (settle_shared(&netplan) < 0 || look_at_own(&netplan) < 0 || add_own(&netplan) < 0)
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
    for (size_t i = 0; vl_netplan_kinds[i]; i++) {
        const struct vl_yaml *entries = vl_yaml_get(vl_yaml_get(root, "network"), vl_netplan_kinds[i]);

        for (size_t k = 0; entries && entries->kind == VL_YAML_MAPPING && k + 1 < entries->count; k += 2) {
            enum vl_netplan_whose whose =
                !entries->nodes[k]->value
                    ? WHOSE_OTHER
                    : vl_netplan_whose(entries->nodes[k]->value, entries->nodes[k + 1], interface, mac);

            if (whose == WHOSE_OURS || whose == WHOSE_SHARED)
                return true;
        }
    }
    return false;
}

/* `renderer: NetworkManager` alone, as desktops have it, leaves to it all that netplan does not name. */
static enum vl_bridge_backend rest(struct vl_arena *arena, const struct vl_bridge_source *file)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const struct vl_yaml *root = NULL;
    const char *renderer;

    if (!vl_text_ends(file->path, ".yaml") || vl_yaml_parse(arena, file->text, file->path, &root, &ignored) < 0)
        return VL_BACKEND_AUTO;
    renderer = vl_netplan_scalar(vl_yaml_get(vl_yaml_get(root, "network"), "renderer"));
    return renderer && !strcmp(renderer, "NetworkManager") ? VL_BACKEND_NETWORKMANAGER : VL_BACKEND_AUTO;
}

const struct vl_backend vl_backend_netplan = {
    .directory = "/etc/netplan",
    .sources = { "/run/netplan/*.yaml", VL_NETPLAN "*.yaml", "/usr/lib/netplan/*.yaml", "/lib/netplan/*.yaml",
                 "/etc/systemd/network/10-netplan-*.network.d/60-voiplab.conf" },
    .render = render,
    .rehearsal = { .needs = { "netplan", "/lib/systemd/systemd-networkd" },
                   .prepares = { "netplan", "generate" },
                   .hands_over = "/run/NetworkManager/system-connections/netplan-*",
                   .hand = VL_BACKEND_NETWORKMANAGER,
                   .runs = { { "/lib/systemd/systemd-networkd" } },
                   .stays = true,
                   .is_networkd = true },
    .is_about = is_about,
    .rest = rest,
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
