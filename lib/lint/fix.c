/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fixes: lines that become what they were meant to be. Each one is tried on its own: the plan is loaded again with it,
 * and stays only when the finding is gone, none has come, and every other extension of the plan is as it was.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/memory.h"
#include "dialplan/conf.h"
#include "dialplan/dialplan.h"
#include "lint/lint.h"
#include "lint/report.h"

/* The text of one file with a line changed; NULL on lack of memory. */
static char *with_line(const char *text, const struct vl_fix *fix)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    int line = 1;

    for (; *text; line++) {
        size_t length = strcspn(text, "\n");

        if (line != fix->at.line) {
            vl_buf_add(&out, text, length + (text[length] == '\n'));
        } else if (fix->line) {
            vl_buf_puts(&out, fix->line);
            if (text[length] == '\n')
                vl_buf_putc(&out, '\n');
        }
        text += length + (text[length] == '\n');
    }
    return vl_buf_take(&out);
}

/* A reader that gives `text` for one file and asks another reader for the rest. */
struct overlay {
    const struct vl_conf_reader *below;
    const char *file, *text;
};

static int read_overlay(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                        struct vl_error *err)
{
    const struct overlay *overlay = context;

    if (strcmp(path, overlay->file) != 0)
        return overlay->below->read(overlay->below->context, path, arena, ret_text, err);
    *ret_text = vl_arena_strdup(arena, overlay->text);
    return vl_arena_check(arena, err);
}

