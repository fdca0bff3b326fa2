/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The part of vl_stage_pbx() for a guest with `freepbx = database`.
 */
#ifndef VL_STAGE_DATABASE_H
#define VL_STAGE_DATABASE_H

#include "plan/plan.h"
#include "plan/session.h"

/* What is missing or wrong in its data base. target NULL: it does not answer (dry run). */
int vl_stage_database(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                      struct vl_plan *plan, struct vl_error *err);

/* That all of ours goes. */
int vl_stage_database_removed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                              struct vl_plan *plan, struct vl_error *err);

#endif
