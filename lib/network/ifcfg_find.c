/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which file is the uplink's, and whether it can be edited.
 */
#include "network/ifcfg_part.h"

#include <string.h>

#include "base/assignments.h"
#include "base/cleanup.h"
#include "base/text.h"

bool vl_ifcfg_is_left_over(const char *path)
{
    static const char *const ends[] = { "~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave", NULL };
    size_t length = strlen(path);

    for (size_t i = 0; ends[i]; i++)
        if (length > strlen(ends[i]) && !strcmp(path + length - strlen(ends[i]), ends[i]))
            return true;
    return false;
}

const char *vl_ifcfg_device_of(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                               const char *mac)
{
    const char *device = vl_assignments_value(arena, file->text, "DEVICE");
    const char *address = vl_assignments_value(arena, file->text, "HWADDR");
    const char *name = file->path + strlen(VL_IFCFG_SCRIPTS "ifcfg-");

    if (device) /* a file of Windows is refused once it is known whose it is */
        return vl_arena_strndup(arena, device, strcspn(device, "\r"));
    if (!address || !strcmp(name, interface))
        return name;
    if (!mac)
        return NULL;
    return !strcasecmp(address, mac) ? interface : name;
}

static int fail_unknown(const struct vl_ifcfg *ifcfg, const char *path)
{
    return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, path, 0,
                      "is for the card with its HWADDR, which may be '%s'; say the card's address by 'hwaddr = …' in "
                      "[bridge], or DEVICE= in the file",
                      ifcfg->bridge->interface);
}

/* A shell takes the CR of CR LF for a part of the value. Returns the number of the first such line; 0: there is none.
 */
static int line_with_return(const char *text)
{
    int line = 1;

    for (; *text; line++) {
        size_t length = strcspn(text, "\n"), blanks = strspn(text, " \t");

        if (text[length] && length > blanks + 1 && text[length - 1] == '\r' && text[blanks] != '#')
            return line;
        text += length + (text[length] == '\n');
    }
    return 0;
}

/* What is to change in the uplink's file must be plain to see. */
static int check_plain(const struct vl_ifcfg *ifcfg)
{
    static const char *const keys[] = { "DEVICE", "HWADDR", "ONBOOT", "BRIDGE", "BOOTPROTO", NULL };
    int line = line_with_return(ifcfg->uplink_text);

    if (line)
        return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, ifcfg->uplink_path, line,
                          "the line ends in CR LF, as on Windows, and the CR counts as a part of the value; take it "
                          "away in the whole file (sed -i 's/\\r$//' FILE)");
    line = vl_assignments_odd_line(ifcfg->arena, ifcfg->uplink_text, keys);
    if (!line)
        return 0;
    return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, ifcfg->uplink_path, line,
                      "what this says is known only when a shell runs it; write it as KEY=VALUE with the value itself");
}

/* What the uplink is a part of already would lose it. */
static int check_master(const struct vl_ifcfg *ifcfg)
{
    static const char *const keys[] = { "BRIDGE", "MASTER", "TEAM_MASTER" };

    for (size_t i = 0; i < VL_COUNT(keys); i++) {
        const char *master = vl_assignments_value(ifcfg->arena, ifcfg->uplink_text, keys[i]);

        if (master && *master && strcmp(master, ifcfg->bridge->name) != 0)
            return vl_bridge_fail_port(ifcfg->uplink_path, 0, ifcfg->bridge->interface, master, i == 0, ifcfg->err);
    }
    return 0;
}

/* Whether the bridge has the address from the lab file. */
static bool is_named(const struct vl_ifcfg *ifcfg, uint32_t address)
{
    const struct vl_bridge *bridge = ifcfg->bridge;
    uint32_t further;
    unsigned prefix;

    if (!bridge->dhcp && bridge->address == address)
        return true;
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_text_network(bridge->addresses[i], &further, &prefix) && further == address)
            return true;
    return false;
}

