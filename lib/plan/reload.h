/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a reload is decided: from the files that differ (files.c compares them) and what is owed from before (pending.h
 * reads the note). And how each service is told: one row for each enum vl_reload (render/fileset.h).
 */
#ifndef VL_PLAN_RELOAD_H
#define VL_PLAN_RELOAD_H

#include "plan/loaded.h"
#include "plan/plan.h"

/* Decide which reloads are due, and append their steps. differs[i]: file i of the set is not as it shall be. `owed`, a
 * bit per enum vl_reload: what an interrupted run left undone. By `loaded` a module that is not there is loaded
 * instead, and for one that has not come up Asterisk is started anew. `fresh`: the target is not there yet. */
void vl_reload_decide(struct vl_plan *plan, const char *target_name, const struct vl_fileset *set, const bool *differs,
                      unsigned owed, const struct vl_loaded *loaded, bool fresh);

/* The modules that it needs beside its own; ends with NULL, never NULL. */
const char *const *vl_reload_module_with(enum vl_reload reload);
/* The module of Asterisk's that a reload is about: "chan_sip.so"; NULL: none, or one that may be missing. */
const char *vl_reload_module(enum vl_reload reload);

/* The reload that a plan calls by this word, the object of its step; VL_RELOAD_NONE: none is called so. */
enum vl_reload vl_reload_of(const char *word, size_t length);

/* Whether it is no failure that Asterisk does not have the module that the reload of this word is about. */
bool vl_reload_may_lack(const char *word);

#endif
