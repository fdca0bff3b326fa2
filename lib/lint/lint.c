/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run of the linter: every check once, then what comments ask to leave out goes, and the rest is put in order.
 */
#include "lint/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"
#include "lint/part.h"

/* Cells of patterns that are compared with unions of others, in the whole run: some seconds. */
enum { COVER_MOST = 200000000 };

/* A file as lines, read once. */
struct vl_lint_text {
    const char *file;
    const char **lines;
    size_t count;
};

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
    if (reader && reader->read && reader->read(reader->context, file, lint->arena, &bytes, &ignored) == 0 && bytes)
        split_lines(lint, grown, bytes);
    return grown;
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

/* Whether the comment of a line says `voiplab: ignore RULE`, alone or among others. */
static bool line_ignores(struct vl_lint *lint, const char *line, const char *rule)
{
    const char *comment = line ? strstr(line, "voiplab: ignore ") : NULL;
    const char *const *words;

    if (!comment || !memchr(line, ';', (size_t)(comment - line)))
        return false;
    words = vl_text_split(lint->arena, comment + strlen("voiplab: ignore "), ", \t\r");
    for (; words && *words; words++)
        if (!strcmp(*words, rule))
            return true;
    return false;
}

static bool is_suppressed(struct vl_lint *lint, const struct vl_finding *finding)
{
    struct vl_position above = { .file = finding->at.file, .line = finding->at.line - 1 };
    const char *line = vl_lint_line(lint, &above);

    if (line_ignores(lint, vl_lint_line(lint, &finding->at), finding->rule->name))
        return true;
    /* the line above speaks for this one only when it holds nothing else */
    return line && line[strspn(line, " \t")] == ';' && line_ignores(lint, line, finding->rule->name);
}

static void drop_suppressed(struct vl_lint *lint)
{
    struct vl_lint_result *result = lint->result;
    size_t kept = 0;

    for (size_t i = 0; i < result->count; i++)
        if (!is_suppressed(lint, &result->findings[i]))
            result->findings[kept++] = result->findings[i];
    result->count = kept;
}

static size_t file_rank(const struct vl_dialplan *plan, const char *file)
{
    size_t i = 0;

    while (i < plan->file_count && strcmp(plan->files[i], file) != 0)
        i++;
    return i;
}

static int compare(const void *left, const void *right, void *context)
{
    const struct vl_finding *a = left, *b = right;
    const struct vl_dialplan *plan = context;
    size_t rank_a = file_rank(plan, a->at.file), rank_b = file_rank(plan, b->at.file);
    int order;

    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    order = strcmp(a->at.file, b->at.file);
    if (!order)
        order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
    if (!order)
        order = strcmp(a->rule->name, b->rule->name);
    return order ? order : strcmp(a->text, b->text);
}

/* The same thing said twice about one line is said once. */
static void put_in_order(struct vl_lint *lint)
{
    struct vl_lint_result *result = lint->result;
    size_t kept = 0;

    if (result->count)
        qsort_r(result->findings, result->count, sizeof(*result->findings), compare,
                (void *)(uintptr_t)(const void *)lint->plan);
    for (size_t i = 0; i < result->count; i++) {
        const struct vl_finding *finding = &result->findings[i], *last = kept ? &result->findings[kept - 1] : NULL;

        if (!last || last->rule != finding->rule || last->at.line != finding->at.line ||
            strcmp(last->at.file, finding->at.file) != 0 || strcmp(last->text, finding->text) != 0)
            result->findings[kept++] = *finding;
    }
    result->count = kept;
}

bool vl_lint_stopped(struct vl_lint *lint)
{
    const struct vl_lint_options *options = lint->options;

    if (!lint->stopped && options->cancelled)
        lint->stopped = options->cancelled(options->cancelled_context);
    return lint->stopped;
}

static void run_checks(struct vl_lint *lint)
{
    for (const struct vl_lint_rule *rule = vl_lint_rules; rule->name && !vl_lint_stopped(lint); rule++)
        if (rule == vl_lint_rules || rule->check != rule[-1].check)
            rule->check(lint);
}

int vl_lint_run(const struct vl_lint_options *options, struct vl_lint_result *ret_result, struct vl_error *err)
{
    struct vl_lint lint = {
        .arena = &ret_result->arena,
        .options = options,
        .plan = options->plan,
        .asterisk = options->asterisk ? options->asterisk : 1600,
        .result = ret_result,
        .cover_left = COVER_MOST,
    };

    *ret_result = (struct vl_lint_result){ .count = 0 };
    if (vl_lint_read_devices(lint.arena, options, &lint.devices, err) < 0) {
        vl_lint_result_free(ret_result);
        return -1;
    }
    vl_lint_collect(&lint);
    if (!lint.arena->failed)
        run_checks(&lint);
    if (!lint.stopped) {
        drop_suppressed(&lint);
        put_in_order(&lint);
    }
    if (!lint.arena->failed && !lint.stopped)
        return 0;
    vl_lint_result_free(ret_result);
    if (lint.stopped)
        return vl_fail(err, VL_ERROR_FAILED, "cancelled before the plan was looked through");
    return vl_no_memory(err);
}

void vl_lint_result_free(struct vl_lint_result *result)
{
    vl_arena_free(&result->arena);
    *result = (struct vl_lint_result){ .count = 0 };
}
