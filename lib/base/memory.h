/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one way to memory, so that a test can make the n-th allocation fail.
 */
#ifndef VL_BASE_MEMORY_H
#define VL_BASE_MEMORY_H

#include <stddef.h>

void *vl_malloc(size_t size) __attribute__((malloc, warn_unused_result));
void vl_free(void *block);

/* Test seam: let `after` allocations succeed and every later one fail; negative (the default) never fails. */
void vl_memory_fail_after(long after);

/* How many allocations have been asked for since the last vl_memory_fail_after(). */
long vl_memory_count(void);

#endif
