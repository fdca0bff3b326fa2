/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/apply.h"
#include "plan/pending.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/text.h"
#include "guest/image.h"
#include "guest/recipe.h"
#include "guest/seed_iso.h"
#include "network/change.h"
#include "network/switch.h"
#include "plan/print.h"
#include "probe/asterisk.h"
#include "render/volume_xml.h"

enum { COMMAND_TIMEOUT_MS = 60000, STOP_TIMEOUT_MS = 60000 };

/* What a step needs to happen. */
struct scene {
    struct vl_session *session;
    struct vl_target *target;
    const struct vl_step *step;
    struct vl_arena *arena;
    struct vl_error *err;
};

static const char *lab_name(const struct vl_session *session)
{
    return session->lab ? session->lab->name : "default";
}

static int do_file(const struct scene *scene)
{
    const struct vl_step *step = scene->step;

    return scene->target->ops->write(scene->target, step->object, step->after, (mode_t)step->mode, step->group,
                                     scene->err);
}

static int do_remove(const struct scene *scene)
{
    return scene->target->ops->remove(scene->target, scene->step->object, scene->err);
}

/* Run the step's argv; what the command printed is the caller's. */
static int run_argv(const struct scene *scene, char **ret_output)
{
    struct vl_command_result result = { .status = -1 };

    if (scene->target->ops->run(scene->target, scene->step->argv, NULL, COMMAND_TIMEOUT_MS, &result, scene->err) < 0)
        return -1;
    *ret_output = result.output;
    if (result.status == 0)
        return 0;
    return vl_fail(scene->err, VL_ERROR_FAILED, "'%s' ended with status %d: %s", scene->step->argv[0], result.status,
                   vl_text_quote(scene->arena, result.output ? result.output : "", VL_TEXT_QUOTED));
}

static int do_command(const struct scene *scene)
{
    VL_FREE char *output = NULL;

    return run_argv(scene, &output);
}

/* Asterisk's CLI ends with 0 also when it does not know the command, which is what a missing module comes to. */
static int do_reload(const struct scene *scene)
{
    VL_FREE char *output = NULL;

    if (run_argv(scene, &output) < 0)
        return -1;
    if (output && vl_asterisk_no_such_command(output))
        return vl_fail(scene->err, VL_ERROR_FAILED, "Asterisk does not know '%s'; is the module loaded?",
                       scene->step->object);
    return 0;
}

static int do_directory(const struct scene *scene)
{
    return vl_file_mkdirs(scene->step->object, (mode_t)scene->step->mode, scene->err);
}

static int do_switch(const struct scene *scene)
{
    return vl_switch_over(&scene->session->lab->bridge, scene->session->lab->name, scene->err);
}

static void image_line(void *context, const char *line)
{
    const struct scene *scene = context;

    vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, scene->step->object, "%s", line);
}

static void fetch_progress(void *context, uint64_t bytes)
{
    const struct scene *scene = context;

    vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, scene->step->object, "%llu MiB fetched",
                     (unsigned long long)(bytes >> 20));
}

static bool image_cancelled(void *context)
{
    const struct scene *scene = context;

    return vl_session_cancelled(scene->session);
}

static int do_image(const struct scene *scene)
{
    void *context = (void *)(uintptr_t)scene;
    struct vl_recipe recipe;

    if (scene->step->source)
        return vl_image_fetch(&(struct vl_image_fetch){ .url = scene->step->source,
                                                        .file = scene->step->after,
                                                        .cancelled = image_cancelled,
                                                        .progress = fetch_progress,
                                                        .context = context },
                              scene->err);
    if (vl_recipe_find(scene->arena, scene->session->options.share_directory, scene->session->options.cache_directory,
                       scene->step->object, &recipe, scene->err) < 0)
        return -1;
    return vl_recipe_build(&recipe,
                           &(struct vl_process_options){ .on_line = image_line,
                                                         .on_line_context = context,
                                                         .cancelled = image_cancelled,
                                                         .cancelled_context = context },
                           scene->err);
}

static int do_pool(const struct scene *scene)
{
    return vl_hypervisor_pool_make(scene->session->hypervisor, scene->step->object, scene->step->after, scene->err);
}

