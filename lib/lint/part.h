/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the checks of the linter share: the run, the calls of applications in the plan, and how to find things in it.
 */
#ifndef VL_LINT_PART_H
#define VL_LINT_PART_H

#include <stdint.h>

#include "dialplan/jump.h"
#include "lint/devices.h"
#include "lint/report.h"

/* Every rule: X(ID, name, severity, since, before, check, summary). `since` and `before` are versions, 0: no limit. */
#include "lint/rules.h"

enum vl_lint_id {
#define X(id, name, severity, since, before, check, summary) VL_RULE_##id,
    VL_LINT_RULES(X)
#undef X
        VL_RULE_COUNT
};

/* A call of an application: a step, or what ExecIf and its like call inside of one. */
struct vl_lint_call {
    const struct vl_extension *extension;
    const struct vl_priority *step;
    const char *application;
    const struct vl_application *row;
    const char *arguments;    /* the whole of it */
    const char *const *parts; /* arguments, split at commas that are not inside of brackets or quotes */
    size_t count;
    bool misnamed;             /* a blank before or behind its name makes it another one */
    unsigned nested;           /* in how many calls of other applications it stands */
    size_t place, place_count; /* its places, among those of all calls */
};

/* A place that a call goes to. A part that is not known before the call is NULL. */
struct vl_lint_place {
    const struct vl_lint_call *call;
    const char *context, *extension, *priority;
    bool same_extension;       /* the extension was not written: the call's own */
    const struct vl_jump *way; /* as the arguments name it */
};

struct vl_lint {
    struct vl_arena *arena;
    const struct vl_lint_options *options;
    const struct vl_dialplan *plan;
    int asterisk;
    bool stopped;                    /* cancelled: what was found is of no use */
    long cover_left;                 /* what is left of the work on unions of patterns, see vl_cover */
    bool cover_told;                 /* that it is used up */
    long comparisons_left;           /* of names that are not there with those that may be meant */
    long scans_left;                 /* how often all extensions of a context may still be looked through */
    unsigned walks;                  /* how many walks through includes there were */
    struct vl_names *context_places; /* of struct vl_lint_context, by their context */
    struct vl_devices devices;
    struct vl_lint_call *calls;
    size_t call_count;
    struct vl_lint_place *places;
    size_t place_count;
    struct vl_lint_context *contexts; /* beside plan->contexts */
    struct vl_names *assigned;        /* names of variables that a step sets */
    const char **assigned_list;       /* the same, each once */
    size_t assigned_count;
    struct vl_lint_targets *targets;  /* where jumps lead, once it was asked for */
    unsigned routine_depth;           /* how many of them are asked for inside of each other */
    struct vl_names *routines;        /* how routines end, as far as it was asked for, see vl_lint_ends */
    struct vl_provisions *provisions; /* what modules bring, once it was asked for, see modules.h */
    const char *beside[2];            /* plans in other languages, once they were asked for; "": not there */
    struct vl_lint_text *texts;       /* the files, as lines */
    size_t text_count;
    struct vl_lint_result *result;
};

/* What belongs to a context beside the model. */
struct vl_lint_context {
    const struct vl_context *context;
    struct vl_numbers *languages;      /* of its extensions, in their order */
    size_t *calls;                     /* the number of each extension's first call, and one more for the end */
    bool reached;                      /* something leads here */
    bool jumped_to;                    /* a jump from another context leads here */
    bool arguments_known;              /* it was asked for the next */
    uint64_t arguments;                /* bit N: its own steps look at ARGN; bit 0: perhaps at any */
    bool included;                     /* another context includes it */
    bool is_entry;                     /* calls of devices start here */
    struct vl_lint_context **includes; /* those that are there, each for the include of its place; else NULL */
    struct vl_lint_context *same;      /* the first one of the same name, whatever the case of its letters */
    const struct vl_context **visits;  /* once they were asked for */
    bool *timed;
    size_t visit_count;
    bool switches; /* one of them has a switch */
    unsigned mark; /* of the last walk that came here */
};

/* True once the run was cancelled: whoever has a loop that may take long leaves it. */
bool vl_lint_stopped(struct vl_lint *lint);

