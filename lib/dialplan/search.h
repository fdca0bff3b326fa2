/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which extension takes a number: the search that Asterisk makes (pbx_find_extension), step by step.
 *
 * A context's own extensions come first, in their order; the first whose name and caller id match and that has the
 * wanted priority is taken. One that lacks the priority is passed over, and the next less narrow one is asked: so a
 * call can leak from one extension into another between two steps. Then come the switches, which nobody can ask
 * offline, then the includes in file order, each with all of its own includes; no context twice.
 *
 * With `extenpatternmatchnew=yes` each context has one extension to ask, that of trie.h, and nothing leaks within it.
 */
#ifndef VL_DIALPLAN_SEARCH_H
#define VL_DIALPLAN_SEARCH_H

#include "dialplan/dialplan.h"
#include "dialplan/timing.h"

struct vl_query {
    const char *number, *context;
    const char *callerid;           /* NULL or "": none */
    int priority;                   /* usually 1 */
    const char *label;              /* instead of a priority; NULL: none */
    const struct vl_moment *moment; /* NULL: every include counts */
};

enum vl_fate {
    VL_FATE_RUNS,
    VL_FATE_LATER,    /* one before it takes the call */
    VL_FATE_CALLERID, /* is for another caller */
    VL_FATE_PRIORITY, /* does not have the priority */
    VL_FATE_OTHER,    /* with general.new_pattern_match: the tree finds another one, or none */
    VL_FATE_TIME,     /* its context is included at other times only */
};

/* A context on the way of the search. */
struct vl_visit {
    const struct vl_context *context; /* NULL: there is none of the name that the include gives */
    const struct vl_include *include; /* that led here; NULL for the first */
    size_t from;                      /* the visit that it led from */
    bool in_time;                     /* the search comes here at this moment */
};

struct vl_candidate {
    const struct vl_extension *extension;
    size_t visit;
    enum vl_fate fate;
};

struct vl_search {
    struct vl_visit *visits; /* in order; those out of time too, as `dialplan show` does not ask the time */
    size_t visit_count;
    struct vl_candidate *candidates; /* every extension whose name matches, in order */
    size_t candidate_count;
    const struct vl_candidate *match; /* NULL: none */
    const struct vl_priority *step;   /* what the match runs */
    const struct vl_visit *asked;     /* the first visit with a switch that comes before the match; NULL: none */
    const struct vl_include *unsure;  /* the first whose time zone is not known, so that it is taken as the PBX's own */
    const struct vl_context *guessed; /* the first whose tree Asterisk makes while it loads: trie.h; NULL: none */
    bool deep;                        /* more contexts than Asterisk visits */
};

/* Make the whole search; everything is in the arena. Fails when there is no such context (VL_ERROR_NOTFOUND) or memory
 * runs out. */
int vl_search(const struct vl_dialplan *plan, const struct vl_query *query, struct vl_arena *arena,
              struct vl_search *ret_search, struct vl_error *err);

/* Why a candidate is not the match, in a few words. */
const char *vl_fate_text(enum vl_fate fate);

#endif
