/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What adds to a plan and is not in it: extensions.ael and extensions.lua beside extensions.conf, which Asterisk
 * reads too, and contexts that its modules make. They are known by name and not read: who made a context is
 * all that is told. And modules.conf, which says what applications there are.
 */
#ifndef VL_DIALPLAN_BESIDE_H
#define VL_DIALPLAN_BESIDE_H

#include "dialplan/dialplan.h"

/* Look at the files beside `path`, the file that the plan was loaded from; those that are not there are none. A failure
 * is left in plan->arena.failed. */
void vl_dialplan_look_beside(struct vl_dialplan *plan, const char *path, const struct vl_conf_reader *reader);

/* The file or the module that has to do with a context beside the plan, such as "extensions.ael"; NULL: none is known.
 */
const char *vl_dialplan_maker(const struct vl_dialplan *plan, const char *context);

#endif
