/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state of a call that is followed on paper.
 */
#ifndef VL_TRACE_STATE_H
#define VL_TRACE_STATE_H

#include "dialplan/application.h"
#include "dialplan/jump.h"
#include "trace/show.h"

enum { VL_GOSUBS_MOST = 32, VL_LOOPS_MOST = 16 };

/* Where a call is. */
struct vl_trace_place {
    const char *context, *number;
    int priority;
};

/* A Gosub that it is in. */
struct vl_gosub {
    struct vl_trace_place back; /* the step that called it */
    const char **names;         /* of the variables that go with it */
    size_t name_count;
    size_t argument_count;
    bool special; /* called by an application itself */
};

/* A variable as it was before a Macro. */
struct vl_saved {
    const char *name, *value;
    bool there;
};

/* A Macro, or a routine that an application runs itself, which runs the steps. */
struct vl_loop {
    struct vl_trace_place back;        /* the step that called it */
    const char *macro;                 /* its context; NULL: it is a routine */
    const struct vl_priority *running; /* the step that it runs */
    unsigned gosubs_before;            /* when that began */
    int level;      /* how many Gosub deeper than at its beginning the call is, as a Macro counts it */
    unsigned depth; /* in how many Macros it is */
    bool tried;     /* by TryExec: what fails in it does not end the call */
    struct vl_saved *saved;
    size_t saved_count;
};

struct vl_value {
    const char *name;  /* of a variable, or of what a function keeps: `HASH(name,key)` */
    const char *value; /* NULL: set, but not known to what */
};

enum vl_database_kind {
    VL_DATABASE_WRITTEN,
    VL_DATABASE_DELETED,
    VL_DATABASE_TREE_DELETED, /* all keys that are below `key` */
    VL_DATABASE_UNSURE,       /* somebody else may have changed keys that begin so */
};

/* What became of AstDB on the way; the later ones hide the earlier ones. */
struct vl_database_event {
    enum vl_database_kind kind;
    const char *key, *value; /* value NULL: not known */
};

struct vl_doubts;

struct vl_runner {
    const struct vl_dialplan *plan;
    const struct vl_show_facts *facts;
    struct vl_arena *arena;
    struct vl_arena *scratch; /* for what is used up while a step's arguments are filled in */
    struct vl_show *show;
    struct vl_trace_place at;
    struct vl_gosub gosubs[VL_GOSUBS_MOST];
    unsigned gosub_count;
    struct vl_loop loops[VL_LOOPS_MOST];
    unsigned loop_count, loops_before; /* now, and when the step began that runs */
    struct vl_database_event *database;
    size_t database_count;
    struct vl_value *values; /* the later ones hide the earlier ones */
    size_t value_count;
    const char **doubted; /* how the names of globals begin that others may have set */
    size_t doubted_count;
    struct vl_doubts *doubts;             /* what others may write, as far as it was looked for */
    bool forgotten;                       /* a program outside of the dialplan may have set anything */
    bool unanswered;                      /* DIALSTATUS is what a Dial() left that nobody answered */
    bool trying;                          /* in the arguments of TryExec */
    bool by_string;                       /* Asterisk fills in by its other way, with less room for values */
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
    VL_COURSE_FAILS,  /* the application does, and the call ends, unless something stands in between */
    VL_COURSE_LEAVES, /* the innermost Macro */
    VL_COURSE_ENDS,
    VL_COURSE_UNKNOWN,
};

/* Set a variable, or what a function keeps; value NULL: to something that is not known. Both texts are copied. */
void vl_trace_set(struct vl_runner *runner, const char *name, const char *value);
/* It is as if nothing had set it, or as it was before it was set for a Gosub. */
void vl_trace_unset(struct vl_runner *runner, const char *name);
/* Set(LOCAL(NAME)=…): until the innermost Gosub is left, whatever Macro it is in. Outside of all Gosub Asterisk sets
 * nothing (func_local of app_stack.c). */
void vl_trace_set_local(struct vl_runner *runner, const char *name, const char *value);
/* Whether a variable goes with the innermost Gosub. */
bool vl_trace_is_local(const struct vl_runner *runner, const char *name);
/* From here on nothing is known of any variable, nor of AstDB. */
void vl_trace_forget(struct vl_runner *runner);
/* The value of a variable; NULL: it is not known. One that nothing has set is empty, which is noted as assumed where
 * the call could have come with it. */
const char *vl_trace_variable(struct vl_runner *runner, const char *name);
/* The same of a global variable only. */
const char *vl_trace_global(struct vl_runner *runner, const char *name);
/* Others may have set global variables whose names begin so. */
void vl_trace_doubt_globals(struct vl_runner *runner, const char *prefix);
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

#endif
