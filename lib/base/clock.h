/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The clock for deadlines and durations: it only goes forward, whatever happens to the time of day.
 */
#ifndef VL_BASE_CLOCK_H
#define VL_BASE_CLOCK_H

#include <time.h>

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

#endif
