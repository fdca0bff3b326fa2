/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our marked block in a file that belongs to the user. Taking it out again leaves the file byte for byte as it was:
 * the opening marker remembers whether we had to end the last line ourselves, and whether we made the file.
 */
#ifndef VL_PLAN_BLOCK_H
#define VL_PLAN_BLOCK_H

#include "base/arena.h"

/* `text` (NULL: there is no such file) with `block` in it, put at the end or in the place of the block that is there.
 * `comment` is the character that starts a comment line in this format. */
char *vl_block_put(struct vl_arena *arena, const char *text, const char *block, char comment);

/* `text` without our block; NULL when we made the file and nothing else is in it. Without a block: text itself. */
char *vl_block_take_out(struct vl_arena *arena, const char *text, char comment);

/* The comment character for a file, by its path. */
char vl_block_comment(const char *path);

#endif
