/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only code that changes the world: carries out the steps of a plan, in order.
 *
 * A file that a person owns or reads is made, changed or removed by a step of a plan, which could be looked at before.
 * A step gets to it by the operations of machine/target.h, which nobody else asks for a change, and on this host these
 * come to base/file.h, and to base/delete.h for one that goes; these headers say who else may ask, which is for things
 * that a run makes for itself.
 * test/changes holds all of lib/ and cmd/ to that.
 *
 * The exception is what takes apply itself back. On the host's network the files of a bridge are steps like others, but
 * network/checkpoint.h keeps what was there on disk before the first of them: the watchdog puts that back, by
 * network/recovery.h, when this process is dead or cut off, so it cannot wait for a plan. The marks by which one of the
 * two decides (network/change.h), the note of owed reloads (pending.h) and the backups are written by no step for the
 * same reason.
 *
 * File steps on one target belong together: when one of them, or the reload after them, fails, those that were done on
 * that target are put back and its services reloaded again. Before the first of them a note of the reloads that are
 * owed is left in the state directory, and taken away at the end: so a run that is killed in between is finished by the
 * next one, also when by then all files are right. What a user's file held before our first change is kept in
 * STATE/LAB/backup/TARGET/; a request without a lab (check-cpu, lint) has no state, and no backup but what it prints.
 */
#ifndef VL_PLAN_APPLY_H
#define VL_PLAN_APPLY_H

#include "plan/plan.h"
#include "plan/session.h"

/* Carry out `plan`. `target` is where its file, command and reload steps happen; NULL when it has none. */
int vl_apply(struct vl_session *session, const struct vl_plan *plan, struct vl_target *target, struct vl_error *err);

/* Where the bytes are kept that a file of a target had before ours, in the arena. */
const char *vl_apply_backup_place(const struct vl_session *session, struct vl_arena *arena,
                                  const struct vl_target *target, const char *target_name, const char *path);

#endif
