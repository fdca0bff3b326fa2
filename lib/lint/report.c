/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the checks find, and the lines of the files that it is about.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "lint/part.h"
#include "lint/report.h"

/* A file as lines, read once. */
struct vl_lint_text {
    const char *file;
    const char **lines;
    size_t count;
    bool generated;
};

static bool is_mark(const char *comment, size_t length)
{
    static const char *const marks[] = { "do not edit", "do not modify", "automatically generated", "auto-generated" };

    for (size_t i = 0; i < VL_COUNT(marks); i++)
        for (size_t at = 0; at + strlen(marks[i]) <= length; at++)
            if (!strncasecmp(comment + at, marks[i], strlen(marks[i])))
                return true;
    return false;
}

/* Behind the byte order mark that a file may begin with, as Asterisk reads it. */
static const char *behind_mark(const char *text)
{
    return !strncmp(text, "\xef\xbb\xbf", 3) ? text + 3 : text;
}

bool vl_lint_is_generated(const char *text)
{
    enum { LINES = 40 };

    text = behind_mark(text);
    for (int line = 0; *text && line < LINES; line++) {
        size_t length = strcspn(text, "\n");

        if (text[strspn(text, " \t")] == ';' && is_mark(text, length))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

static bool is_ignored(const struct vl_lint *lint, const struct vl_lint_rule *rule)
{
    for (const char *const *name = lint->options->ignore; name && *name; name++)
        if (!strcmp(*name, rule->name))
            return true;
    return (rule->since && lint->asterisk < rule->since) || (rule->before && lint->asterisk >= rule->before);
}

static struct vl_finding *grow(struct vl_lint *lint)
{
    struct vl_lint_result *result = lint->result;
    struct vl_finding *grown = vl_arena_grow(lint->arena, result->findings, result->count, sizeof(*grown));

    if (!grown)
        return NULL;
    result->findings = grown;
    return &grown[result->count++];
}

static void add(struct vl_lint *lint, enum vl_lint_id id, int severity, const struct vl_position *at,
                const struct vl_extension *extension, const struct vl_fix *fix, const char *format, va_list args)
    __attribute__((format(printf, 7, 0)));

static void add(struct vl_lint *lint, enum vl_lint_id id, int severity, const struct vl_position *at,
                const struct vl_extension *extension, const struct vl_fix *fix, const char *format, va_list args)
{
    const struct vl_lint_rule *rule = &vl_lint_rules[id];
    struct vl_finding *finding = is_ignored(lint, rule) ? NULL : grow(lint);
    VL_FREE char *text = NULL;

    if (!finding)
        return;
    if (vl_vasprintf(&text, format, args) < 0)
        text = NULL;
    *finding = (struct vl_finding){
        .rule = rule,
        .severity = severity < 0 ? rule->severity : (enum vl_severity)severity,
        .at = *at,
        .text = vl_text_printable(lint->arena, text ? text : rule->summary),
        .context = extension ? extension->context->name : NULL,
        .extension = extension ? extension->name : NULL,
        .fix = fix,
    };
}

void vl_lint_add(struct vl_lint *lint, enum vl_lint_id rule, const struct vl_position *at,
                 const struct vl_extension *extension, const struct vl_fix *fix, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(lint, rule, -1, at, extension, fix, format, args);
    va_end(args);
}

void vl_lint_add_as(struct vl_lint *lint, enum vl_lint_id rule, enum vl_severity severity, const struct vl_position *at,
                    const struct vl_extension *extension, const struct vl_fix *fix, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(lint, rule, (int)severity, at, extension, fix, format, args);
    va_end(args);
}

static void split_lines(struct vl_lint *lint, struct vl_lint_text *text, const char *bytes)
{
    while (*bytes) {
        size_t length = strcspn(bytes, "\n");
        const char **grown = vl_arena_grow(lint->arena, text->lines, text->count, sizeof(*grown));

        if (!grown)
            return;
        text->lines = grown;
        text->lines[text->count++] = vl_arena_strndup(lint->arena, bytes, length);
        bytes += length + (bytes[length] == '\n');
    }
}

static const struct vl_lint_text *text_of(struct vl_lint *lint, const char *file)
{
    const struct vl_conf_reader *reader = lint->options->reader;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_lint_text *grown;
    const char *bytes = NULL;

    for (size_t i = 0; i < lint->text_count; i++)
        if (!strcmp(lint->texts[i].file, file))
            return &lint->texts[i];
    grown = vl_arena_grow(lint->arena, lint->texts, lint->text_count, sizeof(*grown));
    if (!grown)
        return NULL;
    lint->texts = grown;
    grown += lint->text_count++;
    *grown = (struct vl_lint_text){ .file = file };
    if (reader && reader->read && reader->read(reader->context, file, lint->arena, &bytes, &ignored) == 0 && bytes) {
        grown->generated = vl_lint_is_generated(bytes);
        split_lines(lint, grown, behind_mark(bytes));
    }
    return grown;
}

bool vl_lint_in_generated(struct vl_lint *lint, const struct vl_position *at)
{
    const struct vl_lint_text *text = text_of(lint, at->file);

    return text && text->generated;
}

const char *vl_lint_line(struct vl_lint *lint, const struct vl_position *at)
{
    const struct vl_lint_text *text = at->line > 0 ? text_of(lint, at->file) : NULL;

    return text && (size_t)at->line <= text->count ? text->lines[at->line - 1] : NULL;
}

const struct vl_fix *vl_lint_replace(struct vl_lint *lint, const struct vl_position *at, const char *from,
                                     const char *to)
{
    const char *line = vl_lint_line(lint, at), *found = line && from ? strstr(line, from) : NULL;
    struct vl_fix *fix = line && (found || !from) ? vl_arena_zalloc(lint->arena, sizeof(*fix)) : NULL;

    if (!fix)
        return NULL;
    fix->at = *at;
    if (from)
        fix->line = vl_arena_printf(lint->arena, "%.*s%s%s", (int)(found - line), line, to, found + strlen(from));
    return fix;
}

bool vl_lint_stopped(struct vl_lint *lint)
{
    const struct vl_lint_options *options = lint->options;

    if (!lint->stopped && options->cancelled)
        lint->stopped = options->cancelled(options->cancelled_context);
    return lint->stopped;
}
