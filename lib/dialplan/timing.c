/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/timing.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DAY_MINUTES = 24 * 60 };

static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };
static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };

static void remember(const char **wrong, const char *part)
{
    if (!*wrong)
        *wrong = part;
}

/* 0…most-1 from a name or a number that starts at 1; -1 when it is neither. */
static int position_of(const char *text, const char *const *names, int most)
{
    int number;

    if (names && *text > '9') {
        for (int i = 0; names[i]; i++)
            if (!strcasecmp(names[i], text))
                return i;
        return -1;
    }
    return sscanf(text, "%2d", &number) == 1 && number >= 1 && number <= most ? number - 1 : -1;
}

static uint32_t read_range(struct vl_arena *arena, const char *text, const char *const *names, int most,
                           const char **wrong)
{
    char *rest = vl_arena_strdup(arena, text), *part;
    uint32_t mask = 0;

    if (!*text || !strcmp(text, "*"))
        return (uint32_t)((1ULL << most) - 1);
    while ((part = strsep(&rest, "&"))) {
        char *dash = strchr(part, '-');
        int from, to;

        if (dash)
            *dash++ = '\0';
        from = position_of(part, names, most);
        to = dash ? position_of(dash, names, most) : from;
        if (from < 0 || to < 0) {
            remember(wrong, from < 0 ? part : dash);
            continue;
        }
        for (; from != to; from = (from + 1) % most)
            mask |= 1u << from;
        mask |= 1u << to;
    }
    return mask;
}

static int minute_of(const char *text)
{
    int hour, minute;

    if (sscanf(text, "%2d:%2d", &hour, &minute) != 2 || hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return -1;
    return hour * 60 + minute;
}

static void set_minute(struct vl_timing *timing, int minute)
{
    timing->minutes[minute / 64] |= 1ULL << (minute % 64);
}

static void read_times(struct vl_arena *arena, struct vl_timing *timing, const char *text, const char **wrong)
{
    char *rest = vl_arena_strdup(arena, text), *part;

    if (!*text || !strcmp(text, "*")) {
        memset(timing->minutes, 0xff, sizeof(timing->minutes));
        return;
    }
    while ((part = strsep(&rest, "&"))) {
        char *dash = strchr(part, '-');
        int from, to;

        if (dash) {
            *dash++ = '\0';
            dash += strcspn(dash, "0123456789");
        }
        from = minute_of(part);
        to = dash ? minute_of(dash) : from;
        if (from < 0 || to < 0) {
            remember(wrong, from < 0 || !*dash ? part : dash);
            continue;
        }
        for (; from != to; from = (from + 1) % DAY_MINUTES)
            set_minute(timing, from);
        set_minute(timing, to);
    }
}

struct vl_timing *vl_timing_read(struct vl_arena *arena, const char *text, const char **ret_wrong)
{
    struct vl_timing *timing = vl_arena_zalloc(arena, sizeof(*timing));
    char *rest = vl_arena_strdup(arena, text);
    const char *zone = text;
    int fields = 1;

    *ret_wrong = NULL;
    if (!timing)
        return NULL;
    for (const char *p = text; (p = strpbrk(p, "|,")); fields++)
        zone = ++p;
    if (fields == 5 && *zone)
        timing->timezone = vl_arena_strdup(arena, zone);
    timing->weekdays = 0x7f;
    timing->days = 0x7fffffff;
    timing->months = 0xfff;
    read_times(arena, timing, strsep(&rest, "|,"), ret_wrong);
    if (rest)
        timing->weekdays = read_range(arena, strsep(&rest, "|,"), weekday_names, 7, ret_wrong);
    if (rest)
        timing->days = read_range(arena, strsep(&rest, "|,"), NULL, 31, ret_wrong);
    if (rest)
        timing->months = read_range(arena, strsep(&rest, "|,"), month_names, 12, ret_wrong);
    return timing;
}

static bool find_zone(const struct vl_timing *timing, const struct vl_moment *moment, struct vl_moment *ret_there)
{
    return moment->elsewhere && moment->year && moment->elsewhere(moment, timing->timezone, ret_there);
}

bool vl_timing_is_known(const struct vl_timing *timing, const struct vl_moment *moment)
{
    struct vl_moment there;

    return !timing->timezone || find_zone(timing, moment, &there);
}

bool vl_timing_holds(const struct vl_timing *timing, const struct vl_moment *moment)
{
    struct vl_moment there;
    int minute;

    if (timing->timezone && find_zone(timing, moment, &there))
        moment = &there;
    minute = moment->hour * 60 + moment->minute;
    return (timing->months >> (moment->month - 1) & 1) && (timing->days >> (moment->day - 1) & 1) &&
           (timing->weekdays >> moment->weekday & 1) && (timing->minutes[minute / 64] >> (minute % 64) & 1);
}

/* 0 Sunday; Gregorian calendar (Sakamoto's method). */
static int weekday_of(int year, int month, int day)
{
    static const int shift[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };

    year -= month < 3;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7;
}

static bool is_date(int year, int month, int day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (leap && month == 2);
}

bool vl_moment_read(const char *text, struct vl_moment *moment)
{
    int year, month, day, hour, minute, end = 0;
    char name[4], between;

    if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d%n", &year, &month, &day, &between, &hour, &minute, &end) == 6 &&
        !text[end] && (between == 'T' || between == ' ') && is_date(year, month, day) && hour >= 0 && hour < 24 &&
        minute >= 0 && minute < 60) {
        moment->year = year;
        moment->month = month;
        moment->day = day;
        moment->weekday = weekday_of(year, month, day);
        moment->hour = hour;
        moment->minute = minute;
        return true;
    }
    end = 0;
    if (sscanf(text, "%3[A-Za-z] %2d:%2d%n", name, &hour, &minute, &end) == 3 && !text[end]) {
        if (position_of(name, weekday_names, 7) < 0)
            return false;
        moment->weekday = position_of(name, weekday_names, 7);
    } else if (sscanf(text, "%2d:%2d%n", &hour, &minute, &end) != 2 || text[end]) {
        return false;
    }
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return false;
    moment->hour = hour;
    moment->minute = minute;
    return true;
}
