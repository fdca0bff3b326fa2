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

const char *const *vl_jump_words(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    const char **words = NULL;
    size_t count = 0;

    for (;;) {
        const char *end = find_outside(text, ",");
        const char **grown = vl_arena_grow(arena, words, count, sizeof(*words));

        if (!grown)
            break;
        words = grown;
        words[count++] = vl_text_strip(vl_arena_strndup(arena, text, (size_t)(end - text)));
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
            vl_jump_words(arena, vl_arena_strndup(arena, open + 1, end ? (size_t)(end - open - 1) : strlen(open + 1)),
                          &jump.value_count);
        last = vl_arena_strndup(arena, last, (size_t)(open - last));
    }
    jump.priority = last;
    jump.extension = count > 1 ? words[count - 2] : NULL;
    jump.context = count > 2 ? words[count - 3] : NULL;
    return jump;
}

/* An operand without its quotes. */
static const char *operand(struct vl_arena *arena, const char *from, size_t length)
{
    char *text = vl_text_strip(vl_arena_strndup(arena, from, length));
    size_t end = strlen(text);

    if (end >= 2 && *text == '"' && text[end - 1] == '"') {
        text[end - 1] = '\0';
        text++;
    }
    return text;
}

static bool is_number(const char *text, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return end != text && !*end;
}

static int compare(const char *left, const char *right)
{
    double a, b;

    if (is_number(left, &a) && is_number(right, &b))
        return a < b ? -1 : a > b;
    return strcmp(left, right);
}

/* The inside of $[…]: one comparison, or a word. False: more than this knows. */
static bool evaluate(struct vl_arena *arena, const char *text, bool *ret_holds)
{
    static const struct {
        const char *sign;
        bool less, equal, more;
    } signs[] = {
        { "!=", true, false, true }, { "<=", true, true, false }, { ">=", false, true, true },
        { "=", false, true, false }, { "<", true, false, false }, { ">", false, false, true },
    };
    const char *at = find_outside(text, "!<>=&|+*~?");
    const char *word;

    if (!*at) {
        word = operand(arena, text, strlen(text));
        *ret_holds = *word && strcmp(word, "0") != 0;
        return !strpbrk(word, " ()-/%");
    }
    for (size_t i = 0; i < VL_COUNT(signs); i++) {
        const char *rest = at + strlen(signs[i].sign);
        int order;

        if (!vl_text_starts(at, signs[i].sign) || *find_outside(rest, "!<>=&|+*~?"))
            continue;
        order = compare(operand(arena, text, (size_t)(at - text)), operand(arena, rest, strlen(rest)));
        *ret_holds = order < 0 ? signs[i].less : order > 0 ? signs[i].more : signs[i].equal;
        return true;
    }
    return false;
}

struct vl_condition vl_condition_read(struct vl_arena *arena, const char *text)
{
    const char *question = find_outside(text, "?");
    const char *colon = *question ? find_outside(question + 1, ":") : question;
    struct vl_condition condition = { .yes = "", .no = "" };
    char *inside = vl_text_strip(vl_arena_strndup(arena, text, (size_t)(question - text)));
    size_t length = strlen(inside);

    condition.text = vl_arena_strdup(arena, inside);
    if (*question)
        condition.yes = vl_text_strip(vl_arena_strndup(arena, question + 1, (size_t)(colon - question - 1)));
    if (*colon)
        condition.no = vl_text_strip(vl_arena_strdup(arena, colon + 1));
    if (strstr(inside, "${"))
        return condition;
    if (length > 3 && vl_text_starts(inside, "$[") && inside[length - 1] == ']') {
        inside[length - 1] = '\0';
        inside += 2;
    }
    condition.known = !strstr(inside, "$[") && evaluate(arena, inside, &condition.holds);
    return condition;
}
