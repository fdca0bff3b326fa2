/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests without a lab file: what lone.c and lone_tree.c share.
 */
#ifndef VL_STAGE_LONE_PART_H
#define VL_STAGE_LONE_PART_H

#include "stage/guests_part.h"

/* What follows the name of a guest in those of its volumes with the kernel and the initrd of an installer. */
static const char *const vl_lone_parts[] = { ".vmlinuz", ".initrd", NULL };

static inline const char *vl_lone_part(struct vl_arena *arena, const char *guest, const char *part)
{
    return vl_arena_printf(arena, "%s%s", guest, part);
}

/* What --location asks for. */
int vl_lone_tree_check(const struct voiplab_guest *guest, uint64_t memory, struct vl_error *err);

/* The installer that the guest with this disk boots now; none: it is not asked for, or has come to its end, and its
 * volumes go. -1 also where it may have come to its end, with what to do. */
int vl_lone_plan_tree(const struct vl_guest_plan *guests, const struct voiplab_guest *guest,
                      const struct vl_volume *disk, struct vl_guest_boot *ret_boot);

#endif
