/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one way to memory, so that a test can make the n-th allocation fail.
 */
#ifndef VL_BASE_MEMORY_H
#define VL_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

void *vl_malloc(size_t size) __attribute__((malloc, warn_unused_result));
void vl_free(void *block);

/* Each as the function of libc of this name. */
void *vl_calloc(size_t count, size_t size) __attribute__((malloc, warn_unused_result));
void *vl_realloc(void *block, size_t size) __attribute__((warn_unused_result));
char *vl_strdup(const char *text) __attribute__((malloc, warn_unused_result));
char *vl_strndup(const char *text, size_t length) __attribute__((malloc, warn_unused_result));
int vl_asprintf(char **ret_text, const char *format, ...) __attribute__((format(printf, 2, 3), warn_unused_result));
int vl_vasprintf(char **ret_text, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), warn_unused_result));

/* Test seam: let `after` allocations succeed and every later one fail; negative (the default) never fails. */
void vl_memory_fail_after(long after);

/* How many allocations have been asked for since the last vl_memory_fail_after(). */
long vl_memory_count(void);

#endif
