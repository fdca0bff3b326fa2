/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only code that changes the world: carries out the steps of a plan, in order.
 *
 * File steps on one target belong together: when one of them, or the reload after them, fails, those that were done on
 * that target are put back and its services reloaded again. Before the first of them a note of the reloads that are
 * owed is left in the state directory, and taken away at the end: so a run that is killed in between is finished by the
 * next one, also when by then all files are right. What a user's file held before our first change is kept in
 * STATE/LAB/backup/TARGET/.
 */
#ifndef VL_PLAN_APPLY_H
#define VL_PLAN_APPLY_H

#include "plan/plan.h"
#include "plan/session.h"

/* Carry out `plan`. `target` is where its file, command and reload steps happen; NULL when it has none. */
int vl_apply(struct vl_session *session, const struct vl_plan *plan, struct vl_target *target, struct vl_error *err);

#endif
