/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ladder of one call across all the PBXs that it goes through: a column for each host, a line for each thing said,
 * as text that fits the width it is given, and as SVG. Pure; the same capture gives the same bytes.
 */
#ifndef VL_SIPP_LADDER_H
#define VL_SIPP_LADDER_H

#include "base/buf.h"
#include "sipp/capture.h"

/* What a host is called; NULL: its address stands for it. The text lives as long as the arena. */
struct vl_ladder_names {
    const char *(*name)(void *context, struct vl_arena *arena, const struct vl_endpoint *host);
    void *context;
};

/* The hosts of a call in the order in which they come to it, at most `most`. Returns how many. */
size_t vl_ladder_hosts(const struct vl_capture *capture, uint32_t call, struct vl_endpoint *ret_hosts, size_t most);

/* Call number `call` (from 0), in lines of at most `width` columns (40 at least). */
void vl_ladder_text(const struct vl_capture *capture, uint32_t call, const struct vl_ladder_names *names, size_t width,
                    struct vl_buf *text);

/* The same as an SVG document. The caller frees it; NULL on failure. */
char *vl_ladder_svg(const struct vl_capture *capture, uint32_t call, const struct vl_ladder_names *names,
                    struct vl_error *err);

#endif
