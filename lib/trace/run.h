/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running an extension on paper, as the parts of it share it: run.c goes from step to step, applications.c knows what
 * applications do to the course of a call, absent.c which there are, jumps.c where they send it, set.c what they set,
 * functions.c what functions give, stack.c how it comes back from Gosub and Macro, others.c what the channels that it
 * makes do, state.c where the call is and what it knows.
 */
#ifndef VL_TRACE_RUN_H
#define VL_TRACE_RUN_H

#include "trace/state.h"

/* Run from runner->at until the call ends, or it can be followed no further. */
void vl_trace(struct vl_runner *runner);

/* Call an application with its arguments filled in; *note becomes what is to be said of it. */
enum vl_course vl_trace_call(struct vl_runner *runner, const char *name, const char *arguments, const char **note);

/* absent.c: whether there is no such application, which ends the call; *note becomes why. */
bool vl_trace_is_absent(struct vl_runner *runner, const char *name, const char **note);

/* jumps.c: to the place that the arguments name. */
enum vl_course vl_trace_goto(struct vl_runner *runner, const char *arguments, const char **note);
enum vl_course vl_trace_gosub(struct vl_runner *runner, const char *arguments, const char **note);
enum vl_course vl_trace_macro(struct vl_runner *runner, const char *arguments, const char **note);
enum vl_course vl_trace_wait_exten(struct vl_runner *runner, const char *arguments, const char **note);
/* Into the routine that the application runs before its telephones ring, JUMPED, if there is one. */
enum vl_course vl_trace_before_ringing(struct vl_runner *runner, const struct vl_application *application,
                                       const char *arguments, const char **note);

/* others.c: what the channels that an application makes may write is not known from here on. */
void vl_trace_doubt_others(struct vl_runner *runner, const struct vl_application *application, const char *arguments);

/* While and its kin. */
enum vl_course vl_trace_loop(struct vl_runner *runner, const char *arguments, const char **note);

/* Set, MSet, Read. */
enum vl_course vl_trace_set_one(struct vl_runner *runner, const char *arguments, const char **note);
enum vl_course vl_trace_set_many(struct vl_runner *runner, const char *arguments, const char **note);
enum vl_course vl_trace_read(struct vl_runner *runner, const char *arguments, const char **note);

/* functions.c: the value of a variable or function; NULL when it is not known. Reading may change another variable. */
const char *vl_trace_value(struct vl_runner *runner, const char *name);
/* Set a variable, or write to a function; value NULL: it is not known what. */
void vl_trace_write(struct vl_runner *runner, const char *name, const char *value);

#endif
