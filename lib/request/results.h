/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is kept of a load run: a directory with result.json, samples.csv and report.html.
 */
#ifndef VL_REQUEST_RESULTS_H
#define VL_REQUEST_RESULTS_H

#include "request/load.h"

/* Write the results of a run into `directory`, which is made; NULL: into one in the state of the lab, named after the
 * load and the time. Results that were there are replaced. On success *ret_directory, in the run's arena, says where.
 */
int vl_run_keep_results(const struct vl_run *run, const struct vl_load_asked *asked,
                        const struct vl_sipp_summary *summary, long long begun, const char *directory,
                        const char **ret_directory, struct vl_error *err);

#endif
