/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of bytes that can be dialled. Never hold NUL, nor '-', which Asterisk passes over in what was dialled.
 */
#ifndef VL_LINT_BYTES_H
#define VL_LINT_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct vl_bytes {
    uint64_t bits[4];
};

static inline void vl_bytes_set(struct vl_bytes *cell, unsigned char byte)
{
    if (byte != '\0' && byte != '-')
        cell->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static inline bool vl_bytes_has(const struct vl_bytes *cell, unsigned char byte)
{
    return (cell->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

static inline bool vl_bytes_empty(const struct vl_bytes *cell)
{
    return !(cell->bits[0] | cell->bits[1] | cell->bits[2] | cell->bits[3]);
}

static inline bool vl_bytes_same(const struct vl_bytes *a, const struct vl_bytes *b)
{
    return !memcmp(a->bits, b->bits, sizeof(a->bits));
}

/* What both have, or with `without` what `b` does not have. */
static inline struct vl_bytes vl_bytes_meet(const struct vl_bytes *a, const struct vl_bytes *b, bool without)
{
    struct vl_bytes cell;

    for (size_t i = 0; i < 4; i++)
        cell.bits[i] = a->bits[i] & (without ? ~b->bits[i] : b->bits[i]);
    return cell;
}

/* A member to show to people: a digit, else a letter or a sign, else whatever there is. */
static inline unsigned char vl_bytes_member(const struct vl_bytes *cell)
{
    for (unsigned byte = '0'; byte <= '9'; byte++)
        if (vl_bytes_has(cell, (unsigned char)byte))
            return (unsigned char)byte;
    for (unsigned byte = '#'; byte < 127; byte++)
        if (vl_bytes_has(cell, (unsigned char)byte))
            return (unsigned char)byte;
    for (unsigned byte = 1; byte < 256; byte++)
        if (vl_bytes_has(cell, (unsigned char)byte))
            return (unsigned char)byte;
    return '\0';
}

static inline struct vl_bytes vl_bytes_all(void)
{
    struct vl_bytes bytes = { .bits = { 0 } };

    for (unsigned byte = 1; byte < 256; byte++)
        vl_bytes_set(&bytes, (unsigned char)byte);
    return bytes;
}

#endif
