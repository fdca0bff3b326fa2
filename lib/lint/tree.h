/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether numbers reach an extension in the search of extenpatternmatchnew=yes.
 */
#ifndef VL_LINT_TREE_H
#define VL_LINT_TREE_H

#include "lint/part.h"

enum vl_tree_reach {
    VL_TREE_NONE, /* other extensions take all of them */
    VL_TREE_SOME,
    VL_TREE_UNKNOWN, /* it would take too long to tell, or hangs on more than the name */
};

/* When a search goes through these contexts in their order; those that are timed may be out of time. *ret_by is who
 * takes the first of the numbers. */
enum vl_tree_reach vl_lint_reach(struct vl_lint *lint, const struct vl_context *const *visits, const bool *timed,
                                 size_t visit_count, const struct vl_extension *extension,
                                 const struct vl_extension **ret_by);

#endif
