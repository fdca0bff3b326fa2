/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `bridge confirm` and `bridge revert`: a change of this host's network stays, or is taken back.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "network/change.h"
#include "network/checkpoint.h"
#include "network/recovery.h"
#include "network/watchdog.h"
#include "request/bridge.h"

int vl_run_bridge_confirm(const struct vl_run *run)
{
    const char *directory = vl_run_bridge_store(run);
    /* a change that is still being made cannot be confirmed: nobody would watch the rest of it */
    VL_CLOSE int lock = vl_change_phase(directory, NULL) != VL_CHANGE_NONE ? vl_run_bridge_lock(run) : -1;
    int done = lock < 0 && run->err->code ? -1 : vl_change_confirm(directory, run->err);

    if (done < 0)
        return -1;
    if (done) {
        vl_change_over(directory, "confirmed", true);
        vl_result_summary(run->result, "confirmed: the change stays");
        return 0;
    }
    return vl_fail(run->err, VL_ERROR_FAILED, "nothing waits to be confirmed in '%s'%s",
                   run->session->options.state_directory,
                   vl_change_outcome(&run->result->arena, directory, "; the latest change was "));
}

/* The checkpoint that a revert puts back: `last` of a change that is not confirmed, else `original`. */
static int find_checkpoint(const struct vl_run *run, const char *directory, struct vl_checkpoint *checkpoint,
                           bool *ret_unconfirmed)
{
    *ret_unconfirmed = vl_change_phase(directory, NULL) != VL_CHANGE_NONE;
    return vl_checkpoint_find(checkpoint, directory, *ret_unconfirmed ? "last" : "original", run->err);
}

static void warn_of_lost(const struct vl_run *run, const struct vl_checkpoint *checkpoint)
{
    for (size_t i = 0; i < checkpoint->file_count; i++)
        if (checkpoint->files[i].lost)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
                             "'%s' stays as it is: its backup '%s' cannot be read", checkpoint->files[i].path,
                             checkpoint->files[i].backup);
}

/* What a revert would do, as a plan. */
static int plan_revert(const struct vl_checkpoint *checkpoint, struct vl_plan *plan, struct vl_error *err)
{
    VL_TARGET_AUTO *target = vl_target_local(checkpoint->root, err);
    struct vl_fileset set = { .count = 0 }, gone = { .count = 0 };

    for (size_t i = 0; target && i < checkpoint->file_count; i++) {
        const struct vl_saved_file *saved = &checkpoint->files[i];
        struct vl_file file = {
            .path = saved->path,
            .kind = VL_FILE_WHOLE,
            .mode = saved->mode,
            .text = saved->text ? saved->text : "",
            .why = saved->text ? "as it was before voiplab changed it" : "it was not there before",
        };

        if (!saved->lost)
            vl_fileset_add(&plan->arena, saved->text ? &set : &gone, &file);
    }
    if (!target || vl_plan_files(plan, target, VL_THIS_HOST, &set, 0, false, err) < 0)
        return -1;
    return vl_plan_files_removed(plan, target, VL_THIS_HOST, &gone, 0, err);
}

/* While a watchdog lives it is the one to put back: it goes on when this command is cut off. 1 when it has. */
static int leave_to_watchdog(const struct vl_run *run, const char *directory, bool first)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    int none = -1;

    if (!vl_change_is_watched(directory) || !vl_change_take_back(directory))
        return 0;
    vl_session_event(run->session, VOIPLAB_EVENT_STEP, VL_THIS_HOST, "the watchdog puts everything back");
    if (vl_watchdog_take_back(&none, directory, &cause) == 0) {
        if (first)
            vl_checkpoint_forget(directory);
        vl_result_summary(run->result, "put back by the watchdog");
        return 1;
    }
    if (vl_change_phase(directory, NULL) == VL_CHANGE_ABANDONED)
        return 0;
    vl_error_move(run->err, &cause);
    return -1;
}

static int put_back(const struct vl_run *run, const char *directory, const struct vl_checkpoint *checkpoint,
                    bool unconfirmed)
{
    size_t changed = 0;
    bool first = checkpoint->first;
    int done = unconfirmed ? leave_to_watchdog(run, directory, first) : 0;

    if (done)
        return done < 0 ? -1 : 0;
    if (unconfirmed)
        (void)vl_change_take_back(directory);
    if (vl_network_restore(checkpoint, &changed, run->err) < 0)
        return vl_error_wrap(run->err,
                             "not everything could be put back (the files as they were are in '%s/backup'; "
                             "'voiplab bridge confirm' leaves all as it is now)",
                             directory);
    if (unconfirmed && !first)
        vl_change_over(directory, "taken back: it was asked for by hand", true);
    else
        vl_checkpoint_forget(directory);
    vl_result_summary(run->result, "put back: %zu file%s changed", changed, vl_plural(changed));
    return 0;
}

int vl_run_bridge_revert(const struct vl_run *run)
{
    const char *directory = vl_run_bridge_store(run);
    VL_CHECKPOINT_AUTO checkpoint = { .root = NULL };
    VL_PLAN_AUTO plan = { .count = 0 };
    bool unconfirmed = false;
    VL_CLOSE int lock = vl_run_is_dry(run) || !vl_file_exists(directory) ? -1 : vl_run_bridge_lock(run);
    int found;

    if (lock < 0 && run->err->code)
        return -1;
    if (run->request->parameters.bridge_revert->boot && vl_change_phase(directory, NULL) != VL_CHANGE_ABANDONED) {
        vl_result_summary(run->result, "no change was cut off");
        return 0;
    }
    found = find_checkpoint(run, directory, &checkpoint, &unconfirmed);
    if (found < 0)
        return -1;
    warn_of_lost(run, &checkpoint);
    if (!found) {
        if (unconfirmed && !vl_run_is_dry(run))
            vl_checkpoint_forget(directory);
        vl_result_summary(run->result, "nothing to do: nothing of the network was changed, or it was put back already");
        return 0;
    }
    if (!vl_run_is_dry(run))
        return put_back(run, directory, &checkpoint, unconfirmed);
    if (plan_revert(&checkpoint, &plan, run->err) < 0)
        return -1;
    return vl_run_show_plan(run, &plan);
}
