/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts that are shown, without the secrets that stand in them.
 */
#ifndef VL_LAB_MASK_H
#define VL_LAB_MASK_H

#include "lab/state.h"

/* Replace by dots every secret of the lab that stands in `text` as a word of its own, and the value of every setting
 * whose name says that it is a secret. In the arena. */
char *vl_lab_mask(const struct vl_state *state, struct vl_arena *arena, const char *text);

#endif
