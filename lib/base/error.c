/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void set(struct vl_error *err, enum vl_error_code code, char *message)
{
    free(err->message);
    err->code = code;
    err->message = message;
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list args)
{
    char *text = NULL;

    return vl_vasprintf(&text, format, args) < 0 ? NULL : text;
}

static char *join(const char *prefix, const char *text)
{
    char *joined = NULL;

    if (!prefix || !text)
        return NULL;
    return vl_asprintf(&joined, "%s: %s", prefix, text) < 0 ? NULL : joined;
}

int vl_fail(struct vl_error *err, enum vl_error_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set(err, code, format_text(format, args));
    va_end(args);
    return -1;
}

int vl_fail_at(struct vl_error *err, enum vl_error_code code, const char *file, int line, const char *format, ...)
{
    char *place = NULL, *text;
    va_list args;

    va_start(args, format);
    text = format_text(format, args);
    va_end(args);
    if ((line > 0 ? vl_asprintf(&place, "%s:%d", file, line) : vl_asprintf(&place, "%s", file)) < 0)
        place = NULL;
    set(err, code, join(place, text));
    free(place);
    free(text);
    return -1;
}

int vl_fail_errno(struct vl_error *err, const char *format, ...)
{
    const char *cause = strerror(errno);
    va_list args;
    char *text;

    va_start(args, format);
    text = format_text(format, args);
    va_end(args);
    set(err, VL_ERROR_FAILED, join(text, cause));
    free(text);
    return -1;
}

int vl_no_memory(struct vl_error *err)
{
    return vl_fail(err, VL_ERROR_MEMORY, "out of memory");
}

int vl_error_wrap(struct vl_error *err, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = format_text(format, args);
    va_end(args);
    set(err, err->code ? err->code : VL_ERROR_FAILED, join(text, vl_error_text(err)));
    free(text);
    return -1;
}

enum { MOST_GATHERED = 50 };

static size_t count_lines(const char *text)
{
    size_t count = 1;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

bool vl_error_gather(struct vl_error *all, struct vl_error *one)
{
    char *joined = NULL;

    if (one->code != VL_ERROR_LAB || !all->code) {
        bool go_on = one->code == VL_ERROR_LAB;

        vl_error_move(all, one);
        return go_on;
    }
    if (vl_asprintf(&joined, "%s\n%s", vl_error_text(all), vl_error_text(one)) < 0) {
        (void)vl_no_memory(all);
        vl_error_clear(one);
        return false;
    }
    set(all, VL_ERROR_LAB, joined);
    vl_error_clear(one);
    return count_lines(joined) < MOST_GATHERED;
}

const char *vl_error_text(const struct vl_error *err)
{
    if (err->message)
        return err->message;
    return err->code == VL_OK ? "no error" : "out of memory";
}

void vl_error_clear(struct vl_error *err)
{
    set(err, VL_OK, NULL);
}

void vl_error_move(struct vl_error *to, struct vl_error *from)
{
    set(to, from->code, from->message);
    from->code = VL_OK;
    from->message = NULL;
}
