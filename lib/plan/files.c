/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a file set and what a target has to the steps that are missing; and the reverse. Which reloads come of it is
 * decided in reload.c, which is told what differs.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "plan/block.h"
#include "plan/loaded.h"
#include "plan/plan.h"
#include "plan/reload.h"

struct vl_wanted vl_plan_wanted(struct vl_arena *arena, const struct vl_fileset *set, const struct vl_wanted *more)
{
    const struct vl_wanted loaded = vl_loaded_wanted(set);
    const char *const *lists[] = { more ? more->paths : NULL, loaded.paths };
    size_t others = vl_list_length(lists[0]) + vl_list_length(lists[1]), group_count = 0, path_count = 0;
    const char **paths = vl_arena_zalloc(arena, (set->count + others + 1) * sizeof(*paths));
    const char **groups = vl_arena_zalloc(arena, (set->count + 1) * sizeof(*groups));

    if (!paths || !groups)
        return (struct vl_wanted){ .paths = NULL };
    for (size_t i = 0; i < set->count; i++) {
        paths[path_count++] = set->files[i].path;
        if (set->files[i].group && !vl_list_has(groups, set->files[i].group))
            groups[group_count++] = set->files[i].group;
    }
    for (size_t i = 0; i < VL_COUNT(lists); i++)
        for (const char *const *path = lists[i]; path && *path; path++)
            if (!vl_list_has(paths, *path))
                paths[path_count++] = *path;
    return (struct vl_wanted){ .paths = paths,
                               .groups = groups,
                               .commands = vl_list_joined(arena, more ? more->commands : NULL, loaded.commands) };
}

static void prefetch(struct vl_target *target, const struct vl_fileset *set)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_wanted wanted;

    if (!target || !target->ops->prefetch)
        return;
    wanted = vl_plan_wanted(&arena, set, NULL);
    if (!arena.failed)
        vl_target_prefetch(target, &wanted);
}

/* What is there now: NULL when the file, or the whole target, is not. */
static int read_current(struct vl_plan *plan, struct vl_target *target, const char *path, const char **ret_text,
                        mode_t *ret_mode, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *text = NULL;

    *ret_text = NULL;
    *ret_mode = 0;
    if (!target)
        return 0;
    if (target->ops->read(target, path, &text, ret_mode, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    *ret_text = vl_arena_strdup(&plan->arena, text);
    return 0;
}

/* Behind a link may lie a file that others share or keep elsewhere. Followed, it could lead anywhere: the directory is
 * often Asterisk's own, and whoever gets hold of Asterisk could have us write to any file of this host. */
static int refuse_link(struct vl_target *target, const char *path, struct vl_error *err)
{
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };

    if (!target || !target->ops->facts)
        return 0;
    if (target->ops->facts(target, path, &facts, err) < 0)
        return -1;
    if (facts.kind != VL_PATH_LINK)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED,
                   "'%s' is a symbolic link, which would be lost; put the file itself there first", path);
}

/* A file that its reader may not read is as good as none. */
static bool has_wrong_group(struct vl_target *target, const struct vl_file *file)
{
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    gid_t group;

    return file->group && target->ops->facts && target->ops->gives_to &&
           target->ops->gives_to(target, file->group, &group) &&
           target->ops->facts(target, file->path, &facts, &ignored) == 0 && facts.kind != VL_PATH_NONE &&
           facts.group != group;
}

static bool has_right_mode(const struct vl_file *file, mode_t mode)
{
    return (mode & 07777) == file->mode || (file->lent && (mode & 0440) == 0440);
}

/* A group that files there are given to. One that the target has not is passed over, as it is when they are written. */
static const char *group_of(struct vl_target *target, const struct vl_file *file)
{
    gid_t group;

    return !target || !file->group || !target->ops->gives_to || target->ops->gives_to(target, file->group, &group)
               ? file->group
               : NULL;
}

/* `lends`: a file of the user's is to have the mode and group by which Asterisk can read it; else it keeps its group.
 */
