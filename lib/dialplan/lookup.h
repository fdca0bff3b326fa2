/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding what a plan holds by its name, while it is loaded and afterwards. What the rest of the program calls is in
 * dialplan.h.
 */
#ifndef VL_DIALPLAN_LOOKUP_H
#define VL_DIALPLAN_LOOKUP_H

#include "dialplan/dialplan.h"
#include "dialplan/variables.h"

/* For tables of names (base/names.h): whether an entry is the context, or the global, of this name. */
bool vl_dialplan_same_context(const void *entry, const void *key);
bool vl_dialplan_same_global(const void *entry, const void *key);

/* Globals as Asterisk fills them in while it loads. */
struct vl_variables vl_dialplan_variables(const struct vl_dialplan *plan);

#endif
