/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Storage pools, volumes, and what is put into them. A volume that is filled is whole only when an empty one beside it
 * says so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/xml.h"
#include "guest/hypervisor.h"
#include "guest/hypervisor_part.h"
#include "render/volume_xml.h"

#define POOL_PREFIX "voiplab-"
#define COMPLETE ".complete"

enum { CHUNK = 256 * 1024 };

/* Pools */

static int check_pool_name(const char *pool, struct vl_error *err)
{
    if (vl_text_starts(pool, POOL_PREFIX))
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "storage pool '%s' is not voiplab's: the names of its pools start with '" POOL_PREFIX "'", pool);
}

/* The pool of this name; absent is NULL and no error. */
static int find_pool(struct vl_hypervisor *hypervisor, const char *pool, virStoragePoolPtr *ret_pool,
                     struct vl_error *err)
{
    *ret_pool = virStoragePoolLookupByName(hypervisor->connection, pool);
    if (!*ret_pool && virGetLastErrorCode() != VIR_ERR_NO_STORAGE_POOL)
        return vl_hypervisor_fail(err, "look for storage pool", pool);
    return 0;
}

static int find_our_pool(struct vl_hypervisor *hypervisor, const char *pool, virStoragePoolPtr *ret_pool,
                         struct vl_error *err)
{
    if (check_pool_name(pool, err) < 0 || find_pool(hypervisor, pool, ret_pool, err) < 0)
        return -1;
    return *ret_pool ? 0 : vl_fail(err, VL_ERROR_NOTFOUND, "there is no storage pool '%s'", pool);
}

