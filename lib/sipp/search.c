/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/search.h"

#include <math.h>

enum { GROWTH = 4, FINENESS = 20, ENOUGH = 5 };

/* What was seen of one load. */
struct votes {
    unsigned held, failed, carried;
    bool sure;
};

static struct votes votes_on(const struct vl_load_search *search, unsigned load)
{
    struct votes votes = { .held = 0 };

    for (unsigned i = 0; i < search->steps; i++) {
        const struct vl_load_trial *trial = &search->trials[i];

        if (trial->load != load)
            continue;
        votes.held += trial->held;
        votes.failed += !trial->held;
        votes.sure |= !trial->held && trial->sure;
        votes.carried = trial->held ? votes.carried : trial->carried;
    }
    return votes;
}

/* As many for as against counts as not held, until the next one decides. */
static bool has_failed(struct votes votes)
{
    return votes.failed && votes.failed >= votes.held;
}

static bool is_undecided(struct votes votes)
{
    return votes.failed && votes.failed == votes.held;
}

static void find_bounds(struct vl_load_search *search)
{
    struct votes votes;

    search->held = search->failed = 0;
    for (unsigned i = 0; i < search->steps; i++) {
        unsigned load = search->trials[i].load;

        if (has_failed(votes_on(search, load)) && (!search->failed || load < search->failed))
            search->failed = load;
    }
    for (unsigned i = 0; i < search->steps; i++) {
        unsigned load = search->trials[i].load;

        if (load > search->held && (!search->failed || load < search->failed))
            search->held = load;
    }
    search->confirmed = search->held && votes_on(search, search->held).held > 1;
    votes = votes_on(search, search->failed);
    search->bounded = search->failed && !is_undecided(votes) && (votes.failed > 1 || votes.sure);
}

void vl_sipp_search_begin(struct vl_load_search *search, unsigned start, unsigned most)
{
    *search = (struct vl_load_search){ .next = start < most ? start : most, .most = most };
}

/* How far apart two loads may be that are taken for the same. */
static unsigned close_to(unsigned load)
{
    return load / FINENESS > 1 ? load / FINENESS : 1;
}

void vl_sipp_search_expect(struct vl_load_search *search, unsigned load)
{
    search->expected = load;
}

static unsigned between(unsigned low, unsigned high)
{
    unsigned middle = low ? (unsigned)lround(sqrt((double)low * high)) : high / GROWTH;

    return middle <= low ? low + 1 : middle >= high ? high - 1 : middle;
}

/* What lies between what held and what did not, and is worth a try. A guess that did not hold is followed by no other,
 * or many small steps would lead down from far above. */
static unsigned narrow(struct vl_load_search *search, bool was_guess, bool held, unsigned left)
{
    unsigned carried = votes_on(search, search->failed).carried, above = search->held + close_to(search->held);
    bool less = carried < search->held;

    if (was_guess && held && above < search->failed)
        return above;
    if (held || !carried || carried >= search->failed)
        return between(search->held, search->failed);
    if (less && !search->confirmed && left > ENOUGH) /* then what held may have been chance */
        return search->held;
    if (!less && !search->misled) {
        search->guessed = true;
        return carried > above || above >= search->failed ? carried : above;
    }
    return between(search->held, search->failed);
}

/* On the way up, where nothing has failed yet. At what was expected to be the end it is only a little more. A forecast
 * that grows with what is tried would lead up in many such steps: once more held than the first that was heeded said,
 * it was wrong, and the next ones are not heeded. */
static unsigned grown(struct vl_load_search *search)
{
    unsigned expected = search->expected, held = search->held;
    unsigned next = search->most / GROWTH > held ? held * GROWTH : search->most;

    if (!expected || expected >= next || (search->heeded && held >= search->heeded + close_to(search->heeded)))
        return next;
    if (held > expected + close_to(expected))
        return next;
    search->heeded = search->heeded ? search->heeded : expected;
    if (held + close_to(expected) < expected)
        return expected;
    return held + close_to(held) < search->most ? held + close_to(held) : search->most;
}

/* Of two bounds that are close the upper one is looked at first: below it there may be nothing, above it there may. */
static unsigned confirm(const struct vl_load_search *search, unsigned left)
{
    if (search->failed && !search->bounded && left > 1)
        return search->failed;
    return search->confirmed ? 0 : search->held;
}

void vl_sipp_search_take(struct vl_load_search *search, const struct vl_load_trial *trial)
{
    bool was_guess = search->guessed;
    unsigned left;

    search->guessed = false;
    search->misled |= was_guess && !trial->held;
    search->trials[search->steps++] = *trial;
    left = VL_SIPP_SEARCH_STEPS - search->steps;
    find_bounds(search);
    if (left == 0)
        search->next = 0;
    else if (left == 1 &&
             search->held) /* one step is kept for this; what is seen twice is better than what is larger */
        search->next = search->confirmed ? 0 : search->held;
    else if (search->failed && is_undecided(votes_on(search, search->failed)))
        search->next = search->failed;
    else if (search->failed && search->failed - search->held > close_to(search->held))
        search->next = narrow(search, was_guess, trial->held, left);
    else if (!search->failed && search->held < search->most)
        search->next = grown(search);
    else
        search->next = confirm(search, left);
}
