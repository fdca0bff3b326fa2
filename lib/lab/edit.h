/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A change of one value in the text of a lab file, which leaves every other byte of it as it is.
 */
#ifndef VL_LAB_EDIT_H
#define VL_LAB_EDIT_H

#include "base/arena.h"

/* The text with `key` of [section] saying `value`: in its line, or in a new one behind the last key of the section. The
 * value must need no quotes. NULL: there is no such section, or no memory (arena->failed). */
char *vl_lab_set_key(struct vl_arena *arena, const char *text, const char *section, const char *key, const char *value);

#endif
