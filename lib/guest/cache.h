/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the cache holds: images that were built (recipe.h) or fetched (image.h) and are whole, each with the files that
 * voiplab made for it. What else lies there is nobody's business here.
 */
#ifndef VL_GUEST_CACHE_H
#define VL_GUEST_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct vl_cached {
    const char *name;         /* NAME-HASH, as its place is called */
    const char *path;         /* of the directory of a built one, the file of a fetched one */
    bool built;               /* it is a directory */
    const char *made;         /* how: "built", "fetched", or what `info` says: "imported", "captured" */
    uint64_t size;            /* bytes on the disk */
    const char *const *files; /* voiplab's own, NULL-terminated */
    const char *foreign;      /* something else in the directory of a built one; NULL: nothing */
};

/* All of them, by name. A cache that is not there is an empty one. */
int vl_cache_list(struct vl_arena *arena, const char *cache_directory, struct vl_cached **ret_images, size_t *ret_count,
                  struct vl_error *err);

/* Compare an image with the checksums that were noted when it was made, and have qemu-img look at its disk. */
int vl_cache_verify(const struct vl_cached *image, struct vl_error *err);

#endif
