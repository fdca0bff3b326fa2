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
#include "request/changed.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "plan/apply.h"
#include "plan/ready.h"
#include "probe/files.h"
#include "render/asterisk.h"
#include "request/machines.h"

#define ASTERISK "/etc/asterisk/"

enum { CONNECT_MS = 10000, MOST_WAIT_S = 3600 };

/* The files that voiplab writes, each by its name, so that none is left out however many others there are; and all that
 * lie beside them where it writes many. */
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
        roots[count++] = ret_set->files[i].path;
    return roots;
}

struct keeping {
    struct vl_fleet *fleet;
    bool anew;
};

/* The record of its files as they are now, in its arena. */
static const char *record_of(const struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_seen_files files;
    struct vl_fileset set;
    const char *text;

    if (vl_probe_files(member->target, &arena, roots_of(fleet->session, &arena, member->pbx, &set), &member->kept,
                       &files, err) < 0)
        return NULL;
    text = vl_arena_strdup(&member->arena, vl_seen_text(&arena, &files, (long)time(NULL)));
    return vl_arena_check(&arena, err) < 0 ? NULL : text;
}

int vl_run_write_record(const struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_file record = { .path = vl_ready_files_path(fleet->session, &arena, member->pbx->name),
                              .mode = 0600,
                              .text = member->record,
                              .why =
                                  "its files as it was handed over, which voiplab save compares with those of then" };
    const struct vl_fileset kept = { .files = &record, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!host || vl_arena_check(&arena, err) < 0)
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
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (member->pbx->place != VL_PLACE_VM || member->error.code || !member->target ||
        (!member->started && !member->changed) ||
        (!keeping->anew && vl_file_exists(vl_ready_files_path(fleet->session, &member->arena, member->pbx->name))))
        return;
    member->record = record_of(fleet, member, &cause);
    if (!member->record || (!keeping->anew && vl_run_write_record(fleet, member, &cause) < 0))
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                         "its files are not kept, so 'voiplab save' will know only those that voiplab wrote: %s",
                         vl_error_text(&cause));
    if (!keeping->anew)
        member->record = NULL; /* it is written */
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

struct saving {
    const struct vl_run *run;
    struct vl_fleet *fleet;
    struct vl_comparison *comparisons;
};

static int read_record(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_comparison *comparison,
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

static int look(struct vl_session *session, const struct vl_pbx *pbx, struct vl_comparison *comparison,
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

static const char *time_text(struct vl_arena *arena, long taken)
{
    char text[sizeof("2026-11-29 17:00")];
    time_t at = taken;
    struct tm local;

    if (!taken || !localtime_r(&at, &local) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local))
        return NULL;
    return vl_arena_strdup(arena, text);
}

static const char *state_of(const struct vl_member *member, const struct vl_comparison *comparison)
{
    if (member->error.code)
        return "unknown";
    return comparison->different ? "different" : comparison->unseen ? "unread" : "same";
}

static int tell(const struct saving *saving, size_t index, struct vl_buf *text)
{
    const struct vl_run *run = saving->run;
    const struct vl_member *member = &saving->fleet->members[index];
    struct vl_comparison *comparison = &saving->comparisons[index];
    struct vl_json *json = run->result->document;
    int rc = 0;

    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", member->pbx->name);
    vl_json_string(json, "since", time_text(&comparison->arena, comparison->taken));
    vl_json_array(json, "files");
    if (!member->error.code)
        rc = vl_changed_tell(run, member->pbx->name, comparison, text);
    else
        vl_json_end(json);
    vl_json_string(json, "state", state_of(member, comparison));
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
    size_t different = 0, unread = 0, failed = vl_fleet_failed(saving->fleet), count = saving->fleet->count;
    const char *some;

    for (size_t i = 0; i < count; i++) {
        different += saving->comparisons[i].different > 0;
        unread += saving->comparisons[i].unseen > 0;
    }
    if (text->failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(text));
    some = vl_arena_printf(&run->result->arena, "%zu of %zu PBX%s changed by hand", different, count,
                           count == 1 ? " is" : "s are");
    if (different)
        vl_result_summary(run->result, "%s", some);
    else
        vl_result_summary(run->result, "nothing%s was changed by hand on %zu PBX%s", unread ? " that was read" : "",
                          count - failed, vl_plural(count - failed));
    if (vl_run_fleet_error(run, saving->fleet) < 0)
        return -1;
    if (different)
        return vl_fail(run->err, VL_ERROR_DRIFT, "%s", some);
    return unread ? vl_fail(run->err, VL_ERROR_PARTIAL,
                            "not all files of %zu of %zu PBX%s were looked at; the lines above say which", unread,
                            count, vl_plural(count))
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
