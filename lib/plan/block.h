/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Our marked block in a file that belongs to the user. Taking it out again leaves the file byte for byte as it was:
 * the opening marker remembers whether we had to end the last line ourselves, and whether we made the file.
 */
#ifndef VL_PLAN_BLOCK_H
#define VL_PLAN_BLOCK_H

#include <stdbool.h>

#include "base/arena.h"

/* `text` (NULL: there is no such file) with `block` in it, put at the end or in the place of the block that is there.
 * `comment` is the character that starts a comment line in this format. */
char *vl_block_put(struct vl_arena *arena, const char *text, const char *block, char comment);

/* Whether a section of this name, no template, begins in `text` (NULL: there is no such file) before the place of our
 * block. In a file of Asterisk's, `[name](+)` adds to such a section only, and an included file that does so without
 * one is not read any further (config.c of Asterisk 16). Case does not count, as there. */
bool vl_block_follows_section(const char *text, const char *section, char comment);

/* `text` without our block; NULL when we made the file and nothing else is in it. Without a block: text itself. */
char *vl_block_take_out(struct vl_arena *arena, const char *text, char comment);

/* The comment character for a file, by its path. */
char vl_block_comment(const char *path);

#endif
