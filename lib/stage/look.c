/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is seen in the end, for a note: the same as what `status` and `verify` ask, as steps that change nothing.
 */
#include "base/shell.h"
#include "probe/calls.h"
#include "probe/sights.h"
#include "stage/stage.h"

void vl_stage_look(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan)
{
    struct vl_sight sights[VL_PROBE_SIGHTS];
    size_t count = vl_probe_sights(&plan->arena, &session->state, pbx, sights);

    for (size_t i = 0; i < count; i++)
        vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_LOOK,
                                             .target = pbx->name,
                                             .object = sights[i].title,
                                             .see = sights[i].command,
                                             .seen = sights[i].answer });
}

/* What is up from before would be counted with it. */
void vl_stage_look_at_call(const struct vl_pbx *pbx, const struct vl_call *call, const char *how, int timeout_ms,
                           struct vl_plan *plan)
{
    VL_BUF_AUTO lines = VL_BUF_INIT;
    const char *command;
    struct vl_sight sight = vl_probe_call_sight(&plan->arena, call, timeout_ms, &command);

    vl_shell_words(&lines, (const char *const[]){ "asterisk", "-rx", "channel request hangup all", NULL });
    vl_buf_putc(&lines, '\n');
    vl_shell_words(&lines, (const char *const[]){ "asterisk", "-rx", command, NULL });
    vl_buf_putc(&lines, '\n');
    plan->arena.failed |= lines.failed;
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_LOOK,
                                         .target = pbx->name,
                                         .object = vl_arena_printf(&plan->arena, "a call to %s %s", call->number, how),
                                         .input = vl_arena_strdup(&plan->arena, vl_buf_text(&lines)),
                                         .see = sight.command,
                                         .seen = sight.answer });
}