/* Note a finding; the text is a format. `fix` may be NULL. */
void vl_lint_add(struct vl_lint *lint, enum vl_lint_id rule, const struct vl_position *at,
                 const struct vl_extension *extension, const struct vl_fix *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The same, milder (or harder) than the rule's own severity. */
void vl_lint_add_as(struct vl_lint *lint, enum vl_lint_id rule, enum vl_severity severity, const struct vl_position *at,
                    const struct vl_extension *extension, const struct vl_fix *fix, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* The line as it stands in its file; NULL when the file cannot be read again or is shorter. */
const char *vl_lint_line(struct vl_lint *lint, const struct vl_position *at);

/* Whether a file says of itself, where it begins, that a program wrote it. */
bool vl_lint_is_generated(const char *text);
/* The same of the file that a position is in. */
bool vl_lint_in_generated(struct vl_lint *lint, const struct vl_position *at);

/* A fix of the line at `at`: its first `from` behind column `after` of it becomes `to`; `from` NULL: the line goes.
 * NULL when the line has no such text. */
const struct vl_fix *vl_lint_replace(struct vl_lint *lint, const struct vl_position *at, const char *from,
                                     const char *to);

/* calls.c: fill calls, places and assigned. */
void vl_lint_collect(struct vl_lint *lint);
/* Whether a call is of this application, in any case of its letters. */
bool vl_lint_call_is(const struct vl_lint_call *call, const char *application);
/* Whether a step sets the variable. */
bool vl_lint_is_assigned(const struct vl_lint *lint, const char *name);
/* `text` with what is known of it filled in: globals that no step changes, EXTEN of a literal, CONTEXT. The rest stays
 * as it is written, and so do globals that are empty: they are there for somebody to fill. */
const char *vl_lint_filled(struct vl_lint *lint, const struct vl_extension *extension, const char *text);
/* The same; NULL when something stays that is only known in a call. */
const char *vl_lint_known(struct vl_lint *lint, const struct vl_extension *extension, const char *text);
/* Whether its arguments name devices: its own, or those of a routine. */
bool vl_lint_names_devices(const struct vl_lint_call *call);

/* find.c: contexts, and the search as Asterisk makes it. Call the first one once the contexts are there. */
void vl_lint_link(struct vl_lint *lint);
struct vl_lint_context *vl_lint_context(const struct vl_lint *lint, const char *name);
const struct vl_numbers *vl_lint_language(const struct vl_lint *lint, const struct vl_extension *extension);
/* The contexts that a search which starts in `context` visits, in order, each once; in the arena. `timed[i]` tells that
 * an include with times led to the i-th, so that it is not always visited. */
size_t vl_lint_visits(struct vl_lint *lint, const struct vl_context *context, const struct vl_context ***ret_contexts,
                      bool **ret_timed);
/* Whether it has this priority, a number or a label. */
bool vl_lint_has(const struct vl_extension *extension, const char *priority);
/* The first extension that a search from this context finds for the number with the priority (NULL: any), whoever calls
 * and whenever. *ret_elsewhere: a switch on the way may know the number too. */
const struct vl_extension *vl_lint_find(struct vl_lint *lint, const struct vl_context *context, const char *number,
                                        const char *priority, bool *ret_elsewhere);
/* Whether a search that starts in the context can come to this priority in an extension that shares a number with
 * `language`; NULL: in any extension, and any priority. A switch on the way may have it too. */
bool vl_lint_search_has(struct vl_lint *lint, const struct vl_context *context, const struct vl_numbers *language,
                        const char *priority);
/* beside.c: whether a plan in another language that lies beside this one names the context. */
bool vl_lint_is_beside(struct vl_lint *lint, const char *context);

/* A context that Asterisk's modules make while it runs. */
bool vl_lint_is_made(const char *name);
/* A name that Asterisk itself looks for, such as s, i, t, h. */
bool vl_is_special(const char *name);

/* The calls of an extension's steps, in their order; *ret_count of them. */
const struct vl_lint_call *vl_lint_calls_of(const struct vl_lint *lint, const struct vl_extension *extension,
                                            size_t *ret_count);

/* targets.c: whether a jump may lead to this step; true of every step with a label. */
bool vl_lint_is_target(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step);

/* routines.c: the step that a priority, a number or a label, is; NULL: none, or it counts from another step. */
const struct vl_priority *vl_lint_step(const struct vl_extension *extension, const char *priority);
/* The ways in which what begins at a step of an extension may end, together. */
enum vl_lint_ends {
    VL_ENDS_RETURN = 1 << 0,  /* Return, or MacroExit */
    VL_ENDS_FALL = 1 << 1,    /* no step follows */
    VL_ENDS_HANGUP = 1 << 2,  /* the call ends */
    VL_ENDS_UNKNOWN = 1 << 3, /* it goes where only a call can tell */
};
unsigned vl_lint_ends(struct vl_lint *lint, const struct vl_context *context, const char *number, const char *priority);
/* check_steps.c: the step at which a call that runs from priority 1 ends although it wants to go on; NULL: there is
 * none. */
const struct vl_priority *vl_lint_last_step(struct vl_lint *lint, const struct vl_extension *extension);
/* Whether a Gosub or Macro that is always run surely never comes back to the step behind it. */
bool vl_lint_stays_away(struct vl_lint *lint, const struct vl_lint_call *call);

/* check_functions.c: the next function that a call reads, ${NAME(...)}, or the one that it sets; NULL: there are no
 * more. *position begins as NULL. */
const char *vl_lint_next_function(struct vl_lint *lint, const struct vl_lint_call *call, const char **position,
                                  bool *ret_set);

/* Checks: each rule's own. Where one is found by its name: `git grep -n "^void vl_lint_check_"`. */
#define X(id, name, severity, since, before, check, summary) void check(struct vl_lint *lint);
VL_LINT_RULES(X)
#undef X

#endif
