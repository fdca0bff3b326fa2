/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/backend.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* In a pattern of a source %s is the uplink. */
static const struct back_end {
    vl_bridge_renderer *render;
    const char *sources[8];
} back_ends[VL_BACKEND_COUNT] = {
    [VL_BACKEND_IFCFG] = { vl_render_bridge_ifcfg,
                           { "/etc/sysconfig/network-scripts/ifcfg-*", "/etc/sysconfig/network-scripts/route-*",
                             "/etc/sysconfig/network-scripts/route6-*", "/etc/sysconfig/network-scripts/ifup-eth",
                             "/etc/NetworkManager/NetworkManager.conf" } },
    [VL_BACKEND_NETWORKMANAGER] = { vl_render_bridge_networkmanager, { "/etc/NetworkManager/system-connections/*" } },
    [VL_BACKEND_NETWORKD] = { vl_render_bridge_networkd,
                              { "/etc/systemd/network/*.network", "/etc/systemd/network/*.netdev",
                                "/etc/systemd/network/*.network.d/*.conf" } },
    [VL_BACKEND_IFUPDOWN] = { vl_render_bridge_ifupdown, { "/etc/network/interfaces", "/etc/network/interfaces.d/*" } },
    [VL_BACKEND_NETPLAN] = { vl_render_bridge_netplan, { "/etc/netplan/*.yaml" } },
};

const char *const *vl_bridge_sources(struct vl_arena *arena, enum vl_bridge_backend backend,
                                     const struct vl_bridge *bridge)
{
    (void)arena;
    (void)bridge;
    return back_ends[backend].sources;
}

int vl_bridge_files(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge_input *input,
                    struct vl_fileset *set, struct vl_error *err)
{
    int rc;

    if (!back_ends[backend].render)
        return vl_fail(err, VL_ERROR_FAILED, "there is no back end for the files of '%s'", input->bridge->name);
    rc = back_ends[backend].render(arena, input, set, err);
    return rc == 0 && arena->failed ? vl_no_memory(err) : rc;
}

const char *vl_bridge_mac(const struct vl_bridge_input *input)
{
    return input->bridge->hwaddr ? input->bridge->hwaddr : input->hwaddr;
}

const char *vl_bridge_text(const struct vl_bridge_input *input, const char *path)
{
    for (size_t i = 0; i < input->count; i++)
        if (!strcmp(input->files[i].path, path))
            return input->files[i].text;
    return NULL;
}

bool vl_bridge_is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

bool vl_bridge_has_ipv6(const struct vl_bridge *bridge)
{
    for (size_t i = 0; bridge->addresses[i]; i++)
        if (vl_bridge_is_ipv6(bridge->addresses[i]))
            return true;
    return false;
}

bool vl_bridge_vlan(struct vl_arena *arena, const char *interface, const char **ret_link, unsigned *ret_id)
{
    const char *dot = strrchr(interface, '.');
    long id;

    if (!dot || !vl_text_number(dot + 1, 1, 4094, &id))
        return false;
    *ret_link = vl_arena_strndup(arena, interface, (size_t)(dot - interface));
    *ret_id = (unsigned)id;
    return true;
}