static int do_volume(const struct scene *scene)
{
    return vl_hypervisor_volume_make(scene->session->hypervisor, scene->step->pool, scene->step->after, scene->err);
}

/* Make the volume and fill it; a half-filled one is removed, so that its name always means the whole. */
static int upload(const struct scene *scene, const char *xml, const char *file)
{
    struct vl_hypervisor *hypervisor = scene->session->hypervisor;
    const struct vl_step *step = scene->step;

    if (vl_hypervisor_volume_make(hypervisor, step->pool, xml, scene->err) < 0)
        return -1;
    if (vl_hypervisor_volume_upload(hypervisor, step->pool, step->object, file, NULL, NULL, scene->err) < 0) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        (void)vl_hypervisor_volume_remove(hypervisor, step->pool, step->object, &ignored);
        return -1;
    }
    return 0;
}

static int do_upload(const struct scene *scene)
{
    return upload(scene, scene->step->after, scene->step->source);
}

static int do_seed(const struct scene *scene)
{
    const struct vl_step *step = scene->step;
    const char *iso = vl_arena_printf(scene->arena, "%s/%s", step->source, step->object);
    VL_FREE char *xml = NULL;
    struct stat status;
    int rc;

    if (vl_seed_iso(step->files, step->source, iso, scene->err) < 0)
        return -1;
    if (stat(iso, &status) < 0)
        return vl_fail_errno(scene->err, "cannot look at '%s'", iso);
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){ .name = step->object, .format = "raw", .capacity = (uint64_t)status.st_size },
        scene->err);
    rc = xml ? upload(scene, xml, iso) : -1;
    if (rc == 0)
        return vl_file_remove(iso, scene->err);
    return rc;
}

static int do_domain(const struct scene *scene)
{
    return vl_hypervisor_define(scene->session->hypervisor, scene->step->after, scene->step->object,
                                lab_name(scene->session), scene->err);
}

static int do_start(const struct scene *scene)
{
    return vl_hypervisor_start(scene->session->hypervisor, scene->step->object, lab_name(scene->session), scene->err);
}

static int do_undefine(const struct scene *scene)
{
    return vl_hypervisor_undefine(scene->session->hypervisor, scene->step->object, lab_name(scene->session),
                                  scene->err);
}

static int do_remove_volume(const struct scene *scene)
{
    return vl_hypervisor_volume_remove(scene->session->hypervisor, scene->step->pool, scene->step->object, scene->err);
}

static int do_remove_pool(const struct scene *scene)
{
    return vl_hypervisor_pool_remove(scene->session->hypervisor, scene->step->object, scene->err);
}

static int (*const actions[VL_STEP_KINDS])(const struct scene *scene) = {
    [VL_STEP_FILE] = do_file,
    [VL_STEP_REMOVE] = do_remove,
    [VL_STEP_COMMAND] = do_command,
    [VL_STEP_RELOAD] = do_reload,
    [VL_STEP_DIRECTORY] = do_directory,
    [VL_STEP_IMAGE] = do_image,
    [VL_STEP_POOL] = do_pool,
    [VL_STEP_VOLUME] = do_volume,
    [VL_STEP_UPLOAD] = do_upload,
    [VL_STEP_SEED] = do_seed,
    [VL_STEP_DOMAIN] = do_domain,
    [VL_STEP_START] = do_start,
    [VL_STEP_UNDEFINE] = do_undefine,
    [VL_STEP_REMOVE_VOLUME] = do_remove_volume,
    [VL_STEP_REMOVE_POOL] = do_remove_pool,
    [VL_STEP_SWITCH] = do_switch,
};

static bool stop_cancelled(void *context)
{
    return vl_session_cancelled(context);
}

/* Guests that stop one after the other in the plan stop at the same time: each may take a minute. */
static int stop_together(struct vl_session *session, const struct vl_step *steps, size_t count, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_stopping *guests = vl_arena_zalloc(&arena, count * sizeof(*guests));
    size_t failed;

    if (!guests)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        guests[i].name = steps[i].object;
    failed = vl_hypervisor_stop_all(
        session->hypervisor, lab_name(session), guests, count,
        &(struct vl_stop_options){
            .timeout_ms = STOP_TIMEOUT_MS, .force = true, .cancelled = stop_cancelled, .context = session });
    for (size_t i = 0; i < count; i++) {
        if (guests[i].error.code)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, guests[i].name, "%s", vl_error_text(&guests[i].error));
        else
            vl_session_event(session, VOIPLAB_EVENT_STEP, steps[i].target, "%s", vl_step_title(&arena, &steps[i]));
        vl_error_clear(&guests[i].error);
    }
    if (!failed)
        return 0;
    if (vl_session_cancelled(session))
        return vl_fail(err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
    return vl_fail(err, failed < count ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                   "%zu of %zu guests did not stop; the lines above say why", failed, count);
}

