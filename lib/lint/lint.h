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

#include "base/arena.h"
#include "lint/report.h"

/* Look at the plan. Fails when a file that was named cannot be read, memory runs out, or it was cancelled. */
int vl_lint_run(const struct vl_lint_options *options, struct vl_lint_result *ret_result, struct vl_error *err);

void vl_lint_result_free(struct vl_lint_result *result);

#define VL_LINT_RESULT_AUTO __attribute__((cleanup(vl_lint_result_free))) struct vl_lint_result

/* A file of a plan as it would be right, as far as a machine can say. */
struct vl_fixed_text {
    const char *file, *text;
    size_t lines; /* how many of them are not as they were */
};

/* The files of the plan that are not as they were, with the fixes of the findings made: one that changes more of the
 * plan than its finding is about, or brings another finding, is left out. Files that say that a program wrote them are
 * left alone. *ret_count is 0 when there is nothing to do. Everything is in the arena, and the plan's. */
int vl_lint_fix(const struct vl_lint_options *options, const struct vl_lint_result *result, struct vl_arena *arena,
                const struct vl_fixed_text **ret_texts, size_t *ret_count, struct vl_error *err);

#endif
