/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Asterisk says of a dialplan while it loads it, kept beside the model.
 */
#ifndef VL_DIALPLAN_DIAGNOSTIC_H
#define VL_DIALPLAN_DIAGNOSTIC_H

#include "dialplan/dialplan.h"

/* Keep a diagnostic; `context` and `extension` may be NULL. */
void vl_diagnose(struct vl_dialplan *plan, enum vl_dialplan_code code, struct vl_position at, const char *context,
                 const char *extension, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* The same for a text that is printable, and in the plan's arena. */
void vl_diagnose_text(struct vl_dialplan *plan, enum vl_dialplan_code code, struct vl_position at, const char *context,
                      const char *extension, const char *text);

#endif
