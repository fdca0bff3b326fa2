/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/apply.h"
#include "plan/made.h"
#include "plan/print.h"
#include "plan/sites.h"
#include "request/request.h"
#include "stage/stage.h"

bool vl_run_is_dry(const struct vl_run *run)
{
    return run->request->mode != VOIPLAB_APPLY;
}

void vl_run_unlock(const struct vl_run *run)
{
    if (*run->lock >= 0)
        (void)close(*run->lock);
    *run->lock = -1;
}

int vl_run_show_plan(const struct vl_run *run, const struct vl_plan *plan)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    if (plan->arena.failed)
        return vl_no_memory(run->err);
    if (run->request->mode == VOIPLAB_EXPLAIN)
        vl_plan_explain(run->session, plan, run->request->show_secrets, &text);
    else
        vl_plan_print(run->session, plan, run->request->show_secrets, &text);
    if (text.failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    vl_plan_json(run->session, plan, run->request->show_secrets, run->result->document, "plan");
    vl_json_bool(run->result->document, "changed", false);
    vl_result_summary(run->result,
                      vl_plan_changes(plan) ? "%zu step%s would be taken; nothing was changed" : "nothing to do",
                      vl_plan_changes(plan), vl_plural(vl_plan_changes(plan)));
    if (run->request->mode == VOIPLAB_CHECK && vl_plan_changes(plan))
        return vl_fail(run->err, VL_ERROR_DRIFT, "%zu step%s would be needed", vl_plan_changes(plan),
                       vl_plural(vl_plan_changes(plan)));
    return 0;
}

int vl_run_apply_plan(const struct vl_run *run, const struct vl_plan *plan, const char *root, size_t *changed)
{
    VL_TARGET_AUTO *target = vl_target_local(root, run->err);
    int rc = target ? vl_apply(run->session, plan, target, run->err) : -1;

    *changed += plan->count;
    return rc;
}

int vl_run_take_away(const struct vl_run *run, const struct vl_plan *plan)
{
    size_t changed = 0;

    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, plan);
    if (vl_run_apply_plan(run, plan, "/", &changed) < 0)
        return -1;
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_result_summary(run->result, changed ? "%zu step%s taken" : "nothing to do", changed, vl_plural(changed));
    return run->session->lab ? vl_sites_check(run->session, run->err) : 0;
}

int vl_run_apply_stage(const struct vl_run *run, int (*stage)(struct vl_session *, struct vl_plan *, struct vl_error *),
                       size_t *changed)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (stage(run->session, &plan, run->err) < 0)
        return -1;
    return vl_run_apply_plan(run, &plan, stage == vl_stage_bridge ? run->session->options.root : "/", changed);
}

int vl_run_hypervisor(const struct vl_run *run)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };

    if (run->session->lab && !vl_made_machines(run->session))
        return 0;
    if (vl_sites_open(run->session, &cause) == 0)
        return 0;
    if (run->session->lab && !vl_lab_has_machines(run->session->lab)) {
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, NULL,
                         "%s; this lab had virtual machines, and whether some are left is not known",
                         vl_error_text(&cause));
        return 0;
    }
    if (vl_run_is_dry(run)) {
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, NULL,
                         "%s; the plan is shown as if the hypervisor were empty", vl_error_text(&cause));
        return 0;
    }
    vl_error_move(run->err, &cause);
    return -1;
}

static const char *const roles[] = { [VL_ROLE_GUEST] = "guest", [VL_ROLE_HUB] = "hub" };

static const char *registration_cell(const struct vl_member *member)
{
    if (!member->view.asterisk || !member->view.registration_wanted)
        return NULL;
    return *member->view.registration ? member->view.registration : "none";
}

static const char *asterisk_cell(const struct vl_member *member)
{
    if (!member->view.asterisk)
        return NULL;
    return member->nature.asterisk ? member->nature.asterisk : "answers";
}

static void calls_json(struct vl_json *json, const struct vl_member *member)
{
    vl_json_number(json, "calls_answered", (int64_t)member->calls_answered);
    vl_json_number(json, "calls_placed", (int64_t)member->calls_placed);
    vl_json_array(json, "calls");
    for (size_t i = 0; i < member->call_count; i++) {
        const struct vl_edge *call = &member->calls[i];

        vl_json_object(json, NULL);
        vl_json_string(json, "number", call->name);
        vl_json_string(json, "to", call->to->name);
        vl_json_string(json, "over", call->iax2 ? "IAX2" : "SIP");
        vl_json_bool(json, "by_hub", call->by_hub);
        vl_json_bool(json, "answered", call->ok);
        vl_json_string(json, "status", call->status);
        vl_json_end(json);
    }
    vl_json_end(json);
}

/* The row for programs: what is counted is a number there. */
static void member_json(struct vl_json *json, struct vl_member *member, bool calls)
{
    const struct vl_trunk_view *view = &member->view;

    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", member->pbx->name);
    vl_json_string(json, "role", roles[member->pbx->role]);
    vl_json_string(json, "address", vl_text_from_ipv4(&member->arena, member->pbx->address));
    vl_json_string(json, "prefix", member->pbx->prefix);
    vl_json_string(json, "account", member->pbx->account);
    vl_json_string(json, "guest", member->guest);
    vl_json_string(json, "asterisk", asterisk_cell(member));
    vl_json_string(json, "registration", registration_cell(member));
    if (view->asterisk)
        vl_json_number(json, "peers", (int64_t)view->peers_ok);
    else
        vl_json_null(json, "peers");
    if (view->asterisk)
        vl_json_number(json, "peers_wanted", (int64_t)view->peers_wanted);
    else
        vl_json_null(json, "peers_wanted");
    if (calls)
        calls_json(json, member);
    vl_json_end(json);
}

