/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/steps.h"

#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/own.h"
#include "base/process.h"
#include "base/scratch.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/image.h"
#include "guest/kept.h"
#include "guest/netboot.h"
#include "guest/recipe.h"
#include "guest/seed_iso.h"
#include "network/switch.h"
#include "plan/backup.h"
#include "plan/wipe.h"
#include "plan/database.h"
#include "plan/ready.h"
#include "plan/reload.h"
#include "plan/sites.h"
#include "plan/typed.h"
#include "probe/asterisk.h"
#include "render/volume_xml.h"

enum { COMMAND_TIMEOUT_MS = 60000 };

static int do_file(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;

    return scene->target->ops->write(scene->target, step->object, step->after, (mode_t)step->mode, step->group,
                                     scene->err);
}

static int do_remove(const struct vl_step_scene *scene)
{
    return scene->target->ops->remove(scene->target, scene->step->object, scene->err);
}

/* Asterisk's CLI ends with 0 also when it does not know the command, which is what a missing module comes to. */
int vl_step_check_answer(const struct vl_step_scene *scene, const struct vl_command_result *result)
{
    const char *output = result->output ? result->output : "", *refused;

    if (scene->step->restarts)
        return 0; /* the console that says it goes with its Asterisk, or does not */
    if (result->status)
        return vl_fail(scene->err, VL_ERROR_FAILED, "'%s' ended with status %d: %s", scene->step->argv[0],
                       result->status, vl_text_quote(scene->arena, output, VL_TEXT_QUOTED));
    if (scene->step->kind == VL_STEP_RELOAD && vl_asterisk_no_such_command(output) &&
        !vl_reload_may_lack(scene->step->object))
        return vl_fail(scene->err, VL_ERROR_FAILED, "Asterisk does not know '%s'; is the module loaded?",
                       scene->step->object);
    refused = scene->step->kind == VL_STEP_RELOAD ? vl_asterisk_reload_refused(scene->arena, output) : NULL;
    if (refused)
        return vl_fail(scene->err, VL_ERROR_FAILED, "Asterisk has not carried out '%s': %s", scene->step->object,
                       refused);
    return 0;
}

static int do_command(const struct vl_step_scene *scene)
{
    struct vl_command_result result = { .status = -1 };
    unsigned patience = scene->step->patience_s;
    int rc, timeout = patience ? (int)patience * 1000 : COMMAND_TIMEOUT_MS;

    if (scene->target->ops->run(scene->target, scene->step->argv, scene->step->input, timeout, &result, scene->err) < 0)
        return -1;
    rc = vl_step_check_answer(scene, &result);
    if (rc == 0 && scene->step->answer) {
        *scene->step->answer = result.output;
        result.output = NULL;
    }
    vl_command_result_free(&result);
    return rc;
}

static int do_directory(const struct vl_step_scene *scene)
{
    return vl_own_mkdirs(scene->step->object, (mode_t)scene->step->mode, scene->err);
}

static int do_switch(const struct vl_step_scene *scene)
{
    return vl_switch_over(&scene->session->lab->bridge, scene->session->lab->name, scene->err);
}

static void image_line(void *context, const char *line)
{
    const struct vl_step_scene *scene = context;

    vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, scene->step->object, "%s", line);
}

static void fetch_progress(void *context, uint64_t bytes)
{
    const struct vl_step_scene *scene = context;

    vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, scene->step->object, "%llu MiB fetched",
                     (unsigned long long)(bytes >> 20));
}

static bool image_cancelled(void *context)
{
    const struct vl_step_scene *scene = context;

    return vl_session_cancelled(scene->session);
}

