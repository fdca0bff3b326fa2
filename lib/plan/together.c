/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/together.h"

#include <string.h>

#include "plan/print.h"
#include "plan/steps.h"

/* A step that a batch can hold, after steps of which the last was a reload or not. */
static bool fits(const struct vl_step *step, bool after_reload)
{
    switch (step->kind) {
    case VL_STEP_FILE:
    case VL_STEP_REMOVE:
        return !after_reload;
    case VL_STEP_RELOAD:
        return !step->restarts && !strcmp(step->argv[0], "asterisk") && step->argv[1] &&
               !strcmp(step->argv[1], "-rx") && step->argv[2] && !step->argv[3];
    default:
        return false;
    }
}

size_t vl_together_count(const struct vl_target *target, const struct vl_plan *plan, size_t from)
{
    size_t count = 0, bytes = 0;
    bool reloads = false;

    while (target && target->ops->batch && from + count < plan->count && count < VL_BATCH_ITEMS) {
        const struct vl_step *step = &plan->steps[from + count];

        bytes += step->kind == VL_STEP_FILE ? strlen(step->after) : 0;
        if (!fits(step, reloads) || bytes > VL_BATCH_TEXT)
            break;
        reloads = step->kind == VL_STEP_RELOAD;
        count++;
    }
    return count;
}

static struct vl_batch_item item_of(const struct vl_step *step)
{
    if (step->kind == VL_STEP_RELOAD)
        return (struct vl_batch_item){ .kind = VL_BATCH_COMMAND, .object = step->argv[2] };
    if (step->kind == VL_STEP_REMOVE)
        return (struct vl_batch_item){ .kind = VL_BATCH_REMOVE, .object = step->object };
    return (struct vl_batch_item){ .kind = VL_BATCH_WRITE,
                                   .object = step->object,
                                   .text = step->after,
                                   .mode = (mode_t)step->mode,
                                   .group = step->group };
}

/* What was done is told; what a reload answered may still be that it was not. */
static int settle(struct vl_session *session, struct vl_target *target, const struct vl_step *steps,
                  const struct vl_batch_report *report, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    for (size_t i = 0; i < report->done; i++) {
        struct vl_step_scene scene = {
            .session = session, .target = target, .step = &steps[i], .arena = &arena, .err = err
        };

        if (steps[i].kind == VL_STEP_RELOAD && vl_step_check_answer(&scene, &report->results[i]) < 0)
            return vl_error_wrap(err, "%s", vl_step_title(&arena, &steps[i]));
        vl_session_event(session, VOIPLAB_EVENT_STEP, steps[i].target, "%s", vl_step_title(&arena, &steps[i]));
    }
    return 0;
}

int vl_together_act(struct vl_session *session, struct vl_target *target, const struct vl_step *steps, size_t count,
                    size_t *ret_touched, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO cause = { .code = VL_OK };
    struct vl_batch_item *items = vl_arena_zalloc(&arena, count * sizeof(*items));
    struct vl_batch_report report = { .results = vl_arena_zalloc(&arena, count * sizeof(*report.results)) };
    int rc;

    *ret_touched = 0;
    if (!items || !report.results)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        items[i] = item_of(&steps[i]);
    rc = target->ops->batch(target, items, count, &report, &cause);
    *ret_touched = report.touched;
    if (settle(session, target, steps, &report, err) == 0 && rc < 0) {
        vl_error_move(err, &cause);
        if (report.failed < count)
            (void)vl_error_wrap(err, "%s", vl_step_title(&arena, &steps[report.failed]));
    }
    for (size_t i = 0; i < count; i++)
        vl_command_result_free(&report.results[i]);
    return err->code ? -1 : 0;
}
