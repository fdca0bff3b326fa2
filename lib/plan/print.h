/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ways to print a plan. Secrets are dots unless asked for; private keys are printed in a lab note
 * only, and when secrets are asked for.
 */
#ifndef VL_PLAN_PRINT_H
#define VL_PLAN_PRINT_H

#include "base/buf.h"
#include "base/json.h"
#include "plan/plan.h"
#include "plan/session.h"

/* For a terminal: a heading per step, then the diff, the XML or the command line. */
void vl_plan_print(const struct vl_session *session, const struct vl_plan *plan, bool show_secrets, struct vl_buf *buf);

/* In note.c. As a lab note in Markdown, for someone who has nothing else: what, why, what is typed where, and what is
 * seen then. With `show_secrets` it works as printed; private keys are in it then, too. */
void vl_plan_explain(const struct vl_session *session, const struct vl_plan *plan, bool show_secrets,
                     struct vl_buf *buf);

/* As an array of objects under `key`. */
void vl_plan_json(const struct vl_session *session, const struct vl_plan *plan, bool show_secrets, struct vl_json *json,
                  const char *key);

/* One line that says what a step does: "write /etc/asterisk/voiplab_sip.conf". In the arena. */
char *vl_step_title(struct vl_arena *arena, const struct vl_step *step);

#endif
