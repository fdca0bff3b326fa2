/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/keys.h"

#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static bool is_comment(const char *line)
{
    line += strspn(line, " \t\r");
    return *line == '#' || *line == ';';
}

/* A value that goes on (systemd.syntax(7)): what ends in a backslash has the next line behind it, and comments between
 * them do not count. */
static char *joined(struct vl_arena *arena, const char *text)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    while (*text) {
        size_t length = strcspn(text, "\n");
        bool more = text[length] != '\0';

        if (!out.length || !is_comment(text))
            vl_buf_printf(&out, "%.*s%s", (int)length - more, text, more ? " " : "");
        text += length + more;
    }
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* Fill in what kind of line it is; `section` is the one it follows. */
static void read_line(struct vl_arena *arena, struct vl_key_line *line, const char *section)
{
    char *copy = vl_text_strip(joined(arena, line->text));
    char *equals = strchr(copy, '=');
    size_t length = strlen(copy);

    line->section = section;
    if (length >= 2 && copy[0] == '[' && copy[length - 1] == ']') {
        line->heading = true;
        line->section = vl_arena_strndup(arena, copy + 1, length - 2);
        return;
    }
    if (!equals || strchr("#;", copy[0]))
        return;
    *equals = '\0';
    line->key = vl_text_strip(copy);
    line->value = vl_text_strip(equals + 1);
}

/* The length of a line with those in which it goes on, without the last newline; *number grows by how many they are. */
static size_t line_length(const char *text, int *number)
{
    size_t length = strcspn(text, "\n"), start = 0;

    ++*number;
    while (!is_comment(text) && length > start && text[length - 1] == '\\' && text[length] && text[length + 1]) {
        do { /* over comments between them */
            start = length + 1;
            length = start + strcspn(text + start, "\n");
            ++*number;
        } while (is_comment(text + start) && text[length] && text[length + 1]);
    }
    return length;
}

size_t vl_keys_lines(struct vl_arena *arena, const char *text, struct vl_key_line **ret_lines)
{
    struct vl_key_line *lines = NULL;
    const char *section = "";
    size_t count = 0;
    int number = 1;

    while (*text) {
        int next = number;
        size_t length = line_length(text, &next);
        struct vl_key_line *grown = vl_arena_grow(arena, lines, count, sizeof(*lines));

        if (!grown)
            break;
        lines = grown;
        lines[count] = (struct vl_key_line){ .text = vl_arena_strndup(arena, text, length), .number = number };
        read_line(arena, &lines[count], section);
        section = lines[count++].section;
        text += length + (text[length] == '\n');
        number = next;
    }
    *ret_lines = lines;
    return count;
}

struct edit {
    struct vl_buf out, held; /* held: comments and blank lines in a section that goes; they may belong to the next */
    const struct vl_key_change *changes;
    size_t count;
    bool *done;
    size_t content; /* length of out after the last key or heading */
};

static void put_line(struct edit *edit, const char *text, bool content)
{
    vl_buf_printf(&edit->out, "%s\n", text);
    if (content)
        edit->content = edit->out.length;
}

/* What was held comes; of the blank lines around a section that went one is enough. */
static void release(struct edit *edit)
{
    const char *text = vl_buf_text(&edit->held), *out = vl_buf_text(&edit->out);

    if (edit->out.length < 2 || !strcmp(out + edit->out.length - 2, "\n\n"))
        text += strspn(text, "\n");
    vl_buf_puts(&edit->out, text);
    vl_buf_reset(&edit->held);
}

/* Settings of `section` that have no place yet come after its last key: comments and blank lines behind it may be about
 * what follows. */
static void finish_section(struct vl_arena *arena, struct edit *edit, const char *section)
{
    char *rest = vl_arena_strdup(arena, vl_buf_text(&edit->out) + edit->content);
    bool first = true;

    for (size_t i = 0; i < edit->count; i++) {
        const struct vl_key_change *change = &edit->changes[i];

        if (edit->done[i] || !change->value || strcmp(change->section, section) != 0)
            continue;
        if (first) {
            struct vl_buf kept = { .data = NULL };

            vl_buf_add(&kept, vl_buf_text(&edit->out), edit->content);
            vl_buf_free(&edit->out);
            edit->out = kept;
        }
        first = false;
        vl_buf_printf(&edit->out, "%s=%s\n", change->key, change->value);
        edit->content = edit->out.length;
        edit->done[i] = true;
    }
    if (!first)
        vl_buf_puts(&edit->out, rest);
}

static bool section_goes(const struct edit *edit, const char *section)
{
    for (size_t i = 0; i < edit->count; i++)
        if (!edit->changes[i].key && !fnmatch(edit->changes[i].section, section, 0))
            return true;
    return false;
}

