/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Versions of Asterisk as numbers that compare.
 */
#ifndef VL_DIALPLAN_VERSION_H
#define VL_DIALPLAN_VERSION_H

#include "base/arena.h"

/* The one whose calls are followed, and that a plan is looked at for when nobody says another. */
enum { VL_VERSION_DEFAULT = 1600 };

/* What is to be said of a text that is none. */
#define VL_VERSION_NONE "--asterisk: '%s' is no version of Asterisk, such as 1.8, 16 or 22"

/* `1.8`, `16`, `22.1.0` as a number that compares: 108, 1600, 2200; 1.2 is 102. 0 when it is no version. And back:
 * "1.8", "16". */
int vl_version_number(const char *text);
const char *vl_version_name(struct vl_arena *arena, int version);

#endif
