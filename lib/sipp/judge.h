/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the figures of a run mean: what gave first, and the metrics of RFC 6076. Pure.
 */
#ifndef VL_SIPP_JUDGE_H
#define VL_SIPP_JUDGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/json.h"
#include "sipp/summary.h"

enum vl_load_limit {
    VL_LOAD_LIMIT_NONE,
    VL_LOAD_LIMIT_GENERATOR, /* SIPp itself */
    VL_LOAD_LIMIT_HOST,      /* the processor of this host */
    VL_LOAD_LIMIT_GUEST,     /* that of a guest */
    VL_LOAD_LIMIT_MEMORY,    /* of this host or a guest */
    VL_LOAD_LIMIT_TARGET,    /* it stopped to answer */
    VL_LOAD_LIMIT_CALLS,     /* calls failed, and none of the above was full */
};

/* The name of a limit in results: "generator". */
const char *vl_sipp_limit_name(enum vl_load_limit limit);

/* What gave first, as far as the samples show it; *ret_text says it in a few words with its figure, in the arena. */
enum vl_load_limit vl_sipp_limit(const struct vl_sipp_summary *summary, struct vl_arena *arena, const char **ret_text);

/* The answer in a sentence: "316 calls at once, 0 of 1265 failed"; in the arena. */
const char *vl_sipp_answer(const struct vl_sipp_summary *summary, bool registers, struct vl_arena *arena);

/* RFC 6076, sections 4.1 to 4.9, as an object; what has no denominator is null. */
void vl_sipp_metrics_json(const struct vl_sipp_summary *summary, bool registers, struct vl_json *json, const char *key);

/* The samples as an array of objects. */
void vl_sipp_samples_json(const struct vl_sipp_summary *summary, struct vl_json *json, const char *key);

/* The samples as CSV with a row of titles (RFC 4180). Added to `buf`. */
void vl_sipp_samples_csv(const struct vl_sipp_summary *summary, struct vl_buf *buf);

#endif
