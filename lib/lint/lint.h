/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A linter for a dialplan: what is wrong in it, where, why, and what to do.
 *
 * The rules are one table (rules.h): a name, a severity, the versions of Asterisk that it is about, and the
 * function that looks. What the loader noticed becomes findings too. Beside the plan it reads what belongs to it, when
 * it is there: the devices that calls come from and go to, and the mailboxes (devices.h). A finding that a comment
 * `; voiplab: ignore RULE` on its line or on the line above asks to leave out is left out.
 */
#ifndef VL_LINT_LINT_H
#define VL_LINT_LINT_H

#include "base/buf.h"
#include "lint/report.h"

/* Look at the plan. Fails when a file that was named cannot be read, memory runs out, or it was cancelled. */
int vl_lint_run(const struct vl_lint_options *options, struct vl_lint_result *ret_result, struct vl_error *err);

void vl_lint_result_free(struct vl_lint_result *result);

#define VL_LINT_RESULT_AUTO __attribute__((cleanup(vl_lint_result_free))) struct vl_lint_result

/* The text of `file` with the fixes of the findings in it applied, each of them tried: one that changes more of the
 * plan than its finding is about is left out. Appends to `buf`, also when there is nothing to do. *ret_fixed counts. */
int vl_lint_fix(const struct vl_lint_options *options, const struct vl_lint_result *result, const char *file,
                struct vl_buf *buf, size_t *ret_fixed, struct vl_error *err);

#endif
