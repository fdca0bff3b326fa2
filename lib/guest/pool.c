/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Storage pools. One of ours has a name that says so.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "guest/task.h"
#include "render/volume_xml.h"

#define POOL_PREFIX "voiplab-"

int vl_hypervisor_check_pool(const char *pool, struct vl_error *err)
{
    if (vl_text_starts(pool, POOL_PREFIX))
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "storage pool '%s' is not voiplab's: the names of its pools start with '" POOL_PREFIX "'", pool);
}

int vl_hypervisor_find_pool(virConnectPtr connection, const char *pool, virStoragePoolPtr *ret_pool,
                            struct vl_error *err)
{
    *ret_pool = vl_libvirt.virStoragePoolLookupByName(connection, pool);
    if (!*ret_pool && vl_libvirt.virGetLastErrorCode() != VIR_ERR_NO_STORAGE_POOL)
        return vl_hypervisor_fail(err, "look for storage pool", pool);
    return 0;
}

int vl_hypervisor_find_our_pool(virConnectPtr connection, const char *pool, virStoragePoolPtr *ret_pool,
                                struct vl_error *err)
{
    if (vl_hypervisor_check_pool(pool, err) < 0 || vl_hypervisor_find_pool(connection, pool, ret_pool, err) < 0)
        return -1;
    return *ret_pool ? 0 : vl_fail(err, VL_ERROR_NOTFOUND, "there is no storage pool '%s'", pool);
}

static int look_at_pool(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    struct vl_pool_there *pool = &task->answer.pool;
    POOL_AUTO handle = NULL;
    int autostart = 0;

    if (vl_hypervisor_find_pool(connection, task->asked.pool, &handle, err) < 0)
        return -1;
    pool->defined = handle != NULL;
    pool->active = handle && vl_libvirt.virStoragePoolIsActive(handle) == 1;
    pool->autostart = handle && vl_libvirt.virStoragePoolGetAutostart(handle, &autostart) == 0 && autostart;
    return 0;
}

int vl_hypervisor_pool(struct vl_hypervisor *hypervisor, const char *pool, struct vl_pool_there *ret_pool,
                       struct vl_error *err)
{
    const struct vl_question question = { .work = look_at_pool, .what = "look for storage pool", .pool = pool };
    VL_TASK_AUTO *task = vl_task_do(hypervisor, &question, err);

    *ret_pool = task ? task->answer.pool : (struct vl_pool_there){ .defined = false };
    return task ? 0 : -1;
}

/* A pool of this name over another directory was made for something else. */
static int check_pool_path(virStoragePoolPtr pool, const char *path, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *name = vl_libvirt.virStoragePoolGetName(pool);
    VL_FREE char *xml = vl_libvirt.virStoragePoolGetXMLDesc(pool, 0);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the definition of a storage pool", err) : NULL;
    const char *there;

    if (!xml)
        return vl_hypervisor_fail(err, "read the definition of storage pool", name);
    if (!document)
        return -1;
    there = vl_xml_find(document, &arena, "/pool/target/path");
    if (arena.failed)
        return vl_no_memory(err);
    if (!there || strcmp(there, path) != 0)
        return vl_fail(err, VL_ERROR_FAILED,
                       "storage pool '%s' is in '%s' instead of '%s': remove it or say so in the lab file", name,
                       there ? there : "", path);
    return 0;
}

static int define_pool(virConnectPtr connection, const char *pool, const char *path, virStoragePoolPtr *ret_pool,
                       struct vl_error *err)
{
    VL_FREE char *xml = vl_render_pool_xml(pool, path, err);

    if (!xml)
        return -1;
    *ret_pool = vl_hypervisor_ops()->pool_define(connection, xml, 0);
    return *ret_pool ? 0 : vl_hypervisor_fail(err, "define storage pool", pool);
}

