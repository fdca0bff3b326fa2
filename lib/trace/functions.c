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
#include "trace/run.h"

static const char *truth(bool holds)
{
    return holds ? "1" : "0";
}

static const char *length_of(struct vl_runner *runner, const char *text)
{
    return vl_arena_printf(runner->scratch, "%zu", strlen(text));
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
    char *copy = vl_arena_strdup(runner->scratch, text);

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
    struct vl_condition condition = vl_condition_read(runner->scratch, text, VL_MARKS_FUNCTION);

    if (!condition.known || strpbrk(text, "\"\\"))
        return NULL;
    if (!*condition.text || (!*condition.yes && !*condition.no))
        return "";
    return condition.holds ? condition.yes : condition.no;
}

/* One that the call has set is found before this. */
static const char *global(struct vl_runner *runner, const char *name)
{
    return runner->forgotten ? NULL : vl_dialplan_global(runner->plan, name);
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
    kept = end = vl_arena_strdup(runner->scratch, comma + 1);
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
    const char *const *words = vl_jump_values(runner->scratch, text, &count);
    const char *value, *part;
    char *end;
    long number;

    /* the name of another function would be asked in turn, without end */
    if (count != 3 || strlen(words[1]) > 1 || strchr(words[0], '('))
        return NULL;
    value = vl_trace_value(runner, words[0]);
    number = strtol(words[2], &end, 10);
    if (!value || strchr(value, '$') || end == words[2] || *end || number < 1)
        return NULL;
    part = part_of(runner->scratch, value, *words[1] ? *words[1] : '-', number);
    return part ? part : "";
}

/* NULL: another PBX is asked. */
static const char *has_step(struct vl_runner *runner, const struct vl_trace_place *place, const char *label)
{
    const struct vl_context *context = vl_dialplan_context(runner->plan, place->context);
    const struct vl_extension *extension;
    bool found = vl_trace_step(runner, place, label, &extension) != NULL;

    return !found && context && context->switch_count ? NULL : truth(found);
}

/* `DIALPLAN_EXISTS(CONTEXT[,EXTENSION[,PRIORITY]])` */
static const char *dialplan_exists(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->scratch, text, &count);
    struct vl_trace_place place = { .context = words[0], .priority = 1 };
    const char *label = NULL;
    char *end;

    if (count < 2 || !*words[1])
        return truth(vl_dialplan_context(runner->plan, place.context) != NULL);
    place.number = words[1];
    if (count > 2 && *words[2]) {
        place.priority = (int)strtol(words[2], &end, 10);
        label = end == words[2] ? words[2] : NULL;
    }
    return has_step(runner, &place, label);
}

/* `VALID_EXTEN([CONTEXT],EXTENSION[,PRIORITY])`; a label is none for it. */
static const char *valid_exten(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->scratch, text, &count);
    struct vl_trace_place place = { .context = *words[0] ? words[0] : runner->at.context, .priority = 1 };

    if (count < 2 || !*words[1])
        return NULL;
    place.number = words[1];
    if (count > 2 && *words[2])
        place.priority = (int)strtol(words[2], NULL, 10);
    return has_step(runner, &place, NULL);
}

/* Every telephone is taken to be there, and nobody else to call: as where Dial() is followed. */
static const char *dial_contacts(struct vl_runner *runner, const char *text)
{
    return vl_arena_printf(runner->scratch, "PJSIP/%s", text);
}

static const char *no_group(struct vl_runner *runner, const char *text)
{
    (void)runner;
    return *text ? NULL : "";
}

static const char *no_calls(struct vl_runner *runner, const char *text)
{
    (void)runner;
    (void)text;
    return "0";
}

/* Functions that change the variable that they name. */
static void forget_changed(struct vl_runner *runner, const char *function, size_t length, const char *arguments)
{
    static const char *const names[] = { "DEC", "INC", "POP", "SHIFT" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (strlen(names[i]) == length && !strncmp(names[i], function, length))
            vl_trace_set(runner, vl_arena_strndup(runner->arena, arguments, strcspn(arguments, ",)")), NULL);
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
    { "GROUP", no_group },
    { "GROUP_COUNT", no_calls },
    { "IF", choice },
    { "ISNULL", is_null },
    { "LEN", length_of },
    { "PJSIP_DIAL_CONTACTS", dial_contacts },
    { "TOLOWER", lower },
    { "TOUPPER", upper },
    { "VALID_EXTEN", valid_exten },
};

static const char *function_value(struct vl_runner *runner, const char *function)
{
    const char *open = strchr(function, '(');
    size_t length = strlen(function), name_length = strcspn(function, "(");

    if (!open || function[length - 1] != ')' || strstr(open, "${") || strstr(open, "$["))
        return NULL;
    for (size_t i = 0; i < VL_COUNT(functions); i++)
        if (strlen(functions[i].name) == name_length && vl_text_starts(function, functions[i].name))
            return functions[i].value(runner, vl_arena_strndup(runner->scratch, open + 1, length - name_length - 2));
    forget_changed(runner, function, name_length, open + 1);
    return NULL;
}

const char *vl_trace_value(struct vl_runner *runner, const char *name)
{
    const char *value;

    return vl_trace_variable(runner, name, &value) ? value : function_value(runner, name);
}