static int do_image(const struct vl_step_scene *scene)
{
    void *context = (void *)(uintptr_t)scene;
    struct vl_recipe recipe;

    if (scene->step->source)
        return vl_image_fetch(&(struct vl_image_fetch){ .url = scene->step->source,
                                                        .file = scene->step->after,
                                                        .sha256 = scene->step->sha256,
                                                        .cancelled = image_cancelled,
                                                        .progress = fetch_progress,
                                                        .context = context },
                              scene->err);
    if (vl_recipe_find(scene->arena, scene->session->options.share_directory, scene->session->options.cache_directory,
                       scene->step->object, scene->step->argv, &recipe, scene->err) < 0)
        return -1;
    return vl_recipe_build(&recipe,
                           &(struct vl_process_options){ .on_line = image_line,
                                                         .on_line_context = context,
                                                         .cancelled = image_cancelled,
                                                         .cancelled_context = context },
                           scene->err);
}

static int do_fetch(const struct vl_step_scene *scene)
{
    return vl_netboot_fetch(&(struct vl_image_fetch){ .url = scene->step->source,
                                                      .file = scene->step->after,
                                                      .cancelled = image_cancelled,
                                                      .progress = fetch_progress,
                                                      .context = (void *)(uintptr_t)scene },
                            scene->err);
}

static int do_extract(const struct vl_step_scene *scene)
{
    return vl_netboot_extract(scene->step->source, scene->step->base, scene->step->after, scene->err);
}

static struct vl_hypervisor *hypervisor_of(const struct vl_step_scene *scene)
{
    return vl_site_hypervisor(scene->session, scene->step->site);
}

static int do_keep(const struct vl_step_scene *scene)
{
    return vl_kept_make(
        scene->step->kept, scene->step->after,
        &(struct vl_process_options){ .cancelled = image_cancelled, .cancelled_context = (void *)(uintptr_t)scene },
        scene->err);
}

static int do_pool(const struct vl_step_scene *scene)
{
    return vl_hypervisor_pool_make(hypervisor_of(scene), scene->step->object, scene->step->after, scene->err);
}

static int do_volume(const struct vl_step_scene *scene)
{
    return vl_hypervisor_volume_make(hypervisor_of(scene), scene->step->pool, scene->step->after, scene->err);
}

/* Make the volume and fill it; a half-filled one is removed, so that its name always means the whole. */
static int upload(const struct vl_step_scene *scene, const char *xml, const char *file)
{
    struct vl_hypervisor *hypervisor = hypervisor_of(scene);
    const struct vl_step *step = scene->step;

    if (vl_hypervisor_volume_make(hypervisor, step->pool, xml, scene->err) < 0)
        return -1;
    if (vl_hypervisor_volume_upload(hypervisor, step->pool, step->object, file, scene->err) < 0) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        (void)vl_hypervisor_volume_remove(hypervisor, step->pool, step->object, &ignored);
        return -1;
    }
    return 0;
}

static int do_upload(const struct vl_step_scene *scene)
{
    return upload(scene, scene->step->after, scene->step->source);
}

/* The guest's private host key is in it: after a kill the next run takes it away. */
static int do_seed(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;
    VL_SCRATCH_AUTO scratch = VL_SCRATCH_INIT;
    VL_FREE char *xml = NULL;
    const char *iso;
    struct stat status;

    if (vl_scratch_make(&scratch, step->source, scene->err) < 0)
        return -1;
    iso = vl_arena_printf(scene->arena, "%s/%s", scratch.path, step->object);
    if ((step->label ? vl_seed_iso(step->files, step->label, iso, scene->err)
                     : vl_seed_initrd(step->files, step->base, iso, scene->err)) < 0)
        return -1;
    if (stat(iso, &status) < 0)
        return vl_fail_errno(scene->err, "cannot look at '%s'", iso);
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){ .name = step->object, .format = "raw", .capacity = (uint64_t)status.st_size },
        scene->err);
    return xml ? upload(scene, xml, iso) : -1;
}

static int do_domain(const struct vl_step_scene *scene)
{
    return vl_hypervisor_define(hypervisor_of(scene), scene->step->after, scene->step->object,
                                vl_session_lab_name(scene->session), scene->err);
}