static void edit_key(struct vl_arena *arena, struct edit *edit, const struct vl_key_line *line)
{
    bool goes = false;

    for (size_t i = 0; i < edit->count; i++) {
        const struct vl_key_change *change = &edit->changes[i];

        if (!change->key || strcmp(change->section, line->section) != 0)
            continue;
        if (change->value && !strcmp(change->key, line->key)) {
            if (!edit->done[i])
                put_line(edit,
                         !strcmp(line->value, change->value)
                             ? line->text
                             : vl_arena_printf(arena, "%s=%s", change->key, change->value),
                         true);
            edit->done[i] = true;
            return;
        }
        goes |= !change->value && !fnmatch(change->key, line->key, 0);
    }
    if (!goes)
        put_line(edit, line->text, true);
}

static void edit_line(struct vl_arena *arena, struct edit *edit, const struct vl_key_line *line, const char *section)
{
    if (line->heading) {
        if (!section_goes(edit, section))
            finish_section(arena, edit, section);
        release(edit);
    }
    if (section_goes(edit, line->section)) {
        if (line->key || line->heading)
            vl_buf_reset(&edit->held);
        else
            vl_buf_printf(&edit->held, "%s\n", line->text);
    } else if (line->key) {
        edit_key(arena, edit, line);
    } else {
        put_line(edit, line->text, line->heading);
    }
}

const char *vl_keys_edit(struct vl_arena *arena, const char *text, const struct vl_key_change *changes, size_t count)
{
    struct vl_key_line *lines;
    size_t line_count = vl_keys_lines(arena, text, &lines);
    struct edit edit = { .changes = changes, .count = count, .done = vl_arena_zalloc(arena, count + 1) };
    const char *section = "", *result;

    if (!edit.done)
        return "";
    for (size_t i = 0; i < line_count; i++) {
        edit_line(arena, &edit, &lines[i], section);
        section = lines[i].section;
    }
    if (!section_goes(&edit, section))
        finish_section(arena, &edit, section);
    if (strspn(vl_buf_text(&edit.held), "\n") < edit.held.length)
        release(&edit);
    for (size_t i = 0; i < count; i++) {
        if (!edit.done[i] && changes[i].value) {
            if (*changes[i].section)
                vl_buf_printf(&edit.out, "%s[%s]\n", edit.out.length ? "\n" : "", changes[i].section);
            edit.content = edit.out.length;
            finish_section(arena, &edit, changes[i].section);
        }
    }
    arena->failed |= edit.out.failed || edit.held.failed;
    result = vl_arena_strdup(arena, vl_buf_text(&edit.out));
    vl_buf_free(&edit.out);
    vl_buf_free(&edit.held);
    return result;
}

const struct vl_key_line *vl_keys_find(struct vl_arena *arena, const char *text, const char *section, const char *key)
{
    struct vl_key_line *lines, *found = NULL;
    size_t count = vl_keys_lines(arena, text, &lines);

    for (size_t i = 0; i < count; i++)
        if (lines[i].key && !strcmp(lines[i].section, section) && !strcmp(lines[i].key, key))
            found = &lines[i];
    return found;
}

const char *vl_keys_value(struct vl_arena *arena, const char *text, const char *section, const char *key)
{
    const struct vl_key_line *line = vl_keys_find(arena, text, section, key);
    size_t length = line ? strlen(line->value) : 0;

    if (length >= 2 && strchr("\"'", line->value[0]) && line->value[length - 1] == line->value[0])
        return vl_arena_strndup(arena, line->value + 1, length - 2);
    return line ? line->value : NULL;
}

static bool matches_any(const char *const *patterns, const char *key)
{
    for (; *patterns; patterns++)
        if (!fnmatch(*patterns, key, 0))
            return true;
    return false;
}

static const char *collect(struct vl_arena *arena, const char *text, const char *section, const char *const *patterns,
                           bool matching)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct vl_key_line *lines;
    size_t count = vl_keys_lines(arena, text, &lines);

    for (size_t i = 0; i < count; i++)
        if (lines[i].key && !strcmp(lines[i].section, section) && matches_any(patterns, lines[i].key) == matching)
            vl_buf_printf(&out, "%s\n", lines[i].text);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

const char *vl_keys_collect(struct vl_arena *arena, const char *text, const char *section, const char *const *patterns)
{
    return collect(arena, text, section, patterns, true);
}

const char *vl_keys_others(struct vl_arena *arena, const char *text, const char *section, const char *const *patterns)
{
    return collect(arena, text, section, patterns, false);
}
