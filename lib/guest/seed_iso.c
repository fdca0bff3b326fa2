/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The image is made in memory by libarchive (base/archive.h) and put in its place by the same atomic write as any other
 * file: no private key lies in a temporary directory, and no program has to be there.
 */
#include "guest/seed_iso.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/archive.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"

enum { LABEL = 5, INITRD_BLOCK = 512, INITRD_LIMIT = 512 << 20, CHUNK = 1 << 20 };

const char *const *vl_seed_iso_command(struct vl_arena *arena, const char *label, const char *iso, const char *tree)
{
    static const char *const words[] = {
        "xorriso",
        "-as",
        "mkisofs",
        "-quiet",
        "-V",
        NULL,
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
    argv[LABEL] = label;
    argv[VL_COUNT(words)] = iso;
    argv[VL_COUNT(words) + 1] = tree;
    return argv;
}

static int add_files(struct vl_archive_writer *writer, const struct vl_fileset *set, struct vl_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct vl_file *file = &set->files[i];

        if (vl_archive_add(writer, file->path, file->text, strlen(file->text), (mode_t)file->mode, err) < 0)
            return -1;
    }
    return vl_archive_finish(writer, err);
}

static int pack(const struct vl_fileset *set, enum vl_archive_format format, const char *label, struct vl_buf *image,
                struct vl_error *err)
{
    const struct vl_archive_options options = { .format = format, .label = label, .time = VL_SEED_ISO_TIME };
    const struct vl_archive_sink sink = { .write = vl_archive_into_buf, .context = image };
    VL_ARCHIVE_WRITER_AUTO *writer = vl_archive_create(&options, &sink, err);

    return writer ? add_files(writer, set, err) : -1;
}

int vl_seed_iso(const struct vl_fileset *set, const char *label, const char *iso_path, struct vl_error *err)
{
    VL_BUF_AUTO image = VL_BUF_INIT;

    if (pack(set, VL_ARCHIVE_ISO, label, &image, err) < 0)
        return vl_error_wrap(err, "cannot make the seed image '%s'", iso_path);
    return vl_file_write(iso_path, image.data, image.length, 0600, err);
}

static int append_file(struct vl_buf *image, const char *path, struct vl_error *err)
{
    VL_CLOSE int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    VL_FREE char *chunk = vl_malloc(CHUNK);
    ssize_t got = -1;

    if (!chunk)
        return vl_no_memory(err);
    while (descriptor >= 0 && (got = read(descriptor, chunk, CHUNK)) > 0 && image->length < INITRD_LIMIT)
        vl_buf_add(image, chunk, (size_t)got);
    if (got < 0)
        return vl_fail_errno(err, "cannot read '%s'", path);
    return got ? vl_fail(err, VL_ERROR_FAILED, "'%s' is too large for an initrd", path) : 0;
}

/* A kernel looks for a further archive at a multiple of four bytes. */
int vl_seed_initrd(const struct vl_fileset *set, const char *initrd, const char *path, struct vl_error *err)
{
    VL_BUF_AUTO image = VL_BUF_INIT;

    if (append_file(&image, initrd, err) < 0)
        return -1;
    while (image.length % INITRD_BLOCK && !image.failed)
        vl_buf_putc(&image, '\0');
    if (pack(set, VL_ARCHIVE_CPIO, NULL, &image, err) < 0)
        return vl_error_wrap(err, "cannot make the initrd '%s'", path);
    return vl_file_write(path, image.data, image.length, 0600, err);
}
