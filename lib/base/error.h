/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors as values.
 *
 * Every function that can fail takes a `struct vl_error *` last. On success it leaves it alone; on failure it sets
 * code and message and returns -1 (or NULL). Callers add what they know with vl_error_wrap() on the way up, and main
 * prints the whole once. A message is lower case, has no full stop and quotes the value that is wrong.
 */
#ifndef VL_BASE_ERROR_H
#define VL_BASE_ERROR_H

#include <stdbool.h>

/* What kind of failure it was; the CLI's exit status comes from it. */
enum vl_error_code {
    VL_OK = 0,
    VL_ERROR_FAILED,   /* the work failed                          exit 1 */
    VL_ERROR_USAGE,    /* the command line is wrong                exit 2 */
    VL_ERROR_LAB,      /* the lab file is wrong                    exit 3 */
    VL_ERROR_PARTIAL,  /* some targets failed, the rest are done   exit 4 */
    VL_ERROR_DRIFT,    /* --check found a difference               exit 5 */
    VL_ERROR_NOTFOUND, /* what was asked for does not exist        exit 1 */
    VL_ERROR_TIMEOUT,  /* a deadline passed                        exit 1 */
    VL_ERROR_REFUSED,  /* the other side is not who it should be: no use in trying again   exit 1 */
    VL_ERROR_MEMORY,   /* out of memory                            exit 1 */
};

struct vl_error {
    enum vl_error_code code;
    char *message; /* owned; NULL means out of memory when code is set */
};

/* Set `err` from a format; any earlier message is freed. Returns -1, so that `return vl_fail(...)` reads well. */
int vl_fail(struct vl_error *err, enum vl_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Like vl_fail, for a position in a file: the message becomes `FILE:LINE: ...`; line 0 leaves the number out. */
int vl_fail_at(struct vl_error *err, enum vl_error_code code, const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Like vl_fail, with `: strerror(errno)` added. */
int vl_fail_errno(struct vl_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Memory ran out. Returns -1. */
int vl_no_memory(struct vl_error *err);

/* Put "PREFIX: " in front of the message. Returns -1. */
int vl_error_wrap(struct vl_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One more mistake of many, a line each: `all` takes what `one` holds behind what it has, and `one` becomes empty.
 * False when no more are to be looked for: memory ran out, which is all that is told then, `one` is no mistake of a
 * file, or there are many already. */
bool vl_error_gather(struct vl_error *all, struct vl_error *one);

/* The message, or a fixed text when memory ran out; never NULL. */
const char *vl_error_text(const struct vl_error *err);

/* Free the message and make it empty again; accepts an empty one. */
void vl_error_clear(struct vl_error *err);

/* Move an error: `to` takes what `from` holds, `from` becomes empty. */
void vl_error_move(struct vl_error *to, struct vl_error *from);

#define VL_ERROR_AUTO __attribute__((cleanup(vl_error_clear))) struct vl_error

#endif
