/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/jump.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

/* The next of `stops` outside of parentheses, brackets, braces and quotes, or the end. */
static const char *find_outside(const char *p, const char *stops)
{
    int depth = 0;
    bool quoted = false;

    for (; *p; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (quoted)
            continue;
        if (depth <= 0 && strchr(stops, *p))
            return p;
        depth += (strchr("([{", *p) != NULL) - (strchr(")]}", *p) != NULL);
    }
    return p;
}

/* The first `stop` that is not in a ${…} or $[…], or the end. */
static const char *find_first(const char *text, char stop)
{
    const char *p = text;
    int depth = 0;

    for (; *p && (depth || *p != stop); p++) {
        if ((*p == '{' || *p == '[') && (depth || (p > text && p[-1] == '$')))
            depth++;
        else if (depth && (*p == '}' || *p == ']'))
            depth--;
    }
    return p;
}

size_t vl_call_length(const char *text)
{
    return (size_t)(find_outside(text, ")") - text);
}

static const char *const *split(struct vl_arena *arena, const char *text, bool strip, size_t *ret_count)
{
    const char **words = NULL;
    size_t count = 0;

    for (;;) {
        const char *end = find_outside(text, ",");
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
    return split(arena, text, true, ret_count);
}

const char *const *vl_jump_values(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return split(arena, text, false, ret_count);
}

struct vl_jump vl_jump_read(struct vl_arena *arena, const char *text)
{
    struct vl_jump jump = { .priority = "" };
    size_t count;
    const char *const *words = vl_jump_words(arena, text, &count);
    const char *last, *open;

    if (!count)
        return jump;
    last = words[count - 1];
    open = strchr(last, '(');
    if (open) {
        const char *end = strrchr(open, ')');

        jump.values =
            vl_jump_values(arena, vl_arena_strndup(arena, open + 1, end ? (size_t)(end - open - 1) : strlen(open + 1)),
                           &jump.value_count);
        last = vl_arena_strndup(arena, last, (size_t)(open - last));
    }
    jump.priority = last;
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
    const char stops[] = { mark, '\0' };

    return marks == VL_MARKS_OUTSIDE ? find_outside(p, stops) : find_first(p, mark);
}

struct vl_condition vl_condition_read(struct vl_arena *arena, const char *text, enum vl_condition_marks marks)
{
    const char *question = find_mark(text, '?', marks);
    const char *colon = *question ? find_mark(question + 1, ':', marks) : question;
    struct vl_condition condition = { .yes = "", .no = "" };

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
