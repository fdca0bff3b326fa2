/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The profile of a telephone (flat-profile XML of the Cisco SPA phones): every line, those without an extension
 * switched off, every service code blank. What the elements are called is data, see lab/phone_model.h.
 */
#ifndef VL_RENDER_PHONE_H
#define VL_RENDER_PHONE_H

#include "base/arena.h"
#include "base/error.h"
#include "lab/lab.h"
#include "lab/state.h"

/* The profile as text, in the arena; secrets come from `state`. NULL on failure. */
const char *vl_render_phone(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                            const struct vl_phone *phone, struct vl_error *err);

/* The name of its file: spa000e08aabbcc.cfg. In the arena. */
const char *vl_render_phone_file_name(struct vl_arena *arena, const struct vl_phone *phone);

/* The path on the phone's own web server that makes it fetch its profile from `url`. In the arena. */
const char *vl_render_phone_resync_path(struct vl_arena *arena, const struct vl_phone *phone, const char *url);

/* The digit map of the phone: what its PBX lets it dial. NULL on failure. */
const char *vl_render_phone_digit_map(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                      const struct vl_phone *phone, struct vl_error *err);

#endif
