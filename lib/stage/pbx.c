/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What lies on one PBX: the files that render/ makes, against what is there.
 */
#include "plan/pending.h"
#include "render/asterisk.h"
#include "stage/clash.h"
#include "stage/stage.h"

/* Said at every run, also when there is nothing to do: a reload goes well all the same. */
static void warn_of_clashes(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                            const struct vl_fileset *ours)
{
    for (size_t i = 0; i < plan->shared.count; i++) {
        const char *clash = vl_clash(&plan->arena, &plan->shared.files[i], ours);

        if (clash)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, pbx->name, "%s", clash);
    }
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
    warn_of_clashes(session, pbx, plan, &set);
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
