/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments of applications that jump: where to, on what condition, with what.
 */
#ifndef VL_DIALPLAN_JUMP_H
#define VL_DIALPLAN_JUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* `[[context,]extension,]priority[(value,…)]` */
struct vl_jump {
    const char *context, *extension; /* NULL: where the call is */
    const char *priority;            /* a number or a label; never NULL */
    const char *const *values;
    size_t value_count;
};

struct vl_jump vl_jump_read(struct vl_arena *arena, const char *text);

/* Split at commas outside of parentheses, brackets and quotes, as Asterisk splits arguments; of nothing there are none,
 * but [0] can be read all the same. Words are without the blanks around them, values with them. */
const char *const *vl_jump_words(struct vl_arena *arena, const char *text, size_t *ret_count);
const char *const *vl_jump_values(struct vl_arena *arena, const char *text, size_t *ret_count);

/* Split at every comma, as Macro does. */
const char *const *vl_jump_pieces(struct vl_arena *arena, const char *text, size_t *ret_count);

/* The length of the arguments of a call, from behind its '(' to its ')', or to the end. */
size_t vl_call_length(const char *text);

/* `CONDITION?YES:NO` */
struct vl_condition {
    const char *text; /* the condition as it stands */
    bool known, holds;
    bool marked;          /* there is a '?' */
    const char *yes, *no; /* "" when there is none */
};

/* How the two marks are found: some applications, and IF(), take their arguments apart with regard to quotes,
 * parentheses and brackets; others take the first '?' and the first ':' behind it, or know no ':'. */
enum vl_condition_marks { VL_MARKS_OUTSIDE, VL_MARKS_FIRST, VL_MARKS_QUESTION };

/* A condition is known when no ${…} or $[…] is left in it; no mark is looked for in these. */
struct vl_condition vl_condition_read(struct vl_arena *arena, const char *text, enum vl_condition_marks marks);

/* An application that takes the call elsewhere, perhaps on a condition: to a place, into a macro, or to where another
 * application takes it, `APPLICATION(ARGUMENTS)`. */
enum vl_jump_way { VL_JUMP_TO_PLACE, VL_JUMP_TO_MACRO, VL_JUMP_BY_CALL };
struct vl_jump_application {
    const char *name;
    enum vl_jump_way way;
    bool conditional;
    enum vl_condition_marks marks; /* of the condition */
};

/* The application of this name, whatever the case of its letters; NULL: it is none of these. */
const struct vl_jump_application *vl_jump_application(const char *name);

/* What another application calls. */
struct vl_jump_call {
    const char *name, *arguments;
    bool whole; /* with its parentheses */
};

struct vl_jump_call vl_jump_call_read(struct vl_arena *arena, const char *text);

#endif