/* eth0:1, and eth0-range0 with its many, have addresses of their own. Those that the lab names are the bridge's, and
 * nobody reads the file any more: the scripts come to it only from an uplink that has addresses. */
static int check_alias(const struct vl_ifcfg *ifcfg, const struct vl_bridge_source *file, const char *device)
{
    const char *from = vl_assignments_value(ifcfg->arena, file->text, "IPADDR_START");
    const char *to = vl_assignments_value(ifcfg->arena, file->text, "IPADDR_END");
    const char *one = vl_assignments_value(ifcfg->arena, file->text, "IPADDR");
    uint32_t first = 0, last = 0;
    bool known = from && to
                     ? vl_text_ipv4(from, &first) && vl_text_ipv4(to, &last) && last >= first && last - first < 65536
                     : one && vl_text_ipv4(one, &first);

    last = last ? last : first;
    for (uint32_t address = first; known && address <= last; address++)
        known = is_named(ifcfg, address);
    if (known)
        return 0;
    if (from && to)
        return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                          "'%s' gives the uplink the addresses from %s to %s; put those that are used into [bridge] "
                          "addresses and remove the file",
                          device, from, to);
    return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                      "'%s' gives the uplink another address; put it into [bridge] addresses and remove the file",
                      device);
}

static bool is_alias(const struct vl_ifcfg *ifcfg, const char *device)
{
    size_t length = strlen(ifcfg->bridge->interface);

    return vl_text_starts(device, ifcfg->bridge->interface) &&
           (device[length] == ':' || vl_text_starts(device + length, "-range"));
}

int vl_ifcfg_find_uplink(struct vl_ifcfg *ifcfg)
{
    const char *unknown = NULL;

    for (size_t i = 0; i < ifcfg->input->count; i++) {
        const struct vl_bridge_source *file = &ifcfg->input->files[i];
        const char *device, *type;

        if (!vl_text_starts(file->path, VL_IFCFG_SCRIPTS "ifcfg-") || vl_ifcfg_is_left_over(file->path))
            continue;
        device = vl_ifcfg_device_of(ifcfg->arena, file, ifcfg->bridge->interface, vl_bridge_own_mac(ifcfg->input));
        if (!device) {
            unknown = file->path;
            continue;
        }
        if (is_alias(ifcfg, device) && check_alias(ifcfg, file, device) < 0)
            return -1;
        if (strcmp(device, ifcfg->bridge->interface) != 0)
            continue;
        type = vl_assignments_value(ifcfg->arena, file->text, "TYPE");
        if (type && !strcasecmp(type, "Wireless"))
            return vl_bridge_fail_wireless(file->path, 0, device, ifcfg->err);
        if (*ifcfg->uplink_text)
            return vl_fail_at(ifcfg->err, VL_ERROR_FAILED, file->path, 0,
                              "'%s' is configured here and in '%s'; remove the file that does not count", device,
                              ifcfg->uplink_path);
        ifcfg->uplink_path = file->path;
        ifcfg->uplink_text = file->text;
    }
    if (unknown && !*ifcfg->uplink_text)
        return fail_unknown(ifcfg, unknown);
    return check_plain(ifcfg) < 0 ? -1 : check_master(ifcfg);
}

int vl_ifcfg_refuse_another(const struct vl_ifcfg *ifcfg)
{
    const char *name = ifcfg->bridge->name;

    for (size_t i = 0; i < ifcfg->input->count; i++) {
        const struct vl_bridge_source *file = &ifcfg->input->files[i];
        const char *device;

        if (!vl_text_starts(file->path, VL_IFCFG_SCRIPTS "ifcfg-") || vl_ifcfg_is_left_over(file->path))
            continue;
        device = vl_ifcfg_device_of(ifcfg->arena, file, name, NULL);
        if (device && !strcmp(device, name) &&
            (strcmp(file->path, ifcfg->bridge_path) != 0 || !vl_text_starts(file->text, VL_IFCFG_MARK)))
            return vl_bridge_fail_exists(file->path, 0, name, ifcfg->err);
    }
    return 0;
}
