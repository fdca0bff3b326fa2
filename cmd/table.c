/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A table in as many columns as the screen has. One that is too wide loses first what is empty, then its last column is
 * put below the one before it where both are long texts, and what is too wide still is broken between words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "screen.h"

enum { MOST_COLUMNS = 16, NARROWEST = 6, BLANK = 1 };

struct table {
    const char *const *cells;
    size_t rows, columns, screen;
    const char *(*paint)(const char *cell);
    bool shown[MOST_COLUMNS];
    bool stacked; /* the last column stands below the one before it */
    size_t width[MOST_COLUMNS], least[MOST_COLUMNS];
};

static const char *cell(const struct table *table, size_t row, size_t column)
{
    return table->cells[row * table->columns + column];
}

static bool is_empty(const char *text)
{
    return !*text || !strcmp(text, "-");
}

static size_t widest_word(const char *text)
{
    size_t widest = 0;

    while (*text) {
        size_t length = strcspn(text, " "), width = cmd_width(text, length);

        widest = width > widest ? width : widest;
        text += length + strspn(text + length, " ");
    }
    return widest;
}

static void measure(struct table *table)
{
    for (size_t i = 0; i < table->columns; i++) {
        table->shown[i] = true;
        for (size_t row = 0; row < table->rows; row++) {
            const char *text = cell(table, row, i);
            size_t width = cmd_width(text, strlen(text)), word = widest_word(text);

            table->width[i] = width > table->width[i] ? width : table->width[i];
            table->least[i] = word > table->least[i] ? word : table->least[i];
        }
    }
}

static size_t whole_width(const struct table *table)
{
    size_t width = 0;

    for (size_t i = 0; i < table->columns; i++)
        width += table->shown[i] ? table->width[i] + BLANK : 0;
    return width ? width - BLANK : 0;
}

static void leave_out_empty(struct table *table)
{
    for (size_t i = 1; i < table->columns; i++) {
        bool empty = true;

        for (size_t row = 1; empty && row < table->rows; row++)
            empty = is_empty(cell(table, row, i));
        table->shown[i] = !empty;
    }
}

/* Two long texts beside each other would each be a column of single words. */
static void stack(struct table *table)
{
    size_t last = table->columns - 1;

    if (table->columns < 3 || !table->shown[last] || !table->shown[last - 1] ||
        table->width[last] < table->screen / 3 || table->width[last - 1] < table->screen / 3)
        return;
    table->stacked = true;
    table->shown[last] = false;
    if (table->width[last] + 3 > table->width[last - 1])
        table->width[last - 1] = table->width[last] + 3;
    if (table->least[last] > table->least[last - 1])
        table->least[last - 1] = table->least[last];
}

/* Take one column off the widest that can give it: first those that need break no word. False: none can. */
static bool narrow(struct table *table, bool break_words)
{
    size_t widest = SIZE_MAX;

    for (size_t i = 0; i < table->columns; i++) {
        size_t least = break_words ? NARROWEST : table->least[i];

        if (table->shown[i] && table->width[i] > least &&
            (widest == SIZE_MAX || table->width[i] > table->width[widest]))
            widest = i;
    }
    if (widest == SIZE_MAX)
        return false;
    table->width[widest]--;
    return true;
}

static void fit(struct table *table)
{
    if (whole_width(table) > table->screen)
        leave_out_empty(table);
    if (whole_width(table) > table->screen)
        stack(table);
    while (whole_width(table) > table->screen && narrow(table, false))
        continue;
    while (whole_width(table) > table->screen && narrow(table, true))
        continue;
}

/* `pad` blanks are due before the next text: none stand at the end of a line. */
static size_t put_part(FILE *stream, const struct table *table, size_t column, const char *text, size_t length,
                       size_t pad)
{
    const char *colour = column == 0 && table->paint && length ? table->paint(text) : NULL;

    if (!length)
        return pad + table->width[column] + BLANK;
    (void)fprintf(stream, "%*s%s%.*s%s", (int)pad, "", colour ? colour : "", (int)length, text, colour ? "\033[m" : "");
    return table->width[column] - cmd_width(text, length) + BLANK;
}

/* The cells of a row as they are broken, line by line until nothing is left of any. */
static void put_lines(FILE *stream, const struct table *table, const char **rest)
{
    bool more = true;

    while (more) {
        size_t pad = 0;

        more = false;
        for (size_t i = 0; i < table->columns; i++) {
            const char *text = rest[i];

            if (!table->shown[i])
                continue;
            pad = put_part(stream, table, i, text, cmd_line(text, table->width[i], &rest[i]), pad);
            more |= *rest[i] != '\0';
        }
        (void)fputc('\n', stream);
    }
}

static void put_row(FILE *stream, const struct table *table, size_t row)
{
    const char *rest[MOST_COLUMNS];
    size_t last = table->columns - 1, indent = 0;

    for (size_t i = 0; i < table->columns; i++)
        rest[i] = cell(table, row, i);
    put_lines(stream, table, rest);
    if (!table->stacked || is_empty(cell(table, row, last)))
        return;
    for (size_t i = 0; i + 1 < last; i++)
        indent += table->shown[i] ? table->width[i] + BLANK : 0;
    (void)fprintf(stream, "%*s-> ", (int)indent, "");
    cmd_wrap(stream, cell(table, row, last), table->screen, indent + 3, indent + 3);
}

bool cmd_print_cells(FILE *stream, const char *const *cells, size_t rows, size_t columns, size_t width,
                     const char *(*paint)(const char *cell))
{
    struct table table = { .cells = cells, .rows = rows, .columns = columns, .screen = width, .paint = paint };

    if (!columns || columns > MOST_COLUMNS)
        return false;
    measure(&table);
    fit(&table);
    for (size_t row = 0; row < rows; row++)
        put_row(stream, &table, row);
    return true;
}