static int expand_overlay(void *context, const char *pattern, struct vl_arena *arena, const char *const **ret_paths,
                          size_t *ret_count, struct vl_error *err)
{
    const struct overlay *overlay = context;

    return overlay->below->expand(overlay->below->context, pattern, arena, ret_paths, ret_count, err);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* Positions move when a line goes; what they hold must not. */
static bool same_extension(const struct vl_extension *a, const struct vl_extension *b)
{
    if (!same_text(a->pattern, b->pattern) || !same_text(a->callerid, b->callerid) ||
        a->priority_count != b->priority_count)
        return false;
    for (size_t i = 0; i < a->priority_count; i++) {
        const struct vl_priority *left = &a->priorities[i], *right = &b->priorities[i];

        if (left->number != right->number || !same_text(left->label, right->label) ||
            !same_text(left->application, right->application) || !same_text(left->arguments, right->arguments))
            return false;
    }
    return true;
}

static const struct vl_extension *twin_of(const struct vl_context *context, const struct vl_extension *extension)
{
    for (size_t i = 0; i < context->extension_count; i++)
        if (same_text(context->extensions[i]->pattern, extension->pattern) &&
            same_text(context->extensions[i]->callerid, extension->callerid))
            return context->extensions[i];
    return NULL;
}

static bool same_includes(const struct vl_context *a, const struct vl_context *b)
{
    if (a->include_count != b->include_count || a->switch_count != b->switch_count ||
        a->ignorepat_count != b->ignorepat_count)
        return false;
    for (size_t i = 0; i < a->include_count; i++)
        if (!same_text(a->includes[i].written, b->includes[i].written))
            return false;
    return true;
}

/* Whether the plans differ in nothing but the extension that a finding is about. */
static bool same_but(const struct vl_dialplan *a, const struct vl_dialplan *b, const struct vl_finding *finding)
{
    if (a->context_count != b->context_count || a->global_count != b->global_count || a->broken != b->broken)
        return false;
    for (size_t i = 0; i < a->context_count; i++) {
        const struct vl_context *left = a->contexts[i], *right = b->contexts[i];

        if (!same_text(left->name, right->name) || left->extension_count != right->extension_count ||
            !same_includes(left, right))
            return false;
        for (size_t j = 0; j < left->extension_count; j++) {
            const struct vl_extension *extension = left->extensions[j], *twin = twin_of(right, extension);

            if (!twin ||
                (!same_extension(extension, twin) && !(finding->extension && same_text(left->name, finding->context) &&
                                                       same_text(extension->name, finding->extension))))
                return false;
        }
    }
    return true;
}

static size_t count_of(const struct vl_lint_result *result, const struct vl_lint_rule *rule)
{
    size_t count = 0;

    for (size_t i = 0; i < result->count; i++)
        count += result->findings[i].rule == rule;
    return count;
}

/* What is tried on: the file as it is with the fixes so far. */
struct trial {
    const struct vl_lint_options *options;
    const char *file;
    char *text;
    int gone[64]; /* lines of the file as it was that are gone */
    size_t gone_count;
};

/* The plan with `text` in the place of the file, linted. NULL on failure. */
static struct vl_dialplan *look(const struct trial *trial, struct overlay *overlay, struct vl_conf_reader *reader,
                                struct vl_lint_result *ret_found)
{
    struct vl_lint_options again = *trial->options;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_dialplan *plan;

    *reader = (struct vl_conf_reader){ .read = read_overlay,
                                       .expand = trial->options->reader->expand ? expand_overlay : NULL,
                                       .directory = trial->options->reader->directory,
                                       .context = overlay };
    plan = vl_dialplan_load(trial->options->plan->files[0], reader, &ignored);
    again.plan = plan;
    again.reader = reader;
    if (plan && vl_lint_run(&again, ret_found, &ignored) == 0)
        return plan;
    vl_dialplan_free(plan);
    return NULL;
}

/* Whether the plan with `changed` has less of the finding's rule, nothing new, and is the same otherwise. */
static bool is_better(const struct trial *trial, const struct vl_finding *finding, const char *changed)
{
    struct overlay old = { .below = trial->options->reader, .file = trial->file, .text = trial->text };
    struct overlay new = { .below = trial->options->reader, .file = trial->file, .text = changed };
    struct vl_conf_reader old_reader, new_reader;
    VL_LINT_RESULT_AUTO before = { .count = 0 }, after = { .count = 0 };
    VL_DIALPLAN_AUTO *plan = look(trial, &old, &old_reader, &before);
    VL_DIALPLAN_AUTO *better = plan ? look(trial, &new, &new_reader, &after) : NULL;

    return better && same_but(plan, better, finding) && after.count < before.count &&
           count_of(&after, finding->rule) < count_of(&before, finding->rule);
}

/* The fix of a line that may have moved up since, when lines before it went. */
static struct vl_fix moved(const struct trial *trial, const struct vl_fix *fix)
{
    struct vl_fix result = *fix;

    for (size_t i = 0; i < trial->gone_count; i++)
        result.at.line -= trial->gone[i] < fix->at.line;
    return result;
}

static bool try_fix(struct trial *trial, const struct vl_finding *finding)
{
    struct vl_fix fix = moved(trial, finding->fix);
    char *changed = trial->gone_count < VL_COUNT(trial->gone) ? with_line(trial->text, &fix) : NULL;

    if (!changed || !is_better(trial, finding, changed)) {
        vl_free(changed);
        return false;
    }
    vl_free(trial->text);
    trial->text = changed;
    if (!fix.line)
        trial->gone[trial->gone_count++] = finding->fix->at.line;
    return true;
}

int vl_lint_fix(const struct vl_lint_options *options, const struct vl_lint_result *result, const char *file,
                struct vl_buf *buf, size_t *ret_fixed, struct vl_error *err)
{
    struct trial trial = { .options = options, .file = file };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_finding *last = NULL;
    const char *text = NULL;

    *ret_fixed = 0;
    if (options->reader->read(options->reader->context, file, &arena, &text, err) < 0)
        return -1;
    trial.text = with_line(text, &(struct vl_fix){ .at = { .line = 0 } });
    for (size_t i = 0; trial.text && i < result->count; i++) {
        const struct vl_finding *finding = &result->findings[i];

        /* a line is changed once; a second run finds what is left */
        if (options->cancelled && options->cancelled(options->cancelled_context)) {
            vl_free(trial.text);
            return vl_fail(err, VL_ERROR_FAILED, "cancelled before every fix was tried");
        }
        if (!finding->fix || strcmp(finding->fix->at.file, file) != 0 ||
            (last && last->fix->at.line == finding->fix->at.line) || !try_fix(&trial, finding))
            continue;
        last = finding;
        ++*ret_fixed;
    }
    if (!trial.text)
        return vl_no_memory(err);
    vl_buf_puts(buf, trial.text);
    vl_free(trial.text);
    return 0;
}
