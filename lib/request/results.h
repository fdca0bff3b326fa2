/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is kept of a load run: a directory with result.json, samples.csv and report.html.
 */
#ifndef VL_REQUEST_RESULTS_H
#define VL_REQUEST_RESULTS_H

#include "request/load.h"

struct vl_load_listener;

/* What a run has come to. */
struct vl_load_results {
    const char *directory; /* where it is to be kept */
    long long begun;       /* seconds since 1970 */
    const struct vl_sipp_summary *summary;
    const struct vl_load_listener *listener; /* NULL: nobody listened, and `not_heard` says why */
    const char *not_heard;
};

/* Make the directory of a run before it begins: `given`, or NULL for one in the state of the lab, named after the load
 * and the time. NULL when it cannot be, or has no room; in the run's arena. */
const char *vl_run_begin_results(const struct vl_run *run, const struct vl_load_asked *asked, long long begun,
                                 const char *given, struct vl_error *err);

/* No run came of it: the directory goes, unless it has something. */
void vl_run_drop_results(const char *directory);

/* Write the results of a run into their directory, which is made again when it has gone. Results that were there are
 * replaced. */
int vl_run_keep_results(const struct vl_run *run, const struct vl_load_asked *asked,
                        const struct vl_load_results *results, struct vl_error *err);

#endif
