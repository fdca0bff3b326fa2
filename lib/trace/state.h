/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of a call that is followed on paper.
 */
#ifndef VL_TRACE_STATE_H
#define VL_TRACE_STATE_H

#include "dialplan/application.h"
#include "dialplan/jump.h"
#include "trace/show.h"

enum { VL_FRAMES_MOST = 16 };

/* Where a call is. */
struct vl_trace_place {
    const char *context, *number;
    int priority;
};

/* A Gosub or a Macro that it is in. */
struct vl_frame {
    struct vl_trace_place back;
    const char *macro;  /* the context of the Macro; NULL: it is a Gosub */
    size_t value_count; /* what was set before */
    size_t argument_count;
    bool aside; /* a routine that an application runs itself, and no loop of a Macro looks at */
    bool tried; /* by TryExec: what fails in it does not end the call */
};

struct vl_value {
    const char *name;  /* of a variable, or of what a function keeps: `DB(family/key)` */
    const char *value; /* NULL: set, but not known to what */
    unsigned frame;    /* gone with this one of the frames, counted from 1; 0: it stays */
};

struct vl_runner {
    const struct vl_dialplan *plan;
    const struct vl_show_facts *facts;
    struct vl_arena *arena;
    struct vl_arena *scratch; /* for what is used up while a step's arguments are filled in */
    struct vl_show *show;
    struct vl_trace_place at;
    struct vl_frame frames[VL_FRAMES_MOST];
    unsigned depth;
    struct vl_value *values; /* the later ones hide the earlier ones */
    size_t value_count;
    bool forgotten;                       /* a program outside of the dialplan may have set anything */
    bool unanswered;                      /* DIALSTATUS is what a Dial() left that nobody answered */
    bool trying;                          /* in the arguments of TryExec */
    unsigned changes;                     /* how often a value became another */
    unsigned nested;                      /* how deep in applications that call others */
    unsigned asked;                       /* how deep in functions that ask others */
    const struct vl_application *calling; /* the row of the application that runs */
    const char *last;                     /* the last application that does something to be heard */
};

/* What a step does to the course of the call. */
enum vl_course {
    VL_COURSE_NEXT,
    VL_COURSE_JUMPED,
    VL_COURSE_FAILS, /* the application does, and the call ends, unless something stands in between */
    VL_COURSE_ENDS,
    VL_COURSE_UNKNOWN,
};

/* Set a variable, or what a function keeps; value NULL: to something that is not known. Both texts are copied. */
void vl_trace_set(struct vl_runner *runner, const char *name, const char *value);
/* Set(LOCAL(NAME)=…): until the innermost Gosub is left, whatever Macro it is in. Outside of all Gosub Asterisk sets
 * nothing (func_local of app_stack.c). */
void vl_trace_set_local(struct vl_runner *runner, const char *name, const char *value);
/* From here on nothing is known of any variable. */
void vl_trace_forget(struct vl_runner *runner);
/* The value of a variable; NULL: it is not known. One that nothing has set is empty, which is noted as assumed where
 * the call could have come with it. */
const char *vl_trace_variable(struct vl_runner *runner, const char *name);
/* The same of a global variable only. */
const char *vl_trace_global(struct vl_runner *runner, const char *name);
/* What a function keeps under this name, in *ret_value, NULL there: it is not known. False: nothing was set. */
bool vl_trace_kept(const struct vl_runner *runner, const char *name, const char **ret_value);
/* The number of the caller; NULL: it is not known. */
const char *vl_trace_caller(const struct vl_runner *runner);

/* Whether the times that are the condition are now. False: memory ran out. */
bool vl_trace_ask_time(struct vl_runner *runner, struct vl_condition *condition);

/* Whether something in a text is left that is not known. */
bool vl_trace_is_unknown(const char *text);

/* Note what is taken for granted from here on; the text is copied. */
void vl_trace_assume(struct vl_runner *runner, const char *text);

/* The step at a place, or, with a label, the one of that label; NULL when there is none. */
const struct vl_priority *vl_trace_step(struct vl_runner *runner, const struct vl_trace_place *place, const char *label,
                                        const struct vl_extension **ret_extension);

/* To the next priority. */
void vl_trace_go_on(struct vl_runner *runner);

/* To the first of these extensions of a context that there is. False: there is none of them. */
bool vl_trace_first_of(struct vl_runner *runner, const char *context, const char *const *names, size_t count);

/* Into a Gosub or, at its context, a Macro; with the values of its arguments. False: too deep. */
bool vl_trace_enter(struct vl_runner *runner, const struct vl_trace_place *place, bool macro, const char *const *values,
                    size_t value_count);
/* Whether the call is in a Macro that TryExec has called: that goes on behind it when something fails, with the Gosub
 * that it left open. */
bool vl_trace_is_tried(const struct vl_runner *runner);

/* Out of the innermost Gosub or Macro, with the values that were set for it: to behind it, or staying where the call
 * is. False: there is none. */
bool vl_trace_leave(struct vl_runner *runner, bool back);

#endif
