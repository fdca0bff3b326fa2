/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of a PBX as they were kept, as the lab file has them, and as they are now: which are different, told as a
 * diff. Of what was not seen nothing is said but that.
 */
#ifndef VL_REQUEST_CHANGED_H
#define VL_REQUEST_CHANGED_H

#include "base/buf.h"
#include "plan/plan.h"
#include "probe/files.h"
#include "request/request.h"

struct vl_comparison {
    struct vl_arena arena;
    struct vl_plan plan; /* from what was kept to what the lab file has */
    struct vl_seen_files kept, now;
    bool known; /* they were kept; else `kept` is `now` */
    long taken;
    size_t different;
    size_t unseen; /* files that could not be compared, and limits that others may lie behind */
};

/* Append the differences to `text`, and to the result's document the array of files, which is open, then `limit`. */
int vl_changed_tell(const struct vl_run *run, const char *pbx, struct vl_comparison *comparison, struct vl_buf *text);

#endif
