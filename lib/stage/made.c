/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of plan/made.h: written before the things are made, so they are planned and carried out before the guests.
 * Which things these will be is told by the plan of the guests. Where an earlier version has left no file, what is
 * already there and was made by it is written down as well.
 */
#include <string.h>

#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/sites.h"
#include "stage/stage.h"

static bool is_used_by_another(const struct vl_session *session, const struct vl_use *uses, size_t count,
                               const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (!uses[i].tap && !uses[i].volume && !strcmp(uses[i].path, path) &&
            !(uses[i].lab && !strcmp(uses[i].lab, session->lab->name)))
            return true;
    return false;
}

/* What is in the pool without a line: as the names tell, and unless somebody else's domain has it. */
static int adopt(struct vl_session *session, struct vl_arena *arena, struct vl_made *made, struct vl_error *err)
{
    const struct vl_made before = *made;
    const char *pool = vl_pool_name(arena, session);
    struct vl_volume *volumes;
    struct vl_use *uses;
    size_t count, use_count;

    if (vl_hypervisor_volumes(session->hypervisor, arena, pool, &volumes, &count, err) < 0 ||
        (count && vl_hypervisor_uses(session->hypervisor, arena, false, &uses, &use_count, err) < 0))
        return -1;
    for (size_t i = 0; i < count; i++)
        if (vl_made_volume(session, &before, &volumes[i]) &&
            !is_used_by_another(session, uses, use_count, volumes[i].path))
            vl_made_add(made, arena, "volume", volumes[i].name);
    return 0;
}

static void add_steps(struct vl_made *made, struct vl_arena *arena, const struct vl_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct vl_step *step = &plan->steps[i];

        vl_site_made(step->site, made);
        if (step->kind == VL_STEP_POOL)
            vl_made_add(made, arena, "pool", step->object);
        else if (step->kind == VL_STEP_VOLUME || step->kind == VL_STEP_UPLOAD || step->kind == VL_STEP_SEED)
            vl_made_add(made, arena, "volume", step->object);
    }
    vl_site_made(NULL, made);
}

/* A guest that cannot be planned gets no lines; why it cannot is said when its turn comes. */
static void add_guest(struct vl_session *session, struct vl_made *made, struct vl_plan *plan, const struct vl_pbx *pbx)
{
    VL_ERROR_AUTO later = { .code = VL_OK };
    VL_PLAN_AUTO scratch = { .count = 0 };

    if (vl_site_problem(session, pbx) || vl_stage_guest(session, pbx, &scratch, &later) < 0)
        return;
    vl_made_add(made, &plan->arena, "guest", pbx->name);
    if (session->places)
        vl_made_set_place(made, &plan->arena, pbx->name, vl_site_name(vl_site_of(session, pbx)));
    vl_made_set_address(made, &plan->arena, pbx->name, vl_text_from_ipv4(&plan->arena, pbx->address),
                        session->lab->bridge.name);
    add_steps(made, &plan->arena, &scratch);
}

/* The pool of an earlier version has no line either. */
static int adopt_pool(struct vl_session *session, struct vl_arena *arena, struct vl_made *made, struct vl_error *err)
{
    const char *pool = vl_pool_name(arena, session);
    struct vl_pool_there there;

    if (vl_hypervisor_pool(session->hypervisor, pool, &there, err) < 0)
        return -1;
    if (there.active)
        vl_made_add(made, arena, "pool", pool);
    return there.active ? adopt(session, arena, made, err) : 0;
}

int vl_stage_made(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_made made;

    if (!vl_lab_has_machines(session->lab))
        return 0;
    if (vl_made_read(session, &plan->arena, &made, err) < 0 ||
        (!made.known && session->hypervisor && adopt_pool(session, &plan->arena, &made, err) < 0))
        return -1;
    for (size_t i = 0; i < session->lab->pbx_count; i++)
        if (session->lab->pbxs[i].place == VL_PLACE_VM && vl_session_wanted(names, session->lab->pbxs[i].name))
            add_guest(session, &made, plan, &session->lab->pbxs[i]);
    return vl_stage_made_file(session, &made, plan, err);
}

int vl_stage_made_file(struct vl_session *session, const struct vl_made *made, struct vl_plan *plan,
                       struct vl_error *err)
{
    struct vl_file file = {
        .path = vl_arena_printf(&plan->arena, "%s/made", session->state.directory),
        .mode = 0600,
        .text = vl_made_text(made, &plan->arena),
        .why = "volumes have no place for a mark: only those that stand here are taken away again",
    };
    const struct vl_fileset set = { .files = &file, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    size_t first = plan->count;

    if (!host || vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, err) < 0)
        return -1;
    vl_plan_stays(plan, first);
    return 0;
}
