/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The linter over any text: as the dialplan, and as every file beside it. What it says is in order and has a rule and a
 * place; what it fixes is smaller in findings. The first byte chooses the version of Asterisk.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "lint/lint.h"

#include "fuzz.h"

static int read_text(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                     struct vl_error *err)
{
    if (!strchr(path, '.'))
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is not there", path);
    *ret_text = vl_arena_strdup(arena, context);
    return 0;
}

/* Every file is the same text here, so one that includes others would be read without end: #include is left to the
 * fuzz target of the parser. */
static void include_nothing(char *text)
{
    for (char *p = strcasestr(text, "include"); p; p = strcasestr(p + 1, "include"))
        for (char *q = text; q < p; q++)
            if (*q == '#')
                *q = ';';
}

static void lint(const struct vl_lint_options *options, struct vl_lint_result *found)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    FUZZ_CHECK(vl_lint_run(options, found, &err) == 0);
    for (size_t i = 0; i < found->count; i++) {
        const struct vl_finding *finding = &found->findings[i];

        FUZZ_CHECK(finding->rule && vl_lint_rule(finding->rule->name) == finding->rule);
        FUZZ_CHECK(finding->at.file && finding->at.line >= 0);
        FUZZ_CHECK(finding->text && *finding->text && !strchr(finding->text, '\n'));
        FUZZ_CHECK(finding->severity <= finding->rule->severity);
    }
}

static void fix(const struct vl_lint_options *options, const struct vl_lint_result *found)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_fixed_text *texts;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_LINT_RESULT_AUTO again = { .count = 0 };
    VL_DIALPLAN_AUTO *plan = NULL;
    struct vl_lint_options after = *options;
    struct vl_conf_reader reader = *options->reader;
    size_t fixed = 0;

    FUZZ_CHECK(vl_lint_fix(options, found, &arena, &texts, &fixed, &err) == 0);
    if (!fixed)
        return;
    plan = vl_dialplan_parse(options->plan->files[0], texts[0].text, &reader, &err);
    FUZZ_CHECK(plan);
    after.plan = plan;
    after.reader = &reader;
    FUZZ_CHECK(plan->context_count == options->plan->context_count);
    lint(&after, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int versions[] = { 1600, 102, 104, 106, 108, 1300, 2200 };
    VL_DIALPLAN_AUTO *plan = NULL;
    VL_LINT_RESULT_AUTO found = { .count = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct vl_conf_reader reader = { .read = read_text };
    struct vl_lint_options options = { .reader = &reader, .beside = true };

    if (size == 0 || size > 4096)
        return 0;
    text = strndup((const char *)data, size);
    if (!text)
        return 0;
    include_nothing(text);
    reader.context = text;
    options.asterisk = versions[data[0] % VL_COUNT(versions)];
    plan = vl_dialplan_load("extensions.conf", &reader, &err);
    if (!plan)
        return 0;
    options.plan = plan;
    lint(&options, &found);
    fix(&options, &found);
    return 0;
}
