/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/shell.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define SAFE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@+%"

/* How many bytes at `text` are one character that may be shown: printable ASCII, a line feed, a tab, or a letter of
 * UTF-8. The marks that turn the direction of writing, and the controls of ISO 8859, are none: a text that shows
 * otherwise than it is must not be pasted. 0: it may not be shown. */
static size_t shown(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = *at < 0xc2 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
    unsigned long code = length < 2 ? *at : *at & (0x7fU >> length);

    if (*at < 0x80)
        return *at == '\n' || *at == '\t' || (*at >= ' ' && *at != 0x7f);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    if (length < 2 || (length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff)))
        return 0;
    if (code < 0xa0 || (code >= 0xd800 && code < 0xe000) || (code >= 0x200b && code < 0x2010) ||
        (code >= 0x2028 && code < 0x2030) || (code >= 0x2060 && code < 0x2070) || code == 0x61c || code == 0xfeff)
        return 0;
    return length;
}

/* What printf(1) makes the same bytes of, in single quotes. */
static void add_octal(struct vl_buf *buf, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        vl_buf_printf(buf, "\\%03o", (unsigned)(unsigned char)bytes[i]);
}

static size_t hidden(const char *text)
{
    size_t length = 0;

    while (text[length] && !shown(text + length))
        length++;
    return length;
}

void vl_shell_word(struct vl_buf *buf, const char *word)
{
    if (*word && !word[strspn(word, SAFE)]) {
        vl_buf_puts(buf, word);
        return;
    }
    vl_buf_putc(buf, '\'');
    while (*word) {
        size_t length = shown(word);

        if (!length) {
            length = hidden(word);
            vl_buf_puts(buf, "'\"$(printf '");
            add_octal(buf, word, length);
            vl_buf_puts(buf, "')\"'");
        } else if (*word == '\'') {
            vl_buf_puts(buf, "'\\''");
        } else {
            vl_buf_add(buf, word, length);
        }
        word += length;
    }
    vl_buf_putc(buf, '\'');
}

void vl_shell_words(struct vl_buf *buf, const char *const *argv)
{
    for (size_t i = 0; argv[i]; i++) {
        if (i)
            vl_buf_putc(buf, ' ');
        vl_shell_word(buf, argv[i]);
    }
}

/* A here-document ends with a line feed, whatever the text does. */
static bool fits_document(const char *text)
{
    size_t length = strlen(text);

    for (const char *at = text; *at; at += shown(at))
        if (!shown(at))
            return false;
    return length && text[length - 1] == '\n';
}

static bool has_line(const char *text, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (!strncmp(at, line, length) && (at[length] == '\n' || !at[length]))
            return true;
    return false;
}

static const char *choose_end(struct vl_arena *arena, const char *text)
{
    const char *end = "EOF";

    for (unsigned i = 2; has_line(text, end) && !arena->failed; i++)
        end = vl_arena_printf(arena, "EOF%u", i);
    return end;
}

static const struct vl_shell_part *part_at(const struct vl_shell_part *parts, const char *text)
{
    for (; parts && parts->text; parts++)
        if (*parts->text && vl_text_starts(text, parts->text))
            return parts;
    return NULL;
}

/* In a document whose end has no quotes the shell looks for these three. */
static void add_open_document(struct vl_buf *buf, const char *text, const struct vl_shell_part *parts)
{
    while (*text) {
        const struct vl_shell_part *part = part_at(parts, text);

        if (part) {
            vl_buf_printf(buf, "$(%s)", part->command);
            text += strlen(part->text);
            continue;
        }
        if (strchr("\\$`", *text))
            vl_buf_putc(buf, '\\');
        vl_buf_putc(buf, *text++);
    }
}

static bool has_part(const char *text, const struct vl_shell_part *parts)
{
    for (; *text; text++)
        if (part_at(parts, text))
            return true;
    return false;
}

static void add_printf(struct vl_buf *buf, const char *text)
{
    vl_buf_puts(buf, "printf '");
    if (*text == '-') /* it would be an option */
        add_octal(buf, text++, 1);
    while (*text) {
        size_t length = shown(text);

        if (*text == '%')
            vl_buf_puts(buf, "%%");
        else if (*text == '\n')
            vl_buf_puts(buf, "\\n");
        else if (!length || *text == '\\' || *text == '\'' || *text == '\t')
            add_octal(buf, text, length = 1);
        else
            vl_buf_add(buf, text, length);
        text += length;
    }
    vl_buf_puts(buf, "'");
}

void vl_shell_input(struct vl_buf *buf, const char *command, const char *text, const struct vl_shell_part *parts)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    bool open = has_part(text, parts);
    const char *end = choose_end(&arena, text);

    if (!fits_document(text)) {
        add_printf(buf, text);
        vl_buf_printf(buf, " | %s\n", command);
        return;
    }
    vl_buf_printf(buf, open ? "%s <<%s\n" : "%s <<'%s'\n", command, end);
    if (open)
        add_open_document(buf, text, parts);
    else
        vl_buf_puts(buf, text);
    vl_buf_printf(buf, "%s\n", end);
    buf->failed |= arena.failed;
}

void vl_shell_fence(struct vl_buf *buf, const char *language, const char *text)
{
    size_t longest = 2;

    for (const char *at = strchr(text, '`'); at; at = strchr(at, '`')) {
        size_t run = strspn(at, "`");

        longest = run > longest ? run : longest;
        at += run;
    }
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i <= longest; i++)
            vl_buf_putc(buf, '`');
        vl_buf_printf(buf, "%s\n%s", round ? "" : language, round ? "" : text);
    }
}
