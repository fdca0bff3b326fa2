/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Takes out of the image of a CD (ECMA-119, and the Rock Ridge Interchange Protocol in it) what it says of when, where
 * and by whom it was made, on its way from the program that makes it: block by block, so that the whole need not be in
 * memory. All its dates become one, in UTC, and all of it belongs to root.
 */
#ifndef VL_BASE_ISO_DATES_H
#define VL_BASE_ISO_DATES_H

#include <stddef.h>
#include <stdint.h>

enum { VL_ISO_BLOCK = 2048 };

struct vl_iso_dates {
    const char *label; /* of the volume, at most 32 characters, as it is; NULL: stays what it is */
    int64_t time;      /* seconds since 1970 */
    /* Its own. Directories, and what did not fit into them, that the blocks so far have told of. */
    struct vl_iso_extent *extents;
    size_t count;
    int failed; /* memory ran out */
};

/* The next block of the image, whose number it is; all of them in order. */
void vl_iso_dates_block(struct vl_iso_dates *dates, uint64_t number, unsigned char block[static VL_ISO_BLOCK]);
void vl_iso_dates_free(struct vl_iso_dates *dates);

#endif
