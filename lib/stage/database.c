/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest with `freepbx = database`: what its data base has of ours, against what the lab asks for. One step changes
 * all of it, or there is none.
 */
#include "stage/database.h"

#include <string.h>

#include "base/text.h"
#include "plan/database.h"

/* What --explain says. */
#define WHY                                                                                                            \
    "trunks, outbound routes and extensions as rows of the data base, where the web page shows them; the tables are "  \
    "kept first, and the page's own reload makes the files of them"
#define WHY_REMOVED "our rows leave the data base, and those of others stay as they are"

static void add_step(struct vl_plan *plan, const struct vl_freepbx *freepbx, const struct vl_database *now,
                     const char *look, const char *wanted)
{
    struct vl_arena *arena = &plan->arena;
    const char *era = vl_freepbx_era_name(freepbx->era), *verb = wanted ? "apply" : "remove";

    vl_plan_add(plan,
                &(struct vl_step){
                    .kind = VL_STEP_SQL,
                    .target = freepbx->pbx->name,
                    .object = now ? vl_arena_printf(arena, "the data base of FreePBX (tables of %s)", era)
                                  : "the data base of FreePBX (its tables are not known yet)",
                    .why = wanted ? WHY : WHY_REMOVED,
                    .before = now && *now->rows ? now->rows : NULL,
                    .after = wanted,
                    .argv = vl_plan_argv(plan, "sh", "-c", vl_freepbx_script, "sh", verb, era, NULL),
                    .input = vl_arena_printf(arena, "%s-- change\n%s", look, vl_freepbx_change_sql(freepbx, !wanted)),
                    .fresh_target = !now,
                });
}

/* In a tree (--root) there is no data base, and nothing runs that could be asked. */
static int refuse_tree(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err)
{
    if (pbx->place != VL_PLACE_LOCAL || !session->options.root[1])
        return 0;
    return vl_fail(
        err, VL_ERROR_FAILED,
        "'%s' has freepbx = database, which needs the running system and not the tree '%s'; leave --root out",
        pbx->name, session->options.root);
}

static struct vl_freepbx freepbx_of(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan)
{
    return (struct vl_freepbx){
        .arena = &plan->arena, .lab = session->lab, .state = &session->state, .pbx = pbx, .era = VL_FREEPBX_2_11
    };
}

static int look(struct vl_target *target, struct vl_freepbx *freepbx, bool remove, struct vl_plan *plan,
                const char **ret_sql, struct vl_database *ret_now, struct vl_error *err)
{
    *ret_sql = vl_freepbx_look_sql(freepbx, remove);
    if (vl_arena_check(&plan->arena, err) < 0 || vl_database_look(target, &plan->arena, *ret_sql, ret_now, err) < 0)
        return -1;
    freepbx->era = ret_now->era;
    freepbx->pjsip = ret_now->pjsip;
    if (!ret_now->clash)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "%s", vl_text_quote(&plan->arena, ret_now->clash, VL_TEXT_QUOTED));
}

int vl_stage_database(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                      struct vl_plan *plan, struct vl_error *err)
{
    struct vl_freepbx freepbx = freepbx_of(session, pbx, plan);
    struct vl_database now;
    const char *sql, *wanted;

    if (refuse_tree(session, pbx, err) < 0)
        return -1;
    if (!target) {
        add_step(plan, &freepbx, NULL, "", vl_freepbx_wanted(&freepbx));
        return vl_arena_check(&plan->arena, err);
    }
    if (look(target, &freepbx, false, plan, &sql, &now, err) < 0)
        return -1;
    wanted = vl_freepbx_wanted(&freepbx);
    if (strcmp(now.rows, wanted) != 0)
        add_step(plan, &freepbx, &now, sql, wanted);
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_database_removed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_target *target,
                              struct vl_plan *plan, struct vl_error *err)
{
    struct vl_freepbx freepbx = freepbx_of(session, pbx, plan);
    struct vl_database now;
    const char *sql;

    if (refuse_tree(session, pbx, err) < 0)
        return -1;
    if (!target)
        return 0;
    if (look(target, &freepbx, true, plan, &sql, &now, err) < 0)
        return -1;
    if (*now.rows)
        add_step(plan, &freepbx, &now, sql, NULL);
    return vl_arena_check(&plan->arena, err);
}
