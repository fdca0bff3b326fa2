/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a volume, byte by byte as it lies on the disk: its checksum, and into a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

enum { CHUNK = 256 * 1024 };

static int take_all(struct vl_task *task, virStreamPtr stream, int into, struct vl_digest *digest,
                    struct vl_volume_bytes *bytes, struct vl_error *err)
{
    VL_FREE char *chunk = vl_malloc(CHUNK);
    int got;

    if (!chunk)
        return vl_no_memory(err);
    while ((got = vl_hypervisor_ops()->stream_receive(stream, chunk, CHUNK)) > 0) {
        vl_digest_add(digest, chunk, (size_t)got);
        if (into >= 0 && vl_file_append(into, task->asked.path, chunk, (size_t)got, err) < 0)
            return -1;
        bytes->size += (uint64_t)got;
        vl_task_beat(task);
    }
    return got < 0 ? vl_hypervisor_fail(err, "read volume", task->asked.name) : 0;
}

int vl_hypervisor_receive(struct vl_task *task, virConnectPtr connection, virStorageVolPtr volume, int into,
                          struct vl_volume_bytes *bytes, struct vl_error *err)
{
    STREAM_AUTO stream = vl_libvirt.virStreamNew(connection, 0);
    struct vl_digest *digest;
    int rc;

    if (!stream || vl_hypervisor_ops()->volume_download(volume, stream, 0, 0, 0) < 0)
        return vl_hypervisor_fail(err, "read volume", task->asked.name);
    digest = vl_digest_begin();
    if (!digest) {
        (void)vl_libvirt.virStreamAbort(stream);
        return vl_no_memory(err);
    }
    rc = take_all(task, stream, into, digest, bytes, err);
    (void)(rc < 0 ? vl_libvirt.virStreamAbort(stream) : vl_libvirt.virStreamFinish(stream));
    if (vl_digest_end(digest, rc < 0 ? NULL : bytes->sha256) < 0 && rc == 0)
        return vl_fail(err, VL_ERROR_FAILED, "libcrypto makes no SHA-256 checksums here");
    return rc;
}

static int download_volume(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool, *name = task->asked.name;
    struct vl_volume_bytes *bytes = vl_arena_zalloc(&task->arena, sizeof(*bytes));
    VL_CLOSE int into = -1;
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;

    if (!bytes)
        return vl_no_memory(err);
    if (vl_hypervisor_find_our_pool(connection, pool, &handle, err) < 0 ||
        vl_hypervisor_find_volume(handle, name, &volume, err) < 0)
        return -1;
    if (!volume)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no volume '%s' in storage pool '%s'", name, pool);
    if (task->asked.path && (into = vl_file_create(task->asked.path, 0600, err)) < 0)
        return -1;
    task->answer.list = bytes;
    return vl_hypervisor_receive(task, connection, volume, into, bytes, err);
}

int vl_hypervisor_volume_download(struct vl_hypervisor *hypervisor, const char *pool, const char *name,
                                  const char *file, char ret_sha256[static VL_DIGEST_SHA256_SIZE], uint64_t *ret_size,
                                  struct vl_error *err)
{
    /* not a change, but as long as one */
    const struct vl_question question = {
        .work = download_volume, .what = "read volume", .pool = pool, .name = name, .path = file, .changes = true
    };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);
    const struct vl_volume_bytes *bytes = task ? task->answer.list : NULL;

    if (!bytes)
        return -1;
    memcpy(ret_sha256, bytes->sha256, sizeof(bytes->sha256));
    if (ret_size)
        *ret_size = bytes->size;
    return 0;
}
