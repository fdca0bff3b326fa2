/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pictures of a report as PNG files, for who puts them into a document: rsvg-convert(1) makes them of the SVG that
 * the page has.
 */
#include "base/cleanup.h"
#include "base/process.h"
#include "request/results.h"
#include "sipp/report.h"

#define CONVERTER "rsvg-convert"

enum { CONVERT_MS = 60000 };

struct making {
    struct vl_arena *arena;
    const char *directory, *prefix;
    size_t made;
    struct vl_error *err;
};

/* Twice the size of the page, so that print looks well. */
static void make(void *context, const char *name, const char *svg)
{
    struct making *making = context;
    const char *const argv[] = { CONVERTER,
                                 "--format=png",
                                 "--zoom=2",
                                 "--output",
                                 vl_arena_printf(making->arena, "%s%s.png", making->prefix, name),
                                 NULL };
    const struct vl_process_options options = { .input = svg,
                                                .directory = making->directory,
                                                .timeout_ms = CONVERT_MS };
    VL_FREE char *output = NULL;

    if (making->err->code || vl_arena_check(making->arena, making->err) < 0)
        return;
    if (vl_process_check(argv, &options, &output, making->err) < 0)
        (void)vl_error_wrap(making->err, "'%s/%s' is not made", making->directory, argv[4]);
    else
        making->made++;
}

int vl_run_check_pictures(struct vl_error *err)
{
    if (vl_process_found(CONVERTER))
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "PNG files are made by " CONVERTER ", which is not installed (package librsvg2-bin)");
}

int vl_run_make_pictures(struct vl_arena *arena, const struct vl_json_value *const *results, size_t count,
                         const char *directory, size_t *ret_made, struct vl_error *err)
{
    struct making making = { .arena = arena, .directory = directory, .err = err };

    for (size_t i = 0; i < count && !err->code; i++) {
        making.prefix = count == 1 ? "" : vl_arena_printf(arena, "%zu-", i + 1);
        vl_sipp_report_pictures(results[i], make, &making);
    }
    *ret_made = making.made;
    return err->code ? -1 : 0;
}
