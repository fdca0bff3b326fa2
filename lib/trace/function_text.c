/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Functions of text, as Asterisk 16 computes them (funcs/func_strings.c, func_cut.c). Many take the name of a variable,
 * not its value, and some of these change it.
 */
#include <ctype.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dialplan/expression.h"
#include "trace/functions.h"

static const char *changed(struct vl_runner *runner, const char *text, int (*change)(int))
{
    char *copy = vl_arena_strdup(runner->scratch, text);

    for (char *p = copy; *p; p++)
        *p = (char)change((unsigned char)*p);
    return copy;
}

const char *vl_function_upper(struct vl_runner *runner, const char *text)
{
    return changed(runner, text, toupper);
}

const char *vl_function_lower(struct vl_runner *runner, const char *text)
{
    return changed(runner, text, tolower);
}

const char *vl_function_length(struct vl_runner *runner, const char *text)
{
    return vl_arena_printf(runner->scratch, "%zu", strlen(text));
}

const char *vl_function_quote(struct vl_runner *runner, const char *text)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    vl_buf_putc(&out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            vl_buf_putc(&out, '\\');
        vl_buf_putc(&out, *text);
    }
    vl_buf_putc(&out, '"');
    if (out.failed)
        runner->arena->failed = true;
    return vl_arena_strdup(runner->scratch, vl_buf_text(&out));
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
const char *vl_function_filter(struct vl_runner *runner, const char *text)
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

/* Whether the mark, or what stands beside it, is in quotes or escaped twice: each function has its own way with these.
 */
static bool is_odd(const char *text)
{
    return strchr(text, '"') || strstr(text, "\\\\");
}

/* The first character of a word; '\0': there is none. */
static char mark_of(const char *word)
{
    return word ? *word : '\0';
}

/* `FIELDQTY(NAME,MARK)` */
const char *vl_function_field_count(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *value;
    size_t count = 1;

    if (is_odd(text))
        return NULL;
    vl_function_words(runner->scratch, text, 2, words);
    value = vl_function_named(runner, words[0]);
    if (!value)
        return NULL;
    for (const char *p = value; *p && mark_of(words[1]); p++)
        count += *p == mark_of(words[1]);
    return vl_arena_printf(runner->scratch, "%zu", *value ? count : 0);
}

/* The next of the parts that a mark divides; *text becomes what is behind it, NULL behind the last. */
static const char *next_part(struct vl_arena *arena, const char **text, char mark)
{
    const char *part = *text, *end = mark ? strchrnul(part, mark) : part + strlen(part);

    *text = *end ? end + 1 : NULL;
    return vl_arena_strndup(arena, part, (size_t)(end - part));
}

/* `FIELDNUM(NAME,MARK,TEXT)`: which of the parts it is; 0: none. */
const char *vl_function_field_number(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *rest;

    if (is_odd(text))
        return NULL;
    vl_function_words(runner->scratch, text, 3, words);
    if (!words[1] || !words[2] || !*words[1])
        return "";
    rest = vl_function_named(runner, words[0]);
    for (size_t number = 1; rest; number++)
        if (!strcmp(next_part(runner->scratch, &rest, *words[1]), words[2]))
            return vl_arena_printf(runner->scratch, "%zu", number);
    return vl_function_named(runner, words[0]) ? "0" : NULL;
}

/* `FROM-TO`, `-TO`, `FROM-` or one number. False: none of them. */
static bool read_range(const char *text, int *ret_from, int *ret_to)
{
    char behind;

    *ret_from = 1;
    *ret_to = INT_MAX;
    if (sscanf(text, "%9d-%9d", ret_from, ret_to) == 2)
        return true;
    *ret_from = 1;
    if (*text == '-')
        return sscanf(text, "-%9d", ret_to) == 1;
    if (sscanf(text, "%9d%c", ret_from, &behind) == 2 && behind == '-')
        return true;
    *ret_to = *ret_from;
    return sscanf(text, "%9d", ret_from) == 1 && sscanf(text, "%9d", ret_to) == 1;
}

/* Its name is filled in by Asterisk's other way. */
static const char *named_by_string(struct vl_runner *runner, const char *name)
{
    bool outer = runner->by_string;
    const char *value;

    runner->by_string = true;
    value = vl_function_named(runner, name);
    runner->by_string = outer;
    return value;
}

