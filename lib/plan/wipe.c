/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/wipe.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "base/scratch.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/kept.h"
#include "guest/seed_iso.h"
#include "plan/sites.h"

#define SAYS "capture: "
#define DONE "done"
#define DEEPEST 8

enum { INIT_LIMIT = 1 << 20, CONSOLE_LIMIT = 64 << 10, WIPE_MS = 3600000 };

struct capturing {
    const struct vl_step_scene *scene;
    const struct vl_wipe *capture;
    const char *directory; /* of the scratch */
    const char *disk, *kernel, *initrd, *stage;
};

int vl_wipe_judge(const char *console, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *last = NULL;

    for (const char *at = console; (at = strstr(at, SAYS)); at += strlen(SAYS))
        last = at + strlen(SAYS);
    last = last ? vl_arena_strndup(&arena, last, strcspn(last, "\r\n")) : NULL;
    if (last && !strcmp(last, DONE))
        return 0;
    if (last)
        return vl_fail(err, VL_ERROR_FAILED, "the copy of its disk was not made clean, and is gone: %s",
                       vl_text_quote(&arena, last, VL_TEXT_QUOTED));
    return vl_fail(err, VL_ERROR_FAILED, "the machine in which the copy of its disk is made clean has said nothing: %s",
                   vl_text_quote(&arena, vl_text_tail(console, VL_TEXT_QUOTED), VL_TEXT_QUOTED));
}

static bool is_cancelled(void *context)
{
    return vl_session_cancelled(((const struct vl_step_scene *)context)->session);
}

static struct vl_process_options options_of(const struct vl_step_scene *scene)
{
    return (struct vl_process_options){ .timeout_ms = WIPE_MS,
                                        .output_limit = CONSOLE_LIMIT,
                                        .cancelled = is_cancelled,
                                        .cancelled_context = (void *)(uintptr_t)scene };
}

static int download(const struct capturing *capturing, const char *volume, const char *into)
{
    const struct vl_step_scene *scene = capturing->scene;
    char sum[VL_DIGEST_SHA256_SIZE];

    return vl_hypervisor_volume_download(vl_site_hypervisor(scene->session, scene->step->site), scene->step->pool,
                                         volume, into, sum, NULL, scene->err);
}

/* The volume with this path. NULL: the pool has none. */
static const struct vl_volume *volume_at(const struct vl_volume *volumes, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (volumes[i].path && !strcmp(volumes[i].path, path))
            return &volumes[i];
    return NULL;
}

static int stand_on(const struct capturing *capturing, const char *file, const char *below)
{
    const struct vl_process_options options = options_of(capturing->scene);

    return vl_process_check((const char *const[]){ "qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b",
                                                   below, "--", file, NULL },
                            &options, NULL, capturing->scene->err);
}

/* All that the disk is a clone of, each standing on the copy of the next. */
static int copy_chain(const struct capturing *capturing)
{
    const struct vl_step_scene *scene = capturing->scene;
    const char *file = capturing->disk, *name = capturing->capture->disk.entry.name;
    struct vl_volume *volumes;
    size_t count;

    if (vl_hypervisor_volumes(vl_site_hypervisor(scene->session, scene->step->site), scene->arena, scene->step->pool,
                              &volumes, &count, scene->err) < 0)
        return -1;
    for (unsigned depth = 1; depth < DEEPEST; depth++) {
        const struct vl_volume *volume = NULL;
        const char *below = vl_arena_printf(scene->arena, "%s/%u.qcow2", capturing->directory, depth);

        for (size_t i = 0; i < count; i++)
            if (!strcmp(volumes[i].name, name))
                volume = &volumes[i];
        if (!volume || !volume->backing)
            return 0;
        volume = volume_at(volumes, count, volume->backing);
        if (!volume)
            return vl_fail(scene->err, VL_ERROR_FAILED, "what '%s' is a clone of is not in the pool of the lab", name);
        if (download(capturing, volume->name, below) < 0 || stand_on(capturing, file, below) < 0)
            return -1;
        file = below;
        name = volume->name;
    }
    return vl_fail(scene->err, VL_ERROR_FAILED, "'%s' is a clone of too many others",
                   capturing->capture->disk.entry.name);
}

