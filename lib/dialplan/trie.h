/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The other search that Asterisk has, of `extenpatternmatchnew=yes`: one extension of a context takes a number, and
 * what it lacks is looked for in no other one of that context.
 *
 * Names hang in a tree of characters and sets, those with few characters first. Among as many, what came into the tree
 * first is tried first, be it a plain name or a pattern. Asterisk makes the tree when something is first looked up, of
 * all extensions, the last one first: so the order of the lines counts, backwards. Where a line has a label in place of
 * a priority, the tree is made then, and loses extensions that later lines add to: that is not followed
 * (context->looked_up).
 *
 * It has more surprises, and they are kept: `_s!` takes `s` only where no other name that starts with s goes on; a
 * plain name with a caller id is never found; a set of the one letter N, X or Z is a set of digits.
 *
 * Source: main/pbx.c of Asterisk 16, tried on it (test/e2e/dialplan_oracle.sh).
 */
#ifndef VL_DIALPLAN_TRIE_H
#define VL_DIALPLAN_TRIE_H

#include "dialplan/dialplan.h"

/* Build the tree of a context from its extensions, whatever their order. A failure is left in arena->failed. */
void vl_trie_build(struct vl_arena *arena, struct vl_context *context);

/* The extension of the context that takes a number, NULL when none does. With a label it is looked for further while
 * what was found has none of that name, and then the last one found counts. `callerid` may be NULL: there is none. */
const struct vl_extension *vl_trie_find(const struct vl_context *context, const char *number, const char *callerid,
                                        const char *label);

#endif
