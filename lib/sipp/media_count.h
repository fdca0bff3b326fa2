/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One stream of RTP, counted packet by packet: numbers and jitter. For media.c, which knows whose packets they are.
 */
#ifndef VL_SIPP_MEDIA_COUNT_H
#define VL_SIPP_MEDIA_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* What RFC 3550, 5.1, puts in front of the sound. */
struct vl_media_header {
    unsigned type;
    bool marker;
    uint16_t number;
    uint32_t stamp, ssrc;
};

/* What a packet is to the ear. */
enum vl_media_kind { VL_MEDIA_SOUND, VL_MEDIA_EVENT, VL_MEDIA_NOISE };

/* Zeros to start with. */
struct vl_media_count {
    uint64_t packets, duplicates, reordered, restarts, events, in_order;
    /* numbers, over 16 bits: the stretch since the last restart, and those before it */
    bool started;
    int64_t first, last;
    uint64_t expected_before;
    uint64_t strays;     /* came with a number that belongs nowhere */
    uint32_t bad_number; /* what would follow the last of these; above 65535: none */
    uint64_t seen[2];    /* which of the 128 numbers up to `last` came; bit 0 is `last` */
    uint64_t bursts, in_bursts;
    /* time */
    bool timed;
    int64_t arrival_ns;
    uint32_t stamp;
    int64_t sound_number;
    double jitter, jitter_sum, jitter_max; /* seconds */
    uint64_t jitter_count;
    double gap_max; /* seconds */
    unsigned step;  /* ticks from a packet to the next; 0: not seen yet */
};

/* Count a packet that came at `arrival_ns`; `rate`: ticks of its time stamp a second, above 0. */
void vl_media_count(struct vl_media_count *count, const struct vl_media_header *header, enum vl_media_kind kind,
                    int64_t arrival_ns, unsigned rate);

uint64_t vl_media_expected(const struct vl_media_count *count);

#endif
