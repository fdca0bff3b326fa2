/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The image is made in memory by libarchive (base/archive.h) and put in its place by the same atomic write as any other
 * file: no private key lies in a temporary directory, and no program has to be there.
 */
#include "guest/seed_iso.h"

#include <string.h>

#include "base/archive.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

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

static int add_files(struct vl_archive_writer *writer, const struct vl_fileset *set, struct vl_error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct vl_file *file = &set->files[i];

        if (vl_archive_add(writer, file->path, file->text, strlen(file->text), (mode_t)file->mode, err) < 0)
            return -1;
    }
    return vl_archive_finish(writer, err);
}

int vl_seed_iso(const struct vl_fileset *set, const char *iso_path, struct vl_error *err)
{
    VL_BUF_AUTO image = VL_BUF_INIT;
    const struct vl_archive_options options = { .format = VL_ARCHIVE_ISO, .label = "cidata", .time = VL_SEED_ISO_TIME };
    const struct vl_archive_sink sink = { .write = vl_archive_into_buf, .context = &image };
    VL_ARCHIVE_WRITER_AUTO *writer = vl_archive_create(&options, &sink, err);

    if (!writer || add_files(writer, set, err) < 0)
        return vl_error_wrap(err, "cannot make the seed image '%s'", iso_path);
    return vl_file_write(iso_path, image.data, image.length, 0600, err);
}