static void add_file_step(struct vl_plan *plan, const char *target_name, const struct vl_file *file, const char *before,
                          const char *after, mode_t mode, mode_t mode_before, bool lends, struct vl_target *target)
{
    bool keeps_group = file->kind != VL_FILE_WHOLE && before && !lends;
    bool tree = target && target->name[0] == '/' && target->name[1];

    vl_plan_add(plan, &(struct vl_step){
                          .kind = after ? VL_STEP_FILE : VL_STEP_REMOVE,
                          .target = target_name,
                          .object = vl_arena_strdup(&plan->arena, file->path),
                          .why = file->why,
                          .before = before,
                          .after = after,
                          .mode = mode,
                          .mode_before = mode_before & 07777,
                          .group = keeps_group ? NULL : group_of(target, file),
                          .tree = tree ? vl_arena_strdup(&plan->arena, target->name) : NULL,
                          .joins = target || file->kind != VL_FILE_BLOCK
                                       ? NULL
                                       : vl_block_put(&plan->arena, "", file->text, vl_block_comment(file->path)),
                          .takes_place = file->kind == VL_FILE_WHOLE && file->lab && !file->beside && before && after &&
                                         !vl_text_starts(before, VL_FILE_MARK),
                          .fresh_target = !target,
                      });
}

/* What a file of the user's shall say as a whole. Of a target that is yet to be made it is not known what is in it:
 * Asterisk's samples have the sections. */
static const char *put_block(struct vl_plan *plan, const struct vl_file *file, const char *before, bool known)
{
    struct vl_file whole = *file;
    const char *block = file->text;
    char comment = vl_block_comment(file->path);

    if (known && file->adds_to && !vl_block_follows_section(before, file->adds_to, comment))
        block = vl_arena_printf(&plan->arena, "[%s]\n%s", file->adds_to, block);
    whole.text = vl_block_put(&plan->arena, before, block, comment);
    if (before)
        vl_fileset_add(&plan->arena, &plan->shared, &whole);
    return whole.text;
}

/* The lab that a file of ours says it is of, in the arena; NULL: it is none of ours. */
static const char *lab_of(struct vl_plan *plan, const char *text)
{
    size_t length = strcspn(text, "\n");
    const char *first = vl_arena_strndup(&plan->arena, text, length);
    const char *lab = vl_text_starts(first, VL_FILE_MARK) ? strstr(first, VL_FILE_MARK_LAB) : NULL;

    return lab ? vl_arena_strndup(&plan->arena, lab + strlen(VL_FILE_MARK_LAB),
                                  strcspn(lab + strlen(VL_FILE_MARK_LAB), "."))
               : NULL;
}

/* Whether what is there may be replaced or removed. What nobody claims has a name that is ours, and is put right or
 * taken out; but nothing goes by its name alone that this PBX would not have. */
static bool is_ours(struct vl_plan *plan, struct vl_target *target, const struct vl_file *file, const char **text)
{
    VL_ERROR_AUTO unread = { .code = VL_OK };
    const char *lab;
    mode_t mode;

    if (!file->lab)
        return true;
    if (file->beside && read_current(plan, target, file->beside, text, &mode, &unread) < 0)
        return false;
    if (!*text)
        return true;
    lab = lab_of(plan, *text);
    return lab ? !strcmp(lab, file->lab) : vl_file_stays(file->kind);
}

static int refuse_foreign(struct vl_plan *plan, const struct vl_file *file, const char *claim, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *lab = claim ? lab_of(plan, claim) : NULL;

    if (!lab)
        return vl_fail(err, VL_ERROR_FAILED, "whose '%s' is cannot be read in '%s'; put that right first", file->path,
                       file->beside ? file->beside : file->path);
    return vl_fail(
        err, VL_ERROR_FAILED,
        "'%s' is of the lab '%s', which has this PBX too, and is not overwritten: 'voiplab trunk remove' with "
        "the file of that lab takes it out first",
        file->path, vl_text_quote(&arena, lab, VL_TEXT_QUOTED));
}

