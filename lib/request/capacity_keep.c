/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is kept of a search: the same files as of a run, with the samples of all its steps.
 */
#include "request/capacity.h"
#include "request/results.h"
#include "sipp/report.h"

static void put_search(const void *context, struct vl_json *json)
{
    vl_capacity_tell_json(context, json, "capacity");
}

int vl_capacity_keep(const struct vl_capacity *capacity, const char *directory, long long begun, struct vl_error *err)
{
    const struct vl_sipp_summary seen = { .samples = capacity->samples, .sample_count = capacity->sample_count };

    return vl_run_keep(capacity->run, capacity->load,
                       &(struct vl_load_kept){ .schema = VL_CAPACITY_SCHEMA,
                                               .directory = directory,
                                               .begun = begun,
                                               .answer = vl_capacity_answer(capacity),
                                               .limit = capacity->gave.name,
                                               .limit_text = vl_capacity_limit(capacity),
                                               .put = put_search,
                                               .context = capacity,
                                               .seen = &seen },
                       err);
}
