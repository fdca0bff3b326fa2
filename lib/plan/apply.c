/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is about many steps: their order, the backup, the way back. What one step does, deleting a file among it, is a
 * row of steps.c.
 */
#include "plan/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "network/change.h"
#include "plan/pending.h"
#include "plan/print.h"
#include "plan/sites.h"
#include "plan/steps.h"
#include "plan/together.h"

enum { STOP_TIMEOUT_MS = 60000 };

static bool stop_cancelled(void *context)
{
    return vl_session_cancelled(context);
}

/* Guests that stop one after the other in the plan stop at the same time: each may take a minute. */
static int stop_together(struct vl_session *session, const struct vl_step *steps, size_t count, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_stopping *guests = vl_arena_zalloc(&arena, count * sizeof(*guests));
    size_t failed;

    if (!guests)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        guests[i].name = steps[i].object;
    failed =
        vl_hypervisor_stop_all(vl_site_hypervisor(session, steps->site), vl_session_lab_name(session), guests, count,
                               &(struct vl_stop_options){ .timeout_ms = steps->at_once ? 0 : STOP_TIMEOUT_MS,
                                                          .force = true,
                                                          .cancelled = stop_cancelled,
                                                          .context = session });
    for (size_t i = 0; i < count; i++) {
        if (guests[i].error.code && count == 1)
            (void)vl_fail(err, VL_ERROR_FAILED, "%s", vl_error_text(&guests[i].error));
        else if (guests[i].error.code)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, guests[i].name, "%s", vl_error_text(&guests[i].error));
        else
            vl_session_event(session, VOIPLAB_EVENT_STEP, steps[i].target, "%s", vl_step_title(&arena, &steps[i]));
        vl_error_clear(&guests[i].error);
    }
    if (!failed)
        return 0;
    if (err->code)
        return -1;
    if (vl_session_cancelled(session))
        return vl_fail(err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
    return vl_fail(err, failed < count ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                   "%zu of %zu guests did not stop; the lines above say why", failed, count);
}

static size_t count_stops(const struct vl_plan *plan, size_t from)
{
    size_t count = 0;

    while (from + count < plan->count && plan->steps[from + count].kind == VL_STEP_STOP &&
           plan->steps[from + count].at_once == plan->steps[from].at_once &&
           plan->steps[from + count].site == plan->steps[from].site)
        count++;
    return count;
}

static int do_step(struct vl_session *session, struct vl_target *target, const struct vl_step *step,
                   struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_step_scene scene = { .session = session, .target = target, .step = step, .arena = &arena, .err = err };

    if (vl_step_kind(step)->act(&scene) < 0)
        return vl_error_wrap(err, "%s", vl_step_title(&arena, step));
    vl_session_event(session, VOIPLAB_EVENT_STEP, step->target, "%s", vl_step_title(&arena, step));
    return 0;
}

/* Put back what the first `count` steps changed in files, last first, and let the services know. The step that failed
 * is among them: it may have failed after the file was in its place. */
static void put_back(struct vl_session *session, const struct vl_plan *plan, size_t count, struct vl_target *target)
{
    size_t changed = 0;

    for (size_t i = count; i-- > 0;) {
        const struct vl_step *step = &plan->steps[i];
        struct vl_step undo = *step;
        VL_ERROR_AUTO cause = { .code = VL_OK };

        if ((step->kind != VL_STEP_FILE && step->kind != VL_STEP_REMOVE) || step->stays)
            continue;
        undo.kind = step->before ? VL_STEP_FILE : VL_STEP_REMOVE;
        undo.after = step->before;
        undo.mode = step->mode_before;
        changed++;
        if (do_step(session, target, &undo, &cause) < 0)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, step->target, "cannot put back: %s",
                             vl_error_text(&cause));
    }
    for (size_t i = 0; i < plan->count && changed; i++) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };

        if (plan->steps[i].kind == VL_STEP_RELOAD)
            (void)do_step(session, target, &plan->steps[i], &ignored);
    }
}

/* The files of a tree (--root) are not the host's: they are kept apart, so that the host's own are still kept when
 * their turn comes. */
const char *vl_apply_backup_place(const struct vl_session *session, struct vl_arena *arena,
                                  const struct vl_target *target, const char *target_name, const char *path)
{
    const char *tree = target && target->name[0] == '/' ? vl_text_flat(arena, target->name) : "";

    return vl_arena_printf(arena, "%s/backup/%s%s/%s", session->state.directory, target_name, tree,
                           vl_text_flat(arena, path));
}

/* Keep the bytes of a file that is the user's, once: before our first change of it. One that has the name of a file of
 * ours and is not is the user's each time that it comes back. */
static int back_up(struct vl_session *session, const struct vl_target *target, const struct vl_step *step,
                   struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *place;
    char *directory;

    if (!step->before || step->kind != VL_STEP_FILE || !session->state.directory)
        return 0;
    place = vl_apply_backup_place(session, &arena, target, step->target, step->object);
    directory = vl_arena_strndup(&arena, place, (size_t)(strrchr(place, '/') - place));
    if (vl_file_mkdirs(directory, 0700, err) < 0)
        return -1;
    if (vl_file_exists(place) && !step->takes_place)
        return 0;
    return vl_file_write(place, step->before, strlen(step->before), 0600, err);
}

static int back_up_all(struct vl_session *session, const struct vl_target *target, const struct vl_step *steps,
                       size_t count, struct vl_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (back_up(session, target, &steps[i], err) < 0)
            return -1;
    return 0;
}

/* The steps from this one on that are done at once, which are one or more. *ret_count of them are done, or on failure
 * may have changed something. */
static int advance(struct vl_session *session, const struct vl_plan *plan, size_t from, struct vl_target *target,
                   size_t *ret_count, struct vl_error *err)
{
    const struct vl_step *steps = &plan->steps[from];
    size_t together = vl_together_count(target, plan, from);

    *ret_count = 0;
    if (back_up_all(session, target, steps, together ? together : 1, err) < 0)
        return -1;
    if (together)
        return vl_together_act(session, target, steps, together, ret_count, err);
    *ret_count = 1;
    return do_step(session, target, steps, err);
}

int vl_apply(struct vl_session *session, const struct vl_plan *plan, struct vl_target *target, struct vl_error *err)
{
    VL_FREE char *note = vl_pending_note(session, plan, err);
    size_t count;

    if (err->code)
        return -1;
    for (size_t i = 0; i < plan->count; i += count) {
        const struct vl_step *step = &plan->steps[i];

        if (vl_session_cancelled(session))
            return vl_fail(err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
        if (session->change && !vl_change_pending(session->change))
            return vl_fail(err, VL_ERROR_TIMEOUT,
                           "the change took longer than it may stay unconfirmed; --timeout gives it longer");
        if (step->kind == VL_STEP_STOP) {
            count = count_stops(plan, i);
            if (stop_together(session, step, count, err) < 0)
                return -1;
        } else if (advance(session, plan, i, target, &count, err) < 0) {
            put_back(session, plan, i + count, target);
            return -1;
        }
    }
    return note ? vl_file_remove(note, err) : 0;
}
