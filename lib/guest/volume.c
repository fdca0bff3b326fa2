/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Volumes: which there are, made and removed. What is put into them is upload.c.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"
#include "render/volume_xml.h"

enum { READ_TRIES = 6, READ_AGAIN_MS = 30 };

int vl_hypervisor_find_volume(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume,
                              struct vl_error *err)
{
    *ret_volume = vl_libvirt.virStorageVolLookupByName(pool, name);
    if (!*ret_volume && vl_libvirt.virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL)
        return vl_hypervisor_fail(err, "look for volume", name);
    return 0;
}

int vl_hypervisor_find_marker(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume,
                              struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *marker = vl_arena_printf(&arena, "%s" VL_VOLUME_COMPLETE, name);

    return arena.failed ? vl_no_memory(err) : vl_hypervisor_find_volume(pool, marker, ret_volume, err);
}

static bool is_marker(const char *name)
{
    size_t length = strlen(name), suffix = strlen(VL_VOLUME_COMPLETE);

    return length > suffix && strcmp(name + length - suffix, VL_VOLUME_COMPLETE) == 0;
}

static int read_volume(virStoragePoolPtr pool, virStorageVolPtr handle, struct vl_arena *arena,
                       struct vl_volume *volume, struct vl_error *err)
{
    const char *name = vl_libvirt.virStorageVolGetName(handle);
    VL_FREE char *xml = vl_libvirt.virStorageVolGetXMLDesc(handle, 0);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the description of a volume", err) : NULL;
    VOLUME_AUTO marker = NULL;
    const char *capacity, *size, *changed, *mode;

    if (!xml)
        return vl_hypervisor_fail(err, "read the description of volume", name);
    if (!document || vl_hypervisor_find_marker(pool, name, &marker, err) < 0)
        return -1;
    capacity = vl_xml_find(document, arena, "/volume/capacity"); /* in bytes: libvirt says so in its attribute unit */
    volume->name = vl_arena_strdup(arena, name);
    volume->path = vl_xml_find(document, arena, "/volume/target/path");
    volume->capacity = capacity ? strtoull(capacity, NULL, 10) : 0;
    volume->backing = vl_xml_find(document, arena, "/volume/backingStore/path");
    size = vl_xml_find(document, arena, "/volume/allocation");
    volume->allocated = size ? strtoull(size, NULL, 10) : 0;
    size = vl_xml_find(document, arena, "/volume/physical");
    changed = vl_xml_find(document, arena, "/volume/target/timestamps/mtime");
    volume->stamp = vl_arena_printf(arena, "%s %s", size ? size : "-", changed ? changed : "-");
    mode = vl_xml_find(document, arena, "/volume/target/permissions/mode");
    volume->ended = !mode || strtoul(mode, NULL, 8) == VL_VOLUME_MODE;
    volume->uploaded = marker != NULL;
    return vl_arena_check(arena, err);
}

/* One that somebody removes since it was found is none: libvirt lists it for a moment longer than it has the file. One
 * that was made anew meanwhile is read anew. */
static int read_what_is_there(virStoragePoolPtr pool, virStorageVolPtr handle, struct vl_arena *arena,
                              struct vl_volume *volume, struct vl_error *err)
{
    const char *name = vl_libvirt.virStorageVolGetName(handle);

    for (int tries = 1;; tries++) {
        VL_ERROR_AUTO cause = { .code = VL_OK };
        VOLUME_AUTO again = tries > 1 ? vl_libvirt.virStorageVolLookupByName(pool, name) : NULL;

        *volume = (struct vl_volume){ .name = NULL };
        if (tries > 1 && !again && vl_libvirt.virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL)
            return 0;
        if (read_volume(pool, again ? again : handle, arena, volume, &cause) == 0)
            return 0;
        if (tries == READ_TRIES) {
            *volume = (struct vl_volume){ .name = NULL };
            vl_error_move(err, &cause);
            return -1;
        }
        (void)poll(NULL, 0, READ_AGAIN_MS);
    }
}

