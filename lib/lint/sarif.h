/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SARIF 2.1.0 (OASIS, Static Analysis Results Interchange Format): findings of the linter as platforms show them.
 */
#ifndef VL_LINT_SARIF_H
#define VL_LINT_SARIF_H

#include "base/json.h"
#include "lint/report.h"

/* A document with one run, the tool and its rules, open for findings. NULL when memory ran out. */
struct vl_json *vl_sarif_new(void);

void vl_sarif_finding(struct vl_json *sarif, const struct vl_finding *finding);

/* The document as text; the caller frees it. */
char *vl_sarif_text(struct vl_json *sarif, struct vl_error *err);

#endif
