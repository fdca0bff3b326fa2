/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extensions of a context that match a number, in Asterisk's order, without a look at the others.
 *
 * Names without '_' are found by a hash. Patterns hang in a trie whose edges are cells, sorted as cells compare, so
 * that a walk through it meets patterns in their order; at each step only the edges whose set has the next character
 * are followed, and a node with many edges keeps a list of them for each character. Below '.' and '!' everything
 * matches. Patterns that Asterisk sorts by one rule and matches by another (with an empty set in them) are tried one
 * by one; they are mistakes, and rare.
 */
#ifndef VL_DIALPLAN_INDEX_H
#define VL_DIALPLAN_INDEX_H

#include "dialplan/dialplan.h"

/* Sort the extensions of a context, number them and build its index. A failure is left in arena->failed. */
void vl_index_build(struct vl_arena *arena, struct vl_context *context);

/* Matches, in order: ranks in context->extensions. Valid until the next lookup into it. */
struct vl_matches {
    size_t *ranks; /* heap */
    size_t count, size;
    bool failed;
    size_t looked; /* how many nodes and single patterns were looked at, for tests */
};

/* Every extension of the context whose name matches, whatever its caller id. */
void vl_index_find(const struct vl_context *context, const char *number, struct vl_matches *matches);

void vl_matches_free(struct vl_matches *matches);

#define VL_MATCHES_AUTO __attribute__((cleanup(vl_matches_free))) struct vl_matches

#endif