static int look_at_volume(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;

    if (vl_hypervisor_find_pool(connection, task->asked.pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    volume = vl_libvirt.virStorageVolLookupByName(handle, task->asked.name);
    if (!volume && vl_libvirt.virGetLastErrorCode() == VIR_ERR_OPERATION_INVALID)
        return 0; /* a pool that does not run, since a run was cut off before it did: nobody sees a volume of it */
    if (!volume && vl_libvirt.virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL)
        return vl_hypervisor_fail(err, "look for volume", task->asked.name);
    return volume ? read_what_is_there(handle, volume, &task->arena, &task->answer.volume, err) : 0;
}

int vl_hypervisor_volume(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool, const char *name,
                         struct vl_volume *ret_volume, struct vl_error *err)
{
    const struct vl_question question = {
        .work = look_at_volume, .what = "look for volume", .pool = pool, .name = name
    };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    *ret_volume = (struct vl_volume){ .name = NULL };
    if (!task)
        return -1;
    *ret_volume = task->answer.volume;
    vl_arena_adopt(arena, &task->arena);
    return vl_arena_check(arena, err);
}

/* The handles are given back, read or not. */
static int read_volumes(virStoragePoolPtr pool, virStorageVolPtr *handles, int count, struct vl_task *task,
                        struct vl_error *err)
{
    struct vl_volume *volumes = vl_arena_zalloc(&task->arena, ((size_t)count + 1) * sizeof(*volumes));
    int rc = volumes ? 0 : vl_no_memory(err);

    for (int i = 0; i < count; i++) {
        if (rc == 0 && !is_marker(vl_libvirt.virStorageVolGetName(handles[i])))
            rc = read_what_is_there(pool, handles[i], &task->arena, &volumes[task->count], err);
        if (volumes && volumes[task->count].name)
            task->count++;
        (void)vl_libvirt.virStorageVolFree(handles[i]);
    }
    task->answer.list = volumes;
    return rc;
}

static int list_volumes(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    virStorageVolPtr *handles = NULL;
    int count, rc;

    if (vl_hypervisor_find_pool(connection, task->asked.pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    count = vl_libvirt.virStoragePoolListAllVolumes(handle, &handles, 0);
    if (count < 0)
        return vl_hypervisor_fail(err, "list the volumes of storage pool", task->asked.pool);
    rc = read_volumes(handle, handles, count, task, err);
    free(handles);
    return rc;
}

int vl_hypervisor_volumes(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          struct vl_volume **ret_volumes, size_t *ret_count, struct vl_error *err)
{
    const struct vl_question question = { .work = list_volumes,
                                          .what = "list the volumes of storage pool",
                                          .pool = pool };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    *ret_count = 0;
    *ret_volumes = NULL;
    if (!task)
        return -1;
    *ret_volumes = task->answer.list;
    *ret_count = task->count;
    vl_arena_adopt(arena, &task->arena);
    return vl_arena_check(arena, err);
}

static int make_volume(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;

    if (vl_hypervisor_find_our_pool(connection, task->asked.pool, &handle, err) < 0)
        return -1;
    volume = vl_hypervisor_ops()->volume_create(handle, task->asked.xml, 0);
    return volume ? 0 : vl_hypervisor_fail(err, "make a volume in storage pool", task->asked.pool);
}

int vl_hypervisor_volume_make(struct vl_hypervisor *hypervisor, const char *pool, const char *xml, struct vl_error *err)
{
    const struct vl_question question = {
        .work = make_volume, .what = "make a volume in storage pool", .pool = pool, .xml = xml, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}

static int remove_volume(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool, *name = task->asked.name;
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;
    VOLUME_AUTO marker = NULL;

    if (vl_hypervisor_check_pool(pool, err) < 0 || vl_hypervisor_find_pool(connection, pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    if (vl_hypervisor_find_volume(handle, name, &volume, err) < 0 ||
        vl_hypervisor_find_marker(handle, name, &marker, err) < 0)
        return -1;
    if (marker && vl_hypervisor_ops()->volume_delete(marker, 0) < 0)
        return vl_hypervisor_fail(err, "remove the mark of volume", name);
    return volume && vl_hypervisor_ops()->volume_delete(volume, 0) < 0 ? vl_hypervisor_fail(err, "remove volume", name)
                                                                       : 0;
}

int vl_hypervisor_volume_remove(struct vl_hypervisor *hypervisor, const char *pool, const char *name,
                                struct vl_error *err)
{
    const struct vl_question question = {
        .work = remove_volume, .what = "remove volume", .pool = pool, .name = name, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}
