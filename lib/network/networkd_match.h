/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [Match] of a .network file (systemd.network(5)): whether it takes a link of which a few things are known.
 */
#ifndef VL_NETWORK_NETWORKD_MATCH_H
#define VL_NETWORK_NETWORKD_MATCH_H

#include "base/arena.h"

struct vl_networkd_link {
    const char *name;
    const char *mac; /* NULL: not known */
    bool is_bridge;  /* else what it is made of is not known: a card, a VLAN */
};

/* VL_MATCH_MAYBE: by what is not known here, or by the version of systemd (a file without [Match]). */
enum vl_match { VL_MATCH_NO, VL_MATCH_MAYBE, VL_MATCH_YES };

/* Whether the file takes the link; *ret_alone when it takes no other one. */
enum vl_match vl_networkd_match(struct vl_arena *arena, const char *text, const struct vl_networkd_link *link,
                                bool *ret_alone);

#endif
