/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of assignments that a shell sources, as those of /etc/sysconfig are: read by the shell's own rules (quotes that
 * go on over lines, escapes, comments, `export`, several on a line) and edited. What no change names stays byte for
 * byte.
 */
#ifndef VL_BASE_ASSIGNMENTS_H
#define VL_BASE_ASSIGNMENTS_H

#include "base/arena.h"
#include "base/keys.h"

/* The value of the last assignment of the key, as a shell has it afterwards; NULL: there is none, or it is made of
 * other variables or of what a command says. */
const char *vl_assignments_value(struct vl_arena *arena, const char *text, const char *key);

/* The first line, from 1, on which something stands that is no assignment, or one whose value cannot be known without
 * running it while its key matches one of the patterns (NULL-terminated) of fnmatch(3); 0: there is none. */
int vl_assignments_odd_line(struct vl_arena *arena, const char *text, const char *const *patterns);

/* The text with the changes made, whose sections do not count: as vl_keys_edit() does it. */
const char *vl_assignments_edit(struct vl_arena *arena, const char *text, const struct vl_key_change *changes,
                                size_t count);

/* The assignments whose key matches one of the patterns, as they are written, each with a line feed. */
const char *vl_assignments_collect(struct vl_arena *arena, const char *text, const char *const *patterns);

#endif
