/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/astdb.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { KEY_WIDTH = 50 }; /* a key that is shorter is filled up with blanks */

/* Where the key ends: at the colon behind its column, or at the first one where the key is longer. */
static const char *end_of_key(const char *line)
{
    size_t length = strlen(line);

    return length > KEY_WIDTH && line[KEY_WIDTH] == ':' ? line + KEY_WIDTH : strstr(line, ": ");
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const struct vl_astdb_entry *)a)->key, ((const struct vl_astdb_entry *)b)->key);
}

static void add_entry(struct vl_arena *arena, struct vl_astdb *database, const char *line)
{
    const char *colon = *line == '/' ? end_of_key(line) : NULL;
    struct vl_astdb_entry *entries;

    if (!colon)
        return;
    entries = vl_arena_grow(arena, database->entries, database->count, sizeof(*entries));
    if (!entries)
        return;
    database->entries = entries;
    entries[database->count++] = (struct vl_astdb_entry){
        .key = vl_text_strip(vl_arena_strndup(arena, line + 1, (size_t)(colon - line - 1))),
        .value = vl_text_strip(vl_arena_strdup(arena, colon + 1)),
    };
}

const struct vl_astdb *vl_astdb_parse(struct vl_arena *arena, const char *text)
{
    struct vl_astdb *database = vl_arena_zalloc(arena, sizeof(*database));
    char *rest = vl_arena_strdup(arena, text), *line;
    bool answered = false;

    while (database && rest && (line = strsep(&rest, "\n"))) {
        line[strcspn(line, "\r")] = '\0';
        answered |= strstr(line, "results found") != NULL;
        add_entry(arena, database, line);
    }
    if (!database || (!answered && !database->count))
        return NULL;
    if (database->count)
        qsort(database->entries, database->count, sizeof(*database->entries), compare_entries);
    return database;
}

const char *vl_astdb_value(const struct vl_astdb *database, const char *key)
{
    const struct vl_astdb_entry wanted = { .key = key }, *found;

    found =
        database->count ? bsearch(&wanted, database->entries, database->count, sizeof(wanted), compare_entries) : NULL;
    return found ? found->value : NULL;
}
