/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * AstDB, as funcs/func_db.c and main/db.c of Asterisk 16 have it: what was written and deleted on the way hides what
 * the database that was given has.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "trace/astdb.h"
#include "trace/functions.h"

enum { WRITE_ROOM = 126 }; /* for the value that is deleted by a DB_DELETE() that is written to */

static void add_event(struct vl_runner *runner, enum vl_database_kind kind, const char *key, const char *value)
{
    struct vl_database_event *events =
        vl_arena_grow(runner->arena, runner->database, runner->database_count, sizeof(*events));

    if (!events)
        return;
    runner->database = events;
    events[runner->database_count++] =
        (struct vl_database_event){ kind, vl_arena_strdup(runner->arena, key),
                                    value ? vl_arena_strdup(runner->arena, value) : NULL };
    runner->changes++;
}

/* SQL's LIKE: '%' is any text, '_' any character, and a letter is both of its forms. With `below`, what stands behind a
 * '/' does not count. */
static bool is_like(const char *pattern, const char *text, bool below)
{
    for (; *pattern; pattern++, text++) {
        if (*pattern == '%') {
            for (;; text++) {
                if (is_like(pattern + 1, text, below))
                    return true;
                if (!*text)
                    return false;
            }
        }
        if (!*text || (*pattern != '_' && tolower((unsigned char)*pattern) != tolower((unsigned char)*text)))
            return false;
    }
    return !*text || (below && *text == '/');
}

static bool concerns(const struct vl_database_event *event, const char *key)
{
    switch (event->kind) {
    case VL_DATABASE_TREE_DELETED:
        return !*event->key || is_like(event->key, key, true);
    case VL_DATABASE_UNSURE:
        return vl_text_starts(key, event->key);
    default:
        return !strcmp(event->key, key);
    }
}

/* What AstDB has. *ret_there: there is such a key. False: not known. */
static bool read_database(struct vl_runner *runner, const char *key, const char **ret_value, bool *ret_there)
{
    const struct vl_astdb *database = runner->facts->database;

    *ret_value = "";
    *ret_there = false;
    for (size_t i = runner->database_count; i-- > 0;) {
        const struct vl_database_event *event = &runner->database[i];

        if (!concerns(event, key))
            continue;
        *ret_there = event->kind == VL_DATABASE_WRITTEN;
        if (*ret_there)
            *ret_value = event->value;
        return event->kind != VL_DATABASE_UNSURE && *ret_value;
    }
    if (runner->forgotten || !database)
        return false;
    *ret_value = vl_astdb_value(database, key);
    *ret_there = *ret_value != NULL;
    *ret_value = *ret_value ? *ret_value : "";
    return true;
}

/* What stands under a key, as DB and DB_EXISTS leave it in DB_RESULT: NULL there when it is not known, empty when the
 * value is read into no room. False: it is not known whether the key is there. */
static bool look_up(struct vl_runner *runner, const char *key, bool no_room, const char **ret_value, bool *ret_there)
{
    if (!read_database(runner, key, ret_value, ret_there)) {
        vl_trace_set(runner, "DB_RESULT", NULL);
        return false;
    }
    if (*ret_there)
        vl_trace_set(runner, "DB_RESULT", no_room ? "" : *ret_value);
    return true;
}

const char *vl_function_database(struct vl_runner *runner, const char *key)
{
    const char *value;
    bool there;

    if (!strchr(key, '/'))
        return "";
    return look_up(runner, key, false, &value, &there) ? value : NULL;
}

void vl_function_database_write(struct vl_runner *runner, const char *key, const char *value)
{
    if (strchr(key, '/'))
        add_event(runner, VL_DATABASE_WRITTEN, key, value);
}

/* It has room for one character, and where Asterisk fills in by its other way the value that is found is read into no
 * more than that: nothing is left of it. */
const char *vl_function_database_exists(struct vl_runner *runner, const char *key)
{
    const char *value;
    bool there;

    if (!strchr(key, '/'))
        return "";
    return look_up(runner, key, runner->by_string, &value, &there) ? there ? "1" : "0" : NULL;
}

/* DBdeltree(): a family, or what is in it below a key. Without a family it is all of the database. */
void vl_function_database_forget(struct vl_runner *runner, const char *tree)
{
    size_t length = strlen(tree);

    if (*tree == '/')
        length = 0;
    else if (strchr(tree, '/') == tree + length - 1)
        length--;
    add_event(runner, VL_DATABASE_TREE_DELETED, vl_arena_strndup(runner->scratch, tree, length), "");
}

void vl_function_database_doubt(struct vl_runner *runner, const char *prefix)
{
    add_event(runner, VL_DATABASE_UNSURE, prefix, NULL);
}

static const char *delete_key(struct vl_runner *runner, const char *key, size_t room)
{
    const char *value;
    bool there;

    if (!strchr(key, '/'))
        return "";
    if (!read_database(runner, key, &value, &there))
        value = NULL;
    add_event(runner, VL_DATABASE_DELETED, key, "");
    vl_trace_set(runner, "DB_RESULT", value ? vl_arena_strndup(runner->scratch, value, room) : NULL);
    return value;
}

const char *vl_function_database_delete(struct vl_runner *runner, const char *key)
{
    return delete_key(runner, key, SIZE_MAX);
}

void vl_function_database_delete_write(struct vl_runner *runner, const char *key, const char *value)
{
    (void)value;
    (void)delete_key(runner, key, WRITE_ROOM);
}
