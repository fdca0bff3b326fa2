/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Longest common subsequence over lines, after what is the same at both ends is set aside. Quadratic in what is left,
 * which for configuration files is small; past LARGEST cells the middle is shown as replaced as a whole.
 */
#include "plan/diff.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

enum { CONTEXT = 3, LARGEST = 16 << 20 };

struct lines {
    const char **start;
    size_t *length;     /* with the line feed, which the last line may lack */
    const char **shown; /* what is printed of each: another text with as many lines, or the same */
    size_t *shown_length;
    size_t count;
};

struct edit {
    char sign; /* ' ', '-' or '+' */
    const char *start;
    size_t length;
};

struct edits {
    struct edit *list;
    size_t count;
};

static size_t line_length(const char *text)
{
    size_t length = strcspn(text, "\n");

    return length + (text[length] == '\n');
}

static struct lines split(struct vl_arena *arena, const char *text, const char *shown)
{
    struct lines lines = { .count = 0 };
    size_t count = 0;

    for (const char *p = text; *p; p++)
        count += *p == '\n';
    lines.start = vl_arena_zalloc(arena, (count + 1) * sizeof(*lines.start));
    lines.length = vl_arena_zalloc(arena, (count + 1) * sizeof(*lines.length));
    lines.shown = vl_arena_zalloc(arena, (count + 1) * sizeof(*lines.shown));
    lines.shown_length = vl_arena_zalloc(arena, (count + 1) * sizeof(*lines.shown_length));
    if (arena->failed)
        return lines;
    for (; *text; lines.count++) {
        lines.start[lines.count] = text;
        lines.length[lines.count] = line_length(text);
        lines.shown[lines.count] = shown;
        lines.shown_length[lines.count] = line_length(shown);
        text += lines.length[lines.count];
        shown += lines.shown_length[lines.count];
    }
    return lines;
}

static bool same(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
    return a->length[i] == b->length[j] && !memcmp(a->start[i], b->start[j], a->length[i]);
}

static void add(struct edits *edits, char sign, const struct lines *lines, size_t i)
{
    edits->list[edits->count++] =
        (struct edit){ .sign = sign, .start = lines->shown[i], .length = lines->shown_length[i] };
}

/* The edits for a[from..a_end) against b[from..b_end). */
static void middle(struct vl_arena *arena, struct edits *edits, const struct lines *a, const struct lines *b,
                   size_t from, size_t a_end, size_t b_end)
{
    size_t rows = a_end - from, columns = b_end - from, i = 0, j = 0;
    bool tractable = rows == 0 || columns <= LARGEST / rows;
    uint32_t *common = tractable ? vl_arena_zalloc(arena, (rows + 1) * (columns + 1) * sizeof(*common)) : NULL;

#define COMMON(r, c) common[(r) * (columns + 1) + (c)]
    for (size_t r = rows; common && r-- > 0;)
        for (size_t c = columns; c-- > 0;) {
            uint32_t down = COMMON(r + 1, c), right = COMMON(r, c + 1);

            COMMON(r, c) = same(a, from + r, b, from + c) ? COMMON(r + 1, c + 1) + 1 : down > right ? down : right;
        }
    while (i < rows || j < columns) {
        if (common && i < rows && j < columns && same(a, from + i, b, from + j)) {
            add(edits, ' ', a, from + i);
            i++, j++;
        } else if (i < rows && (j == columns || !common || COMMON(i + 1, j) >= COMMON(i, j + 1))) {
            add(edits, '-', a, from + i++);
        } else {
            add(edits, '+', b, from + j++);
        }
    }
#undef COMMON
}

static struct edits compare(struct vl_arena *arena, const struct lines *a, const struct lines *b)
{
    struct edits edits = { .list = vl_arena_zalloc(arena, (a->count + b->count + 1) * sizeof(struct edit)) };
    size_t head = 0, a_end = a->count, b_end = b->count;

    if (!edits.list)
        return edits;
    while (head < a_end && head < b_end && same(a, head, b, head))
        add(&edits, ' ', a, head++);
    while (a_end > head && b_end > head && same(a, a_end - 1, b, b_end - 1))
        a_end--, b_end--;
    middle(arena, &edits, a, b, head, a_end, b_end);
    for (; a_end < a->count; a_end++)
        add(&edits, ' ', a, a_end);
    return edits;
}

/* End of the hunk that starts at `from`: where more than twice the context follows without a change. */
static size_t hunk_end(const struct edits *edits, size_t from)
{
    size_t last = from;

    for (size_t i = from; i < edits->count; i++) {
        if (edits->list[i].sign != ' ')
            last = i;
        else if (i - last > 2 * CONTEXT)
            break;
    }
    return last + 1 + CONTEXT < edits->count ? last + 1 + CONTEXT : edits->count;
}

static void print_hunk(struct vl_buf *buf, const struct edits *edits, size_t from, size_t to, size_t a_line,
                       size_t b_line)
{
    size_t removed = 0, added = 0;

    for (size_t i = from; i < to; i++) {
        removed += edits->list[i].sign != '+';
        added += edits->list[i].sign != '-';
    }
    vl_buf_printf(buf, "@@ -%zu,%zu +%zu,%zu @@\n", removed ? a_line + 1 : a_line, removed, added ? b_line + 1 : b_line,
                  added);
    for (size_t i = from; i < to; i++) {
        vl_buf_putc(buf, edits->list[i].sign);
        vl_buf_add(buf, edits->list[i].start, edits->list[i].length);
        if (!edits->list[i].length || edits->list[i].start[edits->list[i].length - 1] != '\n')
            vl_buf_puts(buf, "\n\\ No newline at end of file\n");
    }
}

void vl_diff(struct vl_buf *buf, const char *before, const char *after)
{
    vl_diff_shown(buf, before, before, after, after);
}

void vl_diff_shown(struct vl_buf *buf, const char *before, const char *shown_before, const char *after,
                   const char *shown_after)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct lines a = split(&arena, before ? before : "", before ? shown_before : "");
    struct lines b = split(&arena, after ? after : "", after ? shown_after : "");
    struct edits edits = compare(&arena, &a, &b);
    size_t a_line = 0, b_line = 0;

    for (size_t i = 0; i < edits.count;) {
        size_t change = i, from, to;

        while (change < edits.count && edits.list[change].sign == ' ')
            change++;
        if (change == edits.count)
            break;
        from = change - i > CONTEXT ? change - CONTEXT : i;
        a_line += from - i;
        b_line += from - i;
        to = hunk_end(&edits, change);
        print_hunk(buf, &edits, from, to, a_line, b_line);
        for (i = from; i < to; i++) {
            a_line += edits.list[i].sign != '+';
            b_line += edits.list[i].sign != '-';
        }
    }
    if (arena.failed)
        buf->failed = true;
}
