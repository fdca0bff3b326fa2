/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Findings as lines for people.
 */
#ifndef VL_REQUEST_FINDINGS_H
#define VL_REQUEST_FINDINGS_H

#include "base/arena.h"
#include "base/buf.h"
#include "lint/report.h"

/* Lines of one plan that are printed unless all are asked for. */
enum { VL_FINDINGS_MOST = 40 };

/* Append every finding as a line, or with `all` false one for each rule and cause, with how often and where else it was
 * found; VL_FINDINGS_MOST lines at most. Whether something was left out. */
bool vl_findings_print(struct vl_arena *arena, const struct vl_finding *const *findings, size_t count, bool all,
                       struct vl_buf *buf);

#endif
