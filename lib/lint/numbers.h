/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set of numbers that an extension's name matches, as a value that can be compared with others.
 *
 * A name is a row of cells, each a set of bytes, and what may follow: nothing, or anything ('!'; '.' is one cell of
 * everything and then anything).
 */
#ifndef VL_LINT_NUMBERS_H
#define VL_LINT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "lint/bytes.h"

struct vl_numbers {
    struct vl_bytes *cells;
    size_t count;
    bool any;   /* anything may follow the cells */
    bool never; /* a set without ']' or without members: no number at all */
};

/* The language of an extension's name, a literal or, with '_' in front, a pattern; as Asterisk 1.8.20 and newer match
 * (pbx.c). On lack of memory the arena has failed and the language is empty. */
struct vl_numbers vl_numbers_of(struct vl_arena *arena, const char *name);

/* Whether `number` is in it. */
bool vl_numbers_has(const struct vl_numbers *language, const char *number);

/* Whether both hold a number; when they do and `ret_number` is not NULL it becomes one of them, in the arena. */
bool vl_numbers_meet(const struct vl_numbers *a, const struct vl_numbers *b, struct vl_arena *arena,
                     const char **ret_number);

/* A number of the language, digits where it allows them, in the arena; NULL when it has none. */
const char *vl_numbers_example(const struct vl_numbers *language, struct vl_arena *arena);

#endif
