/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/changed.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lab/mask.h"
#include "plan/diff.h"

/* A PBX may have been given a thousand new files: so many are shown in full. */
enum { SHOWN_MOST = 100 };

/* What a file shall be by the lab file; *ret_text NULL: it shall not be there. False: the lab file says nothing new. */
static bool wanted(const struct vl_plan *plan, const char *path, const char **ret_text)
{
    for (size_t i = 0; i < plan->count; i++) {
        if ((plan->steps[i].kind != VL_STEP_FILE && plan->steps[i].kind != VL_STEP_REMOVE) ||
            strcmp(plan->steps[i].object, path) != 0)
            continue;
        *ret_text = plan->steps[i].after;
        return true;
    }
    return false;
}

/* A file in its two states; NULL: it is not there. */
struct pair {
    const char *path;
    const struct vl_seen_file *kept, *now;
    const char *before, *after;
    const char *unseen; /* why it cannot be compared; NULL: it can */
    bool moved;         /* its mode or its owner is another one */
};

static bool equal(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static const char *text_of(struct vl_arena *arena, const struct vl_seen_file *file)
{
    if (!file)
        return NULL;
    if (!file->text)
        return vl_arena_printf(arena, "(%zu bytes)\n", file->size);
    return file->kind == 'l' ? vl_arena_printf(arena, "link to %s\n", file->text) : file->text;
}

/* Why it is not known what is in a file; NULL: it is known, or its size tells. */
static const char *why_unseen(const struct vl_seen_file *file, bool now)
{
    static const char *const reasons[][2] = {
        [VL_SEEN_MUCH] = { "it was not kept, since all files together had more than 8 MiB",
                           "it is not read, since all files together have more than 8 MiB" },
        [VL_SEEN_DENIED] = { "it could not be read when the others were kept", "it cannot be read by this login" },
        [VL_SEEN_HIDDEN] = { "it could not be seen when the others were kept",
                             "whether it is there cannot be seen by this login" },
        [VL_SEEN_HIDDEN + 1] = { "this directory could not be looked into when the others were kept",
                                 "this directory cannot be looked into by this login" },
    };

    if (!file || file->unread == VL_SEEN_READ || file->unread == VL_SEEN_LARGE)
        return NULL;
    return reasons[file->kind == 'd' ? VL_SEEN_HIDDEN + 1 : file->unread][now];
}

static bool is_moved(const struct vl_comparison *comparison, const struct pair *pair)
{
    return comparison->known && pair->kept && pair->now && strchr("fl", pair->kept->kind) &&
           pair->kept->kind == pair->now->kind &&
           (pair->kept->mode != pair->now->mode || strcmp(pair->kept->owner, pair->now->owner) != 0);
}

/* False: it is as it was left, as far as that can be told. */
static bool differs(struct vl_comparison *comparison, const char *path, struct pair *ret_pair)
{
    struct pair pair = { .path = path,
                         .kept = vl_seen_find(&comparison->kept, path),
                         .now = vl_seen_find(&comparison->now, path) };
    const char *kept = text_of(&comparison->arena, pair.kept), *lab = NULL;
    bool has_lab = wanted(&comparison->plan, path, &lab);

    pair.after = text_of(&comparison->arena, pair.now);
    pair.before = has_lab ? lab : kept;
    pair.moved = is_moved(comparison, &pair);
    if (comparison->known || has_lab)
        pair.unseen = why_unseen(pair.now, true);
    if (comparison->known && !pair.unseen)
        pair.unseen = why_unseen(pair.kept, false);
    if (pair.unseen || equal(pair.before, pair.after) || (comparison->known && equal(kept, pair.after))) {
        pair.before = pair.after;
        *ret_pair = pair;
        return pair.moved || pair.unseen;
    }
    *ret_pair = pair;
    return pair.kept || has_lab || vl_seen_would_find(&comparison->kept, path);
}

static const char *shown(const struct vl_run *run, struct vl_arena *arena, const struct pair *pair, const char *text)
{
    if (!text || run->request->show_secrets)
        return text;
    return vl_lab_mask_file(&run->session->state, arena, pair->path, text);
}

/* `pbx` NULL: it is not there. A name with a blank in it ends at a tab. */
static void add_name(struct vl_buf *out, const char *sign, const char *pbx, const char *path)
{
    if (pbx)
        vl_buf_printf(out, "%s %s%s%s\n", sign, pbx, path, strchr(path, ' ') ? "\t" : "");
    else
        vl_buf_printf(out, "%s /dev/null\n", sign);
}

/* The text of one, as patch(1) reads it where that can be. */
static void describe(const struct vl_run *run, struct vl_arena *arena, const struct pair *pair, const char *pbx,
                     bool in_full, struct vl_buf *out)
{
    if (pair->unseen)
        vl_buf_printf(out, "%s%s: not compared: %s\n", pbx, pair->path, pair->unseen);
    if (pair->moved)
        vl_buf_printf(out, "%s%s: mode %04o, owner %s; it was mode %04o, owner %s\n", pbx, pair->path, pair->now->mode,
                      pair->now->owner, pair->kept->mode, pair->kept->owner);
    if (equal(pair->before, pair->after))
        return;
    add_name(out, "---", pair->before ? pbx : NULL, pair->path);
    add_name(out, "+++", pair->after ? pbx : NULL, pair->path);
    if (in_full)
        vl_diff_shown(out, pair->before, shown(run, arena, pair, pair->before), pair->after,
                      shown(run, arena, pair, pair->after));
    else
        vl_buf_puts(out, "(more files are different than are shown)\n");
}

static const char *change_of(const struct pair *pair)
{
    if (pair->unseen)
        return "unread";
    if (equal(pair->before, pair->after))
        return "mode";
    return !pair->before ? "new" : pair->after ? "changed" : "removed";
}

static void note_file(const struct vl_run *run, const struct pair *pair, const char *diff)
{
    struct vl_json *json = run->result->document;

    vl_json_object(json, NULL);
    vl_json_string(json, "path", pair->path);
    vl_json_string(json, "change", change_of(pair));
    vl_json_string(json, "diff", diff);
    vl_json_bytes(json, "diff_base64", diff);
    vl_json_end(json);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of all files that one side has, sorted, each once. */
static const char **paths_of(struct vl_comparison *comparison, size_t *ret_count)
{
    size_t most = comparison->kept.count + comparison->now.count + comparison->plan.count, count = 0, kept = 0;
    const char **paths = vl_arena_zalloc(&comparison->arena, (most + 1) * sizeof(*paths));

    *ret_count = 0;
    if (!paths)
        return NULL;
    for (size_t i = 0; i < comparison->kept.count; i++)
        paths[count++] = comparison->kept.files[i].path;
    for (size_t i = 0; i < comparison->now.count; i++)
        paths[count++] = comparison->now.files[i].path;
    for (size_t i = 0; i < comparison->plan.count; i++)
        paths[count++] = comparison->plan.steps[i].object;
    qsort(paths, count, sizeof(*paths), compare_names);
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(paths[kept - 1], paths[i]) != 0)
            paths[kept++] = paths[i];
    *ret_count = kept;
    return paths;
}

static void tell_file(const struct vl_run *run, const char *pbx, struct vl_comparison *comparison,
                      const struct pair *pair, struct vl_buf *text)
{
    bool different = pair->moved || !equal(pair->before, pair->after);
    VL_BUF_AUTO diff = VL_BUF_INIT;

    comparison->unseen += pair->unseen != NULL;
    comparison->different += different;
    describe(run, &comparison->arena, pair, pbx, comparison->different <= SHOWN_MOST, &diff);
    vl_buf_puts(text, vl_run_visible(&comparison->arena, vl_buf_text(&diff)));
    text->failed |= diff.failed;
    note_file(run, pair, vl_buf_text(&diff));
}

/* What lies behind a limit was not looked at, now or when the others were kept; what voiplab writes lies behind none.
 */
static const char *limit_of(struct vl_comparison *comparison)
{
    if (!comparison->known)
        return NULL;
    if (comparison->now.bound)
        return vl_arena_printf(
            &comparison->arena,
            "it has more than %d files: of those that lie deeper than '%s', or as deep and behind it, "
            "only the ones were looked at that were kept or that voiplab writes",
            VL_SEEN_MOST, comparison->now.bound);
    if (comparison->kept.bound)
        return vl_arena_printf(&comparison->arena,
                               "it had more than %d files when they were kept: which of those are new that lie deeper "
                               "than '%s', or as deep and behind it, is not known",
                               VL_SEEN_MOST, comparison->kept.bound);
    return NULL;
}

static void tell_limit(const struct vl_run *run, const char *pbx, struct vl_comparison *comparison, struct vl_buf *text)
{
    const char *limit = limit_of(comparison);

    vl_json_string(run->result->document, "limit", limit);
    if (!limit)
        return;
    comparison->unseen++;
    vl_buf_puts(text, vl_run_visible(&comparison->arena, vl_arena_printf(&comparison->arena, "%s: %s\n", pbx, limit)));
}

int vl_changed_tell(const struct vl_run *run, const char *pbx, struct vl_comparison *comparison, struct vl_buf *text)
{
    size_t count;
    const char **paths = paths_of(comparison, &count);

    for (size_t i = 0; i < count; i++) {
        struct pair pair;

        if (differs(comparison, paths[i], &pair))
            tell_file(run, pbx, comparison, &pair, text);
    }
    vl_json_end(run->result->document);
    tell_limit(run, pbx, comparison, text);
    return vl_arena_check(&comparison->arena, run->err);
}
