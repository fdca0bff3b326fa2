/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/edit.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"

/* A line without what ends it, and without blanks around it. */
struct line {
    const char *at;
    size_t length;
};

static struct line strip(const char *at, size_t length)
{
    while (length && strchr(" \t\r\n", at[length - 1]))
        length--;
    while (length && strchr(" \t", *at)) {
        at++;
        length--;
    }
    return (struct line){ .at = at, .length = length };
}

static bool says(struct line line, const char *text)
{
    return line.length == strlen(text) && memcmp(line.at, text, line.length) == 0;
}

/* Whether the line opens this section. */
static bool opens(struct line line, const char *section)
{
    const char *end = line.length && *line.at == '[' ? memchr(line.at, ']', line.length) : NULL;

    return end && says(strip(line.at + 1, (size_t)(end - line.at - 1)), section);
}

/* Where the value of the key begins in this line; NULL: it is the line of another one. */
static const char *value_of(struct line line, const char *key)
{
    const char *equals = memchr(line.at, '=', line.length);

    if (!equals || !says(strip(line.at, (size_t)(equals - line.at)), key))
        return NULL;
    equals++;
    return equals + strspn(equals, " \t");
}

/* Where a value ends, before blanks and a comment. */
static const char *end_of(const char *value)
{
    const char *quote = *value == '"' || *value == '\'' ? strpbrk(value + 1, *value == '"' ? "\"\n" : "'\n") : NULL;
    size_t length = strcspn(value, ";#\r\n");

    if (quote && *quote != '\n')
        return quote + 1;
    while (length && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    return value + length;
}

/* What is replaced by what. */
struct change {
    const char *from, *to; /* the old bytes */
    bool is_value;         /* of a line that is there; else a line is put in after the one that ends here */
};

static bool find(const char *text, const char *section, const char *key, struct change *ret_change)
{
    bool inside = false, found = false;

    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n") + (strchr(at, '\n') != NULL);
        struct line line = strip(at, length);
        const char *value;

        if (line.length && *line.at == '[')
            inside = opens(line, section);
        value = inside && line.length && !strchr("[;#", *line.at) ? value_of(line, key) : NULL;
        if (value) {
            *ret_change = (struct change){ .from = value, .to = end_of(value), .is_value = true };
            return true;
        }
        if (inside && line.length && !strchr(";#", *line.at)) {
            found = true;
            *ret_change = (struct change){ .from = at + length, .to = at + length };
        }
        at += length;
    }
    return found;
}

char *vl_lab_set_key(struct vl_arena *arena, const char *text, const char *section, const char *key, const char *value)
{
    VL_BUF_AUTO edited = VL_BUF_INIT;
    struct change change;
    const char *line_end;
    bool whole;

    if (!find(text, section, key, &change))
        return NULL;
    whole = change.from[-1] == '\n';
    line_end = change.from - text > 1 && whole && change.from[-2] == '\r' ? "\r\n" : "\n";
    vl_buf_add(&edited, text, (size_t)(change.from - text));
    if (change.is_value)
        vl_buf_puts(&edited, value);
    else
        vl_buf_printf(&edited, "%s%s = %s%s", whole ? "" : line_end, key, value, line_end);
    vl_buf_puts(&edited, change.to);
    arena->failed |= edited.failed;
    return vl_arena_strdup(arena, vl_buf_text(&edited));
}
