/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One HTML page from the results of load runs: the answer first, then the pictures over one time axis, then tables. It
 * needs no network and no script. Pure: the same results give the same bytes.
 */
#ifndef VL_SIPP_REPORT_H
#define VL_SIPP_REPORT_H

#include <stddef.h>

#include "base/buf.h"
#include "base/json.h"

/* What results say in their member "schema". */
#define VL_SIPP_SCHEMA "voiplab.load.1"
#define VL_CAPACITY_SCHEMA "voiplab.capacity.1"

/* Add the page. `runs` are results of runs and of searches in the order in which they shall be compared; `names` what
 * they are called there. */
void vl_sipp_report(struct vl_buf *buf, const struct vl_json_value *const *runs, const char *const *names,
                    size_t count);

/* Each picture of the page of a run or a search as a document of its own, with a name such as "calls". */
void vl_sipp_report_pictures(const struct vl_json_value *run,
                             void (*take)(void *context, const char *name, const char *svg), void *context);

#endif
