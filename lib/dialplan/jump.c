/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/jump.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/expression.h"

/* The next `stop`, or the end. A ${…} or $[…] that is left in the text is one thing, whatever stands in it. */
typedef const char *find_stop(const char *text, char stop);

/* Outside of parentheses, brackets and quotes, and not behind a backslash (__ast_app_separate_args of app.c): a
 * parenthesis counts in quotes too, a brace never. */
static const char *find_outside(const char *p, char stop)
{
    int parentheses = 0, brackets = 0;
    bool quoted = false;

    for (; *p; p++) {
        size_t reference = vl_reference_length(p);

        if (reference)
            p += reference - 1;
        else if (*p == stop && !parentheses && !brackets && !quoted)
            return p;
        else if (*p == '(' || *p == ')')
            parentheses += *p == '(' ? 1 : -(parentheses > 0);
        else if (*p == '[' || *p == ']')
            brackets += *p == '[' ? 1 : -(brackets > 0);
        else if (*p == '"')
            quoted = !quoted;
        else if (*p == '\\' && p[1])
            p++;
    }
    return p;
}

static const char *find_first(const char *p, char stop)
{
    while (*p && *p != stop) {
        size_t reference = vl_reference_length(p);

        p += reference ? reference : 1;
    }
    return p;
}

size_t vl_call_length(const char *text)
{
    return (size_t)(find_outside(text, ')') - text);
}

static const char *const *split(struct vl_arena *arena, const char *text, find_stop *find, bool strip,
                                size_t *ret_count)
{
    const char **words = NULL;
    size_t count = 0;

    while (*text || count) {
        const char *end = find(text, ',');
        char *word = vl_arena_strndup(arena, text, (size_t)(end - text));
        const char **grown = vl_arena_grow(arena, words, count, sizeof(*words));

        if (!grown)
            break;
        words = grown;
        words[count++] = strip ? vl_text_strip(word) : word;
        if (!*end)
            break;
        text = end + 1;
    }
    *ret_count = count;
    if (!words) {
        static const char *const nothing[] = { "" };

        return nothing;
    }
    return words;
}

const char *const *vl_jump_words(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return split(arena, text, find_outside, true, ret_count);
}

const char *const *vl_jump_values(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return split(arena, text, find_outside, false, ret_count);
}

const char *const *vl_jump_pieces(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return split(arena, text, find_first, false, ret_count);
}

struct vl_jump vl_jump_read(struct vl_arena *arena, const char *text)
{
    struct vl_jump jump = { .priority = "" };
    const char *open = find_first(text, '(');
    size_t count;
    const char *const *words =
        split(arena, vl_arena_strndup(arena, text, (size_t)(open - text)), find_first, true, &count);

    if (*open) {
        const char *end = strrchr(open, ')');

        jump.values =
            vl_jump_values(arena, vl_arena_strndup(arena, open + 1, end ? (size_t)(end - open - 1) : strlen(open + 1)),
                           &jump.value_count);
    }
    if (!count)
        return jump;
    count = count > 3 ? 3 : count;
    jump.priority = words[count - 1];
    jump.extension = count > 1 ? words[count - 2] : NULL;
    jump.context = count > 2 ? words[count - 3] : NULL;
    return jump;
}

/* As Asterisk takes a text for a condition: nothing is no, a number what it says, any other text is yes. */
static bool holds(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    return end != text ? (int)value != 0 : *text != '\0';
}

static const char *find_mark(const char *p, char mark, enum vl_condition_marks marks)
{
    return marks == VL_MARKS_OUTSIDE ? find_outside(p, mark) : find_first(p, mark);
}

struct vl_condition vl_condition_read(struct vl_arena *arena, const char *text, enum vl_condition_marks marks)
{
    const char *question = find_mark(text, '?', marks);
    const char *colon = *question ? find_mark(question + 1, ':', marks) : question;
    struct vl_condition condition = { .marked = *question, .yes = "", .no = "" };

    if (marks == VL_MARKS_QUESTION)
        colon += strlen(colon);
    condition.text = vl_text_strip(vl_arena_strndup(arena, text, (size_t)(question - text)));
    if (*question)
        condition.yes = vl_text_strip(vl_arena_strndup(arena, question + 1, (size_t)(colon - question - 1)));
    if (*colon)
        condition.no = vl_text_strip(vl_arena_strdup(arena, colon + 1));
    condition.known = !strstr(condition.text, "${") && !strstr(condition.text, "$[");
    condition.holds = condition.known && holds(condition.text);
    return condition;
}

static const struct vl_jump_application applications[] = {
    { "Exec", VL_JUMP_BY_CALL, false, VL_MARKS_OUTSIDE },
    { "ExecIf", VL_JUMP_BY_CALL, true, VL_MARKS_OUTSIDE },
    { "ExecIfTime", VL_JUMP_BY_CALL, true, VL_MARKS_QUESTION },
    { "Gosub", VL_JUMP_TO_PLACE, false, VL_MARKS_OUTSIDE },
    { "GosubIf", VL_JUMP_TO_PLACE, true, VL_MARKS_OUTSIDE },
    { "Goto", VL_JUMP_TO_PLACE, false, VL_MARKS_OUTSIDE },
    { "GotoIf", VL_JUMP_TO_PLACE, true, VL_MARKS_FIRST },
    { "GotoIfTime", VL_JUMP_TO_PLACE, true, VL_MARKS_FIRST },
    { "Macro", VL_JUMP_TO_MACRO, false, VL_MARKS_OUTSIDE },
    { "MacroExclusive", VL_JUMP_TO_MACRO, false, VL_MARKS_OUTSIDE },
    { "MacroIf", VL_JUMP_TO_MACRO, true, VL_MARKS_FIRST },
    { "TryExec", VL_JUMP_BY_CALL, false, VL_MARKS_OUTSIDE },
};

const struct vl_jump_application *vl_jump_application(const char *name)
{
    for (size_t i = 0; i < VL_COUNT(applications); i++)
        if (!strcasecmp(applications[i].name, name))
            return &applications[i];
    return NULL;
}

struct vl_jump_call vl_jump_call_read(struct vl_arena *arena, const char *text)
{
    const char *open = strchr(text, '('), *close = open ? strrchr(open, ')') : NULL;
    size_t length = open ? (size_t)(open - text) : strlen(text);

    return (struct vl_jump_call){
        .name = vl_arena_strndup(arena, text, length),
        .arguments = close ? vl_arena_strndup(arena, open + 1, (size_t)(close - open) - 1) : "",
        .whole = close != NULL,
    };
}
