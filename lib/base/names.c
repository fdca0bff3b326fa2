/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/names.h"

#include <ctype.h>
#include <string.h>

struct vl_names_slot {
    uint64_t hash;
    void *entry; /* NULL: free */
};

uint64_t vl_hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ p[i]) * 0x100000001b3ULL;
    return hash;
}

uint64_t vl_hash_text(uint64_t hash, const char *text)
{
    return vl_hash_bytes(hash, text, strlen(text) + 1);
}

uint64_t vl_hash_folded(uint64_t hash, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        hash = vl_hash_bytes(hash, &(char){ (char)tolower((unsigned char)text[i]) }, 1);
    return hash;
}

/* FNV's low bits are poor for short keys that differ in the last byte only: fold the high ones in. */
static size_t place_of(uint64_t hash, size_t size)
{
    return (size_t)(hash ^ (hash >> 29)) & (size - 1);
}

void *vl_names_find(const struct vl_names *names, uint64_t hash, bool (*equal)(const void *entry, const void *key),
                    const void *key)
{
    if (!names || !names->size)
        return NULL;
    for (size_t i = place_of(hash, names->size); names->slots[i].entry; i = (i + 1) & (names->size - 1))
        if (names->slots[i].hash == hash && equal(names->slots[i].entry, key))
            return names->slots[i].entry;
    return NULL;
}

static void place(struct vl_names *names, uint64_t hash, void *entry)
{
    size_t i = place_of(hash, names->size);

    while (names->slots[i].entry)
        i = (i + 1) & (names->size - 1);
    names->slots[i].hash = hash;
    names->slots[i].entry = entry;
    names->count++;
}

/* Twice the room; the old slots stay behind in the arena, which adds up to no more than the new ones. */
static bool grow(struct vl_arena *arena, struct vl_names *names)
{
    struct vl_names old = *names;
    size_t size = old.size ? old.size * 2 : 8;
    struct vl_names_slot *slots = vl_arena_zalloc(arena, size * sizeof(*slots));

    if (!slots)
        return false;
    *names = (struct vl_names){ .slots = slots, .size = size };
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].entry)
            place(names, old.slots[i].hash, old.slots[i].entry);
    return true;
}

void vl_names_add(struct vl_arena *arena, struct vl_names *names, uint64_t hash, void *entry)
{
    if (names->count * 3 >= names->size * 2 && !grow(arena, names))
        return;
    place(names, hash, entry);
}
