/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ready disk images: what is asked of one, and how one is fetched. (Images that are built have recipes, recipe.h.)
 */
#ifndef VL_GUEST_IMAGE_H
#define VL_GUEST_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* The place of a fetched image in the cache: CACHE/images/NAME-HASH.qcow2, where HASH comes from the URL: another lab's
 * image of the same name, or this one after its URL has changed, is another file. */
const char *vl_image_place(struct vl_arena *arena, const char *cache_directory, const char *name, const char *url);

/* The stem of the volumes that are made of an image: NAME-HASH, in the arena. HASH comes from where it is from and, of
 * a file of this host, its size and when it was written last; of one that is fetched, its SHA-256 (`sum`; NULL: it is
 * not known yet). */
enum { VL_IMAGE_HASH_DIGITS = 12 };
const char *vl_image_stem(struct vl_arena *arena, const char *name, const char *source, const char *sum);

/* The SHA-256 that was noted when an image was fetched, in the arena; NULL: none. */
const char *vl_image_noted(struct vl_arena *arena, const char *file);

/* The bytes that a guest sees of a qcow2 image. One that needs another file is refused: that file would be opened on
 * the hypervisor's host, by a name that came with the image. */
int vl_image_virtual_size(const char *path, uint64_t *ret_size, struct vl_error *err);

/* What the first bytes of a qcow2 image say: how much a guest sees, and by which name it needs another file (in the
 * arena; NULL: it needs none). An error when they are not those of one, or it keeps its data elsewhere. */
int vl_image_read_header(struct vl_arena *arena, const void *bytes, size_t length, uint64_t *ret_size,
                         const char **ret_backing, struct vl_error *err);

struct vl_image_fetch {
    const char *url, *file; /* the file is there only when it is whole, and a qcow2 image */
    const char *sha256;     /* what its checksum must be; NULL: what it is */
    bool (*cancelled)(void *context);
    void (*progress)(void *context, uint64_t bytes); /* a few times a second: how much is there */
    void *context;
};

/* Compare a fetched image with `sha256`, or where that is NULL with what was noted when it was fetched. */
int vl_image_verify(const char *file, const char *sha256, struct vl_error *err);

/* Fetch with curl. Its checksum is noted beside it, in FILE.sha256. However large the image is, a minute without data
 * ends it. */
int vl_image_fetch(const struct vl_image_fetch *fetch, struct vl_error *err);

/* The part of it that is curl's: the bytes of the URL into `part`, whatever they are. */
int vl_image_transfer(const struct vl_image_fetch *fetch, const char *part, struct vl_error *err);

#endif
