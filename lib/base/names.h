/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hash table that lives in an arena: pointers, found by a hash and a function that knows what equal means. Nothing
 * is ever taken out.
 */
#ifndef VL_BASE_NAMES_H
#define VL_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct vl_names {
    struct vl_names_slot *slots;
    size_t size, count;
};

/* FNV-1a; go on from `hash`, or start from VL_HASH_START. */
#define VL_HASH_START 0xcbf29ce484222325ULL
uint64_t vl_hash_bytes(uint64_t hash, const void *bytes, size_t length);
uint64_t vl_hash_text(uint64_t hash, const char *text);
/* Of so many bytes of a text, whatever the case of its letters. */
uint64_t vl_hash_folded(uint64_t hash, const char *text, size_t length);

/* The entry that `equal` accepts for `key`, or NULL. */
void *vl_names_find(const struct vl_names *names, uint64_t hash, bool (*equal)(const void *entry, const void *key),
                    const void *key);

/* Add an entry that is not there yet. A failure is left in arena->failed. */
void vl_names_add(struct vl_arena *arena, struct vl_names *names, uint64_t hash, void *entry);

#endif
