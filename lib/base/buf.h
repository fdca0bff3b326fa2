/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A growing byte buffer with a sticky error: append as often as you like and ask once at the end whether it went well.
 * The content is always NUL-terminated. Start from VL_BUF_INIT (or all zeros).
 */
#ifndef VL_BASE_BUF_H
#define VL_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct vl_buf {
    char *data; /* NULL while empty; read it through vl_buf_text() */
    size_t length;
    size_t size; /* bytes allocated */
    size_t used; /* how far it was ever written, the NUL included: so much is wiped */
    bool failed; /* memory ran out, or a length did not fit: nothing is appended any more */
};

#define VL_BUF_INIT                                                                                                    \
    {                                                                                                                  \
        .data = NULL                                                                                                   \
    }

void vl_buf_add(struct vl_buf *buf, const void *bytes, size_t length);
void vl_buf_puts(struct vl_buf *buf, const char *text);
void vl_buf_putc(struct vl_buf *buf, char c);
void vl_buf_printf(struct vl_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Make room for so many bytes, where it is known that they come. Whether there is. */
bool vl_buf_reserve(struct vl_buf *buf, size_t more);

/* The text so far, never NULL; valid until the next append. */
const char *vl_buf_text(const struct vl_buf *buf);

/* Hand the heap string to the caller (who frees it) and empty the buffer; NULL when the buffer has failed. */
char *vl_buf_take(struct vl_buf *buf);

/* Keep the first `length` bytes, where there are more. */
void vl_buf_cut(struct vl_buf *buf, size_t length);

/* Forget the content, keep the memory. */
void vl_buf_reset(struct vl_buf *buf);

/* Free the memory after wiping it, since buffers carry secrets. */
void vl_buf_free(struct vl_buf *buf);

#define VL_BUF_AUTO __attribute__((cleanup(vl_buf_free))) struct vl_buf

#endif
