/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the bridge back to the uplink without knowing how it was: all that is on the one goes to the other.
 */
#include "network/netlink.h"
#include "network/policy.h"
#include "network/switch.h"

#include "base/text.h"

int vl_switch_back(const char *bridge, const char *uplink, struct vl_error *err)
{
    static const int none = 0;
    static const bool up = true;
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_NET_AUTO *net = vl_net_open(err);
    VL_NET_BATCH_AUTO batch = { .count = 0 };
    struct vl_net_link from, to;
    struct vl_net_messages addresses, routes;
    struct vl_policy policy;

    if (!net || vl_net_link(net, &arena, bridge, &from, err) < 0 || vl_net_link(net, &arena, uplink, &to, err) < 0)
        return -1;
    if (!from.exists || !to.exists || to.master != from.index)
        return 0;
    if (vl_net_addresses(net, &arena, from.index, &addresses, err) < 0 ||
        vl_net_routes(net, &arena, from.index, &routes, err) < 0 ||
        vl_policy_look(net, &arena, &from, &policy, err) < 0)
        return -1;
    vl_net_set_link(&batch, to.index, &(struct vl_net_settings){ .master = &none, .up = &up });
    for (size_t i = 0; i < addresses.count; i++) {
        if (!vl_net_address_facts(&addresses.list[i]).link_local)
            vl_net_put_address(&batch, &addresses.list[i], to.index);
        vl_net_delete_address(&batch, &addresses.list[i]);
    }
    vl_policy_move(&arena, &policy, bridge, uplink, to.index, &batch, NULL);
    if (from.alias && vl_text_starts(from.alias, "voiplab:"))
        vl_net_delete_link(&batch, from.index);
    for (size_t i = 0; i < routes.count; i++)
        if (!vl_net_route_facts(&routes.list[i]).link_local)
            vl_net_put_route(&batch, &routes.list[i], from.index, to.index);
    return vl_net_send(net, &batch, err);
}
