/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of a number: the search, the steps that run, with their variables filled in where they are known, and
 * the channels that are dialled in the end. A value, with three ways to print it.
 *
 * The steps are those of a call that nobody answers: Dial() goes on to the next priority, WaitExten() to `t` or `e`
 * where there is none, a variable that nothing sets is empty, a condition that is not known is taken as not met, and a
 * jump to a place that is not known ends them. What was taken for granted so is counted. Goto, Gosub, Macro, their kin
 * with a condition or a time, While, Exec, ExecIf, TryExec, Return, StackPop and the routine that option B of Dial and
 * its like names are followed, up to a bound; expressions and the functions that hang on nothing but the dialplan are
 * computed.
 */
#ifndef VL_TRACE_SHOW_H
#define VL_TRACE_SHOW_H

#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "dialplan/search.h"

struct vl_show_step {
    unsigned depth; /* how many Gosub and Macro it is in */
    const struct vl_extension *extension;
    const struct vl_priority *priority;
    const char *arguments; /* as Asterisk calls it: with variables filled in and expressions computed */
    const char *filled;    /* with variables filled in only */
    const char *note;      /* what it leads to, or what is not known; NULL: nothing to say */
    unsigned changes;      /* how often a variable had changed until then */
    uint64_t places;       /* a hash of where the call is, and of where it will go back to */
};

enum { VL_SHOW_STEPS_MOST = 100 }; /* that are followed, when nothing else is said */

struct vl_astdb;

/* What is known of a call beside the dialplan. */
struct vl_show_facts {
    const struct vl_astdb *database; /* AstDB; NULL: not known */
    const char *const *set;          /* `NAME=VALUE`, NULL-terminated: variables that the call comes with. Or NULL */
    size_t steps_most;               /* 0: VL_SHOW_STEPS_MOST */
    int asterisk;                    /* the version that runs the plan; 0: not known, and 16 is followed */
};

struct vl_show {
    struct vl_query query;
    struct vl_search search;
    struct vl_show_step *steps;
    size_t step_count;
    const char **dials; /* each what one Dial() rings: `SIP/a&SIP/b` is one */
    size_t dial_count;
    const char **assumed; /* what was taken for granted on the way, each once, in a few words */
    size_t assumed_count;
    bool pin; /* Authenticate() is on the way */
    const char *way; /* in one line: 0991234567 → tesis → outbound-celular → _0[89]XXXXXXX → PIN → DAHDI/3/0991234567 */
    const char *end; /* how it ends, in a few words */
};

/* Look a number up and follow it; everything is in the arena. `facts` may be NULL. Errors as vl_search(). */
int vl_show(const struct vl_dialplan *plan, const struct vl_query *query, const struct vl_show_facts *facts,
            struct vl_arena *arena, struct vl_show *ret_show, struct vl_error *err);

/* Text for people. Bytes that do not print are shown as \xNN; with `utf8` letters of UTF-8 are left as they are. */
void vl_show_text(struct vl_buf *out, struct vl_arena *arena, const struct vl_show *show, bool utf8);

/* Members of the object that is open. */
void vl_show_json(struct vl_json *json, const struct vl_show *show);
/* The same without the steps: number, context, candidates, match. */
void vl_show_search_json(struct vl_json *json, const struct vl_query *query, const struct vl_search *search);

/* All contexts as a graph in Graphviz's language: includes, and every jump that names a context, in options too. With
 * `show` what the search visits is drawn in bold; NULL: nothing is. */
void vl_show_dot(struct vl_buf *out, const struct vl_dialplan *plan, const struct vl_show *show);

#endif
