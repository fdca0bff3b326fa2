/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot list and snapshot delete: what there is to go back to, with what it takes up, and why one is of no use any
 * more; and that one goes. Also of guests that the lab file has no more.
 */
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "plan/ready.h"
#include "plan/sites.h"
#include "request/machines.h"
#include "stage/stage.h"

enum { TIME_BYTES = 32 };

static const char *when(struct vl_arena *arena, long taken)
{
    char text[TIME_BYTES];
    time_t at = (time_t)taken;
    struct tm local;

    if (!taken || !localtime_r(&at, &local) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local))
        return NULL;
    return vl_arena_strdup(arena, text);
}

static int add_row(const struct vl_run *run, const struct vl_ready_name *name, size_t *usable)
{
    struct vl_arena *arena = &run->result->arena;
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_ready ready;
    const char *why;
    uint64_t size;

    if (vl_stage_ready_look(run->session, name->guest, name->tag, &plan, &ready, &size, &why, run->err) < 0)
        return -1;
    *usable += !why;
    vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){
                                   name->guest, name->tag, when(arena, ready.taken), ready.memory ? "running" : "off",
                                   vl_arena_printf(arena, "%llu", (unsigned long long)(size >> 20)),
                                   why ? vl_arena_strdup(arena, why) : "yes" });
    return vl_arena_check(arena, run->err);
}

int vl_run_snapshot_list(const struct vl_run *run)
{
    const struct vl_ready_name *name = vl_ready_list(run->session, &run->result->arena, NULL);
    size_t count = 0, usable = 0;

    if (!vl_sites_reached(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "without a hypervisor there is nothing to go back to");
    vl_result_headings(run->result, "PBX", "TAG", "TAKEN", "GUEST", "MIB", "USABLE", NULL);
    for (; name && name->tag; name++) {
        if (!vl_session_wanted(run->request->names, name->guest))
            continue;
        count++;
        if (add_row(run, name, &usable) < 0)
            return -1;
    }
    vl_result_table_json(run->result, "snapshots");
    if (count)
        vl_result_summary(run->result, "%zu snapshot%s, %zu usable", count, vl_plural(count), usable);
    else
        vl_result_summary(run->result, "no snapshot is there");
    return 0;
}

int vl_run_snapshot_delete(const struct vl_run *run)
{
    struct vl_named named = vl_run_named(run);
    const struct vl_ready_name *name = vl_ready_list(run->session, &run->result->arena, NULL);
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t count = 0, changed = 0;

    if (!vl_sites_reached(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "without a hypervisor nothing can be deleted");
    for (; name && name->tag; name++) {
        if (strcmp(name->tag, named.tag) != 0 || !vl_session_wanted(named.names, name->guest))
            continue;
        count++;
        if (vl_stage_ready_drop(run->session, name->guest, named.tag, &plan, run->err) < 0)
            return -1;
    }
    if (!count)
        return vl_fail(run->err, VL_ERROR_USAGE, "there is no such snapshot '%s'; 'voiplab snapshot list' shows them",
                       named.tag);
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return vl_error_wrap(run->err, "run this again to go on");
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_result_summary(run->result, "%zu step%s taken; %zu snapshot%s deleted", changed, vl_plural(changed), count,
                      count == 1 ? " is" : "s are");
    return 0;
}
