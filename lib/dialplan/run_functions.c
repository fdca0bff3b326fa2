/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions whose value hangs on nothing but the dialplan and what is in their arguments, as Asterisk 16 computes them
 * (funcs/func_strings.c, func_logic.c, func_cut.c, func_dialplan.c, func_global.c).
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "dialplan/run.h"

static const char *truth(bool holds)
{
    return holds ? "1" : "0";
}

static const char *length_of(struct vl_runner *runner, const char *text)
{
    return vl_arena_printf(runner->arena, "%zu", strlen(text));
}

static const char *is_null(struct vl_runner *runner, const char *text)
{
    (void)runner;
    return truth(!*text);
}

static const char *exists(struct vl_runner *runner, const char *text)
{
    (void)runner;
    return truth(*text);
}

static const char *changed(struct vl_runner *runner, const char *text, int (*change)(int))
{
    char *copy = vl_arena_strdup(runner->arena, text);

    for (char *p = copy; *p; p++)
        *p = (char)change((unsigned char)*p);
    return copy;
}

static const char *upper(struct vl_runner *runner, const char *text)
{
    return changed(runner, text, toupper);
}

static const char *lower(struct vl_runner *runner, const char *text)
{
    return changed(runner, text, tolower);
}

/* `IF(CONDITION?YES:NO)` */
static const char *choice(struct vl_runner *runner, const char *text)
{
    struct vl_condition condition = vl_condition_read(runner->arena, text);

    if (!condition.known || strpbrk(text, "\"\\"))
        return NULL;
    if (!*condition.text || (!*condition.yes && !*condition.no))
        return "";
    return condition.holds ? condition.yes : condition.no;
}

static const char *global(struct vl_runner *runner, const char *name)
{
    return vl_dialplan_global(runner->plan, name);
}

static bool is_allowed(const char *allowed, size_t length, char c)
{
    for (size_t i = 0; i < length; i++) {
        if (i + 2 < length && allowed[i + 1] == '-') {
            if (c >= allowed[i] && c <= allowed[i + 2])
                return true;
            i += 2;
        } else if (c == allowed[i]) {
            return true;
        }
    }
    return false;
}

/* `FILTER(0-9,TEXT)`: what keeps a number clean on its way into Dial(). */
static const char *filtered(struct vl_runner *runner, const char *text)
{
    const char *comma = strchr(text, ',');
    char *kept, *end;

    if (!comma || strchr(text, '\\'))
        return NULL;
    kept = end = vl_arena_strdup(runner->arena, comma + 1);
    for (const char *c = comma + 1; *c; c++)
        if (is_allowed(text, (size_t)(comma - text), *c))
            *end++ = *c;
    if (*kept)
        *end = '\0';
    return kept;
}

/* The part `number`, counted from 1, of a text that `separator` divides; NULL: there is none. */
static const char *part_of(struct vl_arena *arena, const char *text, char separator, long number)
{
    while (--number > 0) {
        text = strchr(text, separator);
        if (!text)
            return NULL;
        text++;
    }
    return vl_arena_strndup(arena, text, (size_t)(strchrnul(text, separator) - text));
}

/* `CUT(NAME,SEPARATOR,NUMBER)`; ranges of parts are not read. */
static const char *cut(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->arena, text, &count);
    const char *value = vl_run_value(runner, words[0]), *part;
    char *end;
    long number;

    if (count != 3 || strlen(words[1]) > 1 || !value || strchr(value, '$'))
        return NULL;
    number = strtol(words[2], &end, 10);
    if (end == words[2] || *end || number < 1)
        return NULL;
    part = part_of(runner->arena, value, *words[1] ? *words[1] : '-', number);
    return part ? part : "";
}

static const char *has_step(struct vl_runner *runner, struct vl_place place, const char *priority)
{
    const struct vl_extension *extension;
    char *end;
    long number = strtol(priority, &end, 10);
    bool is_label = end == priority;

    place.priority = is_label ? 1 : (int)number;
    return truth(vl_run_step(runner, &place, is_label ? priority : NULL, &extension) != NULL);
}

/* `DIALPLAN_EXISTS(CONTEXT[,EXTENSION[,PRIORITY]])` */
static const char *dialplan_exists(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->arena, text, &count);
    struct vl_place place = { .context = words[0] };

    if (count < 2 || !*words[1])
        return truth(vl_dialplan_context(runner->plan, place.context) != NULL);
    place.number = words[1];
    return has_step(runner, place, count > 2 && *words[2] ? words[2] : "1");
}

/* `VALID_EXTEN([CONTEXT],EXTENSION[,PRIORITY])` */
static const char *valid_exten(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->arena, text, &count);
    struct vl_place place = { .context = *words[0] ? words[0] : runner->at.context };

    if (count < 2 || !*words[1])
        return NULL;
    place.number = words[1];
    return has_step(runner, place, count > 2 && *words[2] ? words[2] : "1");
}

static const struct {
    const char *name;
    const char *(*value)(struct vl_runner *runner, const char *arguments);
} functions[] = {
    { "CUT", cut },
    { "DIALPLAN_EXISTS", dialplan_exists },
    { "EXISTS", exists },
    { "FILTER", filtered },
    { "GLOBAL", global },
    { "IF", choice },
    { "ISNULL", is_null },
    { "LEN", length_of },
    { "TOLOWER", lower },
    { "TOUPPER", upper },
    { "VALID_EXTEN", valid_exten },
};

const char *vl_run_function(struct vl_runner *runner, const char *function)
{
    const char *open = strchr(function, '(');
    size_t length = strlen(function);

    if (!open || function[length - 1] != ')' || strstr(open, "${") || strstr(open, "$["))
        return NULL;
    for (size_t i = 0; i < VL_COUNT(functions); i++)
        if (strlen(functions[i].name) == (size_t)(open - function) && vl_text_starts(function, functions[i].name))
            return functions[i].value(
                runner, vl_arena_strndup(runner->arena, open + 1, (size_t)(function + length - open) - 2));
    return NULL;
}
