/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the stages of a PBX will ask of it, asked in one round trip with what somebody else wants to know.
 */
#include "render/asterisk.h"
#include "stage/stage.h"

void vl_stage_pbx_prefetch(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                           unsigned parts, const struct vl_wanted *more)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_fileset set = { .count = 0 };

    if (!target->ops->prefetch)
        return;
    if (parts)
        vl_render_pbx(&arena, session->lab, &session->state, pbx, parts, &set);
    if (!arena.failed)
        vl_plan_prefetch(target, &set, more);
}
