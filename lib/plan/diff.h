/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A unified diff of two texts, for people.
 */
#ifndef VL_PLAN_DIFF_H
#define VL_PLAN_DIFF_H

#include "base/buf.h"

/* Append the diff with three lines of context; nothing when they are equal. NULL counts as the empty text. */
void vl_diff(struct vl_buf *buf, const char *before, const char *after);

/* The same, but of each line what stands in its place in the shown texts is printed, which have as many: what a line
 * hides may depend on lines far above it, which a diff has no more. */
void vl_diff_shown(struct vl_buf *buf, const char *before, const char *shown_before, const char *after,
                   const char *shown_after);

#endif
