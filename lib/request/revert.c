/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revert: guests put back to a snapshot that was taken under a tag, as `reset` puts them back to their ready states
 * (reset.c). Without names all that have it.
 */
#include <string.h>

#include "base/text.h"
#include "plan/ready.h"
#include "request/machines.h"

/* The virtual machines of the lab that have it. */
static int find_all(const struct vl_run *run, struct vl_named *named)
{
    const struct vl_lab *lab = run->session->lab;
    struct vl_arena *arena = &run->result->arena;
    const struct vl_ready_name *record = vl_ready_list(run->session, arena, NULL);
    const char **names = vl_arena_zalloc(arena, (lab->pbx_count + 1) * sizeof(*names)), *nearest;
    const char **tags = vl_arena_zalloc(arena, sizeof(*tags));
    size_t count = 0, known = 0;

    for (; names && tags && record && record->tag; record++) {
        const struct vl_pbx *pbx = vl_lab_pbx(lab, record->guest);

        tags = vl_arena_grow(arena, tags, known + 1, sizeof(*tags));
        if (!tags)
            break;
        tags[known++] = record->tag;
        tags[known] = NULL;
        if (!strcmp(record->tag, named->tag) && pbx && pbx->place == VL_PLACE_VM)
            names[count++] = record->guest;
    }
    if (vl_arena_check(arena, run->err) < 0)
        return -1;
    named->names = names;
    nearest = count || !tags ? NULL : vl_text_nearest(named->tag, tags);
    if (!count && nearest)
        return vl_fail(run->err, VL_ERROR_USAGE, "no PBX of this lab has a snapshot '%s'; did you mean '%s'?",
                       named->tag, nearest);
    if (!count)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "no PBX of this lab has a snapshot '%s'; 'voiplab snapshot list' shows them", named->tag);
    return 0;
}

int vl_run_revert(const struct vl_run *run)
{
    struct vl_named named = vl_run_named(run);
    VL_FLEET_AUTO fleet = { .count = 0 };

    if ((!named.names && find_all(run, &named) < 0) || vl_fleet_open(run->session, named.names, &fleet, run->err) < 0)
        return -1;
    for (size_t i = 0; i < fleet.count; i++)
        if (fleet.members[i].pbx->place != VL_PLACE_VM)
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "'%s' is no virtual machine of this lab, and only those can be put back",
                           fleet.members[i].pbx->name);
    fleet.tag = named.tag;
    return vl_run_put_back(run, &fleet, named.names);
}
