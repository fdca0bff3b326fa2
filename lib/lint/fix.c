/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fixes: lines that become what they were meant to be. All of them are made at once, and the plan is loaded and linted
 * with them: every finding that was to go must be gone, none may have come, and every extension that no finding is
 * about must be what it was. Fixes that are to blame for anything else are left out, and the rest is tried once more,
 * so that the whole costs two lints beside the one that found them. When it is still not right nothing is fixed.
 */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/names.h"
#include "dialplan/conf.h"
#include "dialplan/dialplan.h"
#include "lint/lint.h"
#include "lint/part.h"
#include "lint/report.h"

/* A fix that is tried. */
struct attempt {
    const struct vl_finding *finding;
    bool dropped; /* it is to blame for something */
};

struct trial {
    const struct vl_lint_options *options;
    const struct vl_lint_result *before;
    struct vl_arena *arena;
    struct attempt *attempts; /* by file, then line, each line once */
    size_t count;
    struct vl_fixed_text *texts;
    size_t text_count;
    bool wrong; /* something was to blame in this round */
};

static const struct vl_fix *fix_of(const struct attempt *attempt)
{
    return attempt->finding->fix;
}

/* The text of a file with its fixes made. */
static const char *fixed_text(const struct trial *trial, const char *file, const char *text, size_t *ret_lines)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    int line = 1;
    size_t next = 0;

    *ret_lines = 0;
    for (; *text; line++) {
        size_t length = strcspn(text, "\n"), end = length + (text[length] == '\n');
        const struct vl_fix *fix;

        while (next < trial->count && (strcmp(fix_of(&trial->attempts[next])->at.file, file) != 0 ||
                                       fix_of(&trial->attempts[next])->at.line < line))
            next++;
        fix = next < trial->count && fix_of(&trial->attempts[next])->at.line == line && !trial->attempts[next].dropped
                  ? fix_of(&trial->attempts[next])
                  : NULL;
        if (!fix)
            vl_buf_add(&out, text, end);
        else if (fix->line)
            vl_buf_printf(&out, "%s%s", fix->line, end > length ? "\n" : "");
        *ret_lines += fix != NULL;
        text += end;
    }
    trial->arena->failed |= out.failed;
    return vl_arena_strdup(trial->arena, vl_buf_text(&out));
}

/* A reader that gives the fixed texts for their files and asks another reader for the rest. */
static int read_fixed(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                      struct vl_error *err)
{
    const struct trial *trial = context;
    const struct vl_conf_reader *below = trial->options->reader;

    for (size_t i = 0; i < trial->text_count; i++)
        if (!strcmp(path, trial->texts[i].file)) {
            *ret_text = vl_arena_strdup(arena, trial->texts[i].text);
            return vl_arena_check(arena, err);
        }
    return below->read(below->context, path, arena, ret_text, err);
}

