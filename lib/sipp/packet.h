/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame as it was on the wire, down to what a UDP datagram or a TCP segment carries. Pure; every byte is taken for
 * hostile. Formats: Ethernet II with 802.1Q tags, Linux cooked captures (SLL, SLL2), BSD loopback, raw IP; IPv4 (RFC
 * 791), IPv6 (RFC 8200) with its extension headers; UDP (RFC 768), TCP (RFC 9293).
 */
#ifndef VL_SIPP_PACKET_H
#define VL_SIPP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* What a frame begins with: numbers of the pcap format's registry of link types, and of libpcap's (12). */
enum vl_packet_link {
    VL_LINK_NULL = 0,
    VL_LINK_ETHERNET = 1,
    VL_LINK_RAW_BSD = 12,
    VL_LINK_RAW = 101,
    VL_LINK_LOOP = 108,
    VL_LINK_COOKED = 113,
    VL_LINK_IPV4 = 228,
    VL_LINK_IPV6 = 229,
    VL_LINK_COOKED2 = 276,
};

/* One end of a flow. An IPv4 address is the mapped IPv6 one (::ffff:a.b.c.d), in network byte order. */
struct vl_endpoint {
    uint8_t address[16];
    uint16_t port; /* host byte order */
};

struct vl_packet {
    int64_t time_ns; /* since 1970 */
    struct vl_endpoint from, to;
    bool tcp;               /* else UDP */
    bool first_of_more;     /* the first fragment of a datagram: the rest of `payload` is elsewhere */
    const uint8_t *payload; /* inside the frame */
    size_t length;          /* bytes of it that were captured */
};

enum vl_packet_kind {
    VL_PACKET_GOOD,
    VL_PACKET_OTHER,    /* neither UDP nor TCP over IP */
    VL_PACKET_FRAGMENT, /* a later fragment of a datagram: whose it is stands in the first one */
    VL_PACKET_BROKEN,   /* cut off, or no packet at all */
};

/* Take a frame of `length` captured bytes apart. */
enum vl_packet_kind vl_packet_decode(unsigned link, const uint8_t *frame, size_t length, int64_t time_ns,
                                     struct vl_packet *ret_packet);

bool vl_packet_same_end(const struct vl_endpoint *a, const struct vl_endpoint *b);
bool vl_packet_same_host(const struct vl_endpoint *a, const struct vl_endpoint *b);

/* The address as text, without the port; and an IPv4 address (host byte order) as an end. */
char *vl_packet_host(struct vl_arena *arena, const struct vl_endpoint *end);
struct vl_endpoint vl_packet_ipv4_end(uint32_t address, uint16_t port);

#endif
