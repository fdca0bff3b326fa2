/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dialplan in one plain form, so that what a file says and what a running Asterisk holds can be compared line by
 * line: contexts in the order of the file, extensions in Asterisk's order, one step a line, blanks made one. Labels are
 * left out, since `dialplan show` (Asterisk 1.6 to 22) does not print that of a first priority.
 */
#ifndef VL_DIALPLAN_NORMAL_H
#define VL_DIALPLAN_NORMAL_H

#include "base/buf.h"
#include "dialplan/dialplan.h"

/* Every context of the plan. */
void vl_dialplan_normal(const struct vl_dialplan *plan, struct vl_buf *out);

/* The same contexts, from what `dialplan show` printed; contexts that the plan does not have are left out. The text may
 * hold anything. Returns false when it has no context at all: it is no such answer. */
bool vl_dialplan_normal_shown(const struct vl_dialplan *plan, const char *shown, struct vl_buf *out);

#endif
