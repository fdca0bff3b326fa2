/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * save: what was changed by hand on PBXs since voiplab wrote them. The files of a guest are kept as they were when it
 * was handed over, with its ready state: so it is told of every file, and not only of those that voiplab writes. A file
 * is as voiplab left it when it is as it was kept, or as the lab file has it by now; else the difference is from what
 * the lab file has to what is there. Of a PBX of which nothing is kept only voiplab's own files and blocks are looked
 * at.
 *
 * What the lab file has is found as everywhere else, by planning the files; but against a target that is what was kept.
 */
#include "request/request.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lab/mask.h"
#include "plan/apply.h"
#include "plan/diff.h"
#include "plan/ready.h"
#include "probe/files.h"
#include "render/asterisk.h"
#include "request/machines.h"

#define ASTERISK "/etc/asterisk/"

/* A PBX may have been given a thousand new files: so many are shown in full. */
enum { SHOWN_MOST = 100, CONNECT_MS = 10000, MOST_WAIT_S = 3600 };

/* Where the files are that voiplab writes, and all that lie beside them where it writes many. */
static const char *const *roots_of(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx,
                                   struct vl_fileset *ret_set)
{
    static const char *const nothing[] = { NULL };
    const char **roots;
    size_t count = 0;

    *ret_set = (struct vl_fileset){ .count = 0 };
    vl_render_pbx(arena, session->lab, &session->state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, ret_set);
    roots = vl_arena_zalloc(arena, (ret_set->count + 2) * sizeof(*roots));
    if (!roots)
        return nothing;
    roots[count++] = ASTERISK;
    for (size_t i = 0; i < ret_set->count; i++)
        if (!vl_text_starts(ret_set->files[i].path, ASTERISK))
            roots[count++] = ret_set->files[i].path;
    return roots;
}

struct keeping {
    struct vl_fleet *fleet;
    bool anew;
};

static int keep(struct vl_fleet *fleet, const struct vl_member *member, const char *path, struct vl_error *err)
{
    struct vl_file record = { .path = path,
                              .mode = 0600,
                              .why =
                                  "its files as it was handed over, which voiplab save compares with those of then" };
    const struct vl_fileset kept = { .files = &record, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_seen_files files;
    struct vl_fileset set;

    if (!host || vl_probe_files(member->target, &arena, roots_of(fleet->session, &arena, member->pbx, &set),
                                &member->kept, &files, err) < 0)
        return -1;
    record.text = vl_seen_text(&arena, &files, (long)time(NULL));
    if (vl_arena_check(&arena, err) < 0)
        return -1;
    vl_plan_add_directory(&plan, vl_ready_directory(fleet->session, &arena), 0700,
                          "the memory of guests, with all secrets that are in it, for root only");
    if (vl_plan_files(&plan, host, VL_THIS_HOST, &kept, 0, false, err) < 0)
        return -1;
    return vl_apply(fleet->session, &plan, host, err);
}

static void keep_member(void *context, size_t index)
{
    const struct keeping *keeping = context;
    struct vl_fleet *fleet = keeping->fleet;
    struct vl_member *member = &fleet->members[index];
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    const char *path = vl_ready_files_path(fleet->session, &arena, member->pbx->name);

    if (member->pbx->place != VL_PLACE_VM || member->error.code || !member->target ||
        (!member->started && !member->changed) || (!keeping->anew && vl_file_exists(path)))
        return;
    if (keep(fleet, member, path, &cause) < 0)
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                         "its files are not kept, so 'voiplab save' will know only those that voiplab wrote: %s",
                         vl_error_text(&cause));
}

void vl_run_know_files(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        const char *path = vl_ready_files_path(fleet->session, &member->arena, member->pbx->name);
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        VL_FREE char *text = NULL;
        long taken;

        if (path && vl_file_read(path, VL_SEEN_RECORD_LIMIT, &text, NULL, &ignored) == 0 &&
            vl_seen_parse(&member->arena, text, &member->kept, &taken, &ignored) < 0)
            member->kept = (struct vl_seen_files){ .count = 0 };
    }
}

void vl_run_keep_files(struct vl_fleet *fleet, bool anew)
{
    struct keeping keeping = { .fleet = fleet, .anew = anew };

    if (!vl_session_cancelled(fleet->session))
        vl_parallel(fleet->count, fleet->session->options.jobs, keep_member, &keeping);
}

/* What was kept, as a target that can be read. */
struct kept_target {
    struct vl_target target;
    const struct vl_seen_files *files;
};

static int read_kept(struct vl_target *target, const char *path, char **ret_text, mode_t *ret_mode,
                     struct vl_error *err)
{
    const struct vl_seen_file *file = vl_seen_find(((struct kept_target *)target)->files, path);

