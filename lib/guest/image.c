/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/image.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/own.h"
#include "base/process.h"

enum { SUM_LIMIT = 4096 };

/* Positions in the header of a qcow2 image, whose numbers are big-endian (QEMU's docs/interop/qcow2.txt). */
enum {
    QCOW2_VERSION = 4,
    QCOW2_BACKING_FILE = 8,
    QCOW2_BACKING_SIZE = 16,
    QCOW2_SIZE = 24,
    QCOW2_INCOMPATIBLE = 72, /* from version 3 on */
    QCOW2_HEADER = 80,
    QCOW2_EXTERNAL_DATA = 1 << 2,
};

static uint64_t number(const unsigned char *bytes, size_t length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++)
        value = value << 8 | bytes[i];
    return value;
}

static const char *stem(struct vl_arena *arena, const char *name, const char *what)
{
    char hex[VL_DIGEST_SHA256_SIZE];

    if (!what || vl_digest_sha256(what, strlen(what), hex) < 0) {
        arena->failed = true;
        return "";
    }
    return vl_arena_printf(arena, "%s-%.*s", name, VL_IMAGE_HASH_DIGITS, hex);
}

const char *vl_image_place(struct vl_arena *arena, const char *cache_directory, const char *name, const char *url)
{
    return vl_arena_printf(arena, "%s/images/%s.qcow2", cache_directory, stem(arena, name, url));
}

