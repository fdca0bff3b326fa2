/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Time zones, as `include => CONTEXT,TIMES,WEEKDAYS,DAYS,MONTHS,ZONE` names them: from the system's own files of them
 * (tzfile(5)), and never by way of this process's TZ, which all of its threads share.
 */
#ifndef VL_DIALPLAN_ZONE_H
#define VL_DIALPLAN_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dialplan/timing.h"

/* How many seconds a zone is ahead of UTC at a moment, which is seconds from 1970 in UTC. */

/* By the content of its file. False: it is none. */
bool vl_zone_file_offset(const unsigned char *bytes, size_t length, int64_t when, int *ret_seconds);

/* By a rule such as `CET-1CEST,M3.5.0,M10.5.0/3` or `<-05>5`. False: it is none. */
bool vl_zone_rule_offset(const char *rule, int64_t when, int *ret_seconds);

/* A moment of this machine's zone in another one. A name that nobody knows stands for UTC, as it does for Asterisk.
 * False: there are no zones on this machine, or the name is a path. For vl_moment.elsewhere. */
bool vl_zone_moment(const struct vl_moment *here, const char *zone, struct vl_moment *ret_there);

#endif
