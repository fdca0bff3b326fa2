/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base images in the cache: built by a recipe or fetched, once, before the guests are planned that stand on them.
 */
#include <string.h>

#include "base/file.h"
#include "guest/cache.h"
#include "guest/image.h"
#include "guest/kept.h"
#include "guest/recipe.h"
#include "stage/stage.h"

/* What was fetched is what the lab file says today: that may have been written since. */
static int check_fetched(struct vl_session *session, const struct vl_image *image, const char *file,
                         struct vl_arena *arena, struct vl_error *err)
{
    const char *noted = vl_image_noted(arena, file), *name = strrchr(file, '/') + 1;

    if (!image->sha256 || (noted && !strcmp(noted, image->sha256)))
        return 0;
    return vl_fail_at(err, VL_ERROR_LAB, session->lab->file, image->line,
                      "[image %s] sha256: what was fetched has %s; 'voiplab image remove %.*s' has it fetched again",
                      image->name, noted ? noted : "none that was noted", (int)(strlen(name) - strlen(".qcow2")), name);
}

/* Fetched before the guests are planned: the volume of their base image is as large as that image says. */
static int fetch_step(struct vl_session *session, const struct vl_image *image, struct vl_plan *plan,
                      struct vl_error *err)
{
    const char *file = vl_image_place(&plan->arena, session->options.cache_directory, image->name, image->source);

    if (vl_file_exists(file))
        return check_fetched(session, image, file, &plan->arena, err);
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_IMAGE,
                                         .target = VL_THIS_HOST,
                                         .object = image->name,
                                         .source = image->source,
                                         .after = file,
                                         .sha256 = image->sha256,
                                         .why = "the image is fetched once and kept" });
    return 0;
}

static int image_step(struct vl_session *session, const struct vl_image *image, struct vl_plan *plan,
                      struct vl_error *err)
{
    struct vl_recipe recipe;

    if (image->kind == VL_IMAGE_URL)
        return fetch_step(session, image, plan, err);
    if (image->unattended)
        return vl_stage_installer(session, image, plan, err);
    if (image->kind != VL_IMAGE_BUILD)
        return 0;
    if (vl_recipe_find(&plan->arena, session->options.share_directory, session->options.cache_directory, image->source,
                       image->packages, &recipe, err) < 0)
        return vl_error_wrap(err, "%s:%d: [image %s] base", session->lab->file, image->line, image->name);
    if (recipe.built)
        return 0;
    vl_plan_add(plan, &(struct vl_step){
                          .kind = VL_STEP_IMAGE,
                          .target = VL_THIS_HOST,
                          .object = image->source,
                          .after = recipe.cache,
                          .argv = image->packages,
                          .why = "the base image is built from packages once and kept until its recipe changes",
                      });
    return 0;
}

static bool image_used(const struct vl_lab *lab, const struct vl_image *image)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].image == image)
            return true;
    return false;
}

bool vl_stage_image_wanted(const struct vl_session *session, const char *const *names, const struct vl_image *image)
{
    return names ? vl_session_wanted(names, image->name) : image_used(session->lab, image);
}

int vl_stage_image(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err)
{
    for (size_t i = 0; i < session->lab->image_count; i++) {
        const struct vl_image *image = &session->lab->images[i];

        if (vl_stage_image_wanted(session, names, image))
            if (image_step(session, image, plan, err) < 0)
                return -1;
    }
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_image_keep(struct vl_session *session, const char *name, const char *sum,
                        const struct vl_kept_source *source, struct vl_plan *plan, struct vl_error *err)
{
    const char *cache = session->options.cache_directory;
    const char *place = vl_kept_place(&plan->arena, cache, name, sum);
    struct vl_kept kept;

    if (vl_kept_find(&plan->arena, cache, name, &kept, err) < 0)
        return -1;
    if (kept.stem && strcmp(kept.place, place) != 0)
        return vl_fail(
            err, VL_ERROR_FAILED,
            "the cache has another image '%s', '%s'; 'voiplab image remove %s' takes it away, or say another "
            "name",
            name, kept.stem, kept.stem);
    if (!kept.stem)
        vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_KEEP,
                                             .target = VL_THIS_HOST,
                                             .object = name,
                                             .after = place,
                                             .kept = source,
                                             .why = "one qcow2 image that needs no other file, and its checksums" });
    return vl_arena_check(&plan->arena, err);
}

static const char *const *command_with(struct vl_arena *arena, const char *const *command, const char *const *paths)
{
    const char **argv = NULL;
    size_t count = 0;

    for (const char *const *lists[] = { command, paths, NULL }, *const **list = lists; *list; list++)
        for (const char *const *word = *list;; word++) {
            const char **grown = vl_arena_grow(arena, argv, count, sizeof(*argv));

            if (!grown)
                return NULL;
            argv = grown;
            argv[count] = *word;
            if (!*word)
                break;
            count++;
        }
    return argv;
}

int vl_stage_image_remove(struct vl_session *session, const struct vl_cached *images, size_t count,
                          struct vl_plan *plan, struct vl_error *err)
{
    static const char *const files[] = { "rm", "-f", "--", NULL }, *const directory[] = { "rmdir", "--", NULL };
    static const char why[] = "the image is built or fetched again when a guest needs it";

    for (size_t i = 0; i < count; i++) {
        const struct vl_cached *image = &images[i];
        const char *title = vl_arena_printf(&plan->arena, "image %s goes", image->name);

        vl_plan_add_command(plan, why, title, command_with(&plan->arena, files, image->files));
        if (image->foreign)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                             "'%s' is none of voiplab's and stays, with the directory that it is in", image->foreign);
        else if (image->built)
            vl_plan_add_command(plan, why, title,
                                command_with(&plan->arena, directory, (const char *const[]){ image->path, NULL }));
    }
    return vl_arena_check(&plan->arena, err);
}
