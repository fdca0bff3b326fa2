/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/same.h"

#include <string.h>

#include "base/text.h"

/* So many values one text may add to the table in any case. More are worth it when that makes it shorter than three
 * quarters of what each would be by itself. */
enum { FEW_NEW = 8 };

static bool is_letter(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_pair(const char *text)
{
    return strspn(text, "0123456789abcdef") == 2 && !is_letter(text[2]);
}

/* What holds a word together, before a letter: a dot, a hyphen, the colon of a MAC address. */
static bool is_inner(const char *text)
{
    return (*text == '.' || *text == '-' || (*text == ':' && is_pair(text + 1))) && is_letter(text[1]);
}

/* A word begins and ends with a letter or a digit. 0: none begins here. */
static size_t word_length(const char *text)
{
    size_t length = 0;

    if (!is_letter(*text))
        return 0;
    while (is_letter(text[length]) || is_inner(text + length))
        length++;
    return length;
}

/* What is known of a PBX, and what that is called in a table. */
enum { ADDRESS, ACCOUNT, NAME, PREFIX, ATTRIBUTES };
static const char *const attributes[ATTRIBUTES] = {
    [ADDRESS] = "address", [ACCOUNT] = "account", [NAME] = "name", [PREFIX] = "prefix"
};

/* "" where it has none. */
static const char *attribute(struct vl_arena *arena, const struct vl_pbx *pbx, int which)
{
    const char *known = which == ADDRESS   ? vl_text_from_ipv4(arena, pbx->address)
                        : which == ACCOUNT ? pbx->account
                        : which == NAME    ? pbx->name
                                           : pbx->prefix;

    return known ? known : "";
}

static bool same_cells(const struct vl_same *same, const char *const *first, const char *const *second)
{
    for (size_t i = 0; i < same->rows; i++)
        if (strcmp(first[i], second[i]) != 0)
            return false;
    return true;
}

static const char *find_value(struct vl_same *same, const char *name, const char *const *cells)
{
    struct vl_same_value *grown;

    for (size_t i = 0; i < same->count; i++)
        if (same_cells(same, same->values[i].cells, cells))
            return same->values[i].name;
    grown = vl_arena_grow(same->arena, same->values, same->count, sizeof(*grown));
    if (!grown)
        return "";
    same->values = grown;
    grown[same->count] = (struct vl_same_value){
        .name = name ? name : vl_arena_printf(same->arena, "%zu", same->count + 1),
        .cells = vl_arena_zalloc(same->arena, same->rows * sizeof(*grown->cells)),
    };
    for (size_t i = 0; grown[same->count].cells && i < same->rows; i++)
        grown[same->count].cells[i] = cells[i];
    return grown[same->count++].name;
}

/* Whether each word is the same around what is known of its PBX, of which the first has it behind so many bytes. */
static bool stands_around(const struct vl_same *same, const char *const *words, const char *const *known, size_t before)
{
    for (size_t i = 0; i < same->rows; i++)
        if (strncmp(words[i], words[0], before) != 0 || !vl_text_starts(words[i] + before, known[i]) ||
            strcmp(words[i] + before + strlen(known[i]), words[0] + before + strlen(known[0])) != 0)
            return false;
    return true;
}

/* The same word for all, around one thing that is known: "{{name}}.qcow2". NULL: it is made otherwise. */
static const char *around(struct vl_same *same, const char *const *words, const char *const *known, int which)
{
    for (const char *at = strstr(words[0], known[0]); at; at = strstr(at + 1, known[0])) {
        size_t before = (size_t)(at - words[0]);

        if (which == PREFIX && before && at[-1] != '_') /* a digit in a number is none */
            continue;
        if (stands_around(same, words, known, before))
            return vl_arena_printf(same->arena, "%.*s" VL_SAME_OPEN "%s" VL_SAME_CLOSE "%s", (int)before, words[0],
                                   find_value(same, attributes[which], known), at + strlen(known[0]));
    }
    return NULL;
}

static const char *by_attribute(struct vl_same *same, const char *const *words)
{
    const char **known = vl_arena_zalloc(same->arena, same->rows * sizeof(*known)), *text = NULL;

    for (int which = 0; known && !text && which < ATTRIBUTES; which++) {
        bool all = true;

        for (size_t i = 0; i < same->rows; i++) {
            known[i] = attribute(same->arena, same->pbxs[i], which);
            all = all && *known[i];
        }
        text = all ? around(same, words, known, which) : NULL;
    }
    return text;
}

static const char *differing_word(struct vl_same *same, const char *const *words)
{
    const char *text = by_attribute(same, words);

    return text ? text : vl_arena_printf(same->arena, VL_SAME_OPEN "%s" VL_SAME_CLOSE, find_value(same, NULL, words));
}

/* The next piece of all texts: a word each, or one byte that is the same in all. False: they go apart. */
static bool take_piece(struct vl_same *same, const char **at, const char **words, struct vl_buf *buf)
{
    size_t length = word_length(at[0]);
    bool alike = true;

    if (!length) {
        for (size_t i = 1; i < same->rows; i++)
            if (*at[i] != *at[0] || word_length(at[i]))
                return false;
        vl_buf_putc(buf, *at[0]);
        for (size_t i = 0; i < same->rows; i++)
            at[i]++;
        return true;
    }
    for (size_t i = 0; i < same->rows; i++) {
        size_t own = word_length(at[i]);

        if (!own)
            return false;
        words[i] = vl_arena_strndup(same->arena, at[i], own);
        alike = alike && !strcmp(words[i], words[0]);
        at[i] += own;
    }
    vl_buf_puts(buf, alike ? words[0] : differing_word(same, words));
    return !same->arena->failed;
}

static bool is_worth_it(const struct vl_same *same, size_t before, size_t length, const char *const *texts)
{
    size_t whole = 0;

    for (size_t i = 0; i < same->rows; i++)
        whole += strlen(texts[i]);
    for (size_t i = before; i < same->count; i++)
        for (size_t row = 0; row < same->rows; row++)
            length += strlen(same->values[i].cells[row]);
    return same->count - before <= FEW_NEW || length <= whole / 4 * 3;
}

const char *vl_same_text(struct vl_same *same, const char *const *texts)
{
    const char **at = vl_arena_zalloc(same->arena, same->rows * sizeof(*at));
    const char **words = vl_arena_zalloc(same->arena, same->rows * sizeof(*words));
    size_t before = same->count;
    bool whole = at && words;
    VL_BUF_AUTO buf = VL_BUF_INIT;

    for (size_t i = 0; whole && i < same->rows; i++) {
        at[i] = texts[i];
        whole = !strstr(texts[i], VL_SAME_OPEN);
    }
    while (whole && *at[0])
        whole = take_piece(same, at, words, &buf);
    for (size_t i = 0; whole && i < same->rows; i++)
        whole = !*at[i];
    if (!whole || buf.failed || !is_worth_it(same, before, buf.length, texts)) {
        same->count = before;
        same->arena->failed |= buf.failed;
        return NULL;
    }
    return vl_arena_strdup(same->arena, vl_buf_text(&buf));
}

static void add_cell(struct vl_buf *buf, const char *text)
{
    vl_buf_printf(buf, " `%s` |", text);
}

static void add_rule(struct vl_buf *buf, size_t columns)
{
    vl_buf_puts(buf, "\n|");
    for (size_t i = 0; i <= columns; i++)
        vl_buf_puts(buf, " --- |");
    vl_buf_putc(buf, '\n');
}

void vl_same_table(const struct vl_same *same, struct vl_buf *buf)
{
    bool across = same->count <= same->rows; /* values across, PBXs down */
    size_t columns = across ? same->count : same->rows, lines = across ? same->rows : same->count;

    vl_buf_puts(buf, across ? "\n| on |" : "\n| value |");
    for (size_t i = 0; i < columns; i++) {
        if (across)
            vl_buf_printf(buf, " `" VL_SAME_OPEN "%s" VL_SAME_CLOSE "` |", same->values[i].name);
        else
            vl_buf_printf(buf, " %s |", same->pbxs[i]->name);
    }
    add_rule(buf, columns);
    for (size_t line = 0; line < lines; line++) {
        if (across)
            vl_buf_printf(buf, "| %s |", same->pbxs[line]->name);
        else
            vl_buf_printf(buf, "| `" VL_SAME_OPEN "%s" VL_SAME_CLOSE "` |", same->values[line].name);
        for (size_t i = 0; i < columns; i++)
            add_cell(buf, across ? same->values[i].cells[line] : same->values[line].cells[i]);
        vl_buf_putc(buf, '\n');
    }
}