    if (!file || !file->text)
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no file '%s'", path);
    *ret_text = vl_strdup(file->text);
    *ret_mode = file->mode;
    return *ret_text ? 0 : vl_no_memory(err);
}

/* A PBX and its files: as they were kept, as the lab file has them over that, and now. */
struct comparison {
    struct vl_arena arena;
    struct vl_plan plan; /* from what was kept to what the lab file has */
    struct vl_seen_files kept, now;
    bool known; /* they were kept */
    long taken;
    size_t different;
};

struct saving {
    const struct vl_run *run;
    struct vl_fleet *fleet;
    struct comparison *comparisons;
};

static int read_record(const struct vl_session *session, const struct vl_pbx *pbx, struct comparison *comparison,
                       struct vl_error *err)
{
    const char *path = vl_ready_files_path(session, &comparison->arena, pbx->name);
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (pbx->place != VL_PLACE_VM)
        return 0;
    if (vl_file_read(path, VL_SEEN_RECORD_LIMIT, &text, NULL, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    if (vl_seen_parse(&comparison->arena, text, &comparison->kept, &comparison->taken, err) < 0)
        return vl_error_wrap(err, "'%s' is of no use; 'voiplab snapshot %s' makes a new one", path, pbx->name);
    comparison->known = true;
    return 0;
}

static int look(struct vl_session *session, const struct vl_pbx *pbx, struct comparison *comparison,
                struct vl_error *err)
{
    static const struct vl_target_ops reading = { .read = read_kept };
    unsigned wait_s = session->options.wait_s;
    int wait_ms = wait_s ? (int)(wait_s < MOST_WAIT_S ? wait_s : MOST_WAIT_S) * 1000 : CONNECT_MS;
    struct vl_gate_visit visit;
    struct kept_target kept = { .target = { .ops = &reading, .name = pbx->name }, .files = &comparison->kept };
    VL_TARGET_AUTO *target = vl_gate_connect(session, pbx, wait_ms, &visit, err);
    struct vl_fileset set;
    int rc;

    rc = target && read_record(session, pbx, comparison, err) == 0
             ? vl_probe_files(target, &comparison->arena, roots_of(session, &comparison->arena, pbx, &set),
                              &comparison->kept, &comparison->now, err)
             : -1;
    vl_gate_leave(session, &visit);
    if (rc < 0)
        return -1;
    if (!comparison->known)
        comparison->kept = comparison->now;
    return vl_plan_files(&comparison->plan, &kept.target, pbx->name, &set, 0, false, err);
}

static void look_at(void *context, size_t index)
{
    const struct saving *saving = context;
    struct vl_member *member = &saving->fleet->members[index];
    struct vl_session *session = saving->run->session;

    if (vl_session_cancelled(session))
        (void)vl_fail(&member->error, VL_ERROR_FAILED, "cancelled before it was looked at");
    else if (member->error.code || look(session, member->pbx, &saving->comparisons[index], &member->error) == 0)
        return;
    vl_session_event(session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&member->error));
}

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
    bool unread, moved; /* it is too large to be read; its mode or its owner is another one */
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

/* False: it is as it was left. */
static bool differs(struct comparison *comparison, const char *path, struct pair *ret_pair)
{
    struct pair pair = { .path = path,
                         .kept = vl_seen_find(&comparison->kept, path),
                         .now = vl_seen_find(&comparison->now, path) };
    const char *kept = text_of(&comparison->arena, pair.kept), *lab = NULL;
    bool has_lab = wanted(&comparison->plan, path, &lab);

    pair.after = text_of(&comparison->arena, pair.now);
    pair.before = has_lab ? lab : kept;
    pair.moved = comparison->known && pair.kept && pair.now && pair.kept->kind == pair.now->kind &&
                 (pair.kept->mode != pair.now->mode || strcmp(pair.kept->owner, pair.now->owner) != 0);
    *ret_pair = pair;
    if (equal(pair.before, pair.after) || (comparison->known && equal(kept, pair.after))) {
        ret_pair->before = pair.after;
        return pair.moved;
    }
    return true;
}

/* The text of one, as patch(1) reads it where that can be. */
static void describe(const struct pair *pair, const char *pbx, bool in_full, struct vl_buf *out)
{
    bool gone = !pair->after, is_new = !pair->before;

    if (pair->moved)
        vl_buf_printf(out, "%s%s: mode %04o, owner %s; it was mode %04o, owner %s\n", pbx, pair->path, pair->now->mode,
                      pair->now->owner, pair->kept->mode, pair->kept->owner);
    if (equal(pair->before, pair->after))
        return;
    vl_buf_printf(out, "--- %s%s\n+++ %s%s\n", is_new ? "/dev/null" : pbx, is_new ? "" : pair->path,
                  gone ? "/dev/null" : pbx, gone ? "" : pair->path);
    if (in_full)
        vl_diff(out, pair->before, pair->after);
    else
        vl_buf_puts(out, "(more files are different than are shown)\n");
}

static void note_file(const struct vl_run *run, struct vl_arena *arena, const struct pair *pair, const char *diff)
{
    struct vl_json *json = run->result->document;
    bool same = equal(pair->before, pair->after);

    vl_json_object(json, NULL);
    vl_json_string(json, "path", pair->path);
    vl_json_string(json, "change", same ? "mode" : !pair->before ? "new" : pair->after ? "changed" : "removed");
    vl_json_string(json, "diff", run->request->show_secrets ? diff : vl_lab_mask(&run->session->state, arena, diff));
    vl_json_end(json);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The paths of all files that one side has, sorted, each once. */
static const char **paths_of(struct comparison *comparison, size_t *ret_count)
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

static int compare(const struct vl_run *run, const struct vl_pbx *pbx, struct comparison *comparison,
                   struct vl_buf *text)
{
    size_t count;
    const char **paths = paths_of(comparison, &count);

    for (size_t i = 0; i < count; i++) {
        VL_BUF_AUTO diff = VL_BUF_INIT;
        struct pair pair;

        if (!differs(comparison, paths[i], &pair))
            continue;
        describe(&pair, pbx->name, comparison->different++ < SHOWN_MOST, &diff);
        vl_buf_puts(text, vl_run_output(run, &comparison->arena, vl_buf_text(&diff)));
        note_file(run, &comparison->arena, &pair, vl_buf_text(&diff));
    }
    return vl_arena_check(&comparison->arena, run->err);
}

static const char *time_text(struct vl_arena *arena, long taken)
{
    char text[sizeof("2026-11-29 17:00")];
    time_t at = taken;
    struct tm local;

    if (!taken || !localtime_r(&at, &local) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local))
        return NULL;
    return vl_arena_strdup(arena, text);
}

static int tell(const struct saving *saving, size_t index, struct vl_buf *text)
{
    const struct vl_run *run = saving->run;
    const struct vl_member *member = &saving->fleet->members[index];
    struct comparison *comparison = &saving->comparisons[index];
    struct vl_json *json = run->result->document;
    int rc = 0;

    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", member->pbx->name);
    vl_json_string(json, "since", time_text(&comparison->arena, comparison->taken));
    vl_json_array(json, "files");
    if (!member->error.code)
        rc = compare(run, member->pbx, comparison, text);
    vl_json_end(json);
    vl_json_string(json, "state", member->error.code ? "unknown" : comparison->different ? "different" : "same");
    vl_json_string(json, "error", member->error.code ? vl_error_text(&member->error) : NULL);
    vl_json_end(json);
    if (!member->error.code && !comparison->known)
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                         "of its files none are kept, so only those that voiplab wrote were looked at%s",
                         member->pbx->place == VL_PLACE_VM
                             ? vl_arena_printf(&comparison->arena, "; 'voiplab snapshot %s' keeps them as they are now",
                                               member->pbx->name)
                             : "");
    return rc;
}

