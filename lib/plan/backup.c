/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/backup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/scratch.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/ready.h"
#include "plan/sites.h"

enum { GUEST_TIMEOUT_MS = 10000 };

/* A backup that is being written. */
struct writing {
    const struct vl_step_scene *scene;
    struct vl_archive_writer *writer;
    const char *path; /* where it is written until it is whole */
    int descriptor;
    struct vl_scratch scratch;
    struct vl_manifest manifest;
};

const char *vl_backup_note(const struct vl_session *session, struct vl_arena *arena)
{
    return vl_arena_printf(arena, "%s/" VL_BACKUP_UNPACKING, session->state.directory);
}

/* How many others a volume stands on. A chain is short: disk, ready state, base image. */
static unsigned depth_of(const struct vl_backup *backup, size_t first, const struct vl_backup_item *item)
{
    unsigned depth = 0;

    while (item && item->entry.backing && depth < backup->count) {
        const struct vl_backup_item *below = NULL;

        for (size_t i = first; i < backup->count; i++)
            if (!strcmp(backup->items[i].entry.name, item->entry.backing))
                below = &backup->items[i];
        item = below;
        depth++;
    }
    return depth;
}

void vl_backup_order(struct vl_backup *backup, size_t first)
{
    for (size_t i = first; i < backup->count; i++)
        backup->items[i].depth = depth_of(backup, first, &backup->items[i]);
    for (size_t i = first + 1; i < backup->count; i++)
        for (size_t j = i; j > first && backup->items[j].depth < backup->items[j - 1].depth; j--) {
            struct vl_backup_item item = backup->items[j];

            backup->items[j] = backup->items[j - 1];
            backup->items[j - 1] = item;
        }
}

static int take_bytes(void *context, const void *bytes, size_t length, struct vl_error *err)
{
    const struct writing *writing = context;

    return vl_file_append(writing->descriptor, writing->path, bytes, length, err);
}

static void tell(const struct writing *writing, size_t i)
{
    const struct vl_backup *backup = writing->scene->step->backup;

    vl_session_event(writing->scene->session, VOIPLAB_EVENT_PROGRESS, NULL, "%zu of %zu: %s", i + 1, backup->count,
                     backup->items[i].entry.path);
}

static int add_file(struct writing *writing, const char *path, struct vl_backup_entry *entry)
{
    struct vl_error *err = writing->scene->err;
    VL_CLOSE int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat status;

    if (descriptor < 0 || fstat(descriptor, &status) < 0)
        return vl_fail_errno(err, "cannot open '%s'", path);
    if (!S_ISREG(status.st_mode))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not a regular file", path);
    entry->size = (uint64_t)status.st_size;
    if (!entry->is_volume)
        entry->mode = status.st_mode & 0777;
    if (vl_digest_descriptor(descriptor, entry->sha256) < 0 || lseek(descriptor, 0, SEEK_SET) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot make the checksum of '%s'", path);
    return vl_archive_add_descriptor(writing->writer, entry->path, descriptor, entry->size, 0600, err);
}

/* By it a guest is known that stands still since this run was killed. */
static const char *mark_of(const struct vl_step_scene *scene, const struct vl_backup_item *item)
{
    return vl_ready_mark(scene->arena,
                         vl_arena_printf(scene->arena, "%s/%s.copied", vl_ready_directory(scene->session, scene->arena),
                                         item->pbx->name));
}

/* `surely`: it has been paused. */
static int run_on(const struct vl_step_scene *scene, const struct vl_backup_item *item, bool surely)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    bool moved = false;

    if (vl_hypervisor_run_on(vl_site_hypervisor(scene->session, item->site), item->domain,
                             vl_session_lab_name(scene->session), &moved, &cause) == 0)
        return moved || surely ? vl_file_remove(mark_of(scene, item), scene->err) : 0;
    vl_session_event(scene->session, VOIPLAB_EVENT_WARNING, item->pbx->name,
                     "the guest %s still: %s; 'voiplab up %s' lets it run on", surely ? "stands" : "may stand",
                     vl_error_text(&cause), item->pbx->name);
    return -1;
}

/* One of which it is not known whether it has been paused runs on; where it does not stand still yet, and may later,
 * its mark stays, which does no harm. */
static int pause_guest(const struct vl_step_scene *scene, const struct vl_backup_item *item, bool *ret_paused)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    const char *mark = mark_of(scene, item);

    if (vl_arena_check(scene->arena, scene->err) < 0 ||
        vl_file_mkdirs(vl_ready_directory(scene->session, scene->arena), 0700, scene->err) < 0 ||
        vl_file_write(mark, "", 0, 0600, scene->err) < 0)
        return -1;
    if (vl_hypervisor_pause(vl_site_hypervisor(scene->session, item->site), item->domain,
                            vl_session_lab_name(scene->session), ret_paused, &cause) < 0) {
        (void)run_on(scene, item, false);
        vl_error_move(scene->err, &cause);
        return -1;
    }
    return *ret_paused ? 0 : vl_file_remove(mark, scene->err);
}

/* Who does not answer is copied as he is. The target of one that has done it. */
static struct vl_target *have_written_out(const struct vl_step_scene *scene, const struct vl_backup_item *item)
{
    static const char *const argv[] = { "sync", NULL };
    struct vl_session *session = scene->session;
    struct vl_command_result result = { .status = -1 };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_target *target = vl_session_connect(session, item->pbx, GUEST_TIMEOUT_MS, NULL, &cause);