/* `CUT(NAME[,MARK],RANGE[&RANGE…])`. Parts come in their order: one that was passed is not gone back to. */
const char *vl_function_cut(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *rest, *const *ranges;
    VL_BUF_AUTO out = VL_BUF_INIT;
    int place = 1, from, to;
    bool first = true;
    char mark;

    if (is_odd(text))
        return NULL;
    vl_function_words(runner->scratch, text, 3, words);
    if (!words[1] || !words[2])
        return "";
    rest = named_by_string(runner, words[0]);
    if (!rest)
        return NULL;
    mark = *words[1] ? *words[1] : '-';
    ranges = vl_text_split(runner->scratch, words[2], "&");
    for (; ranges && *ranges && rest; ranges++) {
        if (!read_range(*ranges, &from, &to))
            return "";
        for (; rest && place < from; place++)
            (void)next_part(runner->scratch, &rest, mark);
        for (; rest && place <= to; place++) {
            if (!first)
                vl_buf_putc(&out, mark);
            vl_buf_puts(&out, next_part(runner->scratch, &rest, mark));
            first = false;
        }
    }
    if (out.failed)
        runner->arena->failed = true;
    return first ? "" : vl_arena_strdup(runner->scratch, vl_buf_text(&out));
}

/* `LISTFILTER(NAME,MARK,TEXT)`: the list without what is like it. */
const char *vl_function_list_filter(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *rest;
    VL_BUF_AUTO out = VL_BUF_INIT;
    bool first = true;

    if (is_odd(text))
        return NULL;
    vl_function_words(runner->scratch, text, 3, words);
    if (!words[1] || !words[2])
        return "";
    rest = vl_function_named(runner, words[0]);
    if (!rest || !*words[1])
        return NULL;
    if (!*rest || !strstr(rest, words[2]))
        return rest;
    /* Asterisk reads on behind a list that ends with an empty part */
    if (rest[strlen(rest) - 1] == *words[1])
        return NULL;
    while (rest) {
        const char *part = next_part(runner->scratch, &rest, *words[1]);

        if (!strcmp(part, words[2]))
            continue;
        if (!first)
            vl_buf_putc(&out, *words[1]);
        vl_buf_puts(&out, part);
        first = false;
    }
    if (out.failed)
        runner->arena->failed = true;
    return vl_arena_strdup(runner->scratch, vl_buf_text(&out));
}

/* `REPLACE(NAME,CHARACTERS[,CHARACTER])` */
const char *vl_function_replace(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *value;
    char *copy, *end;

    if (strchr(text, '\\'))
        return NULL;
    vl_function_words(runner->scratch, text, 3, words);
    if (!words[1] || !*words[1])
        return "";
    value = vl_function_named(runner, words[0]);
    if (!value || !*value)
        return value;
    copy = end = vl_arena_strdup(runner->scratch, value);
    for (; *value; value++) {
        if (!strchr(words[1], *value))
            *end++ = *value;
        else if (mark_of(words[2]))
            *end++ = *words[2];
    }
    *end = '\0';
    return copy;
}

/* `STRREPLACE(NAME,TEXT[,TEXT[,MOST]])` */
const char *vl_function_string_replace(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST], *value, *found;
    VL_BUF_AUTO out = VL_BUF_INIT;
    long most = LONG_MAX;

    vl_function_words(runner->scratch, text, 4, words);
    if (!words[1] || !*words[1])
        return "";
    value = vl_function_named(runner, words[0]);
    if (!value)
        return NULL;
    if (words[3] && strtol(words[3], NULL, 10) > 0)
        most = strtol(words[3], NULL, 10);
    for (; most && (found = strstr(value, words[1])); most--) {
        vl_buf_add(&out, value, (size_t)(found - value));
        vl_buf_puts(&out, words[2] ? words[2] : "");
        value = found + strlen(words[1]);
    }
    vl_buf_puts(&out, value);
    if (out.failed)
        runner->arena->failed = true;
    return vl_arena_strdup(runner->scratch, vl_buf_text(&out));
}

