/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When an include counts: `TIMES,WEEKDAYS,DAYS,MONTHS[,TIMEZONE]`, such as `09:00-17:00&18:30,mon-fri,*,*`. Ranges go
 * round (`sat-mon`, `22:00-06:00`), their end belongs to them, and what means nothing is left out, as in Asterisk 16.
 */
#ifndef VL_DIALPLAN_TIMING_H
#define VL_DIALPLAN_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* A minute of the year, in the time of the PBX. */
struct vl_moment {
    int month;   /* 1–12 */
    int day;     /* 1–31 */
    int weekday; /* 0 Sunday – 6 Saturday */
    int hour, minute;
};

struct vl_timing {
    uint64_t minutes[23]; /* one bit for each of the 1,440 of a day */
    uint32_t weekdays, days, months;
    const char *timezone; /* NULL: that of the PBX. A moment is taken as being in it already */
};

/* Read a time specification. *ret_wrong is the first part that means nothing, NULL when there is none. NULL when
 * memory ran out. */
struct vl_timing *vl_timing_read(struct vl_arena *arena, const char *text, const char **ret_wrong);

bool vl_timing_holds(const struct vl_timing *timing, const struct vl_moment *moment);

/* Read `YYYY-MM-DD HH:MM` (or with a 'T' between), or `[WEEKDAY ]HH:MM`, which leaves the date of *moment alone. False
 * when it is neither. */
bool vl_moment_read(const char *text, struct vl_moment *moment);

#endif
