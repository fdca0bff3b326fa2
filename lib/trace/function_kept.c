/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions that give back what was written to them, each as Asterisk 16 does, under one name for each place however it
 * is written: CALLERID(number) and CALLERID(NUM) are CALLERID(num). A function that gives back something else than what
 * was written, such as TIMEOUT(), or that cannot be written, has no place here: its value is not known.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/astdb.h"
#include "trace/functions.h"

static const char *place_of(struct vl_runner *runner, const char *function, const char *arguments)
{
    return vl_arena_printf(runner->scratch, "%s(%s)", function, arguments);
}

/* What is kept, else `otherwise`; NULL where a program may have written it. */
static const char *kept_or(struct vl_runner *runner, const char *place, const char *otherwise)
{
    const char *value;

    if (vl_trace_kept(runner, place, &value))
        return value;
    return runner->forgotten ? NULL : otherwise;
}

static const char *small_letters(struct vl_runner *runner, const char *text)
{
    char *copy = vl_arena_strdup(runner->scratch, text);

    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

static bool is_one_of(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcasecmp(text, names[i]))
            return true;
    return false;
}

static const char *stripped(struct vl_runner *runner, const char *text)
{
    return text ? vl_text_strip(vl_arena_strdup(runner->scratch, text)) : NULL;
}

/* `Set(ARRAY(A,B)=1,2)` */
void vl_function_array_write(struct vl_runner *runner, const char *names, const char *values)
{
    size_t name_count, value_count = 0;
    const char *const *name = vl_jump_words(runner->scratch, names, &name_count);
    const char *const *value = values ? vl_jump_values(runner->scratch, values, &value_count) : NULL;

    for (size_t i = 0; i < name_count; i++) {
        const char *words[VL_FUNCTION_WORDS_MOST] = { values ? "" : NULL };

        if (i < value_count)
            vl_function_words(runner->scratch, value[i], 1, words);
        vl_trace_set(runner, name[i], words[0]);
    }
}

/* CALLERID: the place of a part. NULL: one whose value is another than what is written. */
static const char *callerid_place(struct vl_runner *runner, const char *part)
{
    static const char *const plain[] = { "num", "name", "dnid", "ani", "rdnis" };

    part = small_letters(runner, part);
    if (!strcmp(part, "number"))
        part = "num";
    return is_one_of(part, plain, VL_COUNT(plain)) ? place_of(runner, "CALLERID", part) : NULL;
}

static const char *callerid_name(struct vl_runner *runner)
{
    const char *callerid = runner->show->query.callerid;

    return kept_or(runner, "CALLERID(name)", callerid && *callerid ? NULL : "");
}

const char *vl_function_callerid(struct vl_runner *runner, const char *part)
{
    const char *place = callerid_place(runner, part), *name, *number;

    if (!strcasecmp(part, "all")) {
        name = callerid_name(runner);
        number = vl_trace_caller(runner);
        return name && number ? vl_arena_printf(runner->scratch, "\"%s\" <%s>", name, number) : NULL;
    }
    if (!place)
        return NULL;
    if (!strcmp(place, "CALLERID(num)"))
        return vl_trace_caller(runner);
    return !strcmp(place, "CALLERID(name)") ? callerid_name(runner) : kept_or(runner, place, NULL);
}

/* `"NAME" <NUMBER>`, or a number alone, or a name alone. */
static void write_whole_callerid(struct vl_runner *runner, const char *value)
{
    const char *open = strchr(value, '<'), *close = open ? strchr(open, '>') : NULL;
    bool is_number = *value && !value[strspn(value, "0123456789*#+() -.")];
    const char *name = open ? vl_arena_strndup(runner->scratch, value, (size_t)(open - value)) : value;
    const char *words[VL_FUNCTION_WORDS_MOST];

    if (open && !close) {
        vl_trace_set(runner, "CALLERID(num)", NULL);
        vl_trace_set(runner, "CALLERID(name)", NULL);
        return;
    }
    vl_function_words(runner->scratch, name, 1, words);
    if (open)
        vl_trace_set(runner, "CALLERID(num)",
                     stripped(runner, vl_arena_strndup(runner->scratch, open + 1, (size_t)(close - open) - 1)));
    else if (is_number) /* brackets and the like are left out by a rule of their own */
        vl_trace_set(runner, "CALLERID(num)", value[strcspn(value, "() -.")] ? NULL : value);
    else
        vl_trace_set(runner, "CALLERID(num)", "");
    vl_trace_set(runner, "CALLERID(name)", is_number && !open ? "" : stripped(runner, words[0]));
}