static int do_change(const struct vl_step_scene *scene)
{
    return vl_hypervisor_change(hypervisor_of(scene), scene->step->after, scene->step->object,
                                vl_session_lab_name(scene->session), scene->err);
}

static int do_autostart(const struct vl_step_scene *scene)
{
    return vl_hypervisor_autostart(hypervisor_of(scene), scene->step->object, vl_session_lab_name(scene->session),
                                   scene->step->after != NULL, scene->err);
}

static int do_grow(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;

    return vl_hypervisor_volume_grow(hypervisor_of(scene), step->pool, step->object, step->size, step->source,
                                     vl_session_lab_name(scene->session), scene->err);
}

static int do_start(const struct vl_step_scene *scene)
{
    return vl_hypervisor_start(hypervisor_of(scene), scene->step->object, vl_session_lab_name(scene->session),
                               scene->err);
}

static int do_undefine(const struct vl_step_scene *scene)
{
    return vl_hypervisor_undefine(hypervisor_of(scene), scene->step->object, vl_session_lab_name(scene->session),
                                  scene->err);
}

static int do_save(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;
    const struct vl_saving saving = { .file = step->after,
                                      .mark = vl_ready_mark(scene->arena, step->after),
                                      .memory = step->size };

    if (vl_arena_check(scene->arena, scene->err) < 0)
        return -1;
    return vl_hypervisor_save(hypervisor_of(scene), step->object, vl_session_lab_name(scene->session), &saving,
                              scene->err);
}

/* What was copied of a disk while somebody let its guest run is nobody's disk. One that is off is so since its memory
 * was saved. */
static int do_resume(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;
    struct vl_domain domain;
    bool moved = false;

    if (vl_hypervisor_run_on(hypervisor_of(scene), step->object, vl_session_lab_name(scene->session), &moved,
                             scene->err) < 0)
        return -1;
    if (moved || !step->at_once)
        return 0;
    if (vl_hypervisor_domain(hypervisor_of(scene), scene->arena, step->object, &domain, scene->err) < 0)
        return -1;
    return domain.state == VL_DOMAIN_STOPPED
               ? 0
               : vl_fail(scene->err, VL_ERROR_FAILED, "somebody let '%s' run while its disk was copied; run this again",
                         step->object);
}

static int do_restore(const struct vl_step_scene *scene)
{
    return vl_hypervisor_restore(hypervisor_of(scene), scene->step->object, vl_session_lab_name(scene->session),
                                 scene->step->source, scene->err);
}

static int do_copy_volume(const struct vl_step_scene *scene)
{
    return vl_hypervisor_volume_copy(hypervisor_of(scene), scene->step->pool, scene->step->source, scene->step->after,
                                     scene->err);
}

static int do_remove_volume(const struct vl_step_scene *scene)
{
    return vl_hypervisor_volume_remove(hypervisor_of(scene), scene->step->pool, scene->step->object, scene->err);
}

static int do_remove_pool(const struct vl_step_scene *scene)
{
    return vl_hypervisor_pool_remove(hypervisor_of(scene), scene->step->object, scene->err);
}

static int do_key(const struct vl_step_scene *scene)
{
    const struct vl_step *step = scene->step;
    const char *public_path = vl_arena_printf(scene->arena, "%s.pub", step->object);

    if (vl_arena_check(scene->arena, scene->err) < 0 ||
        vl_file_write(step->object, step->input, strlen(step->input), (mode_t)step->mode, scene->err) < 0)
        return -1;
    return vl_file_write(public_path, step->after, strlen(step->after), (mode_t)step->mode, scene->err);
}

