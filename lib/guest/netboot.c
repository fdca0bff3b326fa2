/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/netboot.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/digest.h"
#include "base/file.h"

enum { LIMIT = 512 << 20 };

const char *vl_netboot_place(struct vl_arena *arena, const char *cache_directory, const char *name, const char *source)
{
    return vl_arena_printf(arena, "%s/installers/%s", cache_directory, vl_image_stem(arena, name, source, NULL));
}

static int make_directory(struct vl_arena *arena, const char *file, struct vl_error *err)
{
    return vl_file_mkdirs(vl_arena_strndup(arena, file, (size_t)(strrchr(file, '/') - file)), 0755, err);
}

int vl_netboot_fetch(const struct vl_image_fetch *fetch, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *part = vl_arena_printf(&arena, "%s.part", fetch->file);
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (make_directory(&arena, fetch->file, err) < 0)
        return -1;
    if (vl_image_transfer(fetch, part, err) < 0) {
        (void)vl_file_remove(part, &ignored);
        return vl_error_wrap(err, "cannot fetch '%s'", fetch->url);
    }
    return vl_file_rename(part, fetch->file, err);
}

/* Discs without Rock Ridge have names in capitals, with a version. */
static bool is_path(const char *entry, const char *path)
{
    size_t length = strlen(path);

    return strncasecmp(entry, path, length) == 0 && (!entry[length] || !strcmp(entry + length, ";1"));
}

static int take(struct vl_archive_reader *reader, const char *path, const char *file, struct vl_error *err)
{
    struct vl_archive_entry entry;
    VL_BUF_AUTO bytes = VL_BUF_INIT;
    int rc;

    while ((rc = vl_archive_next(reader, &entry, err)) > 0)
        if (entry.kind == VL_ARCHIVE_FILE && is_path(entry.path, path))
            break;
    if (rc < 0)
        return -1;
    if (rc == 0)
        return vl_fail(err, VL_ERROR_NOTFOUND, "it has no '%s'; is it the disc of the system that the lab file says?",
                       path);
    return vl_archive_read_all(reader, LIMIT, &bytes, err) < 0
               ? -1
               : vl_file_write(file, vl_buf_text(&bytes), bytes.length, 0644, err);
}

int vl_netboot_extract(const char *iso, const char *path, const char *file, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_CLOSE int descriptor = open(iso, O_RDONLY | O_CLOEXEC);
    VL_ARCHIVE_READER_AUTO *reader = NULL;

    if (descriptor < 0)
        return vl_fail_errno(err, "cannot open '%s'", iso);
    if (make_directory(&arena, file, err) < 0)
        return -1;
    reader = vl_archive_open(VL_ARCHIVE_ISO, descriptor, iso, err);
    return !reader || take(reader, path, file, err) < 0
               ? vl_error_wrap(err, "cannot take the installer out of '%s'", iso)
               : 0;
}
