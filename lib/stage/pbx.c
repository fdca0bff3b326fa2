/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What lies on one PBX: the files that render/ makes, against what is there.
 */
#include "plan/pending.h"
#include "render/asterisk.h"
#include "stage/clash.h"
#include "stage/stage.h"

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

int vl_stage_pbx(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target, unsigned parts,
                 struct vl_plan *plan, struct vl_error *err)
{
    struct vl_fileset set = { .count = 0 };
    bool reloads = pbx->place != VL_PLACE_LOCAL || !session->options.root[1];
    unsigned pending = target ? vl_pending(session, pbx->name) : 0;

    vl_render_pbx(&plan->arena, session->lab, &session->state, pbx, parts, &set);
    if (plan->arena.failed)
        return vl_no_memory(err);
    if (vl_plan_files(plan, target, pbx->name, &set, pending, reloads, err) < 0)
        return -1;
    if (refuse_clashes(session, pbx, target, plan, &set, err) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_pbx_removed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target, unsigned parts,
                         struct vl_plan *plan, struct vl_error *err)
{
    struct vl_fileset set = { .count = 0 };
    bool reloads = pbx->place != VL_PLACE_LOCAL || !session->options.root[1];

    vl_render_pbx(&plan->arena, session->lab, &session->state, pbx, parts, &set);
    if (plan->arena.failed)
        return vl_no_memory(err);
    if (vl_plan_files_removed(plan, target, pbx->name, &set, target ? vl_pending(session, pbx->name) : 0, err) < 0)
        return -1;
    /* in a tree (--root) nothing runs that could be reloaded */
    while (!reloads && plan->count && plan->steps[plan->count - 1].kind == VL_STEP_RELOAD)
        plan->count--;
    return 0;
}
