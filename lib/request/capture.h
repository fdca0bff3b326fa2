/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What capture.c, which listens, hands to capture_tell.c, which says what was heard.
 */
#ifndef VL_REQUEST_CAPTURE_H
#define VL_REQUEST_CAPTURE_H

#include "request/request.h"
#include "sipp/capture.h"
#include "sipp/ladder.h"

struct vl_heard {
    struct vl_capture *capture;
    const char *source; /* the file, or the link */
    const char *limit;  /* what ended it before its time: "the size"; NULL: nothing */
    bool live;
    uint64_t received, dropped; /* of a link: by the kernel */
    uint64_t written;           /* frames in the file */
};

/* What the hosts of this lab are called: its PBXs, and this host. */
struct vl_ladder_names vl_run_host_names(const struct vl_run *run);

/* Put calls, media and the ladder that is asked for into the result. */
int vl_run_tell_heard(const struct vl_run *run, const struct vl_heard *heard);

#endif