const char *vl_image_stem(struct vl_arena *arena, const char *name, const char *source, const char *sum)
{
    struct stat status;

    if (sum)
        return stem(arena, name, vl_arena_printf(arena, "%s %s", source, sum));
    /* another file under the same path is another one */
    if (stat(source, &status) == 0)
        source = vl_arena_printf(arena, "%s %lld %lld.%09ld", source, (long long)status.st_size,
                                 (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    return stem(arena, name, source);
}

int vl_image_read_header(struct vl_arena *arena, const void *bytes, size_t length, uint64_t *ret_size,
                         const char **ret_backing, struct vl_error *err)
{
    const unsigned char *header = bytes;
    uint64_t backing;
    size_t name_length;

    *ret_backing = NULL;
    if (length < QCOW2_HEADER || memcmp(header, "QFI\xfb", 4) != 0)
        return vl_fail(err, VL_ERROR_FAILED, "it is not a qcow2 image");
    if (number(header + QCOW2_VERSION, 4) > 2 && number(header + QCOW2_INCOMPATIBLE, 8) & QCOW2_EXTERNAL_DATA)
        return vl_fail(err, VL_ERROR_FAILED, "its data is in another file");
    backing = number(header + QCOW2_BACKING_FILE, 8);
    name_length = (size_t)number(header + QCOW2_BACKING_SIZE, 4);
    *ret_size = number(header + QCOW2_SIZE, 8);
    if (!backing)
        return 0;
    if (!name_length || backing > length || name_length > length - (size_t)backing ||
        memchr(header + (size_t)backing, '\0', name_length))
        return vl_fail(err, VL_ERROR_FAILED, "the name of the file that it needs is out of place");
    *ret_backing = vl_arena_strndup(arena, (const char *)header + (size_t)backing, name_length);
    return vl_arena_check(arena, err);
}

int vl_image_virtual_size(const char *path, uint64_t *ret_size, struct vl_error *err)
{
    VL_FCLOSE FILE *stream = fopen(path, "rbe");
    unsigned char header[QCOW2_HEADER];

    if (!stream)
        return vl_fail_errno(err, "cannot open '%s'", path);
    if (fread(header, 1, sizeof(header), stream) != sizeof(header) || memcmp(header, "QFI\xfb", 4) != 0)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not a qcow2 image; 'qemu-img convert -O qcow2' makes one", path);
    if (number(header + QCOW2_BACKING_FILE, 8) ||
        (number(header + QCOW2_VERSION, 4) > 2 && number(header + QCOW2_INCOMPATIBLE, 8) & QCOW2_EXTERNAL_DATA))
        return vl_fail(err, VL_ERROR_FAILED,
                       "the image '%s' needs another file; 'qemu-img convert -O qcow2' makes one of both", path);
    *ret_size = number(header + QCOW2_SIZE, 8);
    return 0;
}

struct fetching {
    const struct vl_image_fetch *fetch;
    const char *part;
};

static bool look(void *context)
{
    const struct fetching *fetching = context;
    const struct vl_image_fetch *fetch = fetching->fetch;
    struct stat status;

    if (fetch->progress && stat(fetching->part, &status) == 0)
        fetch->progress(fetch->context, (uint64_t)status.st_size);
    return fetch->cancelled && fetch->cancelled(fetch->context);
}

/* Not a bound on the whole, but on standing still. */
int vl_image_transfer(const struct vl_image_fetch *fetch, const char *part, struct vl_error *err)
{
    const char *const argv[] = {
        "curl", "--fail",        "--location", "--globoff",    "--silent", "--show-error", "--connect-timeout",
        "30",   "--speed-limit", "1024",       "--speed-time", "60",       "--output",     part,
        "--",   fetch->url,      NULL,
    };
    struct fetching fetching = { .fetch = fetch, .part = part };

    return vl_process_check(argv, &(struct vl_process_options){ .cancelled = look, .cancelled_context = &fetching },
                            NULL, err);
}

/* By sha256sum, so that a person can do the same. */
static const char *sum_of(struct vl_arena *arena, const char *file, struct vl_error *err)
{
    const char *const argv[] = { "sha256sum", "--", file, NULL };
    VL_FREE char *said = NULL;
    const char *sum;

    if (vl_process_check(argv, NULL, &said, err) < 0)
        return NULL;
    sum = said + (*said == '\\'); /* in front of a line whose name is written otherwise */
    if (strspn(sum, "0123456789abcdef") == VL_DIGEST_SHA256_SIZE - 1)
        return vl_arena_strndup(arena, sum, VL_DIGEST_SHA256_SIZE - 1);
    (void)vl_fail(err, VL_ERROR_FAILED, "sha256sum prints no checksum of '%s'", file);
    return NULL;
}

static int compare(struct vl_arena *arena, const char *file, const char *wanted, struct vl_error *err)
{
    const char *is = sum_of(arena, file, err);

    if (!is || strcmp(is, wanted) == 0)
        return is ? 0 : -1;
    return vl_fail(err, VL_ERROR_FAILED, "its SHA-256 is %s, and should be %s", is, wanted);
}

const char *vl_image_noted(struct vl_arena *arena, const char *file)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *noted = NULL;
    size_t length;

    if (vl_own_read(vl_arena_printf(arena, "%s.sha256", file), SUM_LIMIT, VL_OWN_WORD, &noted, NULL, &ignored) < 0)
        return NULL;
    length = strspn(noted, "0123456789abcdef");
    return length == VL_DIGEST_SHA256_SIZE - 1 ? vl_arena_strndup(arena, noted, length) : NULL;
}

int vl_image_verify(const char *file, const char *sha256, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *noted = NULL;

    if (!sha256 &&
        vl_own_read(vl_arena_printf(&arena, "%s.sha256", file), SUM_LIMIT, VL_OWN_WORD, &noted, NULL, err) < 0)
        return vl_error_wrap(err, "'%s' has no checksum to be compared with; remove it, and it is fetched again", file);
    if (noted)
        noted[strcspn(noted, " \n")] = '\0';
    if (compare(&arena, file, sha256 ? sha256 : noted, err) < 0)
        return vl_error_wrap(err, "the image '%s' is not what was fetched; remove it, and it is fetched again", file);
    return 0;
}

/* Compare what was fetched, and note its checksum where the image is going to be. */
static int note_sum(struct vl_arena *arena, const struct vl_image_fetch *fetch, const char *part, struct vl_error *err)
{
    const char *sum = sum_of(arena, part, err), *line;

    if (!sum)
        return -1;
    if (fetch->sha256 && strcmp(sum, fetch->sha256) != 0)
        return vl_fail(err, VL_ERROR_REFUSED, "its SHA-256 is %s, and the lab file says %s", sum, fetch->sha256);
    line = vl_arena_printf(arena, "%s  %s\n", sum, strrchr(fetch->file, '/') + 1);
    if (vl_arena_check(arena, err) < 0)
        return -1;
    return vl_file_write(vl_arena_printf(arena, "%s.sha256", fetch->file), line, strlen(line), 0644, err);
}

int vl_image_fetch(const struct vl_image_fetch *fetch, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *part = vl_arena_printf(&arena, "%s.part", fetch->file);
    const char *directory = vl_arena_strndup(&arena, part, (size_t)(strrchr(part, '/') - part));
    VL_CLOSE int lock = -1;
    uint64_t size;

    if (vl_file_mkdirs(directory, 0755, err) < 0)
        return -1;
    lock = vl_file_lock(vl_arena_printf(&arena, "%s.lock", fetch->file), "another voiplab fetches this image now", err);
    if (lock < 0)
        return -1;
    if (vl_image_transfer(fetch, part, err) < 0 || vl_image_virtual_size(part, &size, err) < 0 ||
        note_sum(&arena, fetch, part, err) < 0) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        (void)vl_file_remove(part, &ignored);
        return vl_error_wrap(err, "cannot fetch '%s'", fetch->url);
    }
    return vl_file_rename(part, fetch->file, err);
}
