/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qemu-img converts, sha256sum sums up, and the directory appears by rename.
 */
#include "guest/kept.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/cache.h"
#include "guest/image.h"
#include "guest/recipe.h"

enum { HASH_DIGITS = 12 };

const char *vl_kept_place(struct vl_arena *arena, const char *cache_directory, const char *name, const char *sum)
{
    return vl_arena_printf(arena, "%s/images/%s-%.*s", cache_directory, name, HASH_DIGITS, sum);
}

static const char *fact(struct vl_arena *arena, const char *place, const char *key)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    return vl_recipe_fact(arena, place, key, &ignored);
}

static bool is_of(const struct vl_cached *image, const char *name)
{
    size_t length = strlen(name);

    return image->built && strlen(image->name) == length + 1 + HASH_DIGITS && !strncmp(image->name, name, length) &&
           image->name[length] == '-';
}

static void fill(struct vl_arena *arena, const struct vl_cached *image, struct vl_kept *kept)
{
    kept->stem = image->name;
    kept->place = image->path;
    kept->disk = vl_arena_printf(arena, "%s/disk.qcow2", image->path);
    kept->info = vl_arena_printf(arena, "%s/info", image->path);
    kept->cmdline = fact(arena, kept->place, "cmdline");
    if (!kept->cmdline)
        return;
    kept->kernel = vl_arena_printf(arena, "%s/vmlinuz", image->path);
    kept->initrd = vl_arena_printf(arena, "%s/initrd", image->path);
}

int vl_kept_find(struct vl_arena *arena, const char *cache_directory, const char *name, struct vl_kept *ret_kept,
                 struct vl_error *err)
{
    struct vl_cached *images;
    size_t count;

    *ret_kept = (struct vl_kept){ .stem = NULL };
    if (vl_cache_list(arena, cache_directory, &images, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!is_of(&images[i], name) || !fact(arena, images[i].path, "made"))
            continue;
        if (ret_kept->stem)
            return vl_fail(err, VL_ERROR_FAILED,
                           "there are two images '%s', '%s' and '%s'; 'voiplab image remove' takes one away", name,
                           ret_kept->stem, images[i].name);
        fill(arena, &images[i], ret_kept);
    }
    return vl_arena_check(arena, err);
}

/* What qemu-img says behind this word at the begin of a line, blanks before it or not. */
static const char *said(struct vl_arena *arena, const char *output, const char *word)
{
    const char *copy = vl_arena_strdup(arena, output);
    char *rest = (char *)(uintptr_t)copy;

    while (rest) {
        const char *line = strsep(&rest, "\n");

        line += strspn(line, " ");
        if (vl_text_starts(line, word))
            return line + strlen(word);
    }
    return NULL;
}

int vl_kept_look(struct vl_arena *arena, const char *file, const char **ret_format, struct vl_error *err)
{
    const char *const argv[] = { "qemu-img", "info", "--", file, NULL };
    VL_FREE char *output = NULL;
    const char *other;

    if (vl_process_check(argv, NULL, &output, err) < 0)
        return vl_error_wrap(err, "cannot look at '%s'", file);
    *ret_format = said(arena, output, "file format: ");
    other = said(arena, output, "backing file: ");
    if (!other)
        other = said(arena, output, "data file: ");
    if (vl_arena_check(arena, err) < 0)
        return -1;
    if (!*ret_format)
        return vl_fail(err, VL_ERROR_FAILED, "qemu-img does not say what format '%s' has", file);
    if (other)
        return vl_fail(err, VL_ERROR_REFUSED,
                       "'%s' needs another file, %s; 'qemu-img convert -O qcow2 %s NEW' makes one of both", file,
                       vl_text_quote(arena, other, VL_TEXT_QUOTED), file);
    if (said(arena, output, "encrypted: yes"))
        return vl_fail(err, VL_ERROR_REFUSED, "'%s' is encrypted, and nobody could tell its guests the password", file);
    return 0;
}

