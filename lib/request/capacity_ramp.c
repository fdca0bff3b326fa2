/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast calls are begun while it is their number that is in question: slowly, so that the rate is never what gives,
 * but thousands of them one by one would take an hour. So where a step kept nobody busy, neither this host nor SIPp nor
 * the guests, and the target was among those that were looked at, the next one may be begun faster by as much as there
 * was room. Once a step that was begun faster has not held without anything being full, so that it may have been the
 * rate, it is made again, and all are slow from then on.
 */
#include <math.h>
#include <string.h>

#include "request/capacity.h"

enum {
    FIRST_RATE = 20,
    RAMP_S = 20, /* to begin all calls of a step, if that may be */
    SEEN_S = 3,  /* a step that was begun in less says nothing of the rate */
    GROWTH = 4,  /* the next rate is at the most so many times this one */
};

static const double at_ease = 0.5; /* of a processor, or of all of this host */

static unsigned first_rate(const struct vl_capacity *capacity)
{
    unsigned wanted = capacity->asked->rate ? capacity->asked->rate : FIRST_RATE;

    return capacity->generator_slow && capacity->generator_rate >= 1 && capacity->generator_rate < wanted
               ? (unsigned)capacity->generator_rate
               : wanted;
}

unsigned vl_capacity_ramp_rate(const struct vl_capacity *capacity, unsigned number)
{
    unsigned first = first_rate(capacity), rate = number / RAMP_S;
    double easy = capacity->ramp.easy;

    if (capacity->generator_slow && easy > capacity->generator_rate)
        easy = capacity->generator_rate;
    if (capacity->asked->rate || rate < first || easy < first)
        return first;
    return rate < easy ? rate : (unsigned)easy;
}

/* The busiest of all that take part, at its busiest; NAN: the target was not looked at. */
static double busiest(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary)
{
    const char *target = capacity->load->load.target->name;
    double most = NAN;
    bool seen = false;

    for (size_t i = 0; i < summary->sample_count; i++) {
        const struct vl_load_sample *sample = &summary->samples[i];

        most = fmax(most, fmax(sample->host.processor, sample->host.generator));
        for (size_t g = 0; g < sample->guest_count; g++) {
            most = fmax(most, sample->guests[g].processor);
            seen |= !strcmp(sample->guests[g].name, target) && !isnan(sample->guests[g].processor);
        }
    }
    return seen || capacity->load->load.target->place == VL_PLACE_LOCAL ? most : NAN;
}

bool vl_capacity_ramp_blamed(struct vl_capacity *capacity, const struct vl_capacity_step *step)
{
    if (capacity->asked->by_rate || step->held || step->gave.full || capacity->now.rate <= first_rate(capacity))
        return false;
    capacity->ramp = (struct vl_capacity_ramp){ .slow = true };
    return true;
}

void vl_capacity_ramp_learn(struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                            const struct vl_capacity_step *step)
{
    struct vl_capacity_ramp *ramp = &capacity->ramp;
    unsigned rate = capacity->now.rate;
    double room = at_ease / busiest(capacity, summary);

    if (capacity->asked->by_rate || capacity->load->foreign || !step->held || ramp->slow ||
        step->load < rate * SEEN_S || isnan(room))
        return;
    ramp->easy = fmax(ramp->easy, rate * (room < GROWTH ? room : GROWTH));
}
