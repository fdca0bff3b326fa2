/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search for the largest load that holds, after RFC 7502: four times as much until it does not hold, then between
 * what held and what did not, until both are a twentieth apart (or one). Where a load that did not hold was carried in
 * part, that part is tried next, and a twentieth more; where that says nothing, it is the geometric mean.
 *
 * One verdict may be chance: a packet was lost, or the host was busy with something else. So what held counts when it
 * has held twice, and what did not when it did not twice, or when something was seen to be full. Where two verdicts on
 * a load contradict each other a third one decides.
 *
 * Who can foresee where it ends, since the ports of a PBX can be counted, says so: on the way up that is tried then,
 * and a twentieth more, instead of four times as much. What is seen decides all the same.
 *
 * Pure: it says what to try next, and is told what became of it.
 */
#ifndef VL_SIPP_SEARCH_H
#define VL_SIPP_SEARCH_H

#include <stdbool.h>

enum { VL_SIPP_SEARCH_STEPS = 12 }; /* at the most */

/* What became of a load. */
struct vl_load_trial {
    unsigned load;
    bool held;
    bool sure;        /* it did not hold, and what was full was seen: no chance */
    unsigned carried; /* of a load that did not hold, the part that seemed to; 0: not known */
};

struct vl_load_search {
    unsigned next;     /* to be tried; 0: the search is over */
    unsigned most;     /* nothing larger is tried */
    unsigned heeded;   /* the first forecast that was: once more than that held, none is any more */
    unsigned expected; /* to be the largest that holds; 0: nobody knows */
    struct vl_load_trial trials[VL_SIPP_SEARCH_STEPS];
    unsigned steps;  /* made so far */
    unsigned held;   /* the largest that held, below all that did not: the answer; 0: nothing did */
    unsigned failed; /* the smallest that did not hold; 0: none */
    bool confirmed;  /* `held` has held twice */
    bool bounded;    /* `failed` is no chance */
    bool guessed;    /* `next` is what seemed to be carried */
    bool misled;     /* what seemed to be carried did not hold */
};

/* The first step is `start`. */
void vl_sipp_search_begin(struct vl_load_search *search, unsigned start, unsigned most);

/* What the largest load that holds will be, as far as it can be foreseen now; 0: it cannot. Said before what became of
 * a load, it is heeded for the next. */
void vl_sipp_search_expect(struct vl_load_search *search, unsigned load);

/* What became of `next`, which is `trial->load`. */
void vl_sipp_search_take(struct vl_load_search *search, const struct vl_load_trial *trial);

#endif
