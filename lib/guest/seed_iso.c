/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In a temporary directory: `files`, the tree, and `iso`, what xorriso makes of it. Only the finished image is put in
 * its place, by the same atomic write as any other file.
 */
#include "guest/seed_iso.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "base/scratch.h"

enum { ISO_LIMIT = 4 << 20, XORRISO_TIMEOUT_MS = 60000 };

static int write_files(struct vl_arena *arena, const struct vl_fileset *set, const char *tree, struct vl_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct vl_file *file = &set->files[i];
        char *path = vl_arena_printf(arena, "%s/%s", tree, file->path);
        char *slash = strrchr(path, '/');

        if (arena->failed)
            return vl_no_memory(err);
        *slash = '\0';
        if (vl_file_mkdirs(path, 0755, err) < 0)
            return -1;
        *slash = '/';
        if (vl_file_write(path, file->text, strlen(file->text), file->mode, err) < 0)
            return -1;
    }
    return 0;
}

const char *const *vl_seed_iso_command(struct vl_arena *arena, const char *iso, const char *tree)
{
    static const char *const words[] = {
        "xorriso",
        "-as",
        "mkisofs",
        "-quiet",
        "-V",
        "cidata",
        "-R",
        "-J",
        "-uid",
        "0",
        "-gid",
        "0",
        "--set_all_file_dates",
        "2000010100000000",
        "-o",
    };
    static const char *const none[] = { NULL };
    const char **argv = vl_arena_zalloc(arena, (VL_COUNT(words) + 3) * sizeof(*argv));

    if (!argv)
        return none;
    memcpy(argv, words, sizeof(words));
    argv[VL_COUNT(words)] = iso;
    argv[VL_COUNT(words) + 1] = tree;
    return argv;
}

static int run_xorriso(struct vl_arena *arena, const char *tree, const char *iso, struct vl_error *err)
{
    static const char *const environment[] = { VL_SEED_ISO_ENVIRONMENT, NULL };
    const char *const *argv = vl_seed_iso_command(arena, iso, tree);
    const struct vl_process_options options = { .timeout_ms = XORRISO_TIMEOUT_MS, .environment = environment };

    return vl_arena_check(arena, err) < 0 ? -1 : vl_process_check(argv, &options, NULL, err);
}

/* The image as bytes; an image holds NUL bytes, so vl_file_read() is not for it. */
static int read_image(const char *iso, char **ret_bytes, size_t *ret_length, struct vl_error *err)
{
    VL_CLOSE int descriptor = open(iso, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    VL_FREE char *bytes = vl_malloc(ISO_LIMIT);
    size_t length = 0;
    ssize_t got = 1;

    if (descriptor < 0)
        return vl_fail_errno(err, "cannot open '%s'", iso);
    if (!bytes)
        return vl_no_memory(err);
    for (; got > 0 && length < ISO_LIMIT; length += (size_t)got) {
        got = read(descriptor, bytes + length, ISO_LIMIT - length);
        if (got < 0)
            return vl_fail_errno(err, "cannot read '%s'", iso);
    }
    if (length == ISO_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "the seed image is larger than %d bytes", ISO_LIMIT);
    *ret_bytes = bytes;
    bytes = NULL;
    *ret_length = length;
    return 0;
}

int vl_seed_iso(const struct vl_fileset *set, const char *work_directory, const char *iso_path, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_SCRATCH_AUTO scratch = VL_SCRATCH_INIT;
    const char *tree, *iso;
    VL_FREE char *bytes = NULL;
    size_t length = 0;
    int rc;

    if (vl_scratch_make(&scratch, work_directory, err) < 0)
        return -1;
    tree = vl_arena_printf(&arena, "%s/files", scratch.path);
    iso = vl_arena_printf(&arena, "%s/iso", scratch.path);
    if (write_files(&arena, set, tree, err) < 0 || run_xorriso(&arena, tree, iso, err) < 0 ||
        read_image(iso, &bytes, &length, err) < 0)
        return vl_error_wrap(err, "cannot make the seed image '%s'", iso_path);
    rc = vl_file_write(iso_path, bytes, length, 0600, err);
    explicit_bzero(bytes, length);
    return rc;
}
