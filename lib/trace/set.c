/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applications that set variables: Set, MSet and Read.
 */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/run.h"

/* What is between the parentheses of `FUNCTION(…)`; NULL when the name is another one. */
static const char *inside_of(struct vl_arena *arena, const char *name, const char *function)
{
    size_t length = strlen(name), skip = strlen(function);

    if (!vl_text_starts(name, function) || name[skip] != '(' || name[length - 1] != ')')
        return NULL;
    return vl_arena_strndup(arena, name + skip + 1, length - skip - 2);
}

/* As Asterisk takes arguments apart: quotes go. NULL: there are escapes, which is more than this knows. */
static const char *without_quotes(struct vl_arena *arena, const char *text)
{
    char *copy = vl_arena_strdup(arena, text), *end = copy;

    if (strchr(text, '\\'))
        return NULL;
    for (const char *p = text; *p; p++)
        if (*p != '"')
            *end++ = *p;
    if (*text)
        *end = '\0';
    return copy;
}

/* `Set(ARRAY(A,B)=1,2)` */
static void set_array(struct vl_runner *runner, const char *names, const char *values)
{
    size_t name_count, value_count;
    const char *const *name = vl_jump_words(runner->arena, names, &name_count);
    const char *const *value = vl_jump_values(runner->arena, values, &value_count);

    for (size_t i = 0; i < name_count; i++)
        vl_trace_set(runner, name[i], i < value_count ? without_quotes(runner->arena, value[i]) : "");
}

/* The number of `"NAME" <NUMBER>`; NULL: there are no brackets, and what it is hangs on how it looks. */
static const char *number_of(struct vl_arena *arena, const char *callerid)
{
    const char *open = strchr(callerid, '<'), *close = open ? strchr(open, '>') : NULL;

    return close ? vl_arena_strndup(arena, open + 1, (size_t)(close - open) - 1) : NULL;
}

/* `Set(PUSH(X)=…)` and its like change X. */
static void forget_pushed(struct vl_runner *runner, const char *name)
{
    static const char *const functions[] = { "PUSH", "UNSHIFT" };

    for (size_t i = 0; i < VL_COUNT(functions); i++) {
        const char *inside = inside_of(runner->arena, name, functions[i]);

        if (inside)
            vl_trace_set(runner, vl_arena_strndup(runner->arena, inside, strcspn(inside, ",")), NULL);
    }
}

/* The names are taken as they are, blanks and all; '_' in front makes a value pass on to other channels. */
static void set_variable(struct vl_runner *runner, const char *name, const char *value)
{
    const char *inside;

    name += strspn(name, "_");
    if ((inside = inside_of(runner->arena, name, "LOCAL"))) {
        vl_trace_set_local(runner, inside, value);
    } else if ((inside = inside_of(runner->arena, name, "ARRAY"))) {
        set_array(runner, inside, value ? value : "");
    } else if (!strcasecmp(name, "CALLERID(all)")) {
        vl_trace_set(runner, "CALLERID(num)", value ? number_of(runner->arena, value) : NULL);
    } else {
        forget_pushed(runner, name);
        vl_trace_set(runner, name, value);
    }
}

enum vl_course vl_trace_set_one(struct vl_runner *runner, const char *arguments, const char **note)
{
    const struct vl_show_step *step = &runner->show->steps[runner->show->step_count - 1];
    const char *equals = strchr(arguments, '='), *name;

    if (!equals)
        return VL_COURSE_NEXT;
    name = vl_arena_strndup(runner->arena, arguments, (size_t)(equals - arguments));
    set_variable(runner, name, vl_arena_strdup(runner->arena, equals + 1));
    if (strcmp(step->filled, step->arguments) != 0)
        *note = vl_arena_printf(runner->arena, "%s is '%s'", name, equals + 1);
    return VL_COURSE_NEXT;
}

/* `MSet(A=1,B=2)` */
enum vl_course vl_trace_set_many(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;
    const char *const *words = vl_jump_values(runner->arena, arguments, &count);

    (void)note;
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(words[i], '=');

        if (equals)
            set_variable(runner, vl_arena_strndup(runner->arena, words[i], (size_t)(equals - words[i])),
                         without_quotes(runner->arena, equals + 1));
    }
    return VL_COURSE_NEXT;
}

/* Read(): the caller types it. */
enum vl_course vl_trace_read(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;

    (void)note;
    vl_trace_set(runner, vl_jump_words(runner->arena, arguments, &count)[0], NULL);
    return VL_COURSE_NEXT;
}
