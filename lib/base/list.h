/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of texts that end with NULL; NULL itself is an empty one. */
#ifndef VL_BASE_LIST_H
#define VL_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

size_t vl_list_length(const char *const *list);
bool vl_list_has(const char *const *list, const char *text);

/* The two as one, in the arena; NULL when memory ran out. The texts are those that they were. */
const char *const *vl_list_joined(struct vl_arena *arena, const char *const *first, const char *const *second);

#endif
