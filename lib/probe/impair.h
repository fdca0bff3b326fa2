/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trunks that lose packets on purpose, as the kernel has them now: rules of nftables in a table of the lab's own, each
 * with its trunk and its loss in the comment. Nothing else remembers them, and a restart of this host ends them.
 */
#ifndef VL_PROBE_IMPAIR_H
#define VL_PROBE_IMPAIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct vl_impairment {
    const char *trunk; /* "A:B" */
    unsigned loss;     /* hundredths of a percent of the packets, in each direction */
    uint64_t dropped;  /* packets, in both */
};

/* The table of a lab. In the arena. */
const char *vl_impair_table(struct vl_arena *arena, const char *lab);

/* What `nft list table` says. The impairments are in the arena; returns how many. */
size_t vl_impair_parse(struct vl_arena *arena, const char *text, struct vl_impairment **ret);

/* Look at this host; where there is no nft, no table or no right to ask there are none. */
size_t vl_impair_look(struct vl_arena *arena, const char *lab, struct vl_impairment **ret);

#endif
