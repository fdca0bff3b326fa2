/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Steps of a plan that are carried out in one go, where the target can (batch() of machine/target.h): files that are
 * written and removed, and the reloads of Asterisk after them.
 */
#ifndef VL_PLAN_TOGETHER_H
#define VL_PLAN_TOGETHER_H

#include "plan/plan.h"
#include "plan/session.h"

/* How many steps, from the one with this index on, go together; 0: it has to be done by itself. */
size_t vl_together_count(const struct vl_target *target, const struct vl_plan *plan, size_t from);

/* Carry out these steps, and tell each that is done. *ret_touched: how many of them may have changed something, also
 * when it failed. */
int vl_together_act(struct vl_session *session, struct vl_target *target, const struct vl_step *steps, size_t count,
                    size_t *ret_touched, struct vl_error *err);

#endif
