/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set of numbers that an extension's name matches, as a value that can be compared with others.
 *
 * A name is a row of cells, each a set of bytes, and what may follow: nothing, or anything ('!'; '.' is one cell of
 * everything and then anything). A cover is the union of many names, kept as a tree of cells. Whether the union holds
 * all numbers of another name is decided by walking both, cell by cell: at each cell the bytes fall into classes that
 * all names of the union treat alike, and one byte of each class stands for all of it. Nothing is sampled: the answer
 * is exact, and where it is no, a number that shows it is at hand.
 */
#ifndef VL_LINT_NUMBERS_H
#define VL_LINT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* A set of bytes. Never holds NUL, nor '-', which Asterisk passes over in what was dialled. */
struct vl_bytes {
    uint64_t bits[4];
};

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

struct vl_cover_node;

/* A union of languages; starts as all zeros, lives in the arena. */
struct vl_cover {
    struct vl_arena *arena;
    struct vl_cover_node *root;
    long *work_left; /* what all questions together may look at; below 0 each answer is UNKNOWN; NULL: no limit */
};

enum vl_covered {
    VL_COVERED_NO,
    VL_COVERED_YES,
    VL_COVERED_UNKNOWN, /* it would take too long to tell, or memory ran out */
};

/* Add a language to the union. `tag` comes back from vl_cover_holds(); may be NULL. */
void vl_cover_add(struct vl_cover *cover, const struct vl_numbers *language, const void *tag);

/* Whether the union holds every number of the language. When it does, *ret_tag is the tag of a member that holds some
 * of them; when it does not, *ret_number is a number that it lacks, in the arena. Both may be NULL. */
enum vl_covered vl_cover_holds(const struct vl_cover *cover, const struct vl_numbers *language, const void **ret_tag,
                               const char **ret_number);

#endif
