/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of files (render/seed) as an ISO image, by xorriso: volume label `cidata`, Rock Ridge and Joliet. The same
 * files give the same bytes: no date of the day is in it.
 */
#ifndef VL_GUEST_SEED_ISO_H
#define VL_GUEST_SEED_ISO_H

#include "base/arena.h"
#include "base/error.h"
#include "render/fileset.h"

/* The command that makes the image of a directory. Every date in it is the same, and everything in it belongs to root
 * whoever runs this: xorriso takes the dates of the volume from its environment (2000-01-01). */
#define VL_SEED_ISO_ENVIRONMENT "SOURCE_DATE_EPOCH=946684800"
const char *const *vl_seed_iso_command(struct vl_arena *arena, const char *iso, const char *tree);

/* Make `iso_path` (mode 0600, replaced atomically, since it holds the guest's private host key). The work is done in a
 * fresh directory of mode 0700 under `work_directory`, which is removed in the end, also on failure. */
int vl_seed_iso(const struct vl_fileset *set, const char *work_directory, const char *iso_path, struct vl_error *err);

#endif