static int expand_fixed(void *context, const char *pattern, struct vl_arena *arena, const char *const **ret_paths,
                        size_t *ret_count, struct vl_error *err)
{
    const struct trial *trial = context;
    const struct vl_conf_reader *below = trial->options->reader;

    return below->expand(below->context, pattern, arena, ret_paths, ret_count, err);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

/* A walk down the lines of the fixed files, which tells what number a line had before those above it went. */
struct descent {
    const char *file;
    size_t next; /* of the attempts */
    int gone;
};

static int line_before(const struct trial *trial, struct descent *descent, const struct vl_position *at)
{
    if (!descent->file || strcmp(descent->file, at->file) != 0)
        *descent = (struct descent){ .file = at->file };
    for (; descent->next < trial->count; descent->next++) {
        const struct attempt *attempt = &trial->attempts[descent->next];
        bool here = !strcmp(fix_of(attempt)->at.file, at->file);

        if (here && fix_of(attempt)->at.line > at->line + descent->gone)
            break;
        descent->gone += here && !attempt->dropped && !fix_of(attempt)->line;
    }
    return at->line + descent->gone;
}

/* Something is wrong in this extension, or at this line: the fixes of the one, and the nearest one above the other, are
 * left out. Those that do not know better blame all. */
static void blame(struct trial *trial, const char *context, const char *extension, const char *file, int line)
{
    struct attempt *above = NULL;
    bool any = false;

    trial->wrong = true;
    for (size_t i = 0; i < trial->count; i++) {
        struct attempt *attempt = &trial->attempts[i];
        const struct vl_finding *finding = attempt->finding;

        if (file && !strcmp(finding->fix->at.file, file) && finding->fix->at.line <= line && !attempt->dropped)
            above = attempt;
        if (!extension || !same_text(finding->context, context) || !same_text(finding->extension, extension))
            continue;
        attempt->dropped = true;
        any = true;
    }
    if (above)
        above->dropped = true;
    for (size_t i = 0; !any && !above && i < trial->count; i++)
        trial->attempts[i].dropped = true;
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

/* Whether a fix is about this extension, which it may change. */
static bool is_about(const struct trial *trial, const struct vl_extension *extension)
{
    for (size_t i = 0; i < trial->count; i++) {
        const struct vl_finding *finding = trial->attempts[i].finding;

        if (!trial->attempts[i].dropped && finding->extension &&
            same_text(finding->context, extension->context->name) && same_text(finding->extension, extension->name))
            return true;
    }
    return false;
}

static void compare_context(struct trial *trial, const struct vl_context *before, const struct vl_context *after)
{
    if (!same_text(before->name, after->name) || before->extension_count != after->extension_count ||
        !same_includes(before, after)) {
        blame(trial, NULL, NULL, NULL, 0);
        return;
    }
    /* both are in Asterisk's order, so that twins stand in the same place */
    for (size_t i = 0; i < before->extension_count; i++) {
        const struct vl_extension *extension = before->extensions[i];

        if (!same_extension(extension, after->extensions[i]) && !is_about(trial, extension))
            blame(trial, before->name, extension->name, extension->at.file, extension->at.line);
    }
}

static void compare_plans(struct trial *trial, const struct vl_dialplan *before, const struct vl_dialplan *after)
{
    if (before->context_count != after->context_count || before->global_count != after->global_count ||
        before->broken != after->broken)
        blame(trial, NULL, NULL, NULL, 0);
    for (size_t i = 0; i < before->context_count && !trial->wrong; i++)
        compare_context(trial, before->contexts[i], after->contexts[i]);
}

/* A finding by its rule and the line that it had. */
struct place {
    const struct vl_lint_rule *rule;
    const char *file;
    int line;
    size_t count;
};

static bool same_place(const void *entry, const void *key)
{
    const struct place *a = entry, *b = key;

    return a->rule == b->rule && a->line == b->line && !strcmp(a->file, b->file);
}

static struct place *place_at(struct vl_arena *arena, struct vl_names *names, const struct place *wanted)
{
    uint64_t hash = vl_hash_bytes(vl_hash_text(vl_hash_text(VL_HASH_START, wanted->rule->name), wanted->file),
                                  &wanted->line, sizeof(wanted->line));
    struct place *place = vl_names_find(names, hash, same_place, wanted);

    if (!place && (place = vl_arena_zalloc(arena, sizeof(*place)))) {
        *place = *wanted;
        vl_names_add(arena, names, hash, place);
    }
    return place;
}

/* No finding may have come, and those that were to go must have gone. */
static void compare_findings(struct trial *trial, const struct vl_lint_result *after)
{
    struct vl_names names = { .count = 0 };
    struct descent descent = { .file = NULL };

    for (size_t i = 0; i < trial->before->count; i++) {
        const struct vl_finding *finding = &trial->before->findings[i];
        struct place *place =
            place_at(trial->arena, &names, &(struct place){ finding->rule, finding->at.file, finding->at.line, 0 });

        if (place)
            place->count++;
    }
    for (size_t i = 0; i < trial->count; i++) {
        const struct vl_finding *finding = trial->attempts[i].finding;
        struct place *place =
            place_at(trial->arena, &names, &(struct place){ finding->rule, finding->at.file, finding->at.line, 0 });

        if (place && place->count && !trial->attempts[i].dropped)
            place->count--;
    }
    for (size_t i = 0; i < after->count; i++) {
        const struct vl_finding *finding = &after->findings[i];
        int line = line_before(trial, &descent, &finding->at);
        struct place *place =
            place_at(trial->arena, &names, &(struct place){ finding->rule, finding->at.file, line, 0 });

        if (place && place->count)
            place->count--;
        else
            blame(trial, finding->context, finding->extension, finding->at.file, line);
    }
}

/* One round: the files with what is not dropped, loaded and linted. False: it could not be done. */
static bool look(struct trial *trial)
{
    struct vl_conf_reader reader = { .read = read_fixed,
                                     .expand = trial->options->reader->expand ? expand_fixed : NULL,
                                     .directory = trial->options->reader->directory,
                                     .context = trial };
    struct vl_lint_options again = *trial->options;
    VL_LINT_RESULT_AUTO found = { .count = 0 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_DIALPLAN_AUTO *plan = vl_dialplan_load(trial->options->plan->files[0], &reader, &ignored);

    again.plan = plan;
    again.reader = &reader;
    if (!plan || vl_lint_run(&again, &found, &ignored) < 0)
        return false;
    trial->wrong = false;
    compare_plans(trial, trial->options->plan, plan);
    compare_findings(trial, &found);
    return true;
}

/* Make the texts anew. The number of lines that are fixed. */
static int make_texts(struct trial *trial, size_t *ret_lines, struct vl_error *err)
{
    const struct vl_dialplan *plan = trial->options->plan;
    const struct vl_conf_reader *reader = trial->options->reader;

    trial->text_count = 0;
    *ret_lines = 0;
    for (size_t i = 0; i < plan->file_count; i++) {
        struct vl_fixed_text *fixed = &trial->texts[trial->text_count];
        const char *text = NULL;

        if (reader->read(reader->context, plan->files[i], trial->arena, &text, err) < 0)
            return -1;
        *fixed = (struct vl_fixed_text){ .file = plan->files[i] };
        fixed->text = fixed_text(trial, fixed->file, text, &fixed->lines);
        trial->text_count += fixed->lines > 0;
        *ret_lines += fixed->lines;
    }
    return vl_arena_check(trial->arena, err);
}

/* What a program writes is not for people to change: it would be written over. */
static bool is_generated(struct trial *trial, const char *file)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *text = NULL;

    return trial->options->reader->read(trial->options->reader->context, file, trial->arena, &text, &ignored) < 0 ||
           vl_lint_is_generated(text);
}

static void collect(struct trial *trial)
{
    const char *file = "";
    bool generated = false;
    int line = 0;

    for (size_t i = 0; i < trial->before->count && !trial->arena->failed; i++) {
        const struct vl_finding *finding = &trial->before->findings[i];
        struct attempt *grown;

        if (!finding->fix || (!strcmp(finding->fix->at.file, file) && finding->fix->at.line <= line))
            continue;
        if (strcmp(finding->fix->at.file, file) != 0)
            generated = is_generated(trial, finding->fix->at.file);
        file = finding->fix->at.file;
        line = finding->fix->at.line;
        grown = generated ? NULL : vl_arena_grow(trial->arena, trial->attempts, trial->count, sizeof(*grown));
        if (!grown)
            continue;
        trial->attempts = grown;
        grown[trial->count++] = (struct attempt){ .finding = finding };
    }
}

int vl_lint_fix(const struct vl_lint_options *options, const struct vl_lint_result *result, struct vl_arena *arena,
                const struct vl_fixed_text **ret_texts, size_t *ret_count, struct vl_error *err)
{
    enum { ROUNDS = 2 };
    struct trial trial = { .options = options, .before = result, .arena = arena };
    size_t lines = 0;

    *ret_count = 0;
    trial.texts = vl_arena_zalloc(arena, (options->plan->file_count + 1) * sizeof(*trial.texts));
    *ret_texts = trial.texts;
    collect(&trial);
    trial.wrong = trial.count > 0;
    for (int i = 0; i < ROUNDS && trial.wrong; i++) {
        if (vl_arena_check(arena, err) < 0 || make_texts(&trial, &lines, err) < 0)
            return -1;
        if (options->cancelled && options->cancelled(options->cancelled_context))
            return vl_fail(err, VL_ERROR_FAILED, "cancelled before every fix was tried");
        if (!lines || !look(&trial))
            return vl_arena_check(arena, err);
    }
    if (!trial.wrong)
        *ret_count = trial.text_count;
    return vl_arena_check(arena, err);
}
