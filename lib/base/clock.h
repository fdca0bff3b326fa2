/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock for deadlines and durations: it only goes forward, whatever happens to the time of day.
 */
#ifndef VL_BASE_CLOCK_H
#define VL_BASE_CLOCK_H

#include <time.h>

#include "base/arena.h"

/* Milliseconds since a moment that means nothing. */
static inline long long vl_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds since boot, the time that the machine slept included: what a deadline in the real world goes by. */
static inline long long vl_boot_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What time of day it is, as date(1) of GNU and busybox takes it behind -s. In the arena. */
static inline const char *vl_clock_word(struct vl_arena *arena)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return vl_arena_printf(arena, "@%lld.%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000);
}

#endif