static void add_row(const struct vl_run *run, struct vl_member *member, bool calls)
{
    struct vl_arena *arena = &member->arena;
    const struct vl_trunk_view *view = &member->view;
    const char *peers = view->asterisk ? vl_arena_printf(arena, "%zu/%zu", view->peers_ok, view->peers_wanted) : NULL;
    const char *cells[VL_RESULT_COLUMNS] = {
        member->pbx->name,
        roles[member->pbx->role],
        vl_text_from_ipv4(arena, member->pbx->address),
        member->guest,
        asterisk_cell(member),
        registration_cell(member),
        peers,
    };

    if (calls)
        cells[7] = vl_arena_printf(arena, "%zu/%zu", member->calls_answered, member->calls_placed);
    vl_result_row(run->result, cells);
}

static const char *state_word(enum vl_domain_state state)
{
    return state == VL_DOMAIN_RUNNING ? "running" : state == VL_DOMAIN_PAUSED ? "paused" : "stopped";
}

int vl_run_tell_orphans(const struct vl_run *run)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_domain *orphans;
    size_t count;

    if (vl_stage_orphans(run->session, &arena, &orphans, &count, run->err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, orphans[i].pbx,
                         "the guest is %s, and the lab file has no such machine any more; 'voiplab up --prune' stops "
                         "and removes it with its disk",
                         state_word(orphans[i].state));
    return 0;
}

/* Guests that the lab file has no more. Who asked for some PBXs did not ask for these. */
static void add_orphans(const struct vl_run *run)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_domain *orphans;
    size_t count;

    if ((run->request->names && run->request->names[0]) ||
        vl_stage_orphans(run->session, &run->result->arena, &orphans, &count, &ignored) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *cells[VL_RESULT_COLUMNS] = { orphans[i].pbx, "orphan", NULL, state_word(orphans[i].state) };

        vl_result_row(run->result, cells);
        vl_json_object(run->result->document, NULL);
        vl_json_string(run->result->document, "pbx", orphans[i].pbx);
        vl_json_string(run->result->document, "role", "orphan");
        vl_json_string(run->result->document, "guest", state_word(orphans[i].state));
        vl_json_end(run->result->document);
    }
}

void vl_run_fleet_table(const struct vl_run *run, struct vl_fleet *fleet, bool calls)
{
    if (calls)
        vl_result_headings(run->result, "PBX", "ROLE", "ADDRESS", "GUEST", "ASTERISK", "REGISTRATION", "PEERS", "CALLS",
                           NULL);
    else
        vl_result_headings(run->result, "PBX", "ROLE", "ADDRESS", "GUEST", "ASTERISK", "REGISTRATION", "PEERS", NULL);
    vl_json_array(run->result->document, "pbxs");
    for (size_t i = 0; i < fleet->count; i++) {
        add_row(run, &fleet->members[i], calls);
        member_json(run->result->document, &fleet->members[i], calls);
    }
    add_orphans(run);
    vl_json_end(run->result->document);
    vl_run_failures_json(run, fleet);
}

void vl_run_failures_json(const struct vl_run *run, struct vl_fleet *fleet)
{
    vl_json_array(run->result->document, "failures");
    for (size_t i = 0; i < fleet->count; i++) {
        const struct vl_member *member = &fleet->members[i];
        VL_ARENA_AUTO arena = { .blocks = NULL };

        if (!member->error.code)
            continue;
        vl_json_object(run->result->document, NULL);
        vl_json_string(run->result->document, "pbx", member->pbx->name);
        vl_json_string(run->result->document, "error", vl_text_printable(&arena, vl_error_text(&member->error)));
        vl_json_end(run->result->document);
    }
    vl_json_end(run->result->document);
    vl_fleet_causes_json(fleet, run->result->document);
}

static int complain_of_name(const struct vl_run *run, const char *kind, const char *name, const char *const *known)
{
    struct vl_arena *arena = &run->result->arena;
    const char *nearest = vl_text_nearest(name, known);
    const char *all = "";

    if (nearest)
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no [%s] of this lab; did you mean '%s'?", name, kind,
                       nearest);
    if (!*known)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "'%s' is no [%s] of this lab, which has none: a section [%s NAME] of its file makes one, see "
                       "voiplab-lab(5)",
                       name, kind, kind);
    for (; *known; known++)
        all = vl_arena_printf(arena, "%s%s[%s %s]", all, *all ? ", " : "", kind, *known);
    return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no [%s] of this lab, whose file has %s", name, kind, all);
}

int vl_run_check_names(const struct vl_run *run, const char *kind, const char *const *known)
{
    for (const char *const *name = run->request->names; name && *name; name++) {
        bool found = false;

        for (size_t i = 0; known[i]; i++)
            found |= !strcmp(known[i], *name);
        if (!found)
            return complain_of_name(run, kind, *name, known);
    }
    return 0;
}

int vl_run_fleet_error(const struct vl_run *run, const struct vl_fleet *fleet)
{
    size_t failed = vl_fleet_failed(fleet);

    if (vl_session_cancelled(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
    if (!failed)
        return 0;
    return vl_fail(run->err, failed < fleet->count ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                   "%zu of %zu PBX%s failed; the lines above say why", failed, fleet->count, vl_plural(fleet->count));
}
