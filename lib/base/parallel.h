/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The same work on many targets at once, each on a thread of its own. What is shared must be read-only or locked.
 */
#ifndef VL_BASE_PARALLEL_H
#define VL_BASE_PARALLEL_H

#include <stddef.h>

/* Call work(context, i) for i = 0 … count-1, at most `jobs` at a time (0: 32); returns when all are done. When no
 * thread can be started the calls are made one after the other. */
void vl_parallel(size_t count, unsigned jobs, void (*work)(void *context, size_t index), void *context);

#endif
