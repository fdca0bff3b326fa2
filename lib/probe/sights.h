/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person types and sees, where voiplab asks by itself: for the lab note. */
#ifndef VL_PROBE_SIGHTS_H
#define VL_PROBE_SIGHTS_H

#include <stddef.h>

#include "base/arena.h"
#include "lab/state.h"

/* A command line for the shell of the PBX, and what it then prints. */
struct vl_sight {
    const char *title; /* "the registration with the hub" */
    const char *command, *answer;
};
enum { VL_PROBE_SIGHTS = 3 };

/* For all that vl_probe_trunks() wants to be good, all PBXs being there. How many there are. */
size_t vl_probe_sights(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                       struct vl_sight ret_sights[static VL_PROBE_SIGHTS]);

#endif
