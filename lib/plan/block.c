/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/block.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/text.h"

#define BEGIN " voiplab: begin"
#define BEGIN_JOINED " voiplab: begin, after a line without an end"
#define BEGIN_CREATED " voiplab: begin, file made by voiplab"
#define END " voiplab: end"

struct found {
    const char *start, *end; /* the whole block, marker lines and the last line feed included */
    bool joined, created;
};

static bool is_marker(const char *line, size_t length, char comment, const char *marker)
{
    return length == strlen(marker) + 1 && line[0] == comment && !memcmp(line + 1, marker, length - 1);
}

/* Find our block; an opening marker without its end is not one. */
static bool find_block(const char *text, char comment, struct found *found)
{
    bool open = false;

    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        const char *next = line + length + (line[length] == '\n');
        bool joined = is_marker(line, length, comment, BEGIN_JOINED);
        bool created = is_marker(line, length, comment, BEGIN_CREATED);

        if (joined || created || is_marker(line, length, comment, BEGIN)) {
            *found = (struct found){ .start = line, .joined = joined, .created = created };
            open = true;
        } else if (open && is_marker(line, length, comment, END)) {
            found->end = next;
            return true;
        }
        line = next;
    }
    return false;
}

static void add_block(struct vl_buf *buf, const char *block, char comment, const char *begin)
{
    vl_buf_printf(buf, "%c%s\n%s", comment, begin, block);
    if (*block && block[strlen(block) - 1] != '\n')
        vl_buf_putc(buf, '\n');
    vl_buf_printf(buf, "%c%s\n", comment, END);
}

char *vl_block_put(struct vl_arena *arena, const char *text, const char *block, char comment)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    struct found found;

    if (!text) {
        add_block(&buf, block, comment, BEGIN_CREATED);
    } else if (find_block(text, comment, &found)) {
        vl_buf_add(&buf, text, (size_t)(found.start - text));
        add_block(&buf, block, comment, found.created ? BEGIN_CREATED : found.joined ? BEGIN_JOINED : BEGIN);
        vl_buf_puts(&buf, found.end);
    } else {
        size_t length = strlen(text);
        bool joined = length && text[length - 1] != '\n';

        vl_buf_puts(&buf, text);
        if (joined)
            vl_buf_putc(&buf, '\n');
        add_block(&buf, block, comment, joined ? BEGIN_JOINED : BEGIN);
    }
    if (buf.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

/* `[name]`, or `[name](…)` without the mark of a template. */
static bool opens_section(const char *line, size_t length, const char *section)
{
    size_t blank = strspn(line, " \t"), named = strlen(section);

    if (length < blank + named + 2 || line[blank] != '[' || strncasecmp(line + blank + 1, section, named) != 0 ||
        line[blank + 1 + named] != ']')
        return false;
    line += blank + named + 2;
    length -= blank + named + 2;
    return !length || *line != '(' || !memchr(line, '!', length);
}

bool vl_block_follows_section(const char *text, const char *section, char comment)
{
    struct found found;
    const char *end;

    if (!text)
        return false;
    end = find_block(text, comment, &found) ? found.start : text + strlen(text);
    for (const char *line = text; line < end;) {
        size_t length = strcspn(line, "\n");

        if (opens_section(line, length, section))
            return true;
        line += length + (line[length] == '\n');
    }
    return false;
}

char *vl_block_take_out(struct vl_arena *arena, const char *text, char comment)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    struct found found;

    if (!find_block(text, comment, &found))
        return vl_arena_strdup(arena, text);
    /* the line feed before the block is ours to take back only while nothing stands after the block: else two of the
     * user's lines would become one */
    vl_buf_add(&buf, text, (size_t)(found.start - text) - (found.joined && found.start > text && !*found.end ? 1 : 0));
    vl_buf_puts(&buf, found.end);
    if (buf.failed)
        arena->failed = true;
    if (found.created && buf.length == 0)
        return NULL;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

char vl_block_comment(const char *path)
{
    return vl_text_starts(path, "/etc/asterisk/") ? ';' : '#';
}
