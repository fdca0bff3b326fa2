/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/lines.h"

#include <string.h>

#include "base/memory.h"

enum { MOST_DIGITS = 10 };

const char *vl_lines_next(struct vl_lines *lines, size_t *ret_length)
{
    const char *start = lines->at;
    const char *end = lines->failed ? NULL : memchr(start, '\n', (size_t)(lines->end - start));

    *ret_length = 0;
    if (!end) {
        lines->failed = true;
        return "";
    }
    lines->at = end + 1;
    *ret_length = (size_t)(end - start);
    return start;
}

const char *vl_lines_bytes(struct vl_lines *lines, size_t length)
{
    const char *start = lines->at;

    if (lines->failed || length > (size_t)(lines->end - start)) {
        lines->failed = true;
        return NULL;
    }
    lines->at += length;
    return start;
}

bool vl_lines_word(struct vl_lines *lines, const char *word)
{
    size_t length;
    const char *line = vl_lines_next(lines, &length);

    if (length != strlen(word) || memcmp(line, word, length) != 0)
        lines->failed = true;
    return !lines->failed;
}

/* A number at *at, which moves behind it. */
static bool read_number(const char **at, const char *end, int base, unsigned long *ret_number)
{
    size_t digits = 0;

    *ret_number = 0;
    for (; *at < end && **at >= '0' && **at < '0' + base && digits < MOST_DIGITS; digits++)
        *ret_number = *ret_number * (unsigned long)base + (unsigned long)(*(*at)++ - '0');
    return digits > 0;
}

bool vl_lines_numbers(struct vl_lines *lines, char tag, const int *bases, unsigned long *numbers, size_t count)
{
    size_t length;
    const char *at = vl_lines_next(lines, &length), *end = at + length;
    bool good = at < end && *at++ == tag;

    for (size_t i = 0; i < count && good; i++)
        good = at < end && *at++ == ' ' && read_number(&at, end, bases[i], &numbers[i]);
    if (!good || at != end)
        lines->failed = true;
    return !lines->failed;
}

/* Take back what did not fit. */
static bool settle(struct vl_lines *lines, const struct vl_lines *before)
{
    bool good = !lines->failed;

    if (!good)
        *lines = *before;
    return good;
}

bool vl_lines_try_word(struct vl_lines *lines, const char *word)
{
    struct vl_lines before = *lines;

    (void)vl_lines_word(lines, word);
    return settle(lines, &before);
}

bool vl_lines_try_numbers(struct vl_lines *lines, char tag, const int *bases, unsigned long *numbers, size_t count)
{
    struct vl_lines before = *lines;

    (void)vl_lines_numbers(lines, tag, bases, numbers, count);
    return settle(lines, &before);
}

bool vl_lines_try_command(struct vl_lines *lines, int *ret_status, const char **ret_bytes, size_t *ret_length)
{
    struct vl_lines before = *lines;
    unsigned long numbers[2] = { 0 };
    const char *bytes;

    if (vl_lines_numbers(lines, 'c', (const int[]){ 10, 10 }, numbers, 2) &&
        (numbers[0] > 255 || numbers[1] > VL_TARGET_OUTPUT_LIMIT))
        lines->failed = true;
    bytes = vl_lines_bytes(lines, numbers[1]);
    if (!settle(lines, &before))
        return false;
    *ret_bytes = bytes;
    *ret_status = (int)numbers[0];
    *ret_length = numbers[1];
    return true;
}

bool vl_lines_try_answer(struct vl_lines *lines, struct vl_command_result *ret_result)
{
    struct vl_lines before = *lines;
    const char *bytes;
    size_t length;
    int status;

    if (!vl_lines_try_command(lines, &status, &bytes, &length))
        return false;
    *ret_result = (struct vl_command_result){ .status = status, .output = vl_strndup(bytes, length) };
    if (!ret_result->output)
        *lines = before;
    return ret_result->output != NULL;
}
