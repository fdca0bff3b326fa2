/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image: the base images in the cache, made where they are missing, and verified; shown, and removed.
 */
#include <string.h>

#include "base/text.h"
#include "guest/cache.h"
#include "guest/image.h"
#include "guest/kept.h"
#include "guest/recipe.h"
#include "request/request.h"
#include "stage/stage.h"

static int check_images(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    const char **known = vl_arena_zalloc(&run->result->arena, (lab->image_count + 1) * sizeof(*known));

    if (!known)
        return vl_no_memory(run->err);
    for (size_t i = 0; i < lab->image_count; i++)
        known[i] = lab->images[i].name;
    return vl_run_check_names(run, "image", known);
}

/* Each is compared with its checksums: those of its build, or of its fetch. */
static int verify_image(const struct vl_run *run, const struct vl_image *image)
{
    const struct voiplab_options *options = &run->session->options;
    struct vl_arena *arena = &run->result->arena;
    struct vl_recipe recipe = { .name = NULL };

    if (image->kind == VL_IMAGE_KEPT) {
        struct vl_kept kept;

        if (vl_kept_find(arena, options->cache_directory, image->source, &kept, run->err) < 0)
            return -1;
        recipe.cache = kept.place;
        if (recipe.cache && vl_recipe_verify(&recipe, run->err) < 0)
            return -1;
    } else if (image->kind == VL_IMAGE_BUILD) {
        if (vl_recipe_find(arena, options->share_directory, options->cache_directory, image->source, image->packages,
                           &recipe, run->err) < 0 ||
            vl_recipe_verify(&recipe, run->err) < 0)
            return -1;
    } else {
        recipe.cache = vl_image_place(arena, options->cache_directory, image->name, image->source);
        if (vl_image_verify(recipe.cache, image->sha256, run->err) < 0)
            return -1;
    }
    vl_result_row(run->result,
                  (const char *const[VL_RESULT_COLUMNS]){ image->name, recipe.name, recipe.hash, recipe.cache });
    return 0;
}

int vl_run_image(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0;

    if (check_images(run) < 0 || vl_stage_image(run->session, run->request->names, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_result_headings(run->result, "IMAGE", "RECIPE", "HASH", "PLACE", NULL);
    for (size_t i = 0; i < lab->image_count; i++) {
        const struct vl_image *image = &lab->images[i];

        if ((image->kind == VL_IMAGE_BUILD || image->kind == VL_IMAGE_URL || image->kind == VL_IMAGE_KEPT) &&
            vl_stage_image_wanted(run->session, run->request->names, image) && verify_image(run, image) < 0)
            return -1;
    }
    vl_result_table_json(run->result, "images");
    vl_result_summary(run->result, changed ? "%zu image%s made; all are verified" : "nothing to do; all are verified",
                      changed, vl_plural(changed));
    return 0;
}

/* The image sections of the lab that stand on it, separated by blanks; NULL: none. */
static const char *users_of(const struct vl_run *run, const struct vl_cached *image)
{
    const struct voiplab_options *options = &run->session->options;
    struct vl_arena *arena = &run->result->arena;
    const struct vl_lab *lab = run->session->lab;
    const char *users = NULL;

    for (size_t i = 0; lab && i < lab->image_count; i++) {
        const struct vl_image *user = &lab->images[i];
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        struct vl_recipe recipe = { .cache = NULL };
        struct vl_kept kept;

        if (user->kind == VL_IMAGE_URL)
            recipe.cache = vl_image_place(arena, options->cache_directory, user->name, user->source);
        else if (user->kind == VL_IMAGE_BUILD)
            (void)vl_recipe_find(arena, options->share_directory, options->cache_directory, user->source,
                                 user->packages, &recipe, &ignored);
        else if (user->kind == VL_IMAGE_KEPT &&
                 vl_kept_find(arena, options->cache_directory, user->source, &kept, &ignored) == 0)
            recipe.cache = kept.place;
        if (recipe.cache && !strcmp(recipe.cache, image->path))
            users = users ? vl_arena_printf(arena, "%s %s", users, user->name) : user->name;
    }
    return users;
}

static int list_images(const struct vl_run *run, struct vl_cached **ret_images, size_t *ret_count)
{
    return vl_cache_list(&run->result->arena, run->session->options.cache_directory, ret_images, ret_count, run->err);
}

int vl_run_image_list(const struct vl_run *run)
{
    struct vl_cached *images;
    size_t count;

    if (list_images(run, &images, &count) < 0)
        return -1;
    vl_result_headings(run->result, "NAME", "MADE", "MIB", "USED BY", "PLACE", NULL);
    for (size_t i = 0; i < count; i++) {
        const char *size = vl_arena_printf(&run->result->arena, "%llu", (unsigned long long)(images[i].size >> 20));

        vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){ images[i].name, images[i].made, size,
                                                                           users_of(run, &images[i]), images[i].path });
    }
    vl_result_table_json(run->result, "images");
    vl_result_summary(run->result, count ? "images in the cache: %zu" : "the cache holds no image", count);
    return 0;
}

/* By the name that the list shows; VL_ERROR_USAGE when there is none. */
static const struct vl_cached *find_image(const struct vl_run *run, const struct vl_cached *images, size_t count,
                                          const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(images[i].name, name))
            return &images[i];
    (void)vl_fail(run->err, VL_ERROR_USAGE, "the cache has no image '%s'; 'voiplab image list' shows them", name);
    return NULL;
}

int vl_run_image_remove(const struct vl_run *run)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_cached *images;
    size_t count, changed = 0;

    if (list_images(run, &images, &count) < 0)
        return -1;
    for (const char *const *name = run->request->names; name && *name; name++) {
        const struct vl_cached *image = find_image(run, images, count, *name);

        if (!image || vl_stage_image_remove(run->session, image, 1, &plan, run->err) < 0)
            return -1;
    }
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_result_summary(run->result, "done");
    return 0;
}

int vl_run_image_verify(const struct vl_run *run)
{
    struct vl_cached *images;
    size_t count, verified = 0;

    if (list_images(run, &images, &count) < 0)
        return -1;
    for (const char *const *name = run->request->names; name && *name; name++)
        if (!find_image(run, images, count, *name))
            return -1;
    vl_result_headings(run->result, "NAME", "SEEN", NULL);
    for (size_t i = 0; i < count; i++) {
        VL_ERROR_AUTO cause = { .code = VL_OK };
        bool good;

        if (!vl_session_wanted(run->request->names, images[i].name))
            continue;
        good = vl_cache_verify(&images[i], &cause) == 0;
        verified += good;
        vl_result_row(run->result,
                      (const char *const[VL_RESULT_COLUMNS]){ images[i].name, good ? "whole" : "damaged" });
        if (!good && !run->err->code)
            vl_error_move(run->err, &cause);
    }
    vl_result_table_json(run->result, "images");
    vl_result_summary(run->result, "%zu image%s as noted", verified, verified == 1 ? " is" : "s are");
    return run->err->code ? -1 : 0;
}