static int copy_kernel(const struct capturing *capturing)
{
    const struct vl_wipe *capture = capturing->capture;

    if (!capture->kernel)
        return 0;
    return download(capturing, capture->kernel, capturing->kernel) < 0 ||
                   download(capturing, capture->initrd, capturing->initrd) < 0
               ? -1
               : 0;
}

/* The first stage with our init in it: of two files with one name a kernel takes the last. */
static int make_stage(const struct capturing *capturing, const char *initrd)
{
    struct vl_error *err = capturing->scene->err;
    VL_FREE char *text = NULL;
    struct vl_file init = { .path = "init", .mode = 0755 };
    const struct vl_fileset set = { .files = &init, .count = 1 };

    if (vl_file_read(capturing->capture->init, INIT_LIMIT, &text, NULL, err) < 0)
        return -1;
    init.text = text;
    return vl_seed_initrd(&set, initrd, capturing->stage, err);
}

static int wipe(const struct capturing *capturing)
{
    const struct vl_step_scene *scene = capturing->scene;
    const struct vl_wipe *capture = capturing->capture;
    const char *kernel = capture->kernel ? capturing->kernel : capture->tool_kernel;
    const char *drive = vl_arena_printf(scene->arena,
                                        "file=%s,if=none,id=disk,format=qcow2,discard=unmap,detect-zeroes=unmap,"
                                        "cache=unsafe",
                                        capturing->disk);
    const char *const argv[] = {
        "qemu-system-x86_64",
        "-machine",
        "pc",
        "-accel",
        capture->kvm ? "kvm" : "tcg",
        "-cpu",
        "max",
        "-m",
        "256",
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-serial",
        "stdio",
        "-no-reboot",
        "-nic",
        "none",
        "-sandbox",
        "on,spawn=deny,resourcecontrol=deny",
        "-kernel",
        kernel,
        "-initrd",
        capturing->stage,
        "-append",
        "console=ttyS0 quiet panic=-1",
        "-drive",
        drive,
        "-device",
        "virtio-blk-pci,drive=disk",
        geteuid() == 0 ? "-runas" : NULL,
        "nobody",
        NULL,
    };
    const struct vl_process_options options = options_of(scene);
    VL_FREE char *console = NULL;

    if (make_stage(capturing, capture->kernel ? capturing->initrd : capture->tool_initrd) < 0 ||
        vl_process_check(argv, &options, &console, scene->err) < 0)
        return -1;
    return vl_wipe_judge(console, scene->err);
}

static int make_image(const struct capturing *capturing)
{
    const struct vl_wipe *capture = capturing->capture;
    const struct vl_process_options options = options_of(capturing->scene);
    const struct vl_kept_source source = { .file = capturing->disk,
                                           .format = "qcow2",
                                           .compressed = true,
                                           .kernel = capture->kernel ? capturing->kernel : NULL,
                                           .initrd = capture->kernel ? capturing->initrd : NULL,
                                           .cmdline = capture->cmdline,
                                           .made = "captured" };

    return vl_kept_make(&source, capturing->scene->step->after, &options, capturing->scene->err);
}

int vl_wipe_make(const struct vl_step_scene *scene)
{
    VL_SCRATCH_AUTO scratch = VL_SCRATCH_INIT;
    struct capturing capturing = { .scene = scene, .capture = scene->step->wipe };

    if (vl_scratch_make(&scratch, scene->session->state.directory, scene->err) < 0)
        return -1;
    capturing.directory = scratch.path;
    capturing.disk = vl_arena_printf(scene->arena, "%s/disk.qcow2", scratch.path);
    capturing.kernel = vl_arena_printf(scene->arena, "%s/vmlinuz", scratch.path);
    capturing.initrd = vl_arena_printf(scene->arena, "%s/initrd", scratch.path);
    capturing.stage = vl_arena_printf(scene->arena, "%s/stage", scratch.path);
    if (vl_arena_check(scene->arena, scene->err) < 0 ||
        vl_backup_still(scene, &capturing.capture->disk, capturing.disk) < 0 || copy_chain(&capturing) < 0 ||
        copy_kernel(&capturing) < 0)
        return -1;
    vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, scene->step->about,
                     "its copy is made clean, in a machine without a network");
    return wipe(&capturing) < 0 ? -1 : make_image(&capturing);
}
