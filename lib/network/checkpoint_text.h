/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A checkpoint as text: a line of words each, the first of which says what the line is. The last line is `end`, so that
 * a file that was cut short is not taken for a whole one.
 */
#ifndef VL_NETWORK_CHECKPOINT_TEXT_H
#define VL_NETWORK_CHECKPOINT_TEXT_H

#include "base/buf.h"
#include "network/checkpoint.h"

void vl_checkpoint_text(const struct vl_checkpoint *checkpoint, struct vl_arena *arena, struct vl_buf *text);

/* Fill an empty checkpoint from `text`, which is changed and must live as long as it. False when it is no whole
 * checkpoint. */
bool vl_checkpoint_parse(struct vl_checkpoint *checkpoint, char *text);

#endif
