/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures that begin with their size, from programs that may be older or newer than this library.
 */
#ifndef VL_API_SIZED_H
#define VL_API_SIZED_H

#include <stddef.h>

#include "base/error.h"

/* Copy what the program gave into `copy`, a structure of `size` bytes: members that the program does not know are zero.
 * What this library does not know must be zero. `init` names the _INIT that sets the size. */
int vl_sized_copy(void *copy, const void *given, size_t size, const char *init, struct vl_error *err);

#endif