/* The directory and the start; libvirt has the definition already. */
static int start_pool(virStoragePoolPtr pool, const char *name, struct vl_error *err)
{
    if (vl_libvirt.virStoragePoolIsActive(pool) != 1) {
        if (vl_hypervisor_ops()->pool_build(pool, 0) < 0)
            return vl_hypervisor_fail(err, "make the directory of storage pool", name);
        if (vl_hypervisor_ops()->pool_start(pool, 0) < 0)
            return vl_hypervisor_fail(err, "start storage pool", name);
    }
    return vl_hypervisor_ops()->pool_autostart(pool, 1) < 0
               ? vl_hypervisor_fail(err, "set to start by itself storage pool", name)
               : 0;
}

/* Each step is skipped when it is done already, so that a run that was cut off is finished by the next one. A pool that
 * was defined here and does not start is not kept: its path may be the mistake. */
static int make_pool(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool, *path = task->asked.path;
    POOL_AUTO handle = NULL;
    bool defined_here = false;

    if (vl_hypervisor_check_pool(pool, err) < 0 || vl_hypervisor_find_pool(connection, pool, &handle, err) < 0)
        return -1;
    if (handle && check_pool_path(handle, path, err) < 0)
        return -1;
    if (!handle) {
        if (define_pool(connection, pool, path, &handle, err) < 0)
            return -1;
        defined_here = true;
    }
    if (start_pool(handle, pool, err) == 0)
        return 0;
    if (defined_here && vl_libvirt.virStoragePoolIsActive(handle) == 0)
        (void)vl_hypervisor_ops()->pool_undefine(handle);
    return -1;
}

int vl_hypervisor_pool_make(struct vl_hypervisor *hypervisor, const char *pool, const char *path, struct vl_error *err)
{
    const struct vl_question question = {
        .work = make_pool, .what = "make storage pool", .pool = pool, .path = path, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}

static bool is_gone(const virError *error)
{
    return error && error->code == VIR_ERR_SYSTEM_ERROR && error->int1 == ENOENT;
}

static int remove_pool(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool;
    POOL_AUTO handle = NULL;
    bool runs;

    if (vl_hypervisor_check_pool(pool, err) < 0 || vl_hypervisor_find_pool(connection, pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    runs = vl_libvirt.virStoragePoolIsActive(handle) == 1;
    if (runs && vl_hypervisor_ops()->pool_stop(handle) < 0)
        return vl_hypervisor_fail(err, "stop storage pool", pool);
    /* For a pool of type dir this is rmdir(2): it fails while a file is left, and then the directory stays. */
    if (vl_hypervisor_ops()->pool_delete(handle, 0) < 0 && !runs && !is_gone(vl_libvirt.virGetLastError()))
        return vl_fail(err, VL_ERROR_FAILED,
                       "storage pool '%s' does not run, and its directory is not empty; 'virsh pool-start %s' starts "
                       "it, then run this again",
                       pool, pool);
    return vl_hypervisor_ops()->pool_undefine(handle) < 0 ? vl_hypervisor_fail(err, "undefine storage pool", pool) : 0;
}

int vl_hypervisor_pool_remove(struct vl_hypervisor *hypervisor, const char *pool, struct vl_error *err)
{
    const struct vl_question question = {
        .work = remove_pool, .what = "remove storage pool", .pool = pool, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}

static int refresh_pool(struct vl_task *task, virConnectPtr connection, struct vl_error *err)
{
    const char *pool = task->asked.pool;
    POOL_AUTO handle = NULL;

    if (vl_hypervisor_find_our_pool(connection, pool, &handle, err) < 0)
        return -1;
    return vl_hypervisor_ops()->pool_refresh(handle, 0) < 0 ? vl_hypervisor_fail(err, "refresh storage pool", pool) : 0;
}

int vl_hypervisor_pool_refresh(struct vl_hypervisor *hypervisor, const char *pool, struct vl_error *err)
{
    const struct vl_question question = {
        .work = refresh_pool, .what = "refresh storage pool", .pool = pool, .changes = true
    };

    return vl_task_done(hypervisor, &question, err);
}
