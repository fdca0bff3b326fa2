/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/variables.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/memory.h"
#include "dialplan/expression.h"

enum { TEXT_MOST = 8191, DEPTH_MOST = 16 };

struct work {
    struct vl_arena *arena;
    const struct vl_variables *variables;
};

static void substitute(struct work *work, struct vl_buf *out, const char *text, size_t length, unsigned depth);

/* Cut `:OFFSET[:LENGTH]` off a name, outside of parentheses. NULL: there is none. */
static char *cut_part(char *name)
{
    int depth = 0;

    for (; *name; name++) {
        depth += (*name == '(') - (*name == ')');
        if (*name == ':' && depth == 0) {
            *name = '\0';
            return name + 1;
        }
    }
    return NULL;
}

/* Append the part of a value: a negative offset counts from the end, a negative length stops before it. What is no
 * number says nothing, nor does what stands behind it: `::1` is the whole. */
static void add_part(struct vl_buf *out, const char *value, const char *part)
{
    long offset = 0, length = (long)strlen(value), count = length;
    int numbers[2];
    int found = part ? sscanf(part, "%30d:%30d", &numbers[0], &numbers[1]) : 0;

    if (found > 0)
        offset = numbers[0];
    if (found > 1)
        count = numbers[1];
    if (offset < 0)
        offset = length + offset < 0 ? 0 : length + offset;
    if (offset > length)
        offset = length;
    if (count < 0)
        count = length - offset + count < 0 ? 0 : length - offset + count;
    if (count > length - offset)
        count = length - offset;
    vl_buf_add(out, value + offset, (size_t)count);
}

/* One ${…}, whose inside is given. */
static void add_variable(struct work *work, struct vl_buf *out, const char *text, size_t length, unsigned depth)
{
    VL_BUF_AUTO name = VL_BUF_INIT;
    VL_FREE char *whole = NULL;
    const char *value;
    char *part;

    substitute(work, &name, text, length, depth + 1);
    whole = vl_strdup(vl_buf_text(&name));
    if (name.failed || !whole) {
        work->arena->failed = true;
        return;
    }
    part = cut_part(whole);
    value = work->variables->value(work->variables->context, whole);
    if (value && part && (strstr(value, "${") || strstr(value, "$[")))
        value = NULL; /* a part of what is not known */
    if (value) {
        add_part(out, value, part);
    } else if (work->variables->keep || strchr(whole, '(')) {
        vl_buf_printf(out, "${%s}", vl_buf_text(&name));
    }
}

/* One $[…], whose inside is given. */
static void add_expression(struct work *work, struct vl_buf *out, const char *text, size_t length, unsigned depth)
{
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    VL_BUF_AUTO filled = VL_BUF_INIT;
    const char *value = NULL;

    substitute(work, &filled, text, length, depth + 1);
    if (work->variables->compute)
        value = vl_expression(&scratch, vl_buf_text(&filled));
    if (filled.failed || scratch.failed)
        work->arena->failed = true;
    if (value) {
        vl_buf_puts(out, value);
        return;
    }
    vl_buf_printf(out, "$[%s]", vl_buf_text(&filled));
}

static void substitute(struct work *work, struct vl_buf *out, const char *text, size_t length, unsigned depth)
{
    size_t i = 0;

    while (i < length && out->length < TEXT_MOST) {
        const char *from = text + i + 2;
        size_t inner;

        if (depth >= DEPTH_MOST || text[i] != '$' || i + 1 >= length || (text[i + 1] != '{' && text[i + 1] != '[')) {
            vl_buf_putc(out, text[i++]);
            continue;
        }
        inner = vl_reference_inside(from, length - i - 2, text[i + 1]);
        if (text[i + 1] == '{')
            add_variable(work, out, from, inner, depth);
        else
            add_expression(work, out, from, inner, depth);
        i += 2 + inner + 1;
    }
    vl_buf_cut(out, TEXT_MOST);
}

char *vl_substitute(struct vl_arena *arena, const struct vl_variables *variables, const char *text)
{
    struct work work = { .arena = arena, .variables = variables };
    VL_BUF_AUTO out = VL_BUF_INIT;

    if (!strstr(text, "${") && !strstr(text, "$["))
        return vl_arena_strdup(arena, text);
    substitute(&work, &out, text, strlen(text), 0);
    if (out.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}
