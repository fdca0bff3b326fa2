/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A unified diff of two texts, for people.
 */
#ifndef VL_PLAN_DIFF_H
#define VL_PLAN_DIFF_H

#include "base/buf.h"

/* Append the diff with three lines of context; nothing when they are equal. NULL counts as the empty text. */
void vl_diff(struct vl_buf *buf, const char *before, const char *after);

#endif
