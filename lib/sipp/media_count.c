/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 3550, A.1, A.3 and A.8. Numbers of 16 bits are stretched to 64 by their distance from the highest so far; a
 * window of 128 bits behind that tells late packets from copies. Two packets in a row with numbers far away are a
 * sender that started anew.
 */
#include <math.h>

#include "sipp/media_count.h"

enum { DROPOUT = 3000, MISORDER = 100, NO_NUMBER = 0x10000 }; /* A.1 */

/* Move the window up by `by` numbers, and have its newest seen. */
static void advance(uint64_t seen[static 2], int by)
{
    if (by >= 128) {
        seen[0] = seen[1] = 0;
    } else if (by >= 64) {
        seen[1] = by == 64 ? seen[0] : seen[0] << (by - 64);
        seen[0] = 0;
    } else {
        seen[1] = seen[1] << by | seen[0] >> (64 - by);
        seen[0] <<= by;
    }
    seen[0] |= 1;
}

static void begin_stretch(struct vl_media_count *count, int64_t first)
{
    count->first = count->last = first;
    count->seen[0] = 1;
    count->seen[1] = 0;
    count->bad_number = NO_NUMBER;
    count->started = true;
}

static void follow(struct vl_media_count *count, int by)
{
    if (by > 1) {
        count->bursts++;
        count->in_bursts += (uint64_t)by - 1;
    } else {
        count->in_order++;
    }
    count->last += by;
    advance(count->seen, by);
    count->bad_number = NO_NUMBER;
}

/* What is behind the highest: late, or there already. */
static bool come_late(struct vl_media_count *count, int behind)
{
    uint64_t *word = &count->seen[behind / 64], bit = UINT64_C(1) << behind % 64;

    if (*word & bit) {
        count->duplicates++;
        return false;
    }
    *word |= bit;
    count->reordered++;
    if (count->last - behind < count->first)
        count->first = count->last - behind;
    return true;
}

/* A number that is far away: believed when the next one follows it. */
static bool come_from_afar(struct vl_media_count *count, uint16_t number)
{
    if (count->bad_number != number) {
        count->bad_number = (uint16_t)(number + 1);
        count->strays++;
        return false;
    }
    count->expected_before += (uint64_t)(count->last - count->first + 1);
    count->strays--;
    begin_stretch(count, (int64_t)number - 1);
    follow(count, 1);
    count->restarts++;
    count->timed = false;
    return true;
}

/* Whether the packet is new, and of the stretch. */
static bool number(struct vl_media_count *count, uint16_t value)
{
    int by;

    if (!count->started) {
        begin_stretch(count, value);
        return true;
    }
    by = (int16_t)(uint16_t)(value - (uint16_t)count->last);
    if (by > 0 && by < DROPOUT)
        follow(count, by);
    else if (by <= 0 && -by < MISORDER)
        return come_late(count, -by);
    else
        return come_from_afar(count, value);
    return true;
}

/* A.8, for packets with sound. `elapsed` and `played`: seconds since the one before, by the clock and by the stamps. */
static void jitter(struct vl_media_count *count, double elapsed, double played)
{
    /* a clock that jumps ahead of the time that went by, or back, is another clock */
    if (played > elapsed + 1 || played < -1) {
        count->restarts++;
        return;
    }
    count->jitter += (fabs(elapsed - played) - count->jitter) / 16;
    count->jitter_sum += count->jitter;
    count->jitter_count++;
    if (count->jitter > count->jitter_max)
        count->jitter_max = count->jitter;
}

static void time_sound(struct vl_media_count *count, const struct vl_media_header *header, int64_t arrival_ns,
                       unsigned rate)
{
    double elapsed = (double)(arrival_ns - count->arrival_ns) / 1e9;
    int32_t ticks = (int32_t)(header->stamp - count->stamp);

    if (count->timed) {
        jitter(count, elapsed, (double)ticks / rate);
        if (count->last == count->sound_number + 1) {
            if (elapsed > count->gap_max && ticks > 0 && (double)ticks / rate < 1)
                count->gap_max = elapsed;
            if (!count->step && !header->marker && ticks > 0)
                count->step = (unsigned)ticks;
        }
    }
    count->timed = true;
    count->arrival_ns = arrival_ns;
    count->stamp = header->stamp;
    count->sound_number = count->last;
}

void vl_media_count(struct vl_media_count *count, const struct vl_media_header *header, enum vl_media_kind kind,
                    int64_t arrival_ns, unsigned rate)
{
    count->packets++;
    count->events += kind == VL_MEDIA_EVENT;
    if (number(count, header->number) && kind == VL_MEDIA_SOUND)
        time_sound(count, header, arrival_ns, rate);
}

uint64_t vl_media_expected(const struct vl_media_count *count)
{
    return count->started ? count->expected_before + (uint64_t)(count->last - count->first + 1) : 0;
}
