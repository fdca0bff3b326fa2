/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pieces of a text that is read where it lies, as the parsers of what Asterisk prints need them.
 */
#ifndef VL_PROBE_SLICE_H
#define VL_PROBE_SLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Not NUL-terminated. */
struct vl_slice {
    const char *start;
    size_t length;
};

/* A blank of a line: no line feed. */
bool vl_slice_blank(char c);

/* Cut the next line off `rest`. False at the end. */
bool vl_slice_line(const char **rest, struct vl_slice *line);

/* Without blanks at both ends. */
struct vl_slice vl_slice_strip(struct vl_slice text);

/* Cut the next word off `rest`; empty at the end. */
struct vl_slice vl_slice_word(struct vl_slice *rest);

bool vl_slice_starts(struct vl_slice text, const char *prefix);
bool vl_slice_equals(struct vl_slice text, const char *word);

/* One digit or more, and nothing else. */
bool vl_slice_digits(struct vl_slice text);

/* A copy for who asked: printable, and cut to VL_ASTERISK_CELL. */
const char *vl_slice_keep(struct vl_arena *arena, struct vl_slice text);

#endif
