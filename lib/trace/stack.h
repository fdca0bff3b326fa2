/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way back of a call, as Asterisk 16 keeps it: Gosub puts a place on a stack that belongs to the call, while a
 * Macro, and a routine that an application runs itself, is a loop of its own around the steps, which looks behind each
 * of them whether the call is still its own. The two need not be nested in each other.
 */
#ifndef VL_TRACE_STACK_H
#define VL_TRACE_STACK_H

#include "trace/state.h"

/* Into a Gosub, or at its context a Macro; with the values of its arguments. False: too deep. */
bool vl_stack_enter_gosub(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                          size_t value_count);
bool vl_stack_enter_macro(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                          size_t value_count);
/* Into a routine that the application which runs goes into itself, and behind which that goes on. */
bool vl_stack_enter_routine(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                            size_t value_count);

/* How many Macros a Macro that is called now would be in, and whether Asterisk takes that for a circle and calls none.
 */
unsigned vl_stack_macro_depth(struct vl_runner *runner, bool *ret_too_deep);

/* Return: back behind the innermost Gosub; FAILS where there is none, or where a routine ends by it. */
enum vl_course vl_stack_return(struct vl_runner *runner, const char *value);
/* StackPop: forget the innermost Gosub. FAILS where that is a routine's. */
enum vl_course vl_stack_pop(struct vl_runner *runner);

/* Before a step, which the innermost loop runs. */
void vl_stack_begin(struct vl_runner *runner, const struct vl_priority *step);
/* Behind a step that went so: to the next one, out of the loops that end by it. */
enum vl_course vl_stack_settle(struct vl_runner *runner, enum vl_course course);
/* There is no step where the call is: out of the loop that ran it. False: there is none. */
bool vl_stack_run_out(struct vl_runner *runner, enum vl_course *ret_course);

#endif
