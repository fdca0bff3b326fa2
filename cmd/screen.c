/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How wide the screen is, what its locale can show, and text that fits both: broken between words, in columns that
 * stand still.
 */
#include "screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL = 80, LEAST = 20, MOST = 100000 };

unsigned cmd_columns(int descriptor)
{
    const char *given = getenv("COLUMNS");
    char *end = NULL;
    unsigned long columns = given ? strtoul(given, &end, 10) : 0;
    struct winsize size = { .ws_col = 0 };

    if (!given || end == given || *end)
        columns = isatty(descriptor) && ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    if (!columns)
        return USUAL;
    return columns < LEAST ? LEAST : columns > MOST ? MOST : (unsigned)columns;
}

bool cmd_is_utf8(void)
{
    static int known = -1;

    if (known < 0) {
        (void)setlocale(LC_CTYPE, "");
        known = !strcmp(nl_langinfo(CODESET), "UTF-8");
    }
    return known;
}

/* Characters of ours that a locale without them has other words for. */
static size_t put_substitute(FILE *stream, const char *text)
{
    static const char *const pairs[][2] = { { "\xe2\x86\x92", "->" }, { "\xe2\x80\xa2", "." } };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (!strncmp(text, pairs[i][0], strlen(pairs[i][0]))) {
            (void)fputs(pairs[i][1], stream);
            return strlen(pairs[i][0]);
        }
    return 0;
}

char *cmd_for_locale(const char *text)
{
    char *shown = NULL;
    size_t size;
    FILE *stream = open_memstream(&shown, &size);

    while (stream && *text) {
        bool plain = cmd_is_utf8() || (unsigned char)*text < 0x80;
        size_t length = plain ? 0 : put_substitute(stream, text);

        if (plain)
            (void)fputc(*text, stream);
        else if (!length)
            (void)fprintf(stream, "\\x%02x", (unsigned char)*text);
        text += length ? length : 1;
    }
    if (stream && fclose(stream) == 0)
        return shown;
    free(shown);
    return NULL;
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

size_t cmd_width(const char *text, size_t length)
{
    size_t width = 0;

    for (size_t i = 0; i < length; i++)
        width += begins_character(text[i]);
    return width;
}

size_t cmd_bytes(const char *text, size_t room)
{
    size_t bytes = 0, width = 0;

    while (text[bytes] && text[bytes] != '\n') {
        width += begins_character(text[bytes]);
        if (width > room)
            break;
        bytes++;
    }
    return bytes;
}

size_t cmd_line(const char *text, size_t room, const char **ret_rest)
{
    size_t most = cmd_bytes(text, room ? room : 1), end = most;

    if (text[most] && text[most] != '\n') {
        while (end && text[end] != ' ')
            end--;
        end = end ? end : most; /* a word that is longer than the room is broken */
    }
    *ret_rest = text + end + strspn(text + end, " ");
    if (**ret_rest == '\n')
        ++*ret_rest;
    while (end && text[end - 1] == ' ')
        end--;
    return end;
}

void cmd_wrap(FILE *stream, const char *text, size_t columns, size_t at, size_t indent)
{
    for (bool first = true; first || *text; first = false) {
        const char *line = text;
        size_t begin = first ? at : indent, length = cmd_line(line, columns > begin ? columns - begin : 1, &text);

        (void)fprintf(stream, "%*s%.*s\n", first ? 0 : (int)indent, "", (int)length, line);
    }
}