int vl_kept_sum(struct vl_arena *arena, const char *file, const char **ret_sum, struct vl_error *err)
{
    const char *const argv[] = { "sha256sum", "--", file, NULL };
    VL_FREE char *output = NULL;
    const char *sum;

    if (vl_process_check(argv, NULL, &output, err) < 0)
        return -1;
    sum = output + (*output == '\\'); /* in front of a line whose name is written otherwise */
    if (strspn(sum, "0123456789abcdef") != 64)
        return vl_fail(err, VL_ERROR_FAILED, "sha256sum prints no checksum of '%s'", file);
    *ret_sum = vl_arena_strndup(arena, sum, 64);
    return vl_arena_check(arena, err);
}

const char *const *vl_kept_convert_command(struct vl_arena *arena, const struct vl_kept_source *source,
                                           const char *disk)
{
    static const char *const words[] = { "qemu-img", "convert", "-O", "qcow2", "-o", "compat=1.1", "-f" };
    static const char *const none[] = { NULL };
    const char **argv = vl_arena_zalloc(arena, (VL_COUNT(words) + 6) * sizeof(*argv));
    size_t count = VL_COUNT(words);

    if (!argv)
        return none;
    memcpy(argv, words, sizeof(words));
    argv[count++] = source->format;
    if (source->compressed)
        argv[count++] = "-c";
    argv[count++] = "--";
    argv[count++] = source->file;
    argv[count++] = disk;
    return argv;
}

const char *vl_kept_info(struct vl_arena *arena, const struct vl_kept_source *source)
{
    if (source->cmdline)
        return vl_arena_printf(arena, "made=%s\ncmdline=%s\n", source->made, source->cmdline);
    return vl_arena_printf(arena, "made=%s\n", source->made);
}

static int copy(struct vl_arena *arena, const char *from, const char *directory, const char *name, struct vl_error *err)
{
    const char *const argv[] = { "cp", "--", from, vl_arena_printf(arena, "%s/%s", directory, name), NULL };

    return vl_process_check(argv, NULL, NULL, err);
}

static int fill_directory(struct vl_arena *arena, const struct vl_kept_source *source, const char *work,
                          const struct vl_process_options *options, struct vl_error *err)
{
    static const char *const alone[] = { "disk.qcow2", "info", NULL };
    const char *disk = vl_arena_printf(arena, "%s/disk.qcow2", work), *info = vl_kept_info(arena, source);
    const char *const *argv = vl_kept_convert_command(arena, source, disk);
    uint64_t size;

    if (vl_arena_check(arena, err) < 0 || vl_process_check(argv, options, NULL, err) < 0 ||
        vl_image_virtual_size(disk, &size, err) < 0 ||
        vl_file_write(vl_arena_printf(arena, "%s/info", work), info, strlen(info), 0644, err) < 0)
        return -1;
    if (source->kernel &&
        (copy(arena, source->kernel, work, "vmlinuz", err) < 0 || copy(arena, source->initrd, work, "initrd", err) < 0))
        return -1;
    return vl_recipe_note_sums(work, source->kernel ? vl_recipe_files : alone, err);
}

int vl_kept_make(const struct vl_kept_source *source, const char *place, const struct vl_process_options *options,
                 struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *work = vl_arena_printf(&arena, "%s.part", place);
    VL_CLOSE int lock = -1;

    if (vl_file_mkdirs(work, 0755, err) < 0)
        return -1;
    lock = vl_file_lock(vl_arena_printf(&arena, "%s.lock", place), "another voiplab makes this image now", err);
    if (lock < 0 || vl_file_remove_tree(work, err) < 0 || vl_file_mkdirs(work, 0755, err) < 0)
        return -1;
    if (fill_directory(&arena, source, work, options, err) < 0) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        (void)vl_file_remove_tree(work, &ignored);
        return vl_error_wrap(err, "cannot make an image of '%s'", source->file);
    }
    if (vl_file_remove_tree(place, err) < 0)
        return -1;
    return vl_file_rename(work, place, err);
}
