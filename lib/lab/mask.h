/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts that are shown, without the secrets that stand in them.
 */
#ifndef VL_LAB_MASK_H
#define VL_LAB_MASK_H

#include "lab/state.h"

/* Replace by dots every secret of the lab that stands in `text` as a word of its own, the value of every setting whose
 * name says that it is a secret, the user's secret in an address, and private keys. The lines stay what they are, and
 * may be those of a diff. In the arena. */
char *vl_lab_mask(const struct vl_state *state, struct vl_arena *arena, const char *text);

/* The same for what is in the file `path`, which may tell more: the first field of a mailbox in voicemail.conf is its
 * password. Best for all of the file: which section a line is in, or that a private key has begun, may stand far above.
 */
char *vl_lab_mask_file(const struct vl_state *state, struct vl_arena *arena, const char *path, const char *text);

#endif
