/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connecting, looking and calling share of a fleet. */
#ifndef VL_REQUEST_FLEET_PART_H
#define VL_REQUEST_FLEET_PART_H

#include "request/fleet.h"

enum {
    VL_FLEET_RETRY_MS = 500,
    VL_FLEET_TELL_MS = 1000, /* what is waited for is told so often */
};

/* The member is done for: remember why, say so, let its connection go. */
void vl_fleet_fail_member(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *cause);

/* In fleet_wake.c: tell a guest that ran on from saved memory what time it is, have it register, and learn what `then`
 * asks. */
int vl_fleet_wake(struct vl_fleet *fleet, struct vl_member *member, const struct vl_wanted *then, struct vl_error *err);

/* A new registration once more, where the first did not help. */
void vl_fleet_register_anew(struct vl_fleet *fleet, struct vl_member *member);

/* The files of this host's PBX under --root: a tree, with no Asterisk in it that could be asked. */
bool vl_fleet_is_tree(const struct vl_fleet *fleet, const struct vl_pbx *pbx);

#endif
