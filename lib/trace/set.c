/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applications that set variables: Set, MSet and Read.
 */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/run.h"

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

/* The names are taken as they are, blanks and all; '_' in front makes a value pass on to other channels. */
static void set_variable(struct vl_runner *runner, const char *name, const char *value)
{
    vl_trace_write(runner, name + strspn(name, "_"), value);
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
    vl_trace_write(runner, vl_jump_words(runner->arena, arguments, &count)[0], NULL);
    return VL_COURSE_NEXT;
}
