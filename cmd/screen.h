/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text that fits the screen that it is printed on.
 */
#ifndef CMD_SCREEN_H
#define CMD_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How many columns there are: $COLUMNS, else those of the terminal behind the descriptor, else 80. */
unsigned cmd_columns(int descriptor);

/* Whether the locale can show every letter. */
bool cmd_is_utf8(void);

/* A text as the locale can show it: where that is not UTF-8 other characters than ASCII become \xNN, and those of ours
 * what stands for them. The caller frees it; NULL: no memory. */
char *cmd_for_locale(const char *text);

/* How many columns the first `length` bytes take. */
size_t cmd_width(const char *text, size_t length);

/* The bytes of the first characters of a line that take at most `columns`. */
size_t cmd_bytes(const char *text, size_t columns);

/* How many bytes of the text stand in a line of `room` columns: up to the last blank that fits. *ret_rest is where the
 * next line begins. */
size_t cmd_line(const char *text, size_t room, const char **ret_rest);

/* Print a text, and a line feed, in lines of at most `columns`. The first begins `at` a column that is printed already,
 * the others behind `indent` blanks. */
void cmd_wrap(FILE *stream, const char *text, size_t columns, size_t at, size_t indent);

/* A table of cells, the rows one after the other; headings are its first. `paint` may be NULL: what colours a cell of
 * the first column, or NULL. False: no memory. */
bool cmd_print_cells(FILE *stream, const char *const *cells, size_t rows, size_t columns, size_t width,
                     const char *(*paint)(const char *cell));

#endif
