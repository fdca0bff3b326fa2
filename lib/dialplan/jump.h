/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one reader of arguments: how they are taken apart, and where they lead, on what condition, with what. What an
 * application does with them is for application.h to say.
 */
#ifndef VL_DIALPLAN_JUMP_H
#define VL_DIALPLAN_JUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "dialplan/application.h"

/* Where a jump leads, as it is written: nothing is looked up. */
struct vl_jump_place {
    const char *context, *extension; /* NULL: where the call is */
    const char *priority;            /* a number or a label; never NULL */
    const char *const *values;       /* for ARG1 and those behind it */
    size_t value_count;
    bool dialled; /* the extension is what somebody dials */
};

/* What stands in the arguments of a Goto, Gosub or Macro, taken apart. A Macro has a context, s and 1. */
struct vl_jump_place vl_jump_place(struct vl_arena *arena, enum vl_jump_kind kind, const char *text);

/* The number that a priority is, and whether it counts from the step that jumps. False: it is a label. */
bool vl_jump_number(const char *priority, bool *ret_relative, long *ret_number);

/* Split at a separator outside of parentheses, brackets and quotes, without the blanks around the parts; of nothing
 * there are none, but [0] can be read all the same. */
const char *const *vl_jump_split(struct vl_arena *arena, const char *text, char separator, size_t *ret_count);

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

/* Whether Asterisk takes a text in which everything is known for true: any but 0 and nothing at all. */
bool vl_condition_holds(const char *text);

/* A condition is known when no ${…} or $[…] is left in it; no mark is looked for in these. */
struct vl_condition vl_condition_read(struct vl_arena *arena, const char *text, enum vl_condition_marks marks);

/* The ways that an application may go: one, its arguments; or two, the second where its condition does not hold. An
 * empty one leads on. */
struct vl_ways {
    struct vl_condition condition;
    const char *text[2];
    size_t count; /* 0: it is an ExecIf with commas, as it was once written */
};

struct vl_ways vl_jump_ways(struct vl_arena *arena, const struct vl_application *application, const char *arguments);

/* A place that the arguments of an application name. */
struct vl_jump {
    enum vl_jump_kind kind;
    size_t way;  /* 1: where the condition does not hold */
    char option; /* the letter that it stands behind; '\0': none */
    bool own;    /* the call itself goes there, and before anybody answers */
    struct vl_jump_place place;
};

/* All of them, in the order of the arguments; then a hangup handler that is set, and Local channels, which begin in
 * the dialplan anew. NULL: none. */
const struct vl_jump *vl_jump_list(struct vl_arena *arena, const struct vl_application *application,
                                   const char *arguments, size_t *ret_count);

/* The argument that names channels, `TECHNOLOGY/RESOURCE&…`; NULL: there is none. */
const char *vl_jump_devices(struct vl_arena *arena, const struct vl_application *application, const char *arguments);

/* What another application calls. */
struct vl_jump_call {
    const char *name, *arguments;
    bool misnamed; /* a name with a blank is no application */
};

/* `APPLICATION(ARGUMENTS)` */
struct vl_jump_call vl_jump_call_read(struct vl_arena *arena, const char *text);

enum { VL_JUMP_CALLS_MOST = 2, VL_JUMP_NESTED_MOST = 8 };

/* What Exec and its like call, whether their condition holds or not: how many. Deeper than VL_JUMP_NESTED_MOST of them
 * inside of each other nobody looks. */
size_t vl_jump_calls(struct vl_arena *arena, const struct vl_application *application, const char *arguments,
                     struct vl_jump_call ret_calls[static VL_JUMP_CALLS_MOST]);

#endif
