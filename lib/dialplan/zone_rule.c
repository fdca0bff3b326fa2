/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rule at the end of a zone's file, for all years behind those in it, in the form of POSIX's TZ:
 * NAME OFFSET [NAME [OFFSET] , DAY [/TIME] , DAY [/TIME]], where offsets are west of UTC.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/zone.h"

enum { HOUR = 3600, DAY = 24 * HOUR, CHANGE = 2 * HOUR, HOURS_MOST = 167 };

/* When in a year summer begins, or ends. */
struct change {
    char form; /* M: the week-th weekday of a month; J: the day, without the 29th of February; 0: the day from 0 */
    int month, week, day, seconds;
};

static bool read_number(const char **p, int lowest, int highest, int *ret_number)
{
    long number;
    char *end;

    if (!isdigit((unsigned char)**p))
        return false;
    number = strtol(*p, &end, 10);
    if (number < lowest || number > highest)
        return false;
    *ret_number = (int)number;
    *p = end;
    return true;
}

/* `[+-]H[H][:MM[:SS]]` in seconds. */
static bool read_time(const char **p, int *ret_seconds)
{
    int sign = **p == '-' ? -1 : 1, hours, parts[2] = { 0, 0 };

    *p += **p == '-' || **p == '+';
    if (!read_number(p, 0, HOURS_MOST, &hours))
        return false;
    for (int i = 0; i < 2 && **p == ':'; i++) {
        ++*p;
        if (!read_number(p, 0, 59, &parts[i]))
            return false;
    }
    *ret_seconds = sign * (hours * HOUR + parts[0] * 60 + parts[1]);
    return true;
}

/* At least three letters, or anything in <>. */
static bool skip_name(const char **p)
{
    const char *start = *p;

    if (**p == '<') {
        const char *end = strchr(*p, '>');

        *p = end ? end + 1 : *p;
        return end;
    }
    while (isalpha((unsigned char)**p))
        ++*p;
    return *p - start >= 3;
}

static bool read_change(const char **p, struct change *change)
{
    *change = (struct change){ .seconds = CHANGE };
    if (*(*p)++ != ',')
        return false;
    if (**p == 'M') {
        change->form = *(*p)++;
        if (!read_number(p, 1, 12, &change->month) || *(*p)++ != '.' || !read_number(p, 1, 5, &change->week) ||
            *(*p)++ != '.' || !read_number(p, 0, 6, &change->day))
            return false;
    } else {
        if (**p == 'J')
            change->form = *(*p)++;
        if (!read_number(p, change->form ? 1 : 0, 365, &change->day))
            return false;
    }
    if (**p != '/')
        return true;
    ++*p;
    return read_time(p, &change->seconds);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Of the 1st of January, from the 1st of January 1970. */
static int64_t day_of_year(int64_t year)
{
    int64_t before = year - 1;

    return (year - 1970) * 365 + before / 4 - before / 100 + before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

/* Local seconds from the start of the year. */
static int64_t seconds_of(const struct change *change, int64_t year)
{
    static const int months[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
    int64_t day = change->day;
    int first, last;

    if (change->form == 'J')
        day += (is_leap(year) && day >= 60) - 1;
    if (change->form == 'M') {
        first = months[change->month - 1] + (is_leap(year) && change->month > 2);
        last = months[change->month] + (is_leap(year) && change->month > 1);
        /* 1970 began on a Thursday */
        day = first + (change->day - (day_of_year(year) + first + 4) % 7 + 7) % 7 + (change->week - 1) * 7;
        day -= day >= last ? 7 : 0;
    }
    return day * DAY + change->seconds;
}

/* Whether summer is on: from its start, in winter's time, to its end, in its own. */
static bool is_summer(const struct change *from, const struct change *to, int winter, int summer, int64_t when)
{
    int64_t local = when + winter, year = 1970 + local / (365 * (int64_t)DAY + DAY / 4), start, end;

    while (day_of_year(year) * DAY > local)
        year--;
    while (day_of_year(year + 1) * DAY <= local)
        year++;
    when -= day_of_year(year) * DAY;
    start = seconds_of(from, year) - winter;
    end = seconds_of(to, year) - summer;
    return start < end ? when >= start && when < end : when >= start || when < end;
}

bool vl_zone_rule_offset(const char *rule, int64_t when, int *ret_seconds)
{
    struct change from, to;
    int winter, summer;

    if (!skip_name(&rule) || !read_time(&rule, &winter))
        return false;
    winter = summer = -winter;
    *ret_seconds = winter;
    if (!*rule)
        return true;
    if (!skip_name(&rule))
        return false;
    summer += HOUR;
    if (*rule != ',') {
        if (!read_time(&rule, &summer))
            return false;
        summer = -summer;
    }
    if (when < 0 || !read_change(&rule, &from) || !read_change(&rule, &to) || *rule)
        return false;
    *ret_seconds = is_summer(&from, &to, winter, summer, when) ? summer : winter;
    return true;
}