void vl_function_callerid_write(struct vl_runner *runner, const char *part, const char *value)
{
    const char *place = callerid_place(runner, part);

    if (!strcasecmp(part, "all") && value)
        write_whole_callerid(runner, value);
    else if (!strcasecmp(part, "all"))
        vl_trace_set(runner, "CALLERID(num)", NULL), vl_trace_set(runner, "CALLERID(name)", NULL);
    else if (place)
        vl_trace_set(runner, place, stripped(runner, value));
}

/* The account is one thing, whoever is asked for it. */
static const char account_place[] = "CHANNEL(accountcode)";

/* NULL: it is what the call was, and cannot be written. */
static const char *cdr_place(struct vl_runner *runner, const char *part)
{
    static const char *const fixed[] = { "clid",       "src",      "dst",         "dcontext",    "channel",
                                         "dstchannel", "lastapp",  "lastdata",    "start",       "answer",
                                         "end",        "duration", "billsec",     "disposition", "amaflags",
                                         "uniqueid",   "linkedid", "peeraccount", "sequence" };

    if (strchr(part, ',') || is_one_of(part, fixed, VL_COUNT(fixed)))
        return NULL;
    return !strcasecmp(part, "accountcode") ? account_place : place_of(runner, "CDR", small_letters(runner, part));
}

const char *vl_function_cdr(struct vl_runner *runner, const char *part)
{
    const char *place = cdr_place(runner, part);

    return place ? kept_or(runner, place, place == account_place ? NULL : "") : NULL;
}

void vl_function_cdr_write(struct vl_runner *runner, const char *part, const char *value)
{
    const char *place = cdr_place(runner, part);

    if (place)
        vl_trace_set(runner, place, value);
}

static const char *channel_place(struct vl_runner *runner, const char *part)
{
    static const char *const plain[] = { "language", "musicclass", "parkinglot", "userfield", "accountcode" };

    return is_one_of(part, plain, VL_COUNT(plain)) ? place_of(runner, "CHANNEL", small_letters(runner, part)) : NULL;
}

const char *vl_function_channel(struct vl_runner *runner, const char *part)
{
    const char *place = channel_place(runner, part);

    return place ? kept_or(runner, place, NULL) : NULL;
}

void vl_function_channel_write(struct vl_runner *runner, const char *part, const char *value)
{
    const char *place = channel_place(runner, part);

    if (place)
        vl_trace_set(runner, place, value);
}

const char *vl_function_environment(struct vl_runner *runner, const char *name)
{
    return kept_or(runner, place_of(runner, "ENV", name), NULL);
}

void vl_function_environment_write(struct vl_runner *runner, const char *name, const char *value)
{
    vl_trace_set(runner, place_of(runner, "ENV", name), value);
}

/* `SHARED(NAME)`; with a channel behind it is that of another one. */
const char *vl_function_shared(struct vl_runner *runner, const char *name)
{
    return strchr(name, ',') ? NULL : kept_or(runner, place_of(runner, "SHARED", name), "");
}

void vl_function_shared_write(struct vl_runner *runner, const char *name, const char *value)
{
    vl_trace_set(runner, place_of(runner, "SHARED", name), value);
}

/* `HASH(NAME,KEY)` */
const char *vl_function_hash(struct vl_runner *runner, const char *text)
{
    return strchr(text, ',') ? kept_or(runner, place_of(runner, "HASH", text), "") : NULL;
}

void vl_function_hash_write(struct vl_runner *runner, const char *text, const char *value)
{
    if (strchr(text, ','))
        vl_trace_set(runner, place_of(runner, "HASH", text), value);
}

/* Asterisk tells the presentation of a number only while there is one. */
const char *vl_function_presentation(struct vl_runner *runner, const char *text)
{
    const char *number = vl_trace_caller(runner);

    (void)text;
    return number && *number ? kept_or(runner, "CALLERPRES()", NULL) : NULL;
}

void vl_function_presentation_write(struct vl_runner *runner, const char *text, const char *value)
{
    static const char *const names[] = {
        "allowed_not_screened", "allowed_passed_screen", "allowed_failed_screen", "allowed",
        "prohib_not_screened",  "prohib_passed_screen",  "prohib_failed_screen",  "prohib",
        "unavailable"
    };

    (void)text;
    vl_trace_set(runner, "CALLERPRES()", value && is_one_of(value, names, VL_COUNT(names)) ? value : NULL);
}

const char *vl_function_group(struct vl_runner *runner, const char *category)
{
    return kept_or(runner, place_of(runner, "GROUP", category), "");
}

/* `Set(GROUP(CATEGORY)=NAME)`; one that stands in the value, `NAME@CATEGORY`, counts. */
void vl_function_group_write(struct vl_runner *runner, const char *category, const char *value)
{
    const char *at = value ? strchr(value, '@') : NULL;

    if (at) {
        category = at + 1;
        value = vl_arena_strndup(runner->scratch, value, (size_t)(at - value));
    }
    vl_trace_set(runner, place_of(runner, "GROUP", category), value);
}