static size_t count_stops(const struct vl_plan *plan, size_t from)
{
    size_t count = 0;

    while (from + count < plan->count && plan->steps[from + count].kind == VL_STEP_STOP)
        count++;
    return count;
}

static int do_step(struct vl_session *session, struct vl_target *target, const struct vl_step *step,
                   struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct scene scene = { .session = session, .target = target, .step = step, .arena = &arena, .err = err };

    if (actions[step->kind](&scene) < 0)
        return vl_error_wrap(err, "%s", vl_step_title(&arena, step));
    vl_session_event(session, VOIPLAB_EVENT_STEP, step->target, "%s", vl_step_title(&arena, step));
    return 0;
}

/* Put back what the first `count` steps changed in files, last first, and let the services know. The step that failed
 * is among them: it may have failed after the file was in its place. */
static void put_back(struct vl_session *session, const struct vl_plan *plan, size_t count, struct vl_target *target)
{
    size_t changed = 0;

    for (size_t i = count; i-- > 0;) {
        const struct vl_step *step = &plan->steps[i];
        struct vl_step undo = *step;
        VL_ERROR_AUTO cause = { .code = VL_OK };

        if (step->kind != VL_STEP_FILE && step->kind != VL_STEP_REMOVE)
            continue;
        undo.kind = step->before ? VL_STEP_FILE : VL_STEP_REMOVE;
        undo.after = step->before;
        undo.mode = step->mode_before;
        changed++;
        if (do_step(session, target, &undo, &cause) < 0)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, step->target, "cannot put back: %s",
                             vl_error_text(&cause));
    }
    for (size_t i = 0; i < plan->count && changed; i++) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        if (plan->steps[i].kind == VL_STEP_RELOAD)
            (void)do_step(session, target, &plan->steps[i], &ignored);
    }
}

/* Keep the bytes of a file that is the user's, once: before our first change of it. The files of a tree (--root) are
 * not the host's: they are kept apart, so that the host's own are still kept when their turn comes. */
static int back_up(struct vl_session *session, const struct vl_target *target, const struct vl_step *step,
                   struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *tree = target && target->name[0] == '/' ? vl_text_flat(&arena, target->name) : "";
    char *path;

    if (!step->before || step->kind != VL_STEP_FILE || !session->state.directory)
        return 0;
    path = vl_arena_printf(&arena, "%s/backup/%s%s", session->state.directory, step->target, tree);
    if (vl_file_mkdirs(path, 0700, err) < 0)
        return -1;
    path = vl_arena_printf(&arena, "%s/%s", path, vl_text_flat(&arena, step->object));
    if (vl_file_exists(path))
        return 0;
    return vl_file_write(path, step->before, strlen(step->before), 0600, err);
}

int vl_apply(struct vl_session *session, const struct vl_plan *plan, struct vl_target *target, struct vl_error *err)
{
    VL_FREE char *note = vl_pending_note(session, plan, err);

    if (err->code)
        return -1;
    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];

        if (vl_session_cancelled(session))
            return vl_fail(err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
        if (session->change && !vl_change_pending(session->change))
            return vl_fail(err, VL_ERROR_TIMEOUT,
                           "the change took longer than it may stay unconfirmed; --timeout gives it longer");
        if (step->kind == VL_STEP_STOP) {
            size_t stops = count_stops(plan, i);

            if (stop_together(session, step, stops, err) < 0)
                return -1;
            i += stops - 1;
            continue;
        }
        if (back_up(session, target, step, err) < 0) {
            put_back(session, plan, i, target);
            return -1;
        }
        if (do_step(session, target, step, err) < 0) {
            put_back(session, plan, i + 1, target);
            return -1;
        }
    }
    return note ? vl_file_remove(note, err) : 0;
}
