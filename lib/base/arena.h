/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An arena: things that die together are allocated together and freed at once. Models (the lab, a plan, a file set)
 * live in one. Like vl_buf it remembers a failure: ask arena->failed once at the end instead of after each call.
 * A failed arena still returns usable, empty objects where it says so, so that straight-line code stays straight.
 */
#ifndef VL_BASE_ARENA_H
#define VL_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct vl_arena {
    struct vl_arena_block *blocks;
    bool failed;
};

/* Zeroed memory, aligned for any object; NULL when memory ran out (and arena->failed is set). */
void *vl_arena_zalloc(struct vl_arena *arena, size_t size);

/* An array with room for one more element than `count`, grown by doubling; NULL when memory ran out. */
void *vl_arena_grow(struct vl_arena *arena, const void *array, size_t count, size_t element_size);

/* Copies of text, of at most `length` bytes of it; a static "" when memory ran out (and arena->failed is set), so the
 * result is never NULL. */
char *vl_arena_strdup(struct vl_arena *arena, const char *text);
char *vl_arena_strndup(struct vl_arena *arena, const char *text, size_t length);
char *vl_arena_printf(struct vl_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is in `from` is in `arena` from now on, and so is its failure; `from` is empty. Nothing moves in memory. */
void vl_arena_adopt(struct vl_arena *arena, struct vl_arena *from);

/* 0, or the failure that the arena remembers. */
int vl_arena_check(const struct vl_arena *arena, struct vl_error *err);

/* Wipe and free everything; accepts an empty arena. */
void vl_arena_free(struct vl_arena *arena);

#define VL_ARENA_AUTO __attribute__((cleanup(vl_arena_free))) struct vl_arena

#endif
