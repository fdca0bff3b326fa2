/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What lies on one PBX: the files that render/ makes, against what is there.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/apply.h"
#include "plan/loaded.h"
#include "plan/pending.h"
#include "render/asterisk.h"
#include "stage/clash.h"
#include "stage/database.h"
#include "stage/stage.h"

enum { ORIGINAL_LIMIT = 16 << 20 };

/* Asterisk does not complain of two sections of one name and a reload goes well: only we can tell. */
static int refuse_clashes(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                          struct vl_plan *plan, const struct vl_fileset *ours, struct vl_error *err)
{
    const struct vl_clash_scene scene = {
        .target = target,
        .shared = &plan->shared,
        .ours = ours,
        .flavor = vl_flavor_row(vl_state_nature(&session->state, pbx)->flavor),
    };
    const char *clash = vl_clash(&plan->arena, &scene);

    return clash ? vl_fail(err, VL_ERROR_FAILED, "%s", clash) : 0;
}

static bool has_path(const struct vl_fileset *set, const char *path)
{
    for (size_t i = 0; i < set->count; i++)
        if (!strcmp(set->files[i].path, path))
            return true;
    return false;
}

/* What our files would hold of what is in the data base: never both for one trunk. */
static struct vl_fileset outdated_files(const struct vl_session *session, const struct vl_pbx *pbx, unsigned parts,
                                        const struct vl_fileset *kept, struct vl_plan *plan)
{
    struct vl_fileset all = { .count = 0 }, outdated = { .count = 0 };

    parts = (parts & ~(unsigned)VL_PART_OLD_DRIVER) | VL_PART_AS_FILES | VL_PART_EVERY_DRIVER;
    vl_render_pbx(&plan->arena, session->lab, &session->state, pbx, parts, &all);
    for (size_t i = 0; i < all.count; i++)
        if (!has_path(kept, all.files[i].path))
            vl_fileset_add(&plan->arena, &outdated, &all.files[i]);
    return outdated;
}

/* Rows of a data base, and files for what it has no place for. */
static int stage_in_database(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                             unsigned parts, struct vl_plan *plan, struct vl_error *err)
{
    unsigned pending = target ? vl_pending(session, pbx->name) : 0;
    struct vl_fileset set = { .count = 0 }, outdated;

    vl_render_pbx(&plan->arena, session->lab, &session->state, pbx, parts, &set);
    outdated = outdated_files(session, pbx, parts, &set, plan);
    if (plan->arena.failed)
        return vl_no_memory(err);
    if ((target && vl_plan_files_removed(plan, target, pbx->name, &outdated, 0, err) < 0) ||
        vl_plan_files(plan, target, pbx->name, &set, pending, true, err) < 0 ||
        refuse_clashes(session, pbx, target, plan, &set, err) < 0)
        return -1;
    return vl_stage_database(session, pbx, target, plan, err);
}

static int refuse_unplaced(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err)
{
    const char *what = vl_render_unplaced(session->lab, &session->state, pbx);

    if (!what)
        return 0;
    return vl_fail(
        err, VL_ERROR_FAILED,
        "%s leaves no file of the hub to others for %s; take that out of the lab file and make it in the web "
        "interface, or let a plain Asterisk be the hub",
        vl_flavor_row(vl_state_nature(&session->state, pbx)->flavor)->title, what);
}

int vl_stage_pbx(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target, unsigned parts,
                 struct vl_plan *plan, struct vl_error *err)
{
    struct vl_fileset set = { .count = 0 };
    bool reloads = pbx->place != VL_PLACE_LOCAL || !session->options.root[1];
    unsigned pending = target ? vl_pending(session, pbx->name) : 0;