    if (!target || target->ops->run(target, argv, NULL, GUEST_TIMEOUT_MS, &result, &cause) < 0 || result.status) {
        vl_session_event(session, VOIPLAB_EVENT_WARNING, item->pbx->name,
                         "it did not write out what it has not written to its disk yet%s%s: the seconds before may be "
                         "missing in the copy",
                         cause.code ? ": " : "", cause.code ? vl_error_text(&cause) : "");
        vl_target_close(target);
        target = NULL;
    }
    vl_command_result_free(&result);
    return target;
}

/* Its clock stood still with it. */
static void tell_time(const struct vl_step_scene *scene, struct vl_target *target)
{
    const char *const argv[] = { "date", "-s", vl_clock_word(scene->arena), NULL };
    struct vl_command_result result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (target && !scene->arena->failed)
        (void)target->ops->run(target, argv, NULL, GUEST_TIMEOUT_MS, &result, &ignored);
    vl_command_result_free(&result);
}

static int download(const struct vl_step_scene *scene, const struct vl_backup_item *item, const char *into)
{
    char sum[VL_DIGEST_SHA256_SIZE];

    return vl_hypervisor_volume_download(vl_site_hypervisor(scene->session, item->site), item->pool, item->entry.name,
                                         into, sum, NULL, scene->err);
}

int vl_backup_still(const struct vl_step_scene *scene, const struct vl_backup_item *item, const char *into)
{
    VL_TARGET_AUTO *target = NULL;
    struct vl_domain domain;
    bool paused = false;
    int rc;

    if (vl_hypervisor_domain(vl_site_hypervisor(scene->session, item->site), scene->arena, item->domain, &domain,
                             scene->err) < 0)
        return -1;
    if (domain.state != VL_DOMAIN_RUNNING)
        return download(scene, item, into);
    target = have_written_out(scene, item);
    rc = pause_guest(scene, item, &paused) < 0 ? -1 : download(scene, item, into);
    if (paused && run_on(scene, item, true) < 0 && rc == 0)
        return scene->err->code ? -1 : vl_fail(scene->err, VL_ERROR_FAILED, "'%s' stands still", item->pbx->name);
    if (paused)
        tell_time(scene, target);
    return rc;
}

static int add_item(struct writing *writing, const struct vl_backup_item *item)
{
    const struct vl_step_scene *scene = writing->scene;
    struct vl_manifest *manifest = &writing->manifest;
    struct vl_backup_entry *entry = &manifest->entries[manifest->count++];
    const char *copy = vl_arena_printf(scene->arena, "%s/volume", writing->scratch.path);

    *entry = item->entry;
    if (item->file)
        return add_file(writing, item->file, entry);
    if ((item->pbx ? vl_backup_still(scene, item, copy) : download(scene, item, copy)) < 0 ||
        add_file(writing, copy, entry) < 0)
        return -1;
    return vl_file_remove(copy, scene->err);
}

static int add_all(struct writing *writing)
{
    const struct vl_step_scene *scene = writing->scene;
    const struct vl_backup *backup = scene->step->backup;
    const char *head = vl_arena_printf(scene->arena, VL_MANIFEST_FORMAT "\nlab %s\n", scene->session->lab->name);
    const char *text;

    if (vl_archive_add(writing->writer, "voiplab-backup", head, strlen(head), 0600, scene->err) < 0)
        return -1;
    for (size_t i = 0; i < backup->count; i++) {
        if (vl_session_cancelled(scene->session))
            return vl_fail(scene->err, VL_ERROR_FAILED, "cancelled; no backup was written");
        tell(writing, i);
        if (add_item(writing, &backup->items[i]) < 0)
            return -1;
    }
    text = vl_manifest_text(scene->arena, &writing->manifest);
    if (vl_arena_check(scene->arena, scene->err) < 0 ||
        vl_archive_add(writing->writer, "manifest", text, strlen(text), 0600, scene->err) < 0)
        return -1;
    return vl_archive_finish(writing->writer, scene->err);
}

static int write_archive(struct writing *writing)
{
    const struct vl_step_scene *scene = writing->scene;
    const struct vl_archive_options options = { .format = VL_ARCHIVE_TAR_ZSTD,
                                                .time = (int64_t)writing->manifest.made };
    const struct vl_archive_sink sink = { .write = take_bytes, .context = writing };
    int rc;

    if (vl_scratch_make(&writing->scratch, scene->session->state.directory, scene->err) < 0)
        return -1;
    writing->descriptor = vl_file_create(writing->path, 0600, scene->err);
    if (writing->descriptor < 0)
        return -1;
    writing->writer = vl_archive_create(&options, &sink, scene->err);
    rc = writing->writer ? add_all(writing) : -1;
    vl_archive_close(writing->writer);
    (void)close(writing->descriptor);
    return rc;
}

int vl_backup_write(const struct vl_step_scene *scene)
{
    const char *file = scene->step->object, *slash = strrchr(file, '/');
    struct writing writing = {
        .scene = scene,
        .path = vl_arena_printf(scene->arena, "%.*s/.%s.part", (int)(slash - file), file, slash + 1),
        .scratch = VL_SCRATCH_INIT,
        .manifest = { .lab = scene->session->lab->name,
                      .version = VOIPLAB_VERSION,
                      .made = (uint64_t)time(NULL),
                      .has_base = scene->step->backup->has_base,
                      .entries = vl_arena_zalloc(scene->arena, (scene->step->backup->count + 1) *
                                                                   sizeof(*writing.manifest.entries)) },
    };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    int rc;

    if (vl_arena_check(scene->arena, scene->err) < 0)
        return -1;
    rc = write_archive(&writing);
    vl_scratch_remove(&writing.scratch);
    if (rc == 0)
        rc = vl_file_rename(writing.path, file, scene->err);
    if (rc < 0)
        (void)vl_file_remove(writing.path, &ignored);
    return rc;
}
