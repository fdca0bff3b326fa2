/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/possible.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "network/backend.h"
#include "network/netlink.h"

#define ALONE "'interface = none' makes a bridge without an uplink"

/* What is looked at: the uplink, and all links of the host. */
struct scene {
    struct vl_arena *arena;
    const struct vl_bridge *bridge;
    const struct vl_net_link *uplink, *links;
    size_t count;
    struct vl_error *err;
};

static int check_loopback(const struct scene *scene)
{
    return scene->uplink->is_loopback
               ? vl_fail(scene->err, VL_ERROR_FAILED,
                         "'%s' leads nowhere but to this host itself and cannot be a port of a bridge; [bridge] "
                         "interface names the card that leads out, and " ALONE,
                         scene->uplink->name)
               : 0;
}

static int check_ethernet(const struct scene *scene)
{
    return scene->uplink->is_ethernet
               ? 0
               : vl_fail(scene->err, VL_ERROR_FAILED,
                         "'%s' is no Ethernet, and only Ethernet can be a port of a bridge; " ALONE
                         ", and a route of this host can lead from there over '%s'",
                         scene->uplink->name, scene->uplink->name);
}

static int check_bridge(const struct scene *scene)
{
    return scene->uplink->is_bridge
               ? vl_fail(scene->err, VL_ERROR_FAILED,
                         "'%s' is a bridge itself, and a bridge cannot be a port of another; to have the guests on it, "
                         "say 'name = %s' and 'interface = none'",
                         scene->uplink->name, scene->uplink->name)
               : 0;
}

static int check_wireless(const struct scene *scene)
{
    const char *name = scene->uplink->name;
    bool wireless = vl_file_exists(vl_arena_printf(scene->arena, "/sys/class/net/%s/wireless", name)) ||
                    vl_file_exists(vl_arena_printf(scene->arena, "/sys/class/net/%s/phy80211", name));

    return wireless ? vl_bridge_fail_wireless(NULL, 0, name, scene->err) : 0;
}

/* macvlan, macvtap and ipvlan take the frames of the card before a bridge would see them. */
static int check_upper(const struct scene *scene)
{
    static const char *const takers[] = { "macvlan", "macvtap", "ipvlan", "ipvtap" };

    for (size_t i = 0; i < scene->count; i++)
        for (size_t k = 0; k < VL_COUNT(takers); k++)
            if (scene->links[i].lower == scene->uplink->index && !strcmp(scene->links[i].kind, takers[k]))
                return vl_fail(scene->err, VL_ERROR_FAILED,
                               "'%s' of the kind %s takes its frames from '%s', which therefore cannot be a port of a "
                               "bridge; move who uses it to the bridge, or take it away first",
                               scene->links[i].name, takers[k], scene->uplink->name);
    return 0;
}

static int check_master(const struct scene *scene)
{
    for (size_t i = 0; i < scene->count; i++)
        if (scene->links[i].index == scene->uplink->master && strcmp(scene->links[i].name, scene->bridge->name) != 0)
            return vl_fail(scene->err, VL_ERROR_FAILED, "'%s' is a port of '%s' already; %s, or take it out first",
                           scene->uplink->name, scene->links[i].name,
                           scene->links[i].is_bridge ? "to have the guests on that bridge, say its name and "
                                                       "'interface = none'"
                                                     : "name that as the uplink");
    return 0;
}

static int (*const checks[])(const struct scene *scene) = { check_loopback, check_ethernet, check_bridge,
                                                            check_wireless, check_upper,    check_master };

int vl_uplink_possible(const struct vl_bridge *bridge, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_NET_AUTO *net = vl_net_open(err);
    struct vl_net_link *links = NULL;
    struct scene scene = { .arena = &arena, .bridge = bridge, .err = err };

    if (!net || vl_net_links(net, &arena, &links, &scene.count, err) < 0)
        return -1;
    scene.links = links;
    for (size_t i = 0; i < scene.count; i++)
        if (!strcmp(links[i].name, bridge->interface))
            scene.uplink = &links[i];
    for (size_t i = 0; scene.uplink && i < VL_COUNT(checks); i++)
        if (checks[i](&scene) < 0)
            return -1;
    return 0;
}
