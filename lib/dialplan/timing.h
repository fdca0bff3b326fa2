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
    int year; /* 0: not known, and then that of other zones is not either */
    /* The same moment in another zone, as vl_zone_moment() of zone.h finds it. False: it is not known. May be NULL. */
    bool (*elsewhere)(const struct vl_moment *here, const char *zone, struct vl_moment *ret_there);
};

struct vl_timing {
    uint64_t minutes[23]; /* one bit for each of the 1,440 of a day */
    uint32_t weekdays, days, months;
    const char *timezone; /* NULL: that of the PBX */
};

/* Read a time specification. *ret_wrong is the first part that means nothing, NULL when there is none. NULL when
 * memory ran out. */
struct vl_timing *vl_timing_read(struct vl_arena *arena, const char *text, const char **ret_wrong);

/* In its own zone; where that is not known, in the zone of the moment. */
bool vl_timing_holds(const struct vl_timing *timing, const struct vl_moment *moment);

/* Whether its zone is known. */
bool vl_timing_is_known(const struct vl_timing *timing, const struct vl_moment *moment);

/* Read `YYYY-MM-DD HH:MM` (or with a 'T' between), or `[WEEKDAY ]HH:MM`, which leaves the date of *moment alone. False
 * when it is neither. */
bool vl_moment_read(const char *text, struct vl_moment *moment);

#endif