/* What stands before the next quotation mark outside of parentheses and brackets, a backslash standing for what is
 * behind it; *text becomes what is behind the mark, NULL when there is none. */
static const char *before_quote(struct vl_arena *arena, const char **text)
{
    char *copy = vl_arena_strdup(arena, *text), *end = copy;
    int parentheses = 0, brackets = 0;

    for (const char *p = *text; *p; p++) {
        if (*p == '"' && !parentheses && !brackets) {
            *text = p + 1;
            *end = '\0';
            return copy;
        }
        parentheses += *p == '(' ? 1 : *p == ')' && parentheses ? -1 : 0;
        brackets += *p == '[' ? 1 : *p == ']' && brackets ? -1 : 0;
        p += *p == '\\' && p[1];
        *end++ = *p;
    }
    *text = NULL;
    return copy;
}

/* `REGEX("PATTERN" TEXT)`; the text is taken as it is. */
const char *vl_function_regex(struct vl_runner *runner, const char *text)
{
    const char *pattern;
    regex_t regex;
    bool matches;

    (void)before_quote(runner->scratch, &text);
    pattern = text ? before_quote(runner->scratch, &text) : NULL;
    if (!text)
        return "";
    text += *text == ' ' || *text == '\t';
    if (vl_expression_is_costly(text, pattern))
        return NULL;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return "";
    matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches ? "1" : "0";
}

/* `INC(NAME)`: what is no number stays as it is. */
static const char *count_on(struct vl_runner *runner, const char *name, int step)
{
    const char *value = vl_function_named(runner, name);
    int number;

    if (!value) {
        vl_trace_set(runner, name, NULL);
        return NULL;
    }
    if (sscanf(value, "%30d", &number) != 1)
        return "";
    value = vl_arena_printf(runner->scratch, "%d", (int)((unsigned)number + (unsigned)step));
    vl_trace_set(runner, name, value);
    return value;
}

const char *vl_function_increment(struct vl_runner *runner, const char *name)
{
    return count_on(runner, name, 1);
}

const char *vl_function_decrement(struct vl_runner *runner, const char *name)
{
    return count_on(runner, name, -1);
}

/* A list in a variable, `NAME[,MARK]`. */
struct list {
    const char *name, *value, *last;
    char mark[2];
};

static struct list read_list(struct vl_runner *runner, const char *text)
{
    const char *words[VL_FUNCTION_WORDS_MOST];
    struct list list = { .mark = "," };

    vl_function_words(runner->scratch, text, 2, words);
    list.name = words[0];
    if (mark_of(words[1]))
        list.mark[0] = *words[1];
    list.value = is_odd(text) ? NULL : vl_function_named(runner, list.name);
    list.last = list.value ? strrchr(list.value, list.mark[0]) : NULL;
    return list;
}

/* Take the first, or the last, part of a list. */
const char *vl_function_shift(struct vl_runner *runner, const char *text)
{
    struct list list = read_list(runner, text);
    const char *end = list.value ? strchrnul(list.value, list.mark[0]) : NULL;

    vl_trace_set(runner, list.name, end ? end + (*end != '\0') : NULL);
    return end ? vl_arena_strndup(runner->scratch, list.value, (size_t)(end - list.value)) : NULL;
}

const char *vl_function_pop(struct vl_runner *runner, const char *text)
{
    struct list list = read_list(runner, text);
    size_t left = list.last ? (size_t)(list.last - list.value) : 0;

    vl_trace_set(runner, list.name, list.value ? vl_arena_strndup(runner->scratch, list.value, left) : NULL);
    return list.last ? list.last + 1 : list.value;
}

void vl_function_push(struct vl_runner *runner, const char *text, const char *value)
{
    struct list list = read_list(runner, text);

    if (value && list.value && *list.value)
        value = vl_arena_printf(runner->scratch, "%s%s%s", list.value, list.mark, value);
    vl_trace_set(runner, list.name, list.value ? value : NULL);
}

void vl_function_unshift(struct vl_runner *runner, const char *text, const char *value)
{
    struct list list = read_list(runner, text);

    if (value && list.value && *list.value)
        value = vl_arena_printf(runner->scratch, "%s%s%s", value, list.mark, list.value);
    vl_trace_set(runner, list.name, list.value ? value : NULL);
}
