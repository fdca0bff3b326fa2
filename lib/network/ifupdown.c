/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /etc/network/interfaces (interfaces(5) of ifupdown, bridge-utils-interfaces(5)), in the form that ifupdown2 reads as
 * well. The uplink's stanzas become `manual`; what they say of addresses, routes and name servers goes. The bridge has
 * a file of its own, interfaces.d/60-voiplab, for which interfaces gets a `source` line when it reads no such file.
 *
 * A line belongs to the stanza above it until the next word that opens one. A line that ends in a backslash goes on.
 */
#include "network/ifupdown_part.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "network/lease.h"

/* Whether the stanza that this line opens says how large a packet may be. */
static bool has_mtu(const struct vl_interfaces_line *line, const struct vl_interfaces_line *end)
{
    for (line++; line < end && !line->opens; line++)
        if (vl_interfaces_is(line->words[0], "mtu"))
            return true;
    return false;
}

static void put_line(struct vl_ifupdown *ifupdown, struct vl_buf *out, const struct vl_interfaces_line *line,
                     const struct vl_interfaces_line *end, bool *in_uplink, bool *ipv6)
{
    const struct vl_bridge *bridge = ifupdown->bridge;
    enum vl_interfaces_about what = ABOUT_CARD;

    if (line->opens)
        *ipv6 = line->words[1] && vl_interfaces_is(line->words[2], "inet6");
    else if (*in_uplink)
        what = vl_ifupdown_about(ifupdown, line, bridge->interface, *ipv6);
    if (line->opens)
        *in_uplink = vl_interfaces_is(line->words[0], "iface") && vl_interfaces_is(line->words[1], bridge->interface);
    if (line->opens && *in_uplink) {
        if (vl_interfaces_is(line->words[3], "manual"))
            vl_buf_printf(out, "%s\n", line->text);
        else
            vl_buf_printf(out, "iface %s %s manual\n", bridge->interface, line->words[2]);
        if (bridge->mtu && !has_mtu(line, end))
            vl_buf_printf(out, "    mtu %u\n", bridge->mtu);
    } else if (*in_uplink && !line->opens && vl_interfaces_is(line->words[0], "mtu") && bridge->mtu) {
        vl_buf_printf(out, "    mtu %u\n", bridge->mtu);
    } else if (what != ABOUT_CARD) {
        if (what != ABOUT_ADDRESS)
            vl_ifupdown_carry(ifupdown, line, *ipv6);
    } else {
        vl_buf_printf(out, "%s\n", line->text);
    }
}

static void add(struct vl_ifupdown *ifupdown, const char *path, const struct vl_buf *text, const char *why)
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

static void edit(struct vl_ifupdown *ifupdown, const char *path, const char *text)
{
    bool uplinks = vl_interfaces_is(ifupdown->uplink_path[0], path) || vl_interfaces_is(ifupdown->uplink_path[1], path);
    bool main_file = !strcmp(path, VL_INTERFACES), in_uplink = false, ipv6 = false;
    struct vl_interfaces_line *lines;
    size_t count = vl_interfaces_lines(ifupdown->arena, text, &lines);
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (size_t i = 0; i < count; i++)
        put_line(ifupdown, &out, &lines[i], lines + count, &in_uplink, &ipv6);
    if (main_file && !ifupdown->sourced)
        vl_buf_printf(&out, "%ssource %s\n", out.length ? "\n" : "auto lo\niface lo inet loopback\n\n",
                      VL_INTERFACES_OWN);
    if (uplinks)
        add(ifupdown, path, &out, "the uplink becomes a port of the bridge and has no address of its own");
    else if (main_file && strstr(vl_buf_text(&out), "source " VL_INTERFACES_OWN "\n"))
        add(ifupdown, path, &out, "reads the file of the bridge");
}

static void put_options(const struct vl_ifupdown *ifupdown, struct vl_buf *text)
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

static void put_ipv4(const struct vl_ifupdown *ifupdown, struct vl_buf *text)
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

static void put_further(const struct vl_ifupdown *ifupdown, struct vl_buf *text)
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
            vl_buf_printf(text, "    accept_ra %s\n    autoconf %s\n",
                          ifupdown->accept_ra ? ifupdown->accept_ra
                          : bridge->ipv6_auto ? "2"
                                              : "0",
                          ifupdown->autoconf  ? ifupdown->autoconf
                          : bridge->ipv6_auto ? "1"
                                              : "0");
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

static void add_own(struct vl_ifupdown *ifupdown)
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
    add(ifupdown, VL_INTERFACES_OWN, &text, "the bridge that the guests hang on; it carries the address of this host");
}

static int render(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                  struct vl_error *err)
{
    struct vl_ifupdown ifupdown = { .arena = arena, .input = input, .bridge = input->bridge, .set = set, .err = err };
    int rc = 0;

    for (size_t i = 0; i < input->count && rc == 0; i++)
        if (vl_ifupdown_is_stanzas(&input->files[i]) && strcmp(input->files[i].path, VL_INTERFACES_OWN) != 0)
            rc = vl_ifupdown_look_at(&ifupdown, &input->files[i]);
    for (size_t i = 0; i < input->count && rc == 0; i++)
        if (vl_ifupdown_is_stanzas(&input->files[i]) && strcmp(input->files[i].path, VL_INTERFACES_OWN) != 0)
            edit(&ifupdown, input->files[i].path, input->files[i].text);
    if (rc == 0 && !vl_bridge_text(input, VL_INTERFACES))
        edit(&ifupdown, VL_INTERFACES, "");
    if (rc == 0) {
        vl_ifupdown_carry_from_before(&ifupdown);
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
    .sources = { VL_INTERFACES, VL_INTERFACES_OWN, VL_LEASE_FILES, VL_LEASE_CONFIG },
    .leads = vl_ifupdown_leads,
    .render = render,
    .rehearsal = { .needs = { "ifup", "ifquery" },
                   .asks = { { "ifquery", "BRIDGE" }, { "ifup", "--no-act", "BRIDGE" } },
                   .runs = { { "ifup", "UPLINK", "BRIDGE" } } },
    .is_about = is_about,
    .runs = runs,
};
