/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `bridge`: reachable means access. That somebody answers a ping says nothing when the kernel speaks to who is logged
 * in from another address now, or when the way out leads over another card.
 */
#include "base/cleanup.h"
#include "request/bridge.h"

struct vl_run_roads vl_run_roads_look(const char *peer)
{
    return (struct vl_run_roads){ .peer = vl_road_look(peer),
                                  .far = { vl_road_look(VL_ROAD_FAR4), vl_road_look(VL_ROAD_FAR6) } };
}

int vl_run_roads_moved(const struct vl_run *run, const struct vl_run_roads *before)
{
    const struct vl_bridge *bridge = &run->session->lab->bridge;

    for (size_t i = 0; i < VL_COUNT(before->far); i++) {
        struct vl_road now = vl_road_look(before->far[i].to);
        const char *moved = vl_road_moved(&run->result->arena, &before->far[i], &now, bridge->interface, bridge->name);

        if (moved)
            return vl_fail(run->err, VL_ERROR_FAILED,
                           "the default route went to another card: %s; say gateway%s in [bridge]", moved,
                           i ? "6" : "");
    }
    return 0;
}

const char *vl_run_roads_lost(const struct vl_run *run, const struct vl_run_roads *before)
{
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    struct vl_road now = vl_road_look(before->peer.to);

    return vl_road_lost(&run->result->arena, &before->peer, &now, bridge->interface, bridge->name);
}
