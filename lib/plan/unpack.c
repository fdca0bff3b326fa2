/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a backup, put where it goes: in one reading, each entry into a file beside its place first, whose checksum
 * is looked at again, since somebody may have exchanged the backup meanwhile. Records of ready states come last, for
 * they are of what the others have become here.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/scratch.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/backup.h"
#include "plan/ready.h"
#include "plan/sites.h"

enum { CHUNK = 256 * 1024, RECORD_LIMIT = 4096 };

struct unpacking {
    const struct vl_step_scene *scene;
    struct vl_archive_reader *reader;
    struct vl_scratch scratch;
    char *chunk;
};

static int copy_bytes(struct unpacking *unpacking, int into, const char *path, struct vl_digest *digest)
{
    struct vl_error *err = unpacking->scene->err;
    ssize_t got;

    while ((got = vl_archive_read(unpacking->reader, unpacking->chunk, CHUNK, err)) > 0) {
        if (vl_session_cancelled(unpacking->scene->session))
            return vl_fail(err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
        vl_digest_add(digest, unpacking->chunk, (size_t)got);
        if (vl_file_append(into, path, unpacking->chunk, (size_t)got, err) < 0)
            return -1;
    }
    return got < 0 ? -1 : 0;
}

/* The entry that the reader is at, into a file. */
static int extract(struct unpacking *unpacking, const struct vl_backup_entry *entry, const char *path, mode_t mode)
{
    struct vl_error *err = unpacking->scene->err;
    VL_CLOSE int into = vl_file_create(path, mode, err);
    struct vl_digest *digest = into < 0 ? NULL : vl_digest_begin();
    char sum[VL_DIGEST_SHA256_SIZE];

    if (!digest)
        return into < 0 ? -1 : vl_no_memory(err);
    if (copy_bytes(unpacking, into, path, digest) < 0) {
        (void)vl_digest_end(digest, NULL);
        return -1;
    }
    if (vl_digest_end(digest, sum) < 0)
        return vl_no_memory(err);
    return !strcmp(sum, entry->sha256)
               ? 0
               : vl_fail(err, VL_ERROR_FAILED, "'%s' has become another while it was restored", entry->path);
}

static int put_file(struct unpacking *unpacking, const struct vl_unpack_item *item)
{
    const struct vl_step_scene *scene = unpacking->scene;
    const char *slash = strrchr(item->file, '/');
    const char *directory = vl_arena_strndup(scene->arena, item->file, (size_t)(slash - item->file));
    const char *part = vl_arena_printf(scene->arena, "%s/.%s.voiplab", directory, slash + 1);

    if (vl_arena_check(scene->arena, scene->err) < 0 || vl_file_mkdirs(directory, 0700, scene->err) < 0 ||
        extract(unpacking, item->entry, part, (mode_t)item->entry->mode & 0700) < 0)
        return -1;
    return vl_file_rename(part, item->file, scene->err);
}

static int put_volume(const struct unpacking *unpacking, const struct vl_unpack_item *item, const char *copy)
{
    const struct vl_step_scene *scene = unpacking->scene;
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(scene->session, item->site);
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (vl_hypervisor_volume_make(hypervisor, item->pool, item->xml, scene->err) < 0)
        return -1;
    if (vl_hypervisor_volume_upload(hypervisor, item->pool, item->entry->name, copy, scene->err) == 0)
        return 0;
    (void)vl_hypervisor_volume_remove(hypervisor, item->pool, item->entry->name, &ignored);
    return -1;
}

/* A base image may be wanted on more than one hypervisor. */
static int put_volumes(struct unpacking *unpacking, const struct vl_backup_entry *entry)
{
    const struct vl_step_scene *scene = unpacking->scene;
    const struct vl_unpack *unpack = scene->step->unpack;
    const char *copy = vl_arena_printf(scene->arena, "%s/volume", unpacking->scratch.path);

    if (extract(unpacking, entry, copy, 0600) < 0)
        return -1;
    for (size_t i = 0; i < unpack->count; i++)
        if (unpack->items[i].entry == entry && put_volume(unpacking, &unpack->items[i], copy) < 0)
            return -1;
    return vl_file_remove(copy, scene->err);
}

static const struct vl_unpack_item *find_item(const struct vl_unpack *unpack, const char *path)
{
    for (size_t i = 0; i < unpack->count; i++)
        if (!strcmp(unpack->items[i].entry->path, path))
            return &unpack->items[i];
    return NULL;
}

static int put_all(struct unpacking *unpacking)
{
    const struct vl_step_scene *scene = unpacking->scene;
    const struct vl_unpack *unpack = scene->step->unpack;
    struct vl_archive_entry entry;
    size_t put = 0;
    int rc;

    while ((rc = vl_archive_next(unpacking->reader, &entry, scene->err)) > 0) {
        const struct vl_unpack_item *item = find_item(unpack, entry.path);

        if (!item)
            continue;
        for (size_t i = 0; i < unpack->count; i++)
            put += unpack->items[i].entry == item->entry;
        vl_session_event(scene->session, VOIPLAB_EVENT_PROGRESS, NULL, "%zu of %zu: %s", put, unpack->count,
                         item->entry->path);
        if ((item->file ? put_file(unpacking, item) : put_volumes(unpacking, item->entry)) < 0)
            return -1;
    }
    if (rc == 0 && put != unpack->count)
        return vl_fail(scene->err, VL_ERROR_FAILED, "'%s' has become another while it was restored",
                       scene->step->object);
    return rc;
}

/* The record says how the two halves of the pair are known, which is when they were written, too. The pair itself was
 * whole: the list has the checksums. */
static int renew_record(const struct vl_step_scene *scene, const struct vl_unpack_item *item)
{
    VL_FREE char *text = NULL;
    struct vl_ready ready;
    const char *record;

    if (vl_file_read(item->file, RECORD_LIMIT, &text, NULL, scene->err) < 0)
        return -1;
    if (!vl_ready_parse(scene->session, scene->arena, text, item->ready, &ready) ||
        (ready.memory && access(ready.memory, F_OK) < 0))
        return vl_file_remove(item->file, scene->err);
    record =
        vl_ready_text(vl_site_hypervisor(scene->session, item->site), scene->arena, item->pool, &ready, scene->err);
    return record ? vl_file_write(item->file, record, strlen(record), 0600, scene->err) : -1;
}

static int unpack(struct unpacking *unpacking)
{
    const struct vl_step_scene *scene = unpacking->scene;
    const struct vl_unpack *items = scene->step->unpack;
    const char *note = vl_backup_note(scene->session, scene->arena);

    if (vl_scratch_make(&unpacking->scratch, scene->session->state.directory, scene->err) < 0 || put_all(unpacking) < 0)
        return -1;
    for (size_t i = 0; i < items->count; i++)
        if (items->items[i].ready && renew_record(scene, &items->items[i]) < 0)
            return -1;
    return vl_file_remove(note, scene->err);
}

int vl_backup_unpack(const struct vl_step_scene *scene)
{
    VL_CLOSE int descriptor = open(scene->step->object, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    VL_FREE char *chunk = vl_malloc(CHUNK);
    VL_ARCHIVE_READER_AUTO *reader = NULL;
    struct unpacking unpacking = { .scene = scene, .scratch = VL_SCRATCH_INIT, .chunk = chunk };
    int rc;

    if (descriptor < 0)
        return vl_fail_errno(scene->err, "cannot open '%s'", scene->step->object);
    if (!chunk)
        return vl_no_memory(scene->err);
    reader = vl_archive_open(VL_ARCHIVE_TAR_ZSTD, descriptor, scene->step->object, scene->err);
    if (!reader)
        return -1;
    unpacking.reader = reader;
    rc = unpack(&unpacking);
    vl_scratch_remove(&unpacking.scratch);
    return rc;
}
