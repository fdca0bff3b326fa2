/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in a backup: its last entry, a text of one line for each of the others.
 *
 *   voiplab-backup 1
 *   lab NAME
 *   by VERSION
 *   made SECONDS                                      since 1970
 *   base yes|no                                       whether the base images are in it
 *   file PATH MODE SIZE SHA256                        lab.ini, and state/… of the lab
 *   volume volumes/SITE/NAME FORMAT CAPACITY BACKING SIZE SHA256
 *                                                     BACKING: the volume that it is a clone of, or "-"
 *   end
 *
 * A backup comes from wherever a person got it: nothing in it is believed before all of it was read
 * (vl_manifest_parse() judges the text, plan/backup.h the archive).
 */
#ifndef VL_PLAN_MANIFEST_H
#define VL_PLAN_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

#define VL_MANIFEST_FORMAT "voiplab-backup 1"
#define VL_MANIFEST_LAB "lab.ini"

/* One thing in a backup. */
struct vl_backup_entry {
    const char *path; /* in the archive; of a volume its last part is its name */
    uint64_t size;
    char sha256[VL_DIGEST_SHA256_SIZE];
    unsigned mode;            /* of a file */
    bool is_volume;           /* the rest is of a volume: */
    const char *name;         /* in its pool */
    const char *format;       /* qcow2 or raw */
    const char *backing;      /* the volume of the same pool that it is a clone of; NULL: none */
    uint64_t capacity;        /* bytes, as the guest sees it */
    const char *backing_path; /* as the image itself has it; known when it was read (plan/backup.h) */
};

struct vl_manifest {
    const char *lab, *version;
    uint64_t made;
    bool has_base;
    struct vl_backup_entry *entries;
    size_t count;
};

/* The text, in the arena. */
const char *vl_manifest_text(struct vl_arena *arena, const struct vl_manifest *manifest);

/* Read one, into the arena. What is not exactly as above is an error. */
int vl_manifest_parse(struct vl_arena *arena, const char *text, struct vl_manifest *ret_manifest, struct vl_error *err);

/* The entry of this path; NULL: there is none. */
const struct vl_backup_entry *vl_manifest_find(const struct vl_manifest *manifest, const char *path);

#endif
