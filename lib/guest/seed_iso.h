/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of files (render/seed) as an ISO image, by libarchive: volume label `cidata`, Rock Ridge and Joliet. The same
 * files give the same bytes: no date of the day is in it.
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
const char *const *vl_seed_iso_command(struct vl_arena *arena, const char *iso, const char *tree);

/* Make `iso_path` (mode 0600, replaced atomically, since it holds the guest's private host key). */
int vl_seed_iso(const struct vl_fileset *set, const char *iso_path, struct vl_error *err);

#endif
