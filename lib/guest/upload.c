/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is put into volumes. One that is filled is whole only when an empty one beside it says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"
#include "render/volume_xml.h"

enum { CHUNK = 256 * 1024 };

struct upload {
    struct vl_task *task;
    const char *file;
    int descriptor;
    uint64_t total;
};

static int open_upload(struct upload *upload, struct vl_error *err)
{
    struct stat status;

    upload->descriptor = open(upload->file, O_RDONLY | O_CLOEXEC);
    if (upload->descriptor < 0)
        return vl_fail_errno(err, "cannot open '%s'", upload->file);
    if (fstat(upload->descriptor, &status) < 0)
        return vl_fail_errno(err, "cannot look at '%s'", upload->file);
    if (!S_ISREG(status.st_mode))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not a regular file", upload->file);
    upload->total = (uint64_t)status.st_size;
    return 0;
}

int vl_hypervisor_send(virStreamPtr stream, const char *bytes, size_t length, const char *file, struct vl_error *err)
{
    while (length > 0) {
        int sent = vl_hypervisor_ops()->stream_send(stream, bytes, length);

        if (sent <= 0)
            return vl_hypervisor_fail(err, "send", file);
        bytes += sent;
        length -= (size_t)sent;
    }
    return 0;
}

/* Send what fstat said and not a byte less: a file that shrinks would leave the end of the volume undefined. */
static int send_file(virStreamPtr stream, const struct upload *upload, struct vl_error *err)
{
    VL_FREE char *chunk = vl_malloc(CHUNK);
    uint64_t done = 0;

    if (!chunk)
        return vl_no_memory(err);
    while (done < upload->total) {
        size_t want = upload->total - done < CHUNK ? (size_t)(upload->total - done) : CHUNK;
        ssize_t got = read(upload->descriptor, chunk, want);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return vl_fail_errno(err, "cannot read '%s'", upload->file);
        if (got == 0)
            return vl_fail(err, VL_ERROR_FAILED, "'%s' became shorter while it was sent", upload->file);
        if (vl_hypervisor_send(stream, chunk, (size_t)got, upload->file, err) < 0)
            return -1;
        done += (uint64_t)got;
        vl_task_beat(upload->task);
    }
    return 0;
}

/* The file of a raw volume that was just made, where it is one of this host's, and seen from here: libvirt may be in
 * another mount namespace, or on another host, which may have a file of that name as well. -1: it is not. */
static int open_here(virConnectPtr connection, virStorageVolPtr volume, const struct upload *upload)
{
    VL_FREE char *uri = vl_libvirt.virConnectGetURI(connection), *path = vl_libvirt.virStorageVolGetPath(volume);

    if (!uri || !path || !strstr(uri, ":///") || strncmp(uri, "qemu", 4) != 0)
        return -1;
    return vl_file_open_empty(path, upload->total);
}

/* Without a stream: after each upload libvirt looks at all volumes of the pool again. */
static int fill_here(int descriptor, const struct upload *upload, struct vl_error *err)
{
    uint64_t done = 0;
    ssize_t got = 1;

    while (done < upload->total && (got = sendfile(descriptor, upload->descriptor, NULL, CHUNK)) > 0)
        done += (uint64_t)got;
    if (got < 0 || fdatasync(descriptor) < 0)
        return vl_fail_errno(err, "cannot copy '%s' into its volume", upload->file);
    return done == upload->total ? 0
                                 : vl_fail(err, VL_ERROR_FAILED, "'%s' became shorter while it was sent", upload->file);
}

static int fill_by_stream(virConnectPtr connection, virStorageVolPtr volume, const struct upload *upload,
                          struct vl_error *err)
{
    STREAM_AUTO stream = vl_libvirt.virStreamNew(connection, 0);

    if (!stream || vl_hypervisor_ops()->volume_upload(volume, stream, 0, upload->total, 0) < 0)
        return vl_hypervisor_fail(err, "upload", upload->file);
    if (send_file(stream, upload, err) < 0) {
        (void)vl_libvirt.virStreamAbort(stream);
        return -1;
    }
    return vl_hypervisor_ops()->stream_finish(stream) < 0
               ? vl_hypervisor_fail(err, "finish the upload of", upload->file)
               : 0;
}

/* A base image with a wrong bit would be everybody's. */
static int compare(virConnectPtr connection, virStorageVolPtr volume, const struct upload *upload, struct vl_error *err)
{
    char here[VL_DIGEST_SHA256_SIZE];
    struct vl_volume_bytes there = { .size = 0 };

    if (vl_hypervisor_receive(upload->task, connection, volume, -1, &there, err) < 0)
        return -1;
    if (lseek(upload->descriptor, 0, SEEK_SET) < 0 || vl_digest_descriptor(upload->descriptor, here) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot make the checksum of '%s'", upload->file);
    if (there.size == upload->total && !strcmp(here, there.sha256))
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "what arrived of '%s' is not what was sent: it has the SHA-256 %s and not %s; run this again",
                   upload->file, there.sha256, here);
}

/* What has gone through a stream is read back, by which it has come to another host, or into another's sight. */
static int fill_volume(virConnectPtr connection, virStorageVolPtr volume, const struct upload *upload,
                       struct vl_error *err)
{
    VL_CLOSE int here = open_here(connection, volume, upload);

    if (here >= 0)
        return fill_here(here, upload, err);
    return fill_by_stream(connection, volume, upload, err) < 0 ? -1 : compare(connection, volume, upload, err);
}

static int make_marker(virStoragePoolPtr pool, const char *name, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_volume_spec spec = { .name = vl_arena_printf(&arena, "%s" VL_VOLUME_COMPLETE, name),
                                         .format = "raw" };
    VL_FREE char *xml = arena.failed ? NULL : vl_render_volume_xml(&spec, err);
    VOLUME_AUTO marker = NULL;

    if (arena.failed)
        return vl_no_memory(err);
    if (!xml)
        return -1;
    marker = vl_hypervisor_ops()->volume_create(pool, xml, 0);
    return marker ? 0 : vl_hypervisor_fail(err, "mark as complete volume", name);
}

static int upload_volume(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool, *name = task->asked.name;
    struct upload upload = { .task = task, .file = task->asked.path, .descriptor = -1 };
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;
    VOLUME_AUTO marker = NULL;
    int rc = -1;

    if (vl_hypervisor_find_our_pool(connection, pool, &handle, err) < 0 ||
        vl_hypervisor_find_volume(handle, name, &volume, err) < 0 ||
        vl_hypervisor_find_marker(handle, name, &marker, err) < 0)
        return -1;
    if (!volume)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no volume '%s' in storage pool '%s'", name, pool);
    if (marker && vl_hypervisor_ops()->volume_delete(marker, 0) < 0)
        return vl_hypervisor_fail(err, "remove the mark of volume", name);
    if (open_upload(&upload, err) == 0 && fill_volume(connection, volume, &upload, err) == 0)
        rc = make_marker(handle, name, err);
    if (upload.descriptor >= 0)
        (void)close(upload.descriptor);
    return rc;
}

int vl_hypervisor_volume_upload(struct vl_hypervisor *hypervisor, const char *pool, const char *name, const char *file,
                                struct vl_error *err)
{
    const struct vl_question question = {
        .work = upload_volume, .what = "fill volume", .pool = pool, .name = name, .path = file, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}