    parts |= VL_PART_OLD_DRIVER;
    if (refuse_unplaced(session, pbx, err) < 0)
        return -1;
    if (vl_pbx_in_database(pbx))
        return stage_in_database(session, pbx, target, parts, plan, err);
    vl_render_pbx(&plan->arena, session->lab, &session->state, pbx, parts, &set);
    if (plan->arena.failed)
        return vl_no_memory(err);
    if (vl_plan_files(plan, target, pbx->name, &set, pending, reloads, err) < 0)
        return -1;
    if (refuse_clashes(session, pbx, target, plan, &set, err) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}

const char *vl_stage_pbx_fingerprint(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_arena *arena)
{
    const struct vl_nature *nature = vl_state_nature(&session->state, pbx);
    struct vl_fileset set = { .count = 0 };
    VL_BUF_AUTO all = VL_BUF_INIT;
    char hex[VL_DIGEST_SHA256_SIZE];

    if (!nature->seen || nature->flavor != VL_FLAVOR_ASTERISK || vl_pbx_in_database(pbx))
        return NULL;
    vl_render_pbx(arena, session->lab, &session->state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN | VL_PART_OLD_DRIVER,
                  &set);
    for (size_t i = 0; i < set.count; i++)
        vl_buf_printf(&all, "%s %d %o %s %s %zu\n%s\n", set.files[i].path, set.files[i].kind, set.files[i].mode,
                      set.files[i].group ? set.files[i].group : "-", set.files[i].adds_to ? set.files[i].adds_to : "-",
                      set.files[i].text ? strlen(set.files[i].text) : 0, set.files[i].text ? set.files[i].text : "");
    if (all.failed || arena->failed || vl_digest_sha256(vl_buf_text(&all), all.length, hex) < 0)
        return NULL;
    return vl_arena_strdup(arena, hex);
}

const char *const *vl_stage_unloaded(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                                     struct vl_arena *arena)
{
    static const char *const none[] = { NULL };
    struct vl_fileset set = { .count = 0 };
    const char *const *unloaded;

    vl_render_pbx(arena, session->lab, &session->state, pbx, VL_PART_TRUNK | VL_PART_DIALPLAN, &set);
    unloaded = vl_loaded_unloaded(arena, target, &set);
    return unloaded ? unloaded : none;
}

/* Somebody's own file that had the name of one of ours, as it was kept; NULL: there was none. */
static const char *original_of(const struct vl_session *session, const struct vl_target *target,
                               const struct vl_pbx *pbx, const struct vl_file *file, struct vl_arena *arena)
{
    const char *place = vl_apply_backup_place(session, arena, target, pbx->name, file->path);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (file->kind != VL_FILE_WHOLE || !file->lab || file->beside ||
        vl_file_read(place, ORIGINAL_LIMIT, &text, NULL, &ignored) < 0 || vl_text_starts(text, VL_FILE_MARK))
        return NULL;
    return vl_arena_strdup(arena, text);
}

int vl_stage_pbx_removed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target, unsigned parts,
                         struct vl_plan *plan, struct vl_error *err)
{
    struct vl_fileset set = { .count = 0 };
    bool reloads = pbx->place != VL_PLACE_LOCAL || !session->options.root[1];

    parts |= VL_PART_EVERY_DRIVER;
    if (vl_pbx_in_database(pbx))
        parts |= VL_PART_AS_FILES;
    vl_render_pbx(&plan->arena, session->lab, &session->state, pbx, parts, &set);
    if (plan->arena.failed)
        return vl_no_memory(err);
    for (size_t i = 0; i < set.count; i++)
        set.files[i].original = original_of(session, target, pbx, &set.files[i], &plan->arena);
    if (vl_plan_files_removed(plan, target, pbx->name, &set, target ? vl_pending(session, pbx->name) : 0, err) < 0)
        return -1;
    /* in a tree (--root) nothing runs that could be reloaded */
    while (!reloads && plan->count && plan->steps[plan->count - 1].kind == VL_STEP_RELOAD)
        plan->count--;
    return vl_pbx_in_database(pbx) ? vl_stage_database_removed(session, pbx, target, plan, err) : 0;
}
