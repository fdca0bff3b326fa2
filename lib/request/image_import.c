/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image import: a disk image of this host becomes one of the cache, which a lab names as `base = image:NAME`.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/kept.h"
#include "request/request.h"
#include "stage/stage.h"

/* What the file is called, up to its first dot. */
static const char *name_of(const struct vl_run *run, const char *file)
{
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;

    return vl_arena_strndup(&run->result->arena, base, strcspn(base, "."));
}

static int check(const struct vl_run *run, const char *name, char **ret_file)
{
    const char *const *names = run->request->names;

    if (!names || !names[0])
        return vl_fail(run->err, VL_ERROR_USAGE, "no file is named");
    if (!vl_text_is_name(name))
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' is not a name: a letter a-z, then up to 62 of a-z, 0-9 and '-'; say one behind the file",
                       name);
    *ret_file = realpath(names[0], NULL);
    return *ret_file ? 0 : vl_fail_errno(run->err, "cannot open '%s'", names[0]);
}

/* The plan of the import; empty when the cache has just this one. */
static int plan_import(const struct vl_run *run, const char *name, const char *file, struct vl_plan *plan)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_kept_source *source = vl_arena_zalloc(arena, sizeof(*source));
    const char *sum;

    if (!source)
        return vl_no_memory(run->err);
    *source = (struct vl_kept_source){ .file = vl_arena_strdup(arena, file), .made = "imported" };
    if (vl_kept_look(arena, file, &source->format, run->err) < 0 || vl_kept_sum(arena, file, &sum, run->err) < 0)
        return -1;
    return vl_stage_image_keep(run->session, name, sum, source, plan, run->err);
}

int vl_run_keep_image(const struct vl_run *run, struct vl_plan *plan, const char *name, const char *made)
{
    struct vl_kept kept;
    size_t changed = 0;

    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, plan);
    if (vl_run_apply_plan(run, plan, "/", &changed) < 0 ||
        vl_kept_find(&run->result->arena, run->session->options.cache_directory, name, &kept, run->err) < 0)
        return -1;
    vl_result_headings(run->result, "NAME", "PLACE", NULL);
    vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){ kept.stem, kept.place });
    vl_result_table_json(run->result, "images");
    if (changed)
        vl_result_summary(run->result, "%s; base = image:%s is a guest of it", made, name);
    else
        vl_result_summary(run->result, "nothing to do; it is image:%s", name);
    return 0;
}

int vl_run_image_import(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    const char *name = names && names[0] ? names[1] ? names[1] : name_of(run, names[0]) : "";
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_FREE char *file = NULL;

    if (check(run, name, &file) < 0 || plan_import(run, name, file, &plan) < 0)
        return -1;
    return vl_run_keep_image(run, &plan, name, "imported");
}
