/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The union of many names, kept as a tree of cells. Whether the union holds all numbers of another name is decided by
 * walking both, cell by cell: at each cell the bytes fall into classes that all names of the union treat alike, and one
 * byte of each class stands for all of it. Nothing is sampled: the answer is exact, and where it is no, a number that
 * shows it is at hand.
 */
#ifndef VL_LINT_COVER_H
#define VL_LINT_COVER_H

#include "lint/numbers.h"

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
