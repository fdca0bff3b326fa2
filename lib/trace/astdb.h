/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AstDB, from what `database show` printed: one line a key, `/family/key    : value`.
 */
#ifndef VL_TRACE_ASTDB_H
#define VL_TRACE_ASTDB_H

#include <stddef.h>

#include "base/arena.h"

struct vl_astdb_entry {
    const char *key, *value; /* the key without a slash in front */
};

struct vl_astdb {
    struct vl_astdb_entry *entries; /* by key */
    size_t count;
};

/* Read it; everything is in the arena. Lines that are no key are passed over; a text without any, not even the last
 * line of an empty database, is NULL: it is no such answer. */
const struct vl_astdb *vl_astdb_parse(struct vl_arena *arena, const char *text);

/* The value of a key without a slash in front; NULL: there is none. */
const char *vl_astdb_value(const struct vl_astdb *database, const char *key);

#endif
