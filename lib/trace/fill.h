/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Variables, functions and expressions in the arguments of a step.
 */
#ifndef VL_TRACE_FILL_H
#define VL_TRACE_FILL_H

#include "trace/state.h"

/* As the step is called with them. */
const char *vl_fill(struct vl_runner *runner, const char *text);

/* With expressions as they are: a look for people only, which changes no value. */
const char *vl_fill_look(struct vl_runner *runner, const char *text);

/* Once more when the step has run, by Asterisk's other way: a Macro does so to know what the step was, and INC() and
 * its like count again. */
char *vl_fill_again(struct vl_runner *runner, const char *text);

#endif