static int plan_removal(struct vl_plan *plan, struct vl_target *target, const char *target_name,
                        const struct vl_file *file, struct vl_error *err)
{
    const char *before, *after = NULL, *owner;
    mode_t mode;

    if (read_current(plan, target, file->path, &before, &mode, err) < 0)
        return -1;
    if (!before)
        return 0;
    owner = before;
    if (!is_ours(plan, target, file, &owner))
        return 0;
    if (file->kind == VL_FILE_BLOCK || file->kind == VL_FILE_BLOCK_GONE) {
        after = vl_block_take_out(&plan->arena, before, vl_block_comment(file->path));
        if (after && !strcmp(before, after))
            return 0;
    } else if (file->original) {
        after = file->original;
        if (!strcmp(before, after))
            return 0;
    }
    if (refuse_link(target, file->path, err) < 0)
        return -1;
    add_file_step(plan, target_name, file, before, after, mode & 07777, mode, false, target);
    return 1;
}

/* One file against what is there. Returns 1 when it has to change, 0 when it is right, -1 on failure. */
static int plan_file(struct vl_plan *plan, struct vl_target *target, const char *target_name,
                     const struct vl_file *file, struct vl_error *err)
{
    const char *before, *after, *owner;
    mode_t mode, mode_before;
    bool shut_out = false;

    if (!vl_file_stays(file->kind))
        return plan_removal(plan, target, target_name, file, err);
    if (read_current(plan, target, file->path, &before, &mode_before, err) < 0)
        return -1;
    owner = before;
    if (before && !is_ours(plan, target, file, &owner))
        return refuse_foreign(plan, file, owner, err);
    if (file->kind == VL_FILE_WHOLE) {
        after = vl_arena_strdup(&plan->arena, file->text);
        if (before && !strcmp(before, after) && has_right_mode(file, mode_before) && !has_wrong_group(target, file))
            return 0;
        mode = file->mode;
    } else {
        after = put_block(plan, file, before, target != NULL);
        shut_out = before && vl_loaded_shut_out(target, file);
        if (before && !strcmp(before, after) && !shut_out)
            return 0;
        mode = !before ? file->mode : shut_out ? (mode_before & 07777) | 0440 : mode_before & 07777;
    }
    if (refuse_link(target, file->path, err) < 0)
        return -1;
    add_file_step(plan, target_name, file, before, after, mode, mode_before, shut_out, target);
    return 1;
}

int vl_plan_files(struct vl_plan *plan, struct vl_target *target, const char *target_name, const struct vl_fileset *set,
                  unsigned pending, bool with_reloads, struct vl_error *err)
{
    bool *differs = vl_arena_zalloc(&plan->arena, set->count + 1);
    struct vl_loaded loaded = { .known = false };

    prefetch(target, set);
    if (target && with_reloads)
        vl_loaded_learn(&plan->arena, target, set, &loaded);
    for (size_t i = 0; differs && i < set->count; i++) {
        int changed = plan_file(plan, target, target_name, &set->files[i], err);

        if (changed < 0)
            return -1;
        differs[i] = changed || (vl_file_stays(set->files[i].kind) &&
                                 (vl_loaded_is_older(&loaded, target, &set->files[i]) ||
                                  (loaded.missing | loaded.failed) & 1U << set->files[i].reload));
    }
    if (differs && with_reloads)
        vl_reload_decide(plan, target_name, set, differs, pending, &loaded, !target);
    return vl_arena_check(&plan->arena, err);
}

int vl_plan_files_removed(struct vl_plan *plan, struct vl_target *target, const char *target_name,
                          const struct vl_fileset *set, unsigned pending, struct vl_error *err)
{
    bool *differs = vl_arena_zalloc(&plan->arena, set->count + 1);

    prefetch(target, set);
    /* Backwards: the block that includes a file goes before the file. */
    for (size_t i = set->count; differs && i-- > 0;) {
        int changed = plan_removal(plan, target, target_name, &set->files[i], err);

        if (changed < 0)
            return -1;
        differs[i] = changed;
    }
    if (differs)
        vl_reload_decide(plan, target_name, set, differs, pending, &(struct vl_loaded){ .known = false }, false);
    return vl_arena_check(&plan->arena, err);
}
