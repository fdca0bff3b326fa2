/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How each service is told that its files changed: one row for each enum vl_reload (render/fileset.h).
 * Which is called for is said by each file of a file set, and collected by files.c.
 */
#ifndef VL_PLAN_RELOAD_H
#define VL_PLAN_RELOAD_H

#include "plan/plan.h"

/* Append the reload steps of `wanted`, a bit per enum vl_reload. `fresh`: the target is not there yet. */
void vl_reload_add(struct vl_plan *plan, const char *target_name, unsigned wanted, bool fresh);

/* The reload that a plan calls by this word, the object of its step; VL_RELOAD_NONE: none is called so. */
enum vl_reload vl_reload_of(const char *word, size_t length);

#endif
