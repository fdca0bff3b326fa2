/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reloads that are owed: noted, a word a line, before the first file of a target changes, and struck out when all is
 * done. A run that is cut off in between leaves the note for the next one, which finds the files right and would not
 * reload. What comes of what is owed is decided in reload.c.
 */
#ifndef VL_PLAN_PENDING_H
#define VL_PLAN_PENDING_H

#include "plan/plan.h"
#include "plan/session.h"

/* The reloads that an interrupted run still owes this target, as a bit per enum vl_reload. */
unsigned vl_pending(const struct vl_session *session, const char *target_name);

/* Note the reloads of this plan before its first file step. Returns the note's path, the caller's; NULL when there is
 * nothing to note (no reload, or no state directory to keep it in), or with an error. */
char *vl_pending_note(struct vl_session *session, const struct vl_plan *plan, struct vl_error *err);

#endif