static int finish(const struct saving *saving, const struct vl_buf *text)
{
    const struct vl_run *run = saving->run;
    size_t different = 0, unseen = vl_fleet_failed(saving->fleet), count = saving->fleet->count;

    for (size_t i = 0; i < count; i++)
        different += saving->comparisons[i].different > 0;
    if (text->failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(text));
    if (different)
        vl_result_summary(run->result, "%zu of %zu PBX%s changed by hand", different, count,
                          count == 1 ? " is" : "s are");
    else
        vl_result_summary(run->result, "nothing was changed by hand on %zu PBX%s", count - unseen,
                          vl_plural(count - unseen));
    if (vl_run_fleet_error(run, saving->fleet) < 0)
        return -1;
    return different ? vl_fail(run->err, VL_ERROR_DRIFT, "%zu of %zu PBX%s changed by hand", different, count,
                               count == 1 ? " is" : "s are")
                     : 0;
}

int vl_run_save(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct saving saving = { .run = run, .fleet = &fleet };
    int rc = 0;

    if (vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    saving.comparisons = vl_arena_zalloc(&run->result->arena, (fleet.count + 1) * sizeof(*saving.comparisons));
    if (!saving.comparisons)
        return vl_no_memory(run->err);
    vl_parallel(fleet.count, run->session->options.jobs, look_at, &saving);
    vl_json_array(run->result->document, "pbxs");
    for (size_t i = 0; i < fleet.count && rc == 0; i++)
        rc = tell(&saving, i, &text);
    vl_json_end(run->result->document);
    if (rc == 0)
        rc = finish(&saving, &text);
    for (size_t i = 0; i < fleet.count; i++) {
        vl_plan_free(&saving.comparisons[i].plan);
        vl_arena_free(&saving.comparisons[i].arena);
    }
    return rc;
}
