/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who configures a host's network and has no back end here: known by name, and refused with what to do, so that no
 * files are written that nobody reads.
 */
#ifndef VL_NETWORK_STRANGER_H
#define VL_NETWORK_STRANGER_H

#include "base/arena.h"
#include "base/error.h"

/* Fails when one of them has `interface` on the host below `root`. To be asked where none of the back ends has it. */
int vl_stranger_refuse(struct vl_arena *arena, const char *root, const char *interface, struct vl_error *err);

#endif
