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
#include "trace/functions.h"

enum { CALLERID_MOST = 255 }; /* bytes of a name or number that are written together */

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

/* Without the blanks around it, and without the quotes if it is in quotes. */
static char *unquoted(char *text)
{
    size_t length;

    text = vl_text_strip(text);
    length = strlen(text);
    if (*text != '"' || text[length - 1] != '"')
        return text;
    text[length - 1] = '\0';
    return length > 1 ? text + 1 : text;
}

/* A backslash stands for what is behind it. */
static const char *unescaped(char *text)
{
    char *end = text;

    for (const char *p = text; *p; p++) {
        if (*p == '\\' && !*++p)
            break;
        *end++ = *p;
    }
    *end = '\0';
    return text;
}

/* A number without what people put between its digits: parentheses, blanks, hyphens outside of brackets, dots but for
 * the last. */
static char *shrunk(char *number)
{
    int brackets = 0;
    char *end = number;

    for (const char *p = number; *p; p++) {
        brackets += (*p == '[') - (*p == ']');
        if (*p == '-' ? brackets != 0 : *p == '.' ? !p[1] : !strchr("( )", *p))
            *end++ = *p;
    }
    *end = '\0';
    return number;
}

/* `"NAME" <NUMBER>`, or a number alone, or a name alone. */
static void write_whole_callerid(struct vl_runner *runner, const char *value)
{
    char *whole = vl_arena_printf(runner->scratch, "%s", value), *stripped_whole = vl_text_strip(whole);
    char *text = unquoted(stripped_whole), *open = strrchr(text, '<');
    const char *number = "", *name = "";

    if (open) {
        char *close = strrchr(open, '>');

        *open = '\0';
        if (close)
            *close = '\0';
        number = shrunk(open + 1);
        name = unescaped(unquoted(text));
    } else {
        const char *alone = shrunk(vl_arena_printf(runner->scratch, "%s", text));

        if (text == stripped_whole && *alone && !alone[strspn(alone, "0123456789*#+")])
            number = alone;
        else
            name = unescaped(unquoted(text));
    }
    vl_trace_set(runner, "CALLERID(num)", vl_arena_strndup(runner->scratch, number, CALLERID_MOST));
    vl_trace_set(runner, "CALLERID(name)", vl_arena_strndup(runner->scratch, name, CALLERID_MOST));
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

/* What was written last stands first: HASHKEYS() tells. */
void vl_function_hash_write(struct vl_runner *runner, const char *text, const char *value)
{
    if (!strchr(text, ','))
        return;
    vl_trace_unset(runner, place_of(runner, "HASH", text));
    vl_trace_set(runner, place_of(runner, "HASH", text), value);
}

/* `HASHKEYS(NAME)` */
const char *vl_function_hash_keys(struct vl_runner *runner, const char *name)
{
    const char *start = vl_arena_printf(runner->scratch, "HASH(%s,", name), *list = "";

    for (size_t i = runner->value_count; i-- > 0;) {
        const char *key = runner->values[i].name;

        if (!vl_text_starts(key, start))
            continue;
        key += strlen(start);
        list = vl_arena_printf(runner->scratch, "%s%s%.*s", list, *list ? "," : "", (int)strlen(key) - 1, key);
    }
    return runner->forgotten || strchr(name, ',') ? NULL : list;
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

/* Categories are told apart without regard to case. */
static const char *group_place(struct vl_runner *runner, const char *category)
{
    return place_of(runner, "GROUP", small_letters(runner, category));
}

/* How the category was written. */
static const char *group_spelling(struct vl_runner *runner, const char *place)
{
    return place_of(runner, "GROUPNAME", place);
}

static bool is_group(const struct vl_value *value)
{
    return vl_text_starts(value->name, "GROUP(");
}

/* The group of the call in a category, or without one the first that it was put into; NULL: it is in none. */
static const struct vl_value *group_of(struct vl_runner *runner, const char *category)
{
    const char *place = group_place(runner, category);

    for (size_t i = 0; i < runner->value_count; i++)
        if (is_group(&runner->values[i]) && (!*category || !strcmp(runner->values[i].name, place)))
            return &runner->values[i];
    return NULL;
}

const char *vl_function_group(struct vl_runner *runner, const char *category)
{
    const struct vl_value *group = group_of(runner, category);

    return group ? group->value : runner->forgotten ? NULL : "";
}

/* `Set(GROUP(CATEGORY)=NAME)`; what stands behind an '@' in the value belongs to the category. An empty name takes the
 * call out of it. */
void vl_function_group_write(struct vl_runner *runner, const char *category, const char *value)
{
    const char *at = value ? strchr(value, '@') : NULL, *place;

    if (at) {
        category = vl_arena_printf(runner->scratch, *category ? "%s@%s" : "%s%s", at + 1, category);
        value = vl_arena_strndup(runner->scratch, value, (size_t)(at - value));
    }
    place = group_place(runner, category);
    vl_trace_unset(runner, place);
    if (!value || *value)
        vl_trace_set(runner, place, value);
    vl_trace_set(runner, group_spelling(runner, place), category);
}

/* All groups of the call, in the order in which it was put into them: `NAME NAME@CATEGORY`. */
const char *vl_function_group_list(struct vl_runner *runner, const char *text)
{
    const char *list = "";

    (void)text;
    for (size_t i = 0; i < runner->value_count; i++) {
        const struct vl_value *value = &runner->values[i];
        const char *category;

        if (!is_group(value))
            continue;
        if (!value->value || !vl_trace_kept(runner, group_spelling(runner, value->name), &category) || !category)
            return NULL;
        list = vl_arena_printf(runner->scratch, "%s%s%s%s%s", list, *list ? " " : "", value->value,
                               *category ? "@" : "", category);
    }
    return runner->forgotten ? NULL : list;
}

/* How many calls are in `[NAME][@CATEGORY]`. There is no call but this one, which counts once for each category in
 * which it is in the group. */
const char *vl_function_group_count(struct vl_runner *runner, const char *text)
{
    const char *at = strchrnul(text, '@'), *place = *at && at[1] ? group_place(runner, at + 1) : NULL;
    const char *wanted = vl_arena_strndup(runner->scratch, text, (size_t)(at - text));
    size_t count = 0;

    if (!*wanted) {
        const struct vl_value *own = group_of(runner, *at ? at + 1 : "");

        if (!own || !own->value)
            return own || runner->forgotten ? NULL : "0";
        wanted = own->value;
        place = strcmp(own->name, "GROUP()") ? own->name : NULL;
    }
    for (size_t i = 0; i < runner->value_count; i++) {
        const struct vl_value *value = &runner->values[i];

        if (!is_group(value) || (place && strcmp(value->name, place) != 0))
            continue;
        if (!value->value)
            return NULL;
        count += !strcasecmp(value->value, wanted);
    }
    return runner->forgotten ? NULL : vl_arena_printf(runner->scratch, "%zu", count);
}
