/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories for the time of a piece of work, in which secrets may lie. Each is locked as long as its maker lives, so
 * that what a killed one left is known by its lock being free: it goes before the next is made in the same place, and
 * when a lab is locked.
 */
#ifndef VL_BASE_SCRATCH_H
#define VL_BASE_SCRATCH_H

#include "base/error.h"

struct vl_scratch {
    char *path; /* PARENT/.scratch.XXXXXX, of mode 0700 */
    int lock;   /* the directory itself, open */
};

/* Make one in `parent`, which must be there. */
int vl_scratch_make(struct vl_scratch *scratch, const char *parent, struct vl_error *err);

/* Remove it with all that is in it; one that was not made is no fault. */
void vl_scratch_remove(struct vl_scratch *scratch);

/* Remove what killed ones left in `parent`. */
void vl_scratch_sweep(const char *parent);

#define VL_SCRATCH_INIT                                                                                                \
    {                                                                                                                  \
        .lock = -1                                                                                                     \
    }
#define VL_SCRATCH_AUTO __attribute__((cleanup(vl_scratch_remove))) struct vl_scratch

#endif
