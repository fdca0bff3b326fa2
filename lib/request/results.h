/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is kept of a load run, or of a search for the largest: a directory with result.json, samples.csv and
 * report.html.
 */
#ifndef VL_REQUEST_RESULTS_H
#define VL_REQUEST_RESULTS_H

#include "request/foretell.h"
#include "request/load.h"

struct vl_load_listener;

/* What a run has come to. */
struct vl_load_results {
    const char *directory; /* where it is to be kept */
    long long begun;       /* seconds since 1970 */
    const struct vl_sipp_summary *summary;
    const struct vl_load_listener *listener; /* NULL: nobody listened, and `not_heard` says why */
    const char *not_heard;
    struct vl_foretold foretold; /* of the number, where calls failed */
};

/* Make the directory of a run, or of a search, before it begins: that of the request, with one in it for each of
 * several loads; or one in the state of the lab, of this name and the time. NULL when it cannot be, or has no room; in
 * the run's arena. */
const char *vl_run_begin_results(const struct vl_run *run, const struct vl_load_asked *asked, const char *name,
                                 long long begun, struct vl_error *err);

/* No run came of it: the directory goes, unless it has something. */
void vl_run_drop_results(const char *directory);

/* Write the results of a run into their directory, which is made again when it has gone. Results that were there are
 * replaced. */
int vl_run_keep_results(const struct vl_run *run, const struct vl_load_asked *asked,
                        const struct vl_load_results *results, struct vl_error *err);

/* What is kept of something that made calls. */
struct vl_load_kept {
    const char *schema, *directory;
    long long begun;
    const char *answer, *limit, *limit_text;
    void (*put)(const void *context, struct vl_json *json); /* its own members */
    const void *context;
    const struct vl_sipp_summary *seen; /* of which only the samples are read */
};

/* The same of anything. */
int vl_run_keep(const struct vl_run *run, const struct vl_load_asked *asked, const struct vl_load_kept *kept,
                struct vl_error *err);

/* Whether pictures can be made as PNG files; else the error says what is missing. */
int vl_run_check_pictures(struct vl_error *err);

/* Make those of the results in a directory: NAME.png, or 1-NAME.png and so on of several. */
int vl_run_make_pictures(struct vl_arena *arena, const struct vl_json_value *const *results, size_t count,
                         const char *directory, size_t *ret_made, struct vl_error *err);

#endif