static const struct vl_step_kind_row kinds[VL_STEP_KINDS] = {
    [VL_STEP_FILE] = { "write", VL_SHOW_DIFF, do_file, vl_type_file },
    [VL_STEP_REMOVE] = { "remove", VL_SHOW_DIFF, do_remove, vl_type_remove },
    [VL_STEP_COMMAND] = { "run", VL_SHOW_COMMAND, do_command, vl_type_command },
    [VL_STEP_RELOAD] = { "reload", VL_SHOW_COMMAND, do_command, vl_type_command },
    [VL_STEP_DIRECTORY] = { "make directory", VL_SHOW_NOTHING, do_directory, vl_type_directory },
    [VL_STEP_IMAGE] = { "build image", VL_SHOW_NOTHING, do_image, vl_type_image },
    [VL_STEP_FETCH] = { "fetch", VL_SHOW_NOTHING, do_fetch, vl_type_fetch },
    [VL_STEP_EXTRACT] = { "extract", VL_SHOW_NOTHING, do_extract, vl_type_extract },
    [VL_STEP_KEEP] = { "keep image", VL_SHOW_NOTHING, do_keep, vl_type_keep },
    [VL_STEP_CAPTURE] = { "capture image", VL_SHOW_NOTHING, vl_wipe_make, vl_type_capture },
    [VL_STEP_POOL] = { "make pool", VL_SHOW_NOTHING, do_pool, vl_type_pool },
    [VL_STEP_VOLUME] = { "make volume", VL_SHOW_AFTER, do_volume, vl_type_volume },
    [VL_STEP_UPLOAD] = { "upload volume", VL_SHOW_NOTHING, do_upload, vl_type_upload },
    [VL_STEP_SEED] = { "make seed", VL_SHOW_FILES, do_seed, vl_type_seed },
    [VL_STEP_DOMAIN] = { "define domain", VL_SHOW_AFTER, do_domain, vl_type_domain },
    [VL_STEP_CHANGE] = { "change domain", VL_SHOW_NOTHING, do_change, vl_type_change },
    [VL_STEP_AUTOSTART] = { "set automatic start of domain", VL_SHOW_NOTHING, do_autostart, vl_type_autostart },
    [VL_STEP_GROW] = { "grow volume", VL_SHOW_NOTHING, do_grow, vl_type_grow },
    [VL_STEP_START] = { "start domain", VL_SHOW_NOTHING, do_start, vl_type_start },
    [VL_STEP_STOP] = { "stop domain", VL_SHOW_NOTHING, NULL, vl_type_stop },
    [VL_STEP_UNDEFINE] = { "undefine domain", VL_SHOW_NOTHING, do_undefine, vl_type_undefine },
    [VL_STEP_SAVE] = { "save domain", VL_SHOW_NOTHING, do_save, vl_type_save },
    [VL_STEP_RESUME] = { "let run on domain", VL_SHOW_NOTHING, do_resume, vl_type_resume },
    [VL_STEP_RESTORE] = { "restore domain", VL_SHOW_NOTHING, do_restore, vl_type_restore },
    [VL_STEP_COPY_VOLUME] = { "copy volume", VL_SHOW_AFTER, do_copy_volume, vl_type_copy_volume },
    [VL_STEP_REMOVE_VOLUME] = { "delete volume", VL_SHOW_NOTHING, do_remove_volume, vl_type_remove_volume },
    [VL_STEP_REMOVE_POOL] = { "remove pool", VL_SHOW_NOTHING, do_remove_pool, vl_type_remove_pool },
    [VL_STEP_SQL] = { "change", VL_SHOW_DIFF, vl_database_change, vl_type_sql },
    [VL_STEP_KEY] = { "make key", VL_SHOW_NOTHING, do_key, vl_type_key },
    [VL_STEP_LOOK] = { "see", VL_SHOW_NOTHING, NULL, vl_type_look },
    [VL_STEP_BACKUP] = { "write backup", VL_SHOW_AFTER, vl_backup_write, vl_type_backup },
    [VL_STEP_UNPACK] = { "unpack backup", VL_SHOW_AFTER, vl_backup_unpack, vl_type_unpack },
    [VL_STEP_SWITCH] = { "switch over", VL_SHOW_AFTER, do_switch, vl_type_switch },
};

const struct vl_step_kind_row *vl_step_kind(const struct vl_step *step)
{
    return &kinds[step->kind];
}
