/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/assignments.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#include "base/buf.h"

struct assignment {
    const char *key, *raw; /* raw: as it is written behind the equals sign */
    const char *value;     /* NULL: only a shell can tell */
};

/* What stands on a line, or on several when a quote or a backslash leads on. */
struct item {
    const char *text; /* with the line feed at its end, if there is one */
    struct assignment *assignments;
    size_t count;
    int number; /* of its first line */
    bool odd;   /* there is something else on it */
};

/* One word from `at`, its plain value into `value`. Returns its end; *ret_known is false when the value is made of what
 * only a shell knows. */
static const char *read_word(const char *at, struct vl_buf *value, bool *ret_known)
{
    char quote = '\0';

    for (; *at && (quote || !strchr(" \t\n;&|()<>", *at)); at++) {
        if (*at == '$' || *at == '`')
            *ret_known &= quote == '\'';
        if (quote ? *at == quote : strchr("'\"", *at) != NULL) {
            quote = quote ? '\0' : *at;
        } else if (*at == '\\' && quote != '\'' && at[1] && (!quote || strchr("$`\"\\\n", at[1]))) {
            at++;
            if (*at != '\n')
                vl_buf_putc(value, *at);
        } else {
            vl_buf_putc(value, *at);
        }
    }
    *ret_known &= !quote;
    return at;
}

static size_t key_length(const char *word)
{
    size_t length = 0;

    while (isalnum((unsigned char)word[length]) || word[length] == '_')
        length++;
    return length && !isdigit((unsigned char)*word) && word[length] == '=' ? length : 0;
}

static void read_assignment(struct vl_arena *arena, struct item *item, const char *word, size_t key, const char **at)
{
    struct assignment *grown = vl_arena_grow(arena, item->assignments, item->count, sizeof(*grown));
    VL_BUF_AUTO value = VL_BUF_INIT;
    bool known = true;

    *at = read_word(word + key + 1, &value, &known);
    if (!grown)
        return;
    item->assignments = grown;
    grown[item->count++] = (struct assignment){
        .key = vl_arena_strndup(arena, word, key),
        .raw = vl_arena_strndup(arena, word + key + 1, (size_t)(*at - word) - key - 1),
        .value = known ? vl_arena_strdup(arena, vl_buf_text(&value)) : NULL,
    };
    arena->failed |= value.failed;
}

/* Read from `at` up to the line feed that ends it. */
static const char *read_item(struct vl_arena *arena, const char *at, struct item *item)
{
    VL_BUF_AUTO ignored = VL_BUF_INIT;

    while (*at && *at != '\n') {
        bool known;
        size_t key = key_length(at);
        const char *end;

        if (*at == '#') {
            at += strcspn(at, "\n");
        } else if (key) {
            read_assignment(arena, item, at, key, &at);
        } else if (strchr(" \t\r;", *at)) {
            at++;
        } else if (*at == '\\' && at[1] == '\n') {
            at += 2;
        } else {
            end = read_word(at, &ignored, &known);
            item->odd |= end - at != 6 || strncmp(at, "export", 6) != 0;
            at = end > at ? end : at + 1;
        }
    }
    return at + (*at == '\n');
}

static size_t read_items(struct vl_arena *arena, const char *text, struct item **ret_items)
{
    struct item *items = NULL;
    size_t count = 0;
    int number = 1;

    while (*text) {
        struct item *grown = vl_arena_grow(arena, items, count, sizeof(*items));
        const char *end;

        if (!grown)
            break;
        items = grown;
        items[count] = (struct item){ .number = number };
        end = read_item(arena, text, &items[count]);
        items[count++].text = vl_arena_strndup(arena, text, (size_t)(end - text));
        for (; text < end; text++)
            number += *text == '\n';
    }
    *ret_items = items;
    return count;
}

static const struct assignment *find(struct vl_arena *arena, const char *text, const char *key)
{
    const struct assignment *found = NULL;
    struct item *items;
    size_t count = read_items(arena, text, &items);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < items[i].count; k++)
            if (!strcmp(items[i].assignments[k].key, key))
                found = &items[i].assignments[k];
    return found;
}

