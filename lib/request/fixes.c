/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/fixes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "dialplan/conf.h"
#include "lint/lint.h"
#include "lint/report.h"
#include "plan/diff.h"
#include "plan/plan.h"

/* The path of a file by which it is one and the same from wherever it is named; the file itself may be a link. NULL:
 * its directory is not there. */
static const char *place_of(struct vl_arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
    const char *directory = slash == name ? "/" : slash ? vl_arena_strndup(arena, name, (size_t)(slash - name)) : ".";
    VL_FREE char *real = realpath(directory, NULL);

    return real ? vl_arena_printf(arena, "%s/%s", real[1] ? real : "", base) : NULL;
}

static struct vl_fixed_file *find(const struct vl_fixes *fixes, const char *path)
{
    for (size_t i = 0; i < fixes->count; i++)
        if (!strcmp(fixes->fixed[i].file.path, path))
            return &fixes->fixed[i];
    return NULL;
}

static int read_fixed(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                      struct vl_error *err)
{
    const struct vl_fixes *fixes = context;
    const char *place = fixes->count ? place_of(arena, path) : NULL;
    const struct vl_fixed_file *fixed = place ? find(fixes, place) : NULL;

    if (!fixed)
        return fixes->files.read(fixes->files.context, path, arena, ret_text, err);
    *ret_text = fixed->file.text;
    return 0;
}

static int expand(void *context, const char *pattern, struct vl_arena *arena, const char *const **ret_paths,
                  size_t *ret_count, struct vl_error *err)
{
    const struct vl_fixes *fixes = context;

    return fixes->files.expand(fixes->files.context, pattern, arena, ret_paths, ret_count, err);
}

struct vl_conf_reader vl_fixes_reader(struct vl_fixes *fixes, const char *directory)
{
    fixes->files = vl_conf_files(directory);
    return (struct vl_conf_reader){ .read = read_fixed, .expand = expand, .directory = directory, .context = fixes };
}

/* The file that `name` is among those that are fixed, new there when it is fixed for the first time. */
static struct vl_fixed_file *take(struct vl_fixes *fixes, const char *name, struct vl_error *err)
{
    const char *path = place_of(&fixes->arena, name);
    struct vl_fixed_file *fixed = path ? find(fixes, path) : NULL;
    struct stat status;

    if (fixed)
        return fixed;
    if (!path || stat(path, &status) < 0) {
        (void)vl_fail_errno(err, "cannot look at '%s'", name);
        return NULL;
    }
    fixed = vl_arena_grow(&fixes->arena, fixes->fixed, fixes->count, sizeof(*fixed));
    if (!fixed) {
        (void)vl_no_memory(err);
        return NULL;
    }
    fixes->fixed = fixed;
    fixed += fixes->count;
    *fixed = (struct vl_fixed_file){
        .name = vl_arena_strdup(&fixes->arena, name),
        .file = { .path = path, .kind = VL_FILE_WHOLE, .mode = status.st_mode & 07777 },
    };
    return fixed;
}

static int add_file(struct vl_fixes *fixes, const struct vl_lint_options *options, const struct vl_fixed_text *text,
                    struct vl_error *err)
{
    const struct vl_conf_reader *reader = options->reader;
    struct vl_fixed_file *fixed;
    const char *before;

    if (reader->read(reader->context, text->file, &fixes->arena, &before, err) < 0)
        return -1;
    fixed = take(fixes, text->file, err);
    if (!fixed)
        return -1;
    if (!fixed->before) {
        fixed->before = before;
        fixes->count++;
    }
    fixed->file.text = text->text;
    fixed->file.why = "lines in it can be put right without thinking";
    fixes->lines += text->lines;
    return vl_arena_check(&fixes->arena, err);
}

int vl_fixes_add(struct vl_fixes *fixes, const struct vl_lint_options *options, const struct vl_lint_result *found,
                 struct vl_error *err)
{
    const struct vl_fixed_text *texts;
    size_t count;

    if (vl_lint_fix(options, found, &fixes->arena, &texts, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (add_file(fixes, options, &texts[i], err) < 0)
            return -1;
    return 0;
}

void vl_fixes_diff(const struct vl_fixes *fixes, struct vl_buf *buf)
{
    for (size_t i = 0; i < fixes->count; i++) {
        const struct vl_fixed_file *fixed = &fixes->fixed[i];

        vl_buf_printf(buf, "--- %s\n+++ %s\n", fixed->name, fixed->name);
        vl_diff(buf, fixed->before, fixed->file.text);
    }
}

/* The plan reads the files again. What is not what was linted has been fixed by nobody. */
static int check_unchanged(const struct vl_fixes *fixes, const struct vl_plan *plan, struct vl_error *err)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];
        const struct vl_fixed_file *fixed = find(fixes, step->object);

        if (!fixed || !step->before || strcmp(step->before, fixed->before) != 0)
            return vl_fail(err, VL_ERROR_FAILED, "'%s' has changed since it was read; run the same command again",
                           step->object);
    }
    return 0;
}

int vl_fixes_plan(const struct vl_fixes *fixes, struct vl_plan *plan, struct vl_error *err)
{
    VL_TARGET_AUTO *target = vl_target_local("/", err);
    struct vl_fileset set = { .count = 0 };

    if (!target)
        return -1;
    for (size_t i = 0; i < fixes->count; i++)
        vl_fileset_add(&plan->arena, &set, &fixes->fixed[i].file);
    if (vl_plan_files(plan, target, VL_THIS_HOST, &set, 0, false, err) < 0)
        return -1;
    return check_unchanged(fixes, plan, err);
}

void vl_fixes_free(struct vl_fixes *fixes)
{
    vl_arena_free(&fixes->arena);
    *fixes = (struct vl_fixes){ .count = 0 };
}
