/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames taken apart: a cursor walks over the headers, and what would reach beyond the captured bytes ends it.
 */
#include <arpa/inet.h>
#include <string.h>

#include "sipp/packet.h"

enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_QINQ = 0x88a8, TYPE_QINQ_OLD = 0x9100 };
enum {
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_HOP = 0,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AUTH = 51,
    PROTOCOL_OPTIONS = 60
};
enum { MOST_HEADERS = 8 }; /* tags, or extension headers, one behind the other */

struct cursor {
    const uint8_t *at;
    size_t left;
};

static unsigned two(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static bool skip(struct cursor *cursor, size_t bytes)
{
    if (cursor->left < bytes)
        return false;
    cursor->at += bytes;
    cursor->left -= bytes;
    return true;
}

/* Past the link's header; the type of what follows. 0: none of ours. */
static unsigned ethernet_type(struct cursor *cursor)
{
    unsigned type;

    if (!skip(cursor, 14))
        return 0;
    type = two(cursor->at - 2);
    for (int i = 0; i < MOST_HEADERS && (type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD); i++) {
        if (!skip(cursor, 4))
            return 0;
        type = two(cursor->at - 2);
    }
    return type;
}

static unsigned raw_type(const struct cursor *cursor)
{
    unsigned version = cursor->left ? cursor->at[0] >> 4 : 0;

    return version == 4 ? TYPE_IPV4 : version == 6 ? TYPE_IPV6 : 0;
}

static unsigned link_type(unsigned link, struct cursor *cursor)
{
    switch (link) {
    case VL_LINK_ETHERNET:
        return ethernet_type(cursor);
    case VL_LINK_COOKED:
        return skip(cursor, 16) ? two(cursor->at - 2) : 0;
    case VL_LINK_COOKED2:
        return skip(cursor, 20) ? two(cursor->at - 20) : 0;
    case VL_LINK_NULL:
    case VL_LINK_LOOP:
        return skip(cursor, 4) ? raw_type(cursor) : 0;
    case VL_LINK_RAW:
    case VL_LINK_RAW_BSD:
    case VL_LINK_IPV4:
    case VL_LINK_IPV6:
        return raw_type(cursor);
    default:
        return 0;
    }
}

/* What the datagram itself says of its length: a frame may be padded. */
static void shorten(struct cursor *cursor, size_t length)
{
    if (length < cursor->left)
        cursor->left = length;
}

/* The number of the protocol inside; -1: broken, -2: a later fragment. */
static int ipv4(struct cursor *cursor, struct vl_packet *packet)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    const uint8_t *header = cursor->at;
    size_t length = cursor->left >= 20 ? (size_t)(header[0] & 0x0f) * 4 : 0;

    if (length < 20 || (header[0] >> 4) != 4)
        return -1;
    if (two(header + 2) >= length) /* 0 where the network card was to cut it up */
        shorten(cursor, two(header + 2));
    if (!skip(cursor, length))
        return -1;
    (void)memcpy(packet->from.address, mapped, sizeof(mapped));
    (void)memcpy(packet->to.address, mapped, sizeof(mapped));
    (void)memcpy(packet->from.address + 12, header + 12, 4);
    (void)memcpy(packet->to.address + 12, header + 16, 4);
    packet->first_of_more = (header[6] & 0x20) != 0;
    return two(header + 6) & 0x1fff ? -2 : header[9];
}

/* An extension header that stands here; false: the end. */
static bool extension(struct cursor *cursor, struct vl_packet *packet, int *next)
{
    const uint8_t *header = cursor->at;
    size_t length;

    if (*next != PROTOCOL_HOP && *next != PROTOCOL_ROUTING && *next != PROTOCOL_FRAGMENT && *next != PROTOCOL_AUTH &&
        *next != PROTOCOL_OPTIONS)
        return false;
    length = cursor->left < 8             ? 8
             : *next == PROTOCOL_FRAGMENT ? 8
             : *next == PROTOCOL_AUTH     ? ((size_t)header[1] + 2) * 4
                                          : ((size_t)header[1] + 1) * 8;
    if (!skip(cursor, length)) {
        *next = -1;
        return false;
    }
    if (*next == PROTOCOL_FRAGMENT) {
        packet->first_of_more = header[3] & 1;
        if (two(header + 2) >> 3) {
            *next = -2;
            return false;
        }
    }
    *next = header[0];
    return true;
}

static int ipv6(struct cursor *cursor, struct vl_packet *packet)
{
    const uint8_t *header = cursor->at;
    int next;

    if (!skip(cursor, 40) || (header[0] >> 4) != 6)
        return -1;
    if (two(header + 4))
        shorten(cursor, two(header + 4));
    (void)memcpy(packet->from.address, header + 8, 16);
    (void)memcpy(packet->to.address, header + 24, 16);
    next = header[6];
    for (int i = 0; i < MOST_HEADERS && extension(cursor, packet, &next); i++)
        continue;
    return next;
}

static bool transport(struct cursor *cursor, struct vl_packet *packet, int protocol)
{
    const uint8_t *header = cursor->at;
    size_t length = 8;

    packet->tcp = protocol == PROTOCOL_TCP;
    if (packet->tcp)
        length = cursor->left < 20 ? 20 : (size_t)(header[12] >> 4) * 4;
    else if (cursor->left >= 8 && !packet->first_of_more && two(header + 4) >= 8)
        shorten(cursor, two(header + 4));
    if (length < (packet->tcp ? 20 : 8) || !skip(cursor, length))
        return false;
    packet->from.port = (uint16_t)two(header);
    packet->to.port = (uint16_t)two(header + 2);
    packet->payload = cursor->at;
    packet->length = cursor->left;
    return true;
}

enum vl_packet_kind vl_packet_decode(unsigned link, const uint8_t *frame, size_t length, int64_t time_ns,
                                     struct vl_packet *ret_packet)
{
    struct cursor cursor = { .at = frame, .left = length };
    unsigned type = link_type(link, &cursor);
    int protocol;

    *ret_packet = (struct vl_packet){ .time_ns = time_ns };
    if (type != TYPE_IPV4 && type != TYPE_IPV6)
        return VL_PACKET_OTHER;
    protocol = type == TYPE_IPV4 ? ipv4(&cursor, ret_packet) : ipv6(&cursor, ret_packet);
    if (protocol < 0)
        return protocol == -2 ? VL_PACKET_FRAGMENT : VL_PACKET_BROKEN;
    if (protocol != PROTOCOL_UDP && protocol != PROTOCOL_TCP)
        return VL_PACKET_OTHER;
    return transport(&cursor, ret_packet, protocol) ? VL_PACKET_GOOD : VL_PACKET_BROKEN;
}

bool vl_packet_same_host(const struct vl_endpoint *a, const struct vl_endpoint *b)
{
    return memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

bool vl_packet_same_end(const struct vl_endpoint *a, const struct vl_endpoint *b)
{
    return a->port == b->port && vl_packet_same_host(a, b);
}

char *vl_packet_host(struct vl_arena *arena, const struct vl_endpoint *end)
{
    char text[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(AF_INET6, end->address, text, sizeof(text));
    return vl_arena_strdup(arena, strncmp(text, "::ffff:", 7) == 0 && strchr(text, '.') ? text + 7 : text);
}

struct vl_endpoint vl_packet_ipv4_end(uint32_t address, uint16_t port)
{
    struct vl_endpoint end = { .address = { [10] = 0xff, [11] = 0xff }, .port = port };

    for (int i = 0; i < 4; i++)
        end.address[12 + i] = (uint8_t)(address >> (24 - 8 * i));
    return end;
}
