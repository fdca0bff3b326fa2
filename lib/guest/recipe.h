/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Base images and their recipes. A recipe is a directory share/images/NAME with a program `build OUTDIR` that leaves
 * disk.qcow2, vmlinuz, initrd and info there. The image is kept in CACHE/images/NAME-HASH, where HASH comes from every
 * file of the recipe and of the one that it is like: a changed recipe is another image, an unchanged one is never built
 * again.
 */
#ifndef VL_GUEST_RECIPE_H
#define VL_GUEST_RECIPE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/process.h"

struct vl_recipe {
    const char *name;
    const char *directory; /* of the recipe */
    const char *hash;      /* 12 hexadecimal digits */
    const char *cache;     /* CACHE/images/NAME-HASH */
    bool built;            /* the cache has it, whole */
    const char *cmdline;   /* kernel command line from `info`; NULL while it is not built */
    const char *packages;  /* that the lab wants in it beside the recipe's, NAME,NAME; NULL: none */
};

/* What a build leaves there, and is summed up; ended by NULL. */
extern const char *const vl_recipe_files[];

/* Look at recipe `name`; `packages` are those that the lab wants beside the recipe's, NULL-terminated, or NULL. With
 * others it is another image. */
int vl_recipe_find(struct vl_arena *arena, const char *share_directory, const char *cache_directory, const char *name,
                   const char *const *packages, struct vl_recipe *ret_recipe, struct vl_error *err);

/* The value of the line KEY= of `info` in the directory of an image, in the arena; NULL: VL_ERROR_NOTFOUND when there
 * is none. */
const char *vl_recipe_fact(struct vl_arena *arena, const char *directory, const char *key, struct vl_error *err);

/* The command that builds it into a directory. */
const char *const *vl_recipe_command(struct vl_arena *arena, const struct vl_recipe *recipe, const char *directory);

/* Note the checksums of these files of a directory in its SHA256SUMS, by sha256sum. */
int vl_recipe_note_sums(const char *directory, const char *const *files, struct vl_error *err);

/* Build it into its place in the cache. `options`: who hears the lines that the recipe prints, and may cancel it. */
int vl_recipe_build(const struct vl_recipe *recipe, const struct vl_process_options *options, struct vl_error *err);

/* Compare the files of a directory with its SHA256SUMS. */
int vl_recipe_check_sums(const char *directory, struct vl_error *err);

/* Compare the built files with the checksums that were noted when they were built. */
int vl_recipe_verify(const struct vl_recipe *recipe, struct vl_error *err);

#endif
