/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of this host's routing is said by the name or the index of a link and is neither address nor route: lasting
 * neighbours on it, and rules for what comes and goes by it. It moves with the addresses.
 */
#ifndef VL_NETWORK_POLICY_H
#define VL_NETWORK_POLICY_H

#include "network/netlink.h"

struct vl_policy {
    struct vl_net_messages neighbours, rules;
};

/* Those of a link. */
int vl_policy_look(struct vl_net *net, struct vl_arena *arena, const struct vl_net_link *link,
                   struct vl_policy *ret_policy, struct vl_error *err);

/* Move them to another link, with the commands of ip(8) that say so appended to `text` (NULL: not told). */
void vl_policy_move(struct vl_arena *arena, const struct vl_policy *policy, const char *from, const char *to,
                    int to_index, struct vl_net_batch *batch, struct vl_buf *text);

/* Make those of a link as they were: what came since goes. */
void vl_policy_restore(struct vl_arena *arena, const struct vl_policy *was, const struct vl_policy *now, int index,
                       struct vl_net_batch *batch);

#endif
