/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts that are the same but for some values, as one text with a name in the place of each value, and a table. What
 * differs is words: letters, digits and what stands inside of names and addresses.
 */
#ifndef VL_PLAN_SAME_H
#define VL_PLAN_SAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "lab/lab.h"

/* How a name stands in a text. */
#define VL_SAME_OPEN "{{"
#define VL_SAME_CLOSE "}}"

struct vl_same_value {
    const char *name;
    const char **cells; /* one per text */
};

struct vl_same {
    struct vl_arena *arena;
    size_t rows;
    const struct vl_pbx *const *pbxs; /* whom the texts are for: what is known of them gives values their names */
    struct vl_same_value *values;
    size_t count;
};

/* One text out of `rows`, in the arena. NULL when they are built differently, or so many words differ that a person is
 * better off with each; then no value is added. */
const char *vl_same_text(struct vl_same *same, const char *const *texts);

/* The table in Markdown: a row per PBX, or per value when there are more of those. */
void vl_same_table(const struct vl_same *same, struct vl_buf *buf);

#endif
