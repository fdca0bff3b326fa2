/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ${NAME}, ${NAME:OFFSET:LENGTH} and expressions $[…], one inside the other, filled in as far as they are known.
 */
#ifndef VL_DIALPLAN_VARIABLES_H
#define VL_DIALPLAN_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct vl_variables {
    /* The value of a variable, or of a function with its argument such as `CALLERID(num)`; NULL: not known. */
    const char *(*value)(void *context, const char *name);
    void *context;
    bool keep;    /* leave variables that are not known as they are; else they are empty. Functions are always left */
    bool compute; /* expressions too; else they stay, with what is inside of them filled in */
};

/* The text with variables filled in, in the arena; at most 8,191 bytes, as in Asterisk (EXT_DATA_SIZE of pbx.c). */
char *vl_substitute(struct vl_arena *arena, const struct vl_variables *variables, const char *text);

#endif