int vl_hypervisor_pool(struct vl_hypervisor *hypervisor, const char *pool, bool *ret_active, struct vl_error *err)
{
    POOL_AUTO handle = NULL;

    *ret_active = false;
    if (find_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    *ret_active = handle && virStoragePoolIsActive(handle) == 1;
    return 0;
}

/* A pool of this name over another directory was made for something else. */
static int check_pool_path(virStoragePoolPtr pool, const char *path, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *xml = virStoragePoolGetXMLDesc(pool, 0);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the definition of a storage pool", err) : NULL;
    const char *there;

    if (!xml)
        return vl_hypervisor_fail(err, "read the definition of storage pool", virStoragePoolGetName(pool));
    if (!document)
        return -1;
    there = vl_xml_find(document, &arena, "/pool/target/path");
    if (arena.failed)
        return vl_no_memory(err);
    if (!there || strcmp(there, path) != 0)
        return vl_fail(err, VL_ERROR_FAILED,
                       "storage pool '%s' is in '%s' instead of '%s': remove it or say so in the lab file",
                       virStoragePoolGetName(pool), there ? there : "", path);
    return 0;
}

static int define_pool(struct vl_hypervisor *hypervisor, const char *pool, const char *path,
                       virStoragePoolPtr *ret_pool, struct vl_error *err)
{
    VL_FREE char *xml = vl_render_pool_xml(pool, path, err);

    if (!xml)
        return -1;
    *ret_pool = vl_hypervisor_ops()->pool_define(hypervisor->connection, xml, 0);
    return *ret_pool ? 0 : vl_hypervisor_fail(err, "define storage pool", pool);
}

/* The directory and the start; libvirt has the definition already. */
static int start_pool(virStoragePoolPtr pool, const char *name, struct vl_error *err)
{
    if (virStoragePoolIsActive(pool) != 1) {
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
int vl_hypervisor_pool_make(struct vl_hypervisor *hypervisor, const char *pool, const char *path, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    bool defined_here = false;

    if (check_pool_name(pool, err) < 0 || find_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    if (handle && check_pool_path(handle, path, err) < 0)
        return -1;
    if (!handle) {
        if (define_pool(hypervisor, pool, path, &handle, err) < 0)
            return -1;
        defined_here = true;
    }
    if (start_pool(handle, pool, err) == 0)
        return 0;
    if (defined_here && virStoragePoolIsActive(handle) == 0)
        (void)vl_hypervisor_ops()->pool_undefine(handle);
    return -1;
}

int vl_hypervisor_pool_remove(struct vl_hypervisor *hypervisor, const char *pool, struct vl_error *err)
{
    POOL_AUTO handle = NULL;

    if (check_pool_name(pool, err) < 0 || find_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    if (virStoragePoolIsActive(handle) == 1 && vl_hypervisor_ops()->pool_stop(handle) < 0)
        return vl_hypervisor_fail(err, "stop storage pool", pool);
    /* For a pool of type dir this is rmdir(2): it fails while a file is left, and then the directory stays. */
    (void)vl_hypervisor_ops()->pool_delete(handle, 0);
    return vl_hypervisor_ops()->pool_undefine(handle) < 0 ? vl_hypervisor_fail(err, "undefine storage pool", pool) : 0;
}

int vl_hypervisor_pool_refresh(struct vl_hypervisor *hypervisor, const char *pool, struct vl_error *err)
{
    POOL_AUTO handle = NULL;

    if (find_our_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    return vl_hypervisor_ops()->pool_refresh(handle, 0) < 0 ? vl_hypervisor_fail(err, "refresh storage pool", pool) : 0;
}

/* Volumes */

/* The volume of this name; absent is NULL and no error. */
static int find_volume(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume, struct vl_error *err)
{
    *ret_volume = virStorageVolLookupByName(pool, name);
    if (!*ret_volume && virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL)
        return vl_hypervisor_fail(err, "look for volume", name);
    return 0;
}

/* The volume that says that the upload of `name` came to its end; see the header. */
static int find_marker(virStoragePoolPtr pool, const char *name, virStorageVolPtr *ret_volume, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *marker = vl_arena_printf(&arena, "%s" COMPLETE, name);

    return arena.failed ? vl_no_memory(err) : find_volume(pool, marker, ret_volume, err);
}

static bool is_marker(const char *name)
{
    size_t length = strlen(name), suffix = strlen(COMPLETE);

    return length > suffix && strcmp(name + length - suffix, COMPLETE) == 0;
}

static int read_volume(virStoragePoolPtr pool, virStorageVolPtr handle, struct vl_arena *arena,
                       struct vl_volume *volume, struct vl_error *err)
{
    VL_FREE char *xml = virStorageVolGetXMLDesc(handle, 0);
    VL_XML_DOCUMENT_AUTO *document = xml ? vl_xml_parse(xml, "the description of a volume", err) : NULL;
    VOLUME_AUTO marker = NULL;
    const char *capacity;

    if (!xml)
        return vl_hypervisor_fail(err, "read the description of volume", virStorageVolGetName(handle));
    if (!document || find_marker(pool, virStorageVolGetName(handle), &marker, err) < 0)
        return -1;
    capacity = vl_xml_find(document, arena, "/volume/capacity"); /* in bytes: libvirt says so in its attribute unit */
    volume->name = vl_arena_strdup(arena, virStorageVolGetName(handle));
    volume->path = vl_xml_find(document, arena, "/volume/target/path");
    volume->capacity = capacity ? strtoull(capacity, NULL, 10) : 0;
    volume->backing = vl_xml_find(document, arena, "/volume/backingStore/path");
    volume->uploaded = marker != NULL;
    return vl_arena_check(arena, err);
}

int vl_hypervisor_volume(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool, const char *name,
                         struct vl_volume *ret_volume, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;

    *ret_volume = (struct vl_volume){ .name = NULL };
    if (find_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    if (find_volume(handle, name, &volume, err) < 0)
        return -1;
    return volume ? read_volume(handle, volume, arena, ret_volume, err) : 0;
}

int vl_hypervisor_volumes(struct vl_hypervisor *hypervisor, struct vl_arena *arena, const char *pool,
                          struct vl_volume **ret_volumes, size_t *ret_count, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    virStorageVolPtr *handles = NULL;
    int count, rc = 0;

    *ret_count = 0;
    *ret_volumes = NULL;
    if (find_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    count = virStoragePoolListAllVolumes(handle, &handles, 0);
    if (count < 0)
        return vl_hypervisor_fail(err, "list the volumes of storage pool", pool);
    *ret_volumes = vl_arena_zalloc(arena, ((size_t)count + 1) * sizeof(**ret_volumes));
    if (!*ret_volumes)
        rc = vl_no_memory(err);
    for (int i = 0; i < count; i++) {
        if (rc == 0 && !is_marker(virStorageVolGetName(handles[i])))
            rc = read_volume(handle, handles[i], arena, &(*ret_volumes)[(*ret_count)++], err);
        (void)virStorageVolFree(handles[i]);
    }
    free(handles);
    return rc;
}

int vl_hypervisor_volume_make(struct vl_hypervisor *hypervisor, const char *pool, const char *xml, struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;

    if (find_our_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    volume = vl_hypervisor_ops()->volume_create(handle, xml, 0);
    return volume ? 0 : vl_hypervisor_fail(err, "make a volume in storage pool", pool);
}

int vl_hypervisor_volume_remove(struct vl_hypervisor *hypervisor, const char *pool, const char *name,
                                struct vl_error *err)
{
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;
    VOLUME_AUTO marker = NULL;

    if (check_pool_name(pool, err) < 0 || find_pool(hypervisor, pool, &handle, err) < 0)
        return -1;
    if (!handle)
        return 0;
    if (find_volume(handle, name, &volume, err) < 0 || find_marker(handle, name, &marker, err) < 0)
        return -1;
    if (marker && vl_hypervisor_ops()->volume_delete(marker, 0) < 0)
        return vl_hypervisor_fail(err, "remove the mark of volume", name);
    return volume && vl_hypervisor_ops()->volume_delete(volume, 0) < 0 ? vl_hypervisor_fail(err, "remove volume", name)
                                                                       : 0;
}

/* Uploads */

struct upload {
    const char *file;
    int descriptor;
    uint64_t total;
    void (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
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

static int send_bytes(virStreamPtr stream, const char *bytes, size_t length, const char *file, struct vl_error *err)
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
        if (send_bytes(stream, chunk, (size_t)got, upload->file, err) < 0)
            return -1;
        done += (uint64_t)got;
        if (upload->progress)
            upload->progress(upload->context, done, upload->total);
    }
    return 0;
}

static int fill_volume(struct vl_hypervisor *hypervisor, virStorageVolPtr volume, const struct upload *upload,
                       struct vl_error *err)
{
    STREAM_AUTO stream = virStreamNew(hypervisor->connection, 0);

    if (!stream || vl_hypervisor_ops()->volume_upload(volume, stream, 0, upload->total, 0) < 0)
        return vl_hypervisor_fail(err, "upload", upload->file);
    if (send_file(stream, upload, err) < 0) {
        (void)virStreamAbort(stream);
        return -1;
    }
    return vl_hypervisor_ops()->stream_finish(stream) < 0
               ? vl_hypervisor_fail(err, "finish the upload of", upload->file)
               : 0;
}

static int make_marker(virStoragePoolPtr pool, const char *name, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_volume_spec spec = { .name = vl_arena_printf(&arena, "%s" COMPLETE, name), .format = "raw" };
    VL_FREE char *xml = arena.failed ? NULL : vl_render_volume_xml(&spec, err);
    VOLUME_AUTO marker = NULL;

    if (arena.failed)
        return vl_no_memory(err);
    if (!xml)
        return -1;
    marker = vl_hypervisor_ops()->volume_create(pool, xml, 0);
    return marker ? 0 : vl_hypervisor_fail(err, "mark as complete volume", name);
}

int vl_hypervisor_volume_upload(struct vl_hypervisor *hypervisor, const char *pool, const char *name, const char *file,
                                void (*progress)(void *context, uint64_t done, uint64_t total), void *context,
                                struct vl_error *err)
{
    struct upload upload = { .file = file, .descriptor = -1, .progress = progress, .context = context };
    POOL_AUTO handle = NULL;
    VOLUME_AUTO volume = NULL;
    VOLUME_AUTO marker = NULL;
    int rc = -1;

    if (find_our_pool(hypervisor, pool, &handle, err) < 0 || find_volume(handle, name, &volume, err) < 0 ||
        find_marker(handle, name, &marker, err) < 0)
        return -1;
    if (!volume)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no volume '%s' in storage pool '%s'", name, pool);
    if (marker && vl_hypervisor_ops()->volume_delete(marker, 0) < 0)
        return vl_hypervisor_fail(err, "remove the mark of volume", name);
    if (open_upload(&upload, err) == 0 && fill_volume(hypervisor, volume, &upload, err) == 0)
        rc = make_marker(handle, name, err);
    if (upload.descriptor >= 0)
        (void)close(upload.descriptor);
    return rc;
}
