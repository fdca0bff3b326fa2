/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ${NAME}, ${NAME:OFFSET:LENGTH}, one inside the other, filled in as far as they are known. Expressions $[...] are left
 * as they are, with the variables inside them filled in.
 */
#ifndef VL_DIALPLAN_VARIABLES_H
#define VL_DIALPLAN_VARIABLES_H

#include <stdbool.h>

#include "base/arena.h"

struct vl_variables {
    /* The value of a variable, or of a function with its argument such as `CALLERID(num)`; NULL: not known. */
    const char *(*value)(void *context, const char *name);
    void *context;
    bool keep; /* leave variables that are not known as they are; else they are empty. Functions are always left */
};

/* The text with variables filled in; at most 64 KiB. *ret_unknown (may be NULL) is set when something was left. */
char *vl_substitute(struct vl_arena *arena, const struct vl_variables *variables, const char *text, bool *ret_unknown);

#endif
