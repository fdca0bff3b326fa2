/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames from a capture file (pcap, pcapng) or from a link of this host, by libpcap: the only door to it. Listening
 * changes nothing of the link but that the kernel hands on what is not for this host, for as long as the tap is open.
 */
#ifndef VL_PROBE_TAP_H
#define VL_PROBE_TAP_H

#include <stdint.h>

#include "base/error.h"

struct vl_tap;

struct vl_tap_frame {
    int64_t time_ns; /* since 1970 */
    const unsigned char *bytes;
    size_t captured; /* bytes that are there */
    size_t length;   /* bytes that were on the wire */
};

/* What the kernel saw and could not hand over in time. */
struct vl_tap_counts {
    uint64_t received, dropped;
};

/* Open a file; `filter` in the words of pcap-filter(7), NULL: all. NULL after a failure. */
struct vl_tap *vl_tap_file(const char *path, const char *filter, struct vl_error *err);

/* Listen on a link; of each frame at most `most` bytes are kept. */
struct vl_tap *vl_tap_link(const char *link, const char *filter, unsigned most, struct vl_error *err);

void vl_tap_close(struct vl_tap *tap);

/* What the frames begin with: a number of the registry of link types. */
unsigned vl_tap_kind(const struct vl_tap *tap);

enum vl_tap_next { VL_TAP_FRAME, VL_TAP_NOTHING, VL_TAP_END, VL_TAP_FAILED };

/* The next frame; its bytes are valid until the next call. Nothing: none came for a tenth of a second. */
enum vl_tap_next vl_tap_next(struct vl_tap *tap, struct vl_tap_frame *ret_frame, struct vl_error *err);

/* False: of a file. */
bool vl_tap_count(struct vl_tap *tap, struct vl_tap_counts *ret_counts);

static inline void vl_tap_cleanup(struct vl_tap **tap)
{
    vl_tap_close(*tap);
}

#define VL_TAP_AUTO __attribute__((cleanup(vl_tap_cleanup))) struct vl_tap

#endif
