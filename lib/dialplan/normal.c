/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `dialplan show` prints, for each context, a heading, then lines of these forms, each with where it came from in
 * brackets at its end:
 *
 *     [ Context 'NAME' created by 'WHO' ]
 *       'EXTENSION' (CID match 'CALLERID') => 1. Application(arguments)   [file:line]
 *          [label]       2. Application(arguments)                        [file:line]
 *       Include =>        'NAME,times'                                    [pbx_config]
 */
#include "dialplan/normal.h"

#include <string.h>

#include "base/cleanup.h"

static const char heading[] = "[ Context '";

/* Append the bytes with every run of blanks as one, and none at either end. */
static void add_words(struct vl_buf *out, const char *text, size_t length)
{
    bool gap = false, any = false;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == ' ' || text[i] == '\t') {
            gap = any;
            continue;
        }
        if (gap)
            vl_buf_putc(out, ' ');
        gap = false;
        any = true;
        vl_buf_putc(out, text[i]);
    }
}

static void add_step(struct vl_buf *out, const struct vl_extension *extension, const struct vl_priority *priority)
{
    VL_BUF_AUTO step = VL_BUF_INIT;

    if (priority->number == VL_PRIORITY_HINT)
        vl_buf_printf(&step, "hint: %s", priority->application);
    else
        vl_buf_printf(&step, "%d. %s(%s)", priority->number, priority->application, priority->arguments);
    vl_buf_printf(out, "'%s'", extension->name);
    if (extension->callerid)
        vl_buf_printf(out, " (CID match '%s')", extension->callerid);
    vl_buf_puts(out, " => ");
    add_words(out, vl_buf_text(&step), step.length);
    vl_buf_putc(out, '\n');
    out->failed |= step.failed;
}

void vl_dialplan_normal(const struct vl_dialplan *plan, struct vl_buf *out)
{
    for (size_t i = 0; i < plan->context_count; i++) {
        const struct vl_context *context = plan->contexts[i];

        vl_buf_printf(out, "[%s]\n", context->name);
        for (size_t k = 0; k < context->extension_count; k++)
            for (size_t n = 0; n < context->extensions[k]->priority_count; n++)
                add_step(out, context->extensions[k], &context->extensions[k]->priorities[n]);
        for (size_t k = 0; k < context->include_count; k++)
            vl_buf_printf(out, "include => %s\n", context->includes[k].written);
        for (size_t k = 0; k < context->ignorepat_count; k++)
            vl_buf_printf(out, "ignorepat => %s\n", context->ignorepats[k].pattern);
        for (size_t k = 0; k < context->switch_count; k++)
            vl_buf_printf(out, "switch => %s/%s\n", context->switches[k].name, context->switches[k].data);
    }
}

/* The end of what a line says: without the bracket that tells where it came from. */
static size_t said(const char *line, size_t length)
{
    while (length && (line[length - 1] == ' ' || line[length - 1] == '\r'))
        length--;
    if (!length || line[length - 1] != ']')
        return length;
    while (length && line[length - 1] != '[')
        length--;
    return length ? length - 1 : 0;
}

/* The text between the first two quotes of a line. */
static void add_quoted(struct vl_buf *out, const char *line, size_t length)
{
    const char *start = memchr(line, '\'', length);
    const char *end = start ? memrchr(line, '\'', length) : NULL;

    if (end && end > start)
        vl_buf_add(out, start + 1, (size_t)(end - start - 1));
}

static const struct {
    const char *shown, *written;
} others[] = {
    { "  Include =>", "include => " },
    { "  Ignore pattern =>", "ignorepat => " },
    { "  Alt. Switch =>", "switch => " },
};

/* Where a word stands in a line, as an offset; `length` when it does not. */
static size_t offset_of(const char *line, size_t length, const char *word)
{
    const char *found = memmem(line, length, word, strlen(word));

    return found ? (size_t)(found - line) : length;
}

/* A line that is no heading. `name` keeps the extension for the lines of further steps. */
static void add_line(struct vl_buf *out, const char *line, size_t length, struct vl_buf *name)
{
    size_t arrow, bracket;

    for (size_t i = 0; i < VL_COUNT(others); i++)
        if (length > strlen(others[i].shown) && !strncmp(line, others[i].shown, strlen(others[i].shown))) {
            vl_buf_puts(out, others[i].written);
            add_quoted(out, line, length);
            vl_buf_putc(out, '\n');
            return;
        }
    arrow = offset_of(line, length, " =>");
    if (length > 3 && !strncmp(line, "  '", 3) && arrow < length) {
        vl_buf_reset(name);
        add_words(name, line, arrow);
        line += arrow + 3;
        length -= arrow + 3;
    } else if (length > 5 && !strncmp(line, "     [", 6)) {
        bracket = offset_of(line, length, "]");
        line += bracket < length ? bracket + 1 : 0;
        length -= bracket < length ? bracket + 1 : 0;
    }
    if (!name->length || strspn(line, " ") >= length)
        return;
    vl_buf_printf(out, "%s => ", vl_buf_text(name));
    add_words(out, line, length);
    vl_buf_putc(out, '\n');
}

/* The name in a heading, as its length; 0: the line is none. */
static size_t heading_name(const char *line, size_t length)
{
    const char *end;

    if (length < sizeof(heading) || strncmp(line, heading, sizeof(heading) - 1) != 0)
        return 0;
    end = memchr(line + sizeof(heading) - 1, '\'', length - (sizeof(heading) - 1));
    return end ? (size_t)(end - line) - (sizeof(heading) - 1) : 0;
}

/* All blocks of one context, which several may add to. */
static void add_context(struct vl_buf *out, const char *shown, const char *wanted)
{
    VL_BUF_AUTO name = VL_BUF_INIT;
    bool inside = false, any = false;

    while (*shown) {
        size_t length = strcspn(shown, "\n"), named = heading_name(shown, length);

        if (named) {
            inside = strlen(wanted) == named && !strncmp(shown + sizeof(heading) - 1, wanted, named);
            vl_buf_reset(&name);
            if (inside && !any)
                vl_buf_printf(out, "[%s]\n", wanted);
            any |= inside;
        } else if (inside && length && shown[0] == ' ') {
            add_line(out, shown, said(shown, length), &name);
        }
        shown += length + (shown[length] == '\n');
    }
    out->failed |= name.failed;
}

bool vl_dialplan_normal_shown(const struct vl_dialplan *plan, const char *shown, struct vl_buf *out)
{
    for (size_t i = 0; i < plan->context_count; i++)
        add_context(out, shown, plan->contexts[i]->name);
    return strstr(shown, heading) != NULL;
}