/* How many calls are in `[NAME][@CATEGORY]`. There is no call but this one; it counts when it is in the group, whatever
 * the category where none is said. */
const char *vl_function_group_count(struct vl_runner *runner, const char *text)
{
    const char *at = strchrnul(text, '@'), *category = *at ? at + 1 : "", *own;
    const char *wanted = vl_arena_strndup(runner->scratch, text, (size_t)(at - text));

    if (!*wanted || *at) {
        own = vl_function_group(runner, category);
        return !own ? NULL : *own && (!*wanted || !strcmp(own, wanted)) ? "1" : "0";
    }
    for (size_t i = 0; i < runner->value_count; i++) {
        const struct vl_value *value = &runner->values[i];

        if (vl_text_starts(value->name, "GROUP(") && (!value->value || !strcmp(value->value, wanted)))
            return value->value ? "1" : NULL;
    }
    return runner->forgotten ? NULL : "0";
}

static const char *database_place(struct vl_runner *runner, const char *key)
{
    return place_of(runner, "DB", key);
}

/* Whether the key, or a tree that it is in, was deleted on the way. */
static bool is_deleted(struct vl_runner *runner, const char *key)
{
    const char *end = key + strlen(key), *value;

    if (vl_trace_kept(runner, place_of(runner, "DBdel", key), &value))
        return true;
    for (; end; end = memrchr(key, '/', (size_t)(end - key)))
        if (vl_trace_kept(runner,
                          place_of(runner, "DBdeltree", vl_arena_strndup(runner->scratch, key, (size_t)(end - key))),
                          &value))
            return true;
    return false;
}

/* What AstDB has: what was written on the way, else what the database that was given has. *ret_there: there is such a
 * key. False: not known. */
static bool read_database(struct vl_runner *runner, const char *key, const char **ret_value, bool *ret_there)
{
    const struct vl_astdb *database = runner->facts->database;

    *ret_there = false;
    if (vl_trace_kept(runner, database_place(runner, key), ret_value)) {
        *ret_there = *ret_value != NULL;
        return *ret_value != NULL;
    }
    *ret_value = "";
    if (is_deleted(runner, key))
        return true;
    if (runner->forgotten || !database)
        return false;
    *ret_value = vl_astdb_value(database, key);
    *ret_there = *ret_value != NULL;
    *ret_value = *ret_value ? *ret_value : "";
    return true;
}

const char *vl_function_database(struct vl_runner *runner, const char *key)
{
    const char *value;
    bool there;

    if (!strchr(key, '/'))
        return "";
    if (!read_database(runner, key, &value, &there)) {
        vl_trace_set(runner, "DB_RESULT", NULL);
        return NULL;
    }
    if (there)
        vl_trace_set(runner, "DB_RESULT", value);
    return value;
}

void vl_function_database_write(struct vl_runner *runner, const char *key, const char *value)
{
    if (strchr(key, '/'))
        vl_trace_set(runner, database_place(runner, key), value);
}

const char *vl_function_database_exists(struct vl_runner *runner, const char *key)
{
    const char *value;
    bool there;

    if (!read_database(runner, key, &value, &there)) {
        vl_trace_set(runner, "DB_RESULT", NULL);
        return NULL;
    }
    if (there)
        vl_trace_set(runner, "DB_RESULT", value);
    return there ? "1" : "0";
}

/* What was written is no more found under its name. */
static void drop_written(struct vl_runner *runner, const char *key, bool below)
{
    const char *place = database_place(runner, key);
    size_t length = strlen(place) - 1; /* without the last parenthesis */

    for (size_t i = 0; i < runner->value_count; i++) {
        const char *name = runner->values[i].name;

        if (!strcmp(name, place) || (below && !strncmp(name, place, length) && name[length] == '/'))
            runner->values[i].name = "DB()";
    }
}

void vl_function_database_forget(struct vl_runner *runner, const char *tree)
{
    drop_written(runner, tree, true);
    vl_trace_set(runner, place_of(runner, "DBdeltree", tree), "");
}

const char *vl_function_database_delete(struct vl_runner *runner, const char *key)
{
    const char *value;
    bool there, known = read_database(runner, key, &value, &there);

    drop_written(runner, key, false);
    vl_trace_set(runner, place_of(runner, "DBdel", key), "");
    vl_trace_set(runner, "DB_RESULT", known ? value : NULL);
    return known ? value : NULL;
}

void vl_function_database_delete_write(struct vl_runner *runner, const char *key, const char *value)
{
    (void)value;
    (void)vl_function_database_delete(runner, key);
}
