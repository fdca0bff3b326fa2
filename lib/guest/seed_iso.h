/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of files (render/seed, render/installer) as an ISO image with a volume label, Rock Ridge and Joliet, or at the
 * end of an initrd, by libarchive. The same files give the same bytes: no date of the day is in it.
 */
#ifndef VL_GUEST_SEED_ISO_H
#define VL_GUEST_SEED_ISO_H

#include "base/arena.h"
#include "base/error.h"
#include "render/fileset.h"

/* All dates in the image: 2000-01-01. */
#define VL_SEED_ISO_TIME 946684800

/* The command with which a person makes such an image of a directory, by xorriso, which takes the dates of the volume
 * from its environment. */
#define VL_SEED_ISO_ENVIRONMENT "SOURCE_DATE_EPOCH=946684800"
const char *const *vl_seed_iso_command(struct vl_arena *arena, const char *label, const char *iso, const char *tree);

/* Make `iso_path` (mode 0600, replaced atomically, since it holds the guest's private host key). */
int vl_seed_iso(const struct vl_fileset *set, const char *label, const char *iso_path, struct vl_error *err);

/* The labels of the images: of a clone's identity, as cloud-init looks for it, and of an installer's answers, as
 * anaconda does. */
#define VL_SEED_LABEL "cidata"
#define VL_SEED_ANSWERS_LABEL "OEMDRV"

/* Make `path` likewise of the initrd of a file and the set: a kernel unpacks both. */
int vl_seed_initrd(const struct vl_fileset *set, const char *initrd, const char *path, struct vl_error *err);

#endif
