/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "guest/image.h"
#include "guest/recipe.h"

#define HASH "[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]"

/* The two kinds: how the place is called, the file in it ("" beside it) without which it is not whole, and all that
 * voiplab puts there. */
static const struct kind {
    const char *pattern, *ending;
    bool is_directory;
    const char *whole;
    const char *const *files;
} kinds[] = {
    { "*-" HASH, "", true, "/SHA256SUMS",
      (const char *const[]){ "/disk.qcow2", "/vmlinuz", "/initrd", "/info", "/SHA256SUMS", ".lock", NULL } },
    { "*-" HASH ".qcow2", ".qcow2", false, ".sha256", (const char *const[]){ "", ".sha256", ".lock", NULL } },
};

/* Its file, with its size; false: it is no regular file that is there. */
static bool look(const char *path, uint64_t *size)
{
    struct stat status;

    if (lstat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return false;
    *size += (uint64_t)status.st_blocks * 512;
    return true;
}

static void add_files(struct vl_arena *arena, const struct kind *kind, struct vl_cached *image)
{
    const char **files = NULL;
    size_t count = 0;

    for (const char *const *file = kind->files; *file; file++) {
        const char *path = vl_arena_printf(arena, "%s%s", image->path, *file);
        const char **grown = look(path, &image->size) ? vl_arena_grow(arena, files, count, sizeof(*files)) : NULL;

        if (!grown)
            continue;
        files = grown;
        files[count++] = path;
    }
    files = vl_arena_grow(arena, files, count, sizeof(*files));
    if (files)
        files[count] = NULL;
    image->files = files;
}

static bool is_ours(const struct kind *kind, const char *name)
{
    for (const char *const *file = kind->files; *file; file++)
        if (**file == '/' && !strcmp(*file + 1, name))
            return true;
    return !strcmp(name, ".") || !strcmp(name, "..");
}

static void find_foreign(struct vl_arena *arena, const struct kind *kind, struct vl_cached *image)
{
    DIR *directory = kind->is_directory ? opendir(image->path) : NULL;

    for (const struct dirent *entry; directory && !image->foreign && (entry = readdir(directory));)
        if (!is_ours(kind, entry->d_name))
            image->foreign = vl_arena_printf(arena, "%s/%s", image->path, entry->d_name);
    if (directory)
        (void)closedir(directory);
}

static bool is_place(const char *path, bool directory)
{
    struct stat status;

    return lstat(path, &status) == 0 && (directory ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode));
}

/* What a user put here says so; what was built says nothing. */
static const char *how(struct vl_arena *arena, const struct vl_cached *image)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *made = image->built ? vl_recipe_fact(arena, image->path, "made", &ignored) : "fetched";

    return made ? made : "built";
}

/* False: it is nothing that voiplab has finished. */
static bool read_image(struct vl_arena *arena, const char *place, const char *name, struct vl_cached *image)
{
    for (size_t i = 0; i < VL_COUNT(kinds); i++) {
        const struct kind *kind = &kinds[i];
        const char *path = vl_arena_printf(arena, "%s/%s", place, name);
        uint64_t ignored = 0;

        if (fnmatch(kind->pattern, name, 0) != 0 || !is_place(path, kind->is_directory) ||
            !look(vl_arena_printf(arena, "%s%s", path, kind->whole), &ignored))
            continue;
        *image = (struct vl_cached){ .name = vl_arena_strndup(arena, name, strlen(name) - strlen(kind->ending)),
                                     .path = path,
                                     .built = kind->is_directory };
        image->made = how(arena, image);
        add_files(arena, kind, image);
        find_foreign(arena, kind, image);
        return true;
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct vl_cached *)a)->name, ((const struct vl_cached *)b)->name);
}

int vl_cache_list(struct vl_arena *arena, const char *cache_directory, struct vl_cached **ret_images, size_t *ret_count,
                  struct vl_error *err)
{
    const char *place = vl_arena_printf(arena, "%s/images", cache_directory);
    DIR *directory = opendir(place);
    struct vl_cached *images = NULL;
    size_t count = 0;

    if (!directory && errno != ENOENT)
        return vl_fail_errno(err, "cannot read the directory '%s'", place);
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        struct vl_cached image, *grown;

        if (!read_image(arena, place, entry->d_name, &image) ||
            !(grown = vl_arena_grow(arena, images, count, sizeof(*images))))
            continue;
        images = grown;
        images[count++] = image;
    }
    if (directory)
        (void)closedir(directory);
    if (count)
        qsort(images, count, sizeof(*images), by_name);
    *ret_images = images;
    *ret_count = count;
    return vl_arena_check(arena, err);
}

/* The metadata of the disk: clusters that leak, or are used twice. A checksum does not tell of those. */
static int check_disk(const struct vl_cached *image, const char *disk, struct vl_error *err)
{
    const char *const argv[] = { "qemu-img", "check", "-q", "--", disk, NULL };

    if (vl_process_check(argv, NULL, NULL, err) < 0)
        return vl_error_wrap(err, "the disk of the image '%s' is damaged", image->name);
    return 0;
}

int vl_cache_verify(const struct vl_cached *image, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (!image->built)
        return vl_image_verify(image->path, NULL, err) < 0 ? -1 : check_disk(image, image->path, err);
    if (vl_recipe_check_sums(image->path, err) < 0)
        return vl_error_wrap(err, "the image '%s' is damaged; 'voiplab image remove %s' takes it away", image->name,
                             image->name);
    return check_disk(image, vl_arena_printf(&arena, "%s/disk.qcow2", image->path), err);
}
