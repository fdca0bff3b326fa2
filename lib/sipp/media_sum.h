/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sound of all streams together while it goes on, for who watches: what was lost since the last look, and the MOS
 * that follows from it.
 */
#ifndef VL_SIPP_MEDIA_SUM_H
#define VL_SIPP_MEDIA_SUM_H

#include <stdint.h>

/* Of all packets so far, by their numbers. All zeros is the start. */
struct vl_media_sum {
    uint64_t expected, came;
    char codec[24];   /* of the last packet; "": there was none */
    double packet_ms; /* of sound in it; 0: not known */
};

/* How it sounded between two looks; NAN: nothing was expected then, or (MOS) the codec has no figures. */
struct vl_load_sound {
    double loss_percent, mos;
};

struct vl_load_sound vl_media_sum_between(const struct vl_media_sum *before, const struct vl_media_sum *now);

#endif
