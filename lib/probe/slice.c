/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/slice.h"

#include <string.h>

#include "base/text.h"
#include "probe/asterisk.h"

bool vl_slice_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool vl_slice_line(const char **rest, struct vl_slice *line)
{
    if (!**rest)
        return false;
    line->start = *rest;
    line->length = strcspn(*rest, "\n");
    *rest += line->length + ((*rest)[line->length] == '\n');
    return true;
}

struct vl_slice vl_slice_strip(struct vl_slice text)
{
    while (text.length && vl_slice_blank(text.start[0]))
        text.start++, text.length--;
    while (text.length && vl_slice_blank(text.start[text.length - 1]))
        text.length--;
    return text;
}

struct vl_slice vl_slice_word(struct vl_slice *rest)
{
    struct vl_slice word;

    *rest = vl_slice_strip(*rest);
    word = *rest;
    for (word.length = 0; word.length < rest->length && !vl_slice_blank(rest->start[word.length]);)
        word.length++;
    rest->start += word.length;
    rest->length -= word.length;
    return word;
}

bool vl_slice_starts(struct vl_slice text, const char *prefix)
{
    size_t length = strlen(prefix);

    return text.length >= length && !memcmp(text.start, prefix, length);
}

bool vl_slice_equals(struct vl_slice text, const char *word)
{
    return text.length == strlen(word) && vl_slice_starts(text, word);
}

bool vl_slice_digits(struct vl_slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.start[i] < '0' || text.start[i] > '9')
            return false;
    return text.length > 0;
}

const char *vl_slice_keep(struct vl_arena *arena, struct vl_slice text)
{
    char cell[VL_ASTERISK_CELL + 1];
    size_t length = text.length < VL_ASTERISK_CELL ? text.length : VL_ASTERISK_CELL;

    memcpy(cell, text.start, length);
    cell[length] = '\0';
    return vl_text_printable(arena, cell);
}
