/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Images that a user has put into the cache: disks that were imported, and guests that were captured. Each is a
 * directory CACHE/images/NAME-HASH as that of an image that was built (recipe.h), with disk.qcow2, `info` and
 * SHA256SUMS, and with vmlinuz and initrd where its guests boot a kernel from outside. HASH is of what it was made
 * from, so that base volumes of another image of this name are never taken for its own.
 */
#ifndef VL_GUEST_KEPT_H
#define VL_GUEST_KEPT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/process.h"

struct vl_kept {
    const char *stem;  /* NAME-HASH; NULL: there is none of that name */
    const char *place; /* its directory */
    const char *disk;
    const char *kernel, *initrd, *cmdline; /* NULL: it boots by itself */
    const char *info;
};

/* The one of this name. VL_ERROR_FAILED when there are several, which only a hand can have made. */
int vl_kept_find(struct vl_arena *arena, const char *cache_directory, const char *name, struct vl_kept *ret_kept,
                 struct vl_error *err);

/* What becomes one. */
struct vl_kept_source {
    const char *file;                      /* a disk image */
    const char *format;                    /* its format, as qemu-img names it */
    const char *kernel, *initrd, *cmdline; /* NULL: it boots by itself */
    bool compressed;                       /* it shall be */
    const char *made;                      /* a word on how: "imported", "captured" */
};

/* Look at a disk image with qemu-img: its format, in the arena. One that needs another file, or a password, is refused:
 * that file would be opened by a name that came with the image. */
int vl_kept_look(struct vl_arena *arena, const char *file, const char **ret_format, struct vl_error *err);

/* Its SHA-256, by sha256sum; 64 hexadecimal digits in the arena. */
int vl_kept_sum(struct vl_arena *arena, const char *file, const char **ret_sum, struct vl_error *err);

/* The directory of an image NAME of a source with this sum. */
const char *vl_kept_place(struct vl_arena *arena, const char *cache_directory, const char *name, const char *sum);

/* Make the directory `place`, whole or not at all: a qcow2 image that needs no other file, and its checksums. */
int vl_kept_make(const struct vl_kept_source *source, const char *place, const struct vl_process_options *options,
                 struct vl_error *err);

/* The same as command lines, for a person; a step of a lab note. */
const char *const *vl_kept_convert_command(struct vl_arena *arena, const struct vl_kept_source *source,
                                           const char *disk);
/* The text of its file `info`. */
const char *vl_kept_info(struct vl_arena *arena, const struct vl_kept_source *source);

#endif
