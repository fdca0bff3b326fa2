/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `dialplan lint --fix` makes of the files: each with the text that it was to have, and with all that was fixed in
 * it so far. They are shown as a diff, and changed as every file is, by a plan.
 */
#ifndef VL_REQUEST_FIXES_H
#define VL_REQUEST_FIXES_H

#include "base/buf.h"
#include "lint/report.h"
#include "plan/plan.h"

struct vl_fixed_file {
    const char *name;    /* as it was read, for the diff */
    const char *before;  /* what it holds */
    struct vl_file file; /* what it shall hold */
};

struct vl_fixes {
    struct vl_arena arena;
    struct vl_conf_reader files; /* this machine's */
    struct vl_fixed_file *fixed;
    size_t count, lines;
};

/* A reader of this machine's files, in which those that are fixed have their new text already: a file that several
 * plans include is fixed for one after the other. `directory` as for vl_conf_files(). */
struct vl_conf_reader vl_fixes_reader(struct vl_fixes *fixes, const char *directory);

/* Fix all files of the dialplan that `options` has, in which `found` was found. */
int vl_fixes_add(struct vl_fixes *fixes, const struct vl_lint_options *options, const struct vl_lint_result *found,
                 struct vl_error *err);

/* Append a unified diff of every file that is not as it was. */
void vl_fixes_diff(const struct vl_fixes *fixes, struct vl_buf *buf);

/* Append the steps that write the files of this host. A symbolic link is refused, as for other files. */
int vl_fixes_plan(const struct vl_fixes *fixes, struct vl_plan *plan, struct vl_error *err);

void vl_fixes_free(struct vl_fixes *fixes);

#endif
