/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

struct vl_arena_block {
    struct vl_arena_block *next;
    size_t size, used;
    _Alignas(max_align_t) unsigned char data[];
};

enum { BLOCK_SIZE = 8192 };

static char empty_text[1];

static size_t rounded(size_t size)
{
    const size_t step = _Alignof(max_align_t);

    return (size + step - 1) / step * step;
}

static struct vl_arena_block *new_block(struct vl_arena *arena, size_t size)
{
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct vl_arena_block *block = vl_malloc(sizeof(*block) + room);

    if (!block)
        return NULL;
    block->size = room;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *vl_arena_zalloc(struct vl_arena *arena, size_t size)
{
    struct vl_arena_block *block = arena->blocks;
    void *memory;

    if (arena->failed || size > SIZE_MAX / 4) {
        arena->failed = true;
        return NULL;
    }
    size = rounded(size ? size : 1);
    if (!block || block->size - block->used < size)
        block = new_block(arena, size);
    if (!block) {
        arena->failed = true;
        return NULL;
    }
    memory = block->data + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

void *vl_arena_grow(struct vl_arena *arena, const void *array, size_t count, size_t element_size)
{
    void *grown;

    /* One that could not grow is as large as before, and who goes on counting would write behind it. */
    if (arena->failed)
        return NULL;
    /* Grown only when count is 0 or a power of two: that is when the last allocation is full. */
    if (count && (count & (count - 1)))
        return (void *)(uintptr_t)array;
    grown = vl_arena_zalloc(arena, (count ? count * 2 : 1) * element_size);
    if (grown && count)
        memcpy(grown, array, count * element_size);
    return grown;
}

char *vl_arena_strndup(struct vl_arena *arena, const char *text, size_t length)
{
    char *copy;

    length = strnlen(text, length);
    copy = vl_arena_zalloc(arena, length + 1);
    if (!copy)
        return empty_text;
    memcpy(copy, text, length);
    return copy;
}

char *vl_arena_strdup(struct vl_arena *arena, const char *text)
{
    return vl_arena_strndup(arena, text, strlen(text));
}

char *vl_arena_printf(struct vl_arena *arena, const char *format, ...)
{
    va_list args;
    char *text;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        arena->failed = true;
        return empty_text;
    }
    text = vl_arena_zalloc(arena, (size_t)length + 1);
    if (!text)
        return empty_text;
    va_start(args, format);
    (void)vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void vl_arena_adopt(struct vl_arena *arena, struct vl_arena *from)
{
    struct vl_arena_block **end = &arena->blocks;

    while (*end)
        end = &(*end)->next;
    *end = from->blocks;
    arena->failed |= from->failed;
    *from = (struct vl_arena){ .blocks = NULL };
}

int vl_arena_check(const struct vl_arena *arena, struct vl_error *err)
{
    return arena->failed ? vl_no_memory(err) : 0;
}

void vl_arena_free(struct vl_arena *arena)
{
    while (arena->blocks) {
        struct vl_arena_block *block = arena->blocks;

        arena->blocks = block->next;
        explicit_bzero(block->data, block->used);
        vl_free(block);
    }
    arena->failed = false;
}