const char *vl_assignments_value(struct vl_arena *arena, const char *text, const char *key)
{
    const struct assignment *found = find(arena, text, key);

    return found ? found->value : NULL;
}

static bool matches(const char *key, const char *const *patterns)
{
    for (size_t i = 0; patterns[i]; i++)
        if (!fnmatch(patterns[i], key, 0))
            return true;
    return false;
}

int vl_assignments_odd_line(struct vl_arena *arena, const char *text, const char *const *patterns)
{
    struct item *items;
    size_t count = read_items(arena, text, &items);

    for (size_t i = 0; i < count; i++) {
        bool odd = items[i].odd;

        for (size_t k = 0; k < items[i].count; k++)
            odd |= !items[i].assignments[k].value && matches(items[i].assignments[k].key, patterns);
        if (odd)
            return items[i].number;
    }
    return 0;
}

struct edit {
    struct vl_buf out;
    const struct vl_key_change *changes;
    size_t count;
    bool *done;
    size_t content; /* length of out after the last assignment */
};

/* The change that is about the key: one that sets it goes before one that takes it away. NULL: none is. */
static const struct vl_key_change *change_of(const struct edit *edit, const char *key)
{
    const struct vl_key_change *found = NULL;

    for (size_t i = 0; i < edit->count; i++) {
        const struct vl_key_change *change = &edit->changes[i];

        if (change->value && !strcmp(change->key, key))
            return change;
        if (!change->value && !fnmatch(change->key, key, 0))
            found = change;
    }
    return found;
}

/* Whether the item stays as it is: nothing on it is about to change. */
static bool stays(const struct edit *edit, const struct item *item)
{
    for (size_t i = 0; i < item->count; i++) {
        const struct assignment *assignment = &item->assignments[i];
        const struct vl_key_change *change = change_of(edit, assignment->key);

        if (change && (!change->value || edit->done[change - edit->changes] || !assignment->value ||
                       strcmp(change->value, assignment->value) != 0))
            return false;
    }
    return true;
}

static void put_item(struct edit *edit, const struct item *item)
{
    bool whole = stays(edit, item), any = whole && item->count;

    if (whole)
        vl_buf_puts(&edit->out, item->text);
    if (whole && item->text[strlen(item->text) - 1] != '\n')
        vl_buf_putc(&edit->out, '\n');
    for (size_t i = 0; i < item->count; i++) {
        const struct assignment *assignment = &item->assignments[i];
        const struct vl_key_change *change = change_of(edit, assignment->key);
        bool first = change && change->value && !edit->done[change - edit->changes];

        if (!whole && (!change || first)) {
            vl_buf_printf(&edit->out, "%s=%s\n", assignment->key, first ? change->value : assignment->raw);
            any = true;
        }
        if (first)
            edit->done[change - edit->changes] = true;
    }
    if (any)
        edit->content = edit->out.length;
}

const char *vl_assignments_edit(struct vl_arena *arena, const char *text, const struct vl_key_change *changes,
                                size_t count)
{
    struct item *items;
    size_t item_count = read_items(arena, text, &items);
    struct edit edit = { .changes = changes, .count = count, .done = vl_arena_zalloc(arena, count + 1) };
    VL_BUF_AUTO out = VL_BUF_INIT;

    if (!edit.done)
        return "";
    for (size_t i = 0; i < item_count; i++)
        put_item(&edit, &items[i]);
    vl_buf_add(&out, vl_buf_text(&edit.out), edit.content);
    for (size_t i = 0; i < count; i++)
        if (changes[i].value && !edit.done[i])
            vl_buf_printf(&out, "%s=%s\n", changes[i].key, changes[i].value);
    vl_buf_puts(&out, vl_buf_text(&edit.out) + edit.content);
    arena->failed |= out.failed || edit.out.failed;
    vl_buf_free(&edit.out);
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

const char *vl_assignments_collect(struct vl_arena *arena, const char *text, const char *const *patterns)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct item *items;
    size_t count = read_items(arena, text, &items);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < items[i].count; k++)
            if (matches(items[i].assignments[k].key, patterns))
                vl_buf_printf(&out, "%s=%s\n", items[i].assignments[k].key, items[i].assignments[k].raw);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}
