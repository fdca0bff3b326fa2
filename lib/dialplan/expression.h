/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands inside of $[…], computed as Asterisk does it (main/ast_expr2.y and ast_expr2.fl of Asterisk 16), with its
 * peculiarities: quotes belong to a string, so "5" is not 5; a comparison is of numbers only when both sides are bare
 * numbers; what is behind a complete expression, such as a second word, is left out, and one that is not complete is 0.
 */
#ifndef VL_DIALPLAN_EXPRESSION_H
#define VL_DIALPLAN_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The value, in the arena. NULL: not known, since it hangs on a ${…} or $[…] that is left in the text, on a function,
 * or on a regular expression that could take very long. `0 & "${X}"` is known, and so is `1 | "${X}"`. */
const char *vl_expression(struct vl_arena *arena, const char *text);

/* The length of the ${…} or $[…] that the text begins with, to its end where it is not closed; 0: it begins otherwise.
 */
size_t vl_reference_length(const char *text);

/* The length of what stands between the bracket at text[-1], of the kind `open`, and its partner; `length` when there
 * is none. */
size_t vl_reference_inside(const char *text, size_t length, char open);

/* Whether a regular expression could take very long to be compiled, or to be looked for in the text. */
bool vl_expression_is_costly(const char *text, const char *pattern);

#endif
