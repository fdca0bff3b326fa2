/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

/* It was written up to here. */
static void end_at(struct vl_buf *buf, size_t length)
{
    buf->length = length;
    buf->data[length] = '\0';
    buf->used = buf->used > length ? buf->used : length + 1;
}

/* Make room for `more` bytes and the NUL. Grown by copying, so that the old block can be wiped: as far as it was
 * written, for the kernel has to find memory for the rest of it first. */
bool vl_buf_reserve(struct vl_buf *buf, size_t more)
{
    size_t needed, size = buf->size ? buf->size : 64;
    char *data;

    if (buf->failed || more > SIZE_MAX / 4 || buf->length > SIZE_MAX / 4)
        return !(buf->failed = true);
    needed = buf->length + more + 1;
    if (needed <= buf->size)
        return true;
    while (size < needed)
        size *= 2;
    data = vl_malloc(size);
    if (!data)
        return !(buf->failed = true);
    if (buf->data) {
        memcpy(data, buf->data, buf->length);
        explicit_bzero(buf->data, buf->used);
        vl_free(buf->data);
        buf->used = 0;
    }
    buf->data = data;
    buf->size = size;
    end_at(buf, buf->length);
    return true;
}

void vl_buf_add(struct vl_buf *buf, const void *bytes, size_t length)
{
    if (!vl_buf_reserve(buf, length))
        return;
    if (length)
        memcpy(buf->data + buf->length, bytes, length);
    end_at(buf, buf->length + length);
}

void vl_buf_puts(struct vl_buf *buf, const char *text)
{
    vl_buf_add(buf, text, strlen(text));
}

void vl_buf_putc(struct vl_buf *buf, char c)
{
    vl_buf_add(buf, &c, 1);
}

void vl_buf_printf(struct vl_buf *buf, const char *format, ...)
{
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || !vl_buf_reserve(buf, (size_t)length)) {
        buf->failed = true;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
    va_end(args);
    end_at(buf, buf->length + (size_t)length);
}

const char *vl_buf_text(const struct vl_buf *buf)
{
    return buf->data ? buf->data : "";
}

char *vl_buf_take(struct vl_buf *buf)
{
    char *data;

    if (!vl_buf_reserve(buf, 0)) {
        vl_buf_free(buf);
        return NULL;
    }
    data = buf->data;
    *buf = (struct vl_buf)VL_BUF_INIT;
    return data;
}

void vl_buf_cut(struct vl_buf *buf, size_t length)
{
    if (buf->length <= length)
        return;
    buf->length = length;
    buf->data[length] = '\0';
}

void vl_buf_reset(struct vl_buf *buf)
{
    buf->length = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void vl_buf_free(struct vl_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->used);
    vl_free(buf->data);
    *buf = (struct vl_buf)VL_BUF_INIT;
}
