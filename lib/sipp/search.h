/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search for the largest load that holds, after RFC 7502: four times as much until it does not hold, then the
 * geometric mean between what held and what did not, until both are a twentieth apart (or one), then what held once
 * more. Pure: it says what to try next, and is told what became of it.
 */
#ifndef VL_SIPP_SEARCH_H
#define VL_SIPP_SEARCH_H

#include <stdbool.h>

enum { VL_SIPP_SEARCH_STEPS = 12 }; /* at the most */

struct vl_load_search {
    unsigned next;                       /* to be tried; 0: the search is over */
    unsigned most;                       /* nothing larger is tried */
    unsigned held[VL_SIPP_SEARCH_STEPS]; /* in rising order */
    unsigned held_count;
    unsigned failed; /* the smallest that did not hold; 0: none */
    unsigned steps;  /* made so far */
    bool confirming, confirmed;
};

/* The first step is `start`. */
void vl_sipp_search_begin(struct vl_load_search *search, unsigned start, unsigned most);

/* What became of `next`. */
void vl_sipp_search_take(struct vl_load_search *search, bool held);

/* The largest that held; 0: nothing did. */
unsigned vl_sipp_search_answer(const struct vl_load_search *search);

#endif
