/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/search.h"

#include <math.h>

enum { GROWTH = 4, FINENESS = 20 };

void vl_sipp_search_begin(struct vl_load_search *search, unsigned start, unsigned most)
{
    *search = (struct vl_load_search){ .next = start < most ? start : most, .most = most };
}

unsigned vl_sipp_search_answer(const struct vl_load_search *search)
{
    return search->held_count ? search->held[search->held_count - 1] : 0;
}

static unsigned between(unsigned low, unsigned high)
{
    unsigned middle = (unsigned)lround(sqrt((double)low * high));

    return middle <= low ? low + 1 : middle >= high ? high - 1 : middle;
}

/* What to try when something is known of both sides; 0: they are close enough. */
static unsigned narrow(const struct vl_load_search *search, unsigned held)
{
    unsigned close = held / FINENESS > 1 ? held / FINENESS : 1;

    if (!search->failed)
        return held == search->most ? 0 : search->most / GROWTH > held ? held * GROWTH : search->most;
    if (search->failed - held <= close)
        return 0;
    return held ? between(held, search->failed) : search->failed / GROWTH ? search->failed / GROWTH : 1;
}

/* One step is kept for the confirmation. */
void vl_sipp_search_take(struct vl_load_search *search, bool held)
{
    unsigned tried = search->next;

    search->steps++;
    if (search->confirming && held) {
        search->confirmed = true;
        search->next = 0;
        return;
    }
    if (search->confirming) /* it held once, and that was chance */
        search->held_count--;
    search->confirming = false;
    if (held)
        search->held[search->held_count++] = tried;
    else if (!search->failed || tried < search->failed)
        search->failed = tried;
    search->next = narrow(search, vl_sipp_search_answer(search));
    if (search->next && search->steps + 1 < VL_SIPP_SEARCH_STEPS)
        return;
    search->confirming = search->steps < VL_SIPP_SEARCH_STEPS && vl_sipp_search_answer(search);
    search->next = search->confirming ? vl_sipp_search_answer(search) : 0;
}
