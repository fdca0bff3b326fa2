/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a pcapng file (draft-ietf-opsawg-pcapng): a section with one interface, a block for each packet, and at
 * the end what the kernel dropped, which the plain pcap format that libpcap writes has no place for. Pure: the caller
 * writes the buffer. Little endian, times in nanoseconds.
 */
#ifndef VL_SIPP_PCAPNG_H
#define VL_SIPP_PCAPNG_H

#include <stdint.h>

#include "base/buf.h"

/* What a file begins with: the link's name and kind, what was filtered for, and how much of each frame is kept. */
void vl_pcapng_begin(struct vl_buf *out, const char *link, const char *filter, unsigned kind, uint32_t most);

void vl_pcapng_packet(struct vl_buf *out, int64_t time_ns, const void *bytes, uint32_t captured, uint32_t length);

/* How many frames the kernel saw, and how many of them it could not hand over. */
void vl_pcapng_end(struct vl_buf *out, int64_t time_ns, uint64_t received, uint64_t dropped);

#endif
