/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy of a volume, byte by byte through two streams.
 */
#include "base/cleanup.h"
#include "base/memory.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"

enum { CHUNK = 256 * 1024 };

/* From one stream into the other until the first ends. */
static int pump(struct vl_task *task, virStreamPtr from, virStreamPtr to, struct vl_error *err)
{
    VL_FREE char *chunk = vl_malloc(CHUNK);
    int got;

    if (!chunk)
        return vl_no_memory(err);
    while ((got = vl_libvirt.virStreamRecv(from, chunk, CHUNK)) > 0) {
        if (vl_hypervisor_send(to, chunk, (size_t)got, task->asked.name, err) < 0)
            return -1;
        vl_task_beat(task);
    }
    return got < 0 ? vl_hypervisor_fail(err, "read volume", task->asked.name) : 0;
}

static int copy_bytes(struct vl_task *task, virConnectPtr connection, virStorageVolPtr source, virStorageVolPtr copy,
                      struct vl_error *err)
{
    STREAM_AUTO from = vl_libvirt.virStreamNew(connection, 0);
    STREAM_AUTO to = vl_libvirt.virStreamNew(connection, 0);

    if (!from || !to || vl_libvirt.virStorageVolDownload(source, from, 0, 0, 0) < 0)
        return vl_hypervisor_fail(err, "read volume", task->asked.name);
    if (vl_hypervisor_ops()->volume_upload(copy, to, 0, 0, 0) < 0) {
        (void)vl_libvirt.virStreamAbort(from);
        return vl_hypervisor_fail(err, "write the copy of volume", task->asked.name);
    }
    if (pump(task, from, to, err) < 0) {
        (void)vl_libvirt.virStreamAbort(from);
        (void)vl_libvirt.virStreamAbort(to);
        return -1;
    }
    (void)vl_libvirt.virStreamFinish(from);
    return vl_hypervisor_ops()->stream_finish(to) < 0
               ? vl_hypervisor_fail(err, "finish the copy of volume", task->asked.name)
               : 0;
}

static int copy_volume(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool, *from = task->asked.name;
    POOL_AUTO handle = NULL;
    VOLUME_AUTO source = NULL;
    VOLUME_AUTO copy = NULL;

    if (vl_hypervisor_find_our_pool(connection, pool, &handle, err) < 0 ||
        vl_hypervisor_find_volume(handle, from, &source, err) < 0)
        return -1;
    if (!source)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no volume '%s' in storage pool '%s'", from, pool);
    copy = vl_hypervisor_ops()->volume_create(handle, task->asked.xml, 0);
    if (!copy)
        return vl_hypervisor_fail(err, "make a copy of volume", from);
    return copy_bytes(task, connection, source, copy, err);
}

int vl_hypervisor_volume_copy(struct vl_hypervisor *hypervisor, const char *pool, const char *from, const char *xml,
                              struct vl_error *err)
{
    const struct vl_question question = {
        .work = copy_volume, .what = "copy volume", .pool = pool, .name = from, .xml = xml, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}
