/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks of pcapng: type, length, body, length again, all in units of four bytes.
 */
#include <string.h>

#include "sipp/pcapng.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6, MAGIC = 0x1a2b3c4d };
enum {
    OPTION_END = 0,
    IF_NAME = 2,
    IF_RESOLUTION = 9,
    IF_FILTER = 11,
    SHB_PROGRAM = 4,
    ISB_RECEIVED = 4,
    ISB_DROPPED = 5
};

static void add32(struct vl_buf *out, uint32_t value)
{
    uint8_t bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    vl_buf_add(out, bytes, sizeof(bytes));
}

static void add16(struct vl_buf *out, unsigned value)
{
    uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

    vl_buf_add(out, bytes, sizeof(bytes));
}

static void pad(struct vl_buf *out, size_t length)
{
    vl_buf_add(out, "\0\0\0", -length & 3);
}

static void add_option(struct vl_buf *out, unsigned code, const void *value, size_t length)
{
    add16(out, code);
    add16(out, (unsigned)length);
    vl_buf_add(out, value, length);
    pad(out, length);
}

static void add_block(struct vl_buf *out, uint32_t type, const struct vl_buf *body)
{
    add32(out, type);
    add32(out, (uint32_t)body->length + 12);
    vl_buf_add(out, vl_buf_text(body), body->length);
    add32(out, (uint32_t)body->length + 12);
    out->failed |= body->failed;
}

static size_t short_enough(const char *text)
{
    return strnlen(text, 4096);
}

void vl_pcapng_begin(struct vl_buf *out, const char *link, const char *filter, unsigned kind, uint32_t most)
{
    VL_BUF_AUTO section = VL_BUF_INIT;
    VL_BUF_AUTO interface = VL_BUF_INIT;
    VL_BUF_AUTO words = VL_BUF_INIT;

    add32(&section, MAGIC);
    add32(&section, 1);          /* version 1.0 */
    add32(&section, 0xffffffff); /* the length of the section is not known */
    add32(&section, 0xffffffff);
    add_option(&section, SHB_PROGRAM, "voiplab", 7);
    add_option(&section, OPTION_END, "", 0);
    add_block(out, SECTION, &section);
    add16(&interface, kind);
    add16(&interface, 0);
    add32(&interface, most);
    add_option(&interface, IF_NAME, link, short_enough(link));
    add_option(&interface, IF_RESOLUTION, "\x09", 1);
    vl_buf_putc(&words, '\0'); /* it is text */
    vl_buf_add(&words, filter, short_enough(filter));
    add_option(&interface, IF_FILTER, vl_buf_text(&words), words.length);
    add_option(&interface, OPTION_END, "", 0);
    add_block(out, INTERFACE, &interface);
    out->failed |= words.failed;
}

static void add_time(struct vl_buf *out, int64_t time_ns)
{
    add32(out, (uint32_t)((uint64_t)time_ns >> 32));
    add32(out, (uint32_t)time_ns);
}

void vl_pcapng_packet(struct vl_buf *out, int64_t time_ns, const void *bytes, uint32_t captured, uint32_t length)
{
    uint32_t whole = 32 + captured + (-captured & 3);

    add32(out, PACKET);
    add32(out, whole);
    add32(out, 0); /* the interface */
    add_time(out, time_ns);
    add32(out, captured);
    add32(out, length);
    vl_buf_add(out, bytes, captured);
    pad(out, captured);
    add32(out, whole);
}

static void add_count(struct vl_buf *out, unsigned code, uint64_t value)
{
    add16(out, code);
    add16(out, 8);
    add32(out, (uint32_t)value);
    add32(out, (uint32_t)(value >> 32));
}

void vl_pcapng_end(struct vl_buf *out, int64_t time_ns, uint64_t received, uint64_t dropped)
{
    VL_BUF_AUTO body = VL_BUF_INIT;

    add32(&body, 0);
    add_time(&body, time_ns);
    add_count(&body, ISB_RECEIVED, received);
    add_count(&body, ISB_DROPPED, dropped);
    add_option(&body, OPTION_END, "", 0);
    add_block(out, STATISTICS, &body);
}
