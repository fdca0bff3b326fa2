/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The run of the linter: every check once, then what comments ask to leave out goes, and the rest is put in order.
 */
#include "lint/lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dialplan/version.h"
#include "lint/part.h"

/* Cells of patterns that are compared with unions of others, in the whole run: some seconds. */
enum { COVER_MOST = 200000000 };

/* Looks through all extensions that a search from a context visits. */
enum { SCANS_MOST = 200 };

/* Comparisons of names: more are in no plan that a person wrote. */
enum { COMPARISONS_MOST = 1000000 };

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
        .asterisk = options->asterisk ? options->asterisk : VL_VERSION_DEFAULT,
        .result = ret_result,
        .cover_left = COVER_MOST,
        .scans_left = SCANS_MOST,
        .comparisons_left = COMPARISONS_MOST,
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
