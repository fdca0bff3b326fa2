/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * up, and the parts of it that are commands of their own: bring the lab from whatever it is to what the lab file says.
 * Every part looks first and does what is missing, so an interrupted run is finished by the next, and a run that finds
 * everything in place does nothing.
 */
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/sites.h"
#include "render/asterisk.h"
#include "request/bridge.h"
#include "request/machines.h"
#include "request/request.h"
#include "stage/stage.h"

/* How long who only looks waits for a PBX that runs: an emulated guest takes a second of a processor to let us in, and
 * as long to answer, while others do. */
enum { WAIT_LOOK_S = 3, WAIT_LOOK_EMULATED_S = 10 };

/* A machine of ours has its host key before it is made. */
static bool was_made(struct vl_arena *arena, const struct vl_session *session, const struct vl_pbx *pbx)
{
    const char *key =
        vl_arena_printf(arena, "%s/ssh/%s_host_%s.pub", session->state.directory, pbx->name, vl_pbx_key_type(pbx));

    return access(key, F_OK) == 0;
}

/* Machines that are still to be made or started: what they lack is no guess. `machines`: the hypervisor was asked, and
 * where it does not answer the plan is made as if it were empty. */
static int find_missing(struct vl_fleet *fleet, bool machines, bool *missing, struct vl_error *err)
{
    struct vl_session *session = fleet->session;

    if (vl_sites_reached(session) && vl_run_look_at_domains(fleet, err) < 0)
        return -1;
    if (vl_sites_reached(session) && !session->renews)
        vl_run_tell_other_bases(fleet);
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        missing[i] = member->pbx->place == VL_PLACE_VM &&
                     (member->guest ? strcmp(member->guest, "running") != 0
                                    : machines || !was_made(&member->arena, session, member->pbx));
    }
    return 0;
}

/* Ask who can be asked. How many should answer and do not; what is planned for them is a guess. */
static size_t connect_dry(const struct vl_run *run, struct vl_fleet *fleet, const bool *missing)
{
    unsigned wait = run->session->options.wait_s;
    size_t silent = 0;

    for (size_t i = 0; i < fleet->count; i++)
        if (missing[i])
            (void)vl_fail(&fleet->members[i].error, VL_ERROR_NOTFOUND, "not there yet");
    vl_fleet_connect(fleet, wait ? wait : VL_WAIT_HOST_S);
    for (size_t i = 0; i < fleet->count; i++) {
        silent += !missing[i] && !fleet->members[i].target && fleet->members[i].pbx->place != VL_PLACE_LOCAL;
        vl_error_clear(&fleet->members[i].error);
    }
    return silent;
}

/* The plan is shown. Where PBXs do not answer nobody knows what differs there. */
static int show_dry(const struct vl_run *run, const struct vl_fleet *fleet, const struct vl_plan *plan, size_t silent)
{
    int rc = vl_run_show_plan(run, plan);

    if (!silent || (rc < 0 && run->err->code != VL_ERROR_DRIFT))
        return rc;
    vl_result_summary(run->result,
                      "%zu step%s would be taken; nothing was changed; for %zu of %zu PBX%s, which do not "
                      "answer, this is a guess",
                      vl_plan_changes(plan), vl_plural(vl_plan_changes(plan)), silent, fleet->count,
                      vl_plural(fleet->count));
    if (run->request->mode != VOIPLAB_CHECK)
        return rc;
    vl_error_clear(run->err);
    return vl_fail(run->err, silent < fleet->count ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                   "%zu of %zu PBX%s do not answer, so what differs there is not known", silent, fleet->count,
                   vl_plural(fleet->count));
}

/* A note tells what is seen in the end, too: what `status` sees, and the calls that `up` or `verify` place. */
static void add_looks(struct vl_fleet *fleet, struct vl_plan *plan, bool calls, bool all)
{
    for (size_t i = 0; i < fleet->count; i++)
        vl_stage_look(fleet->session, fleet->members[i].pbx, plan);
    fleet->note = plan;
    if (calls)
        vl_fleet_call(fleet, all);
    fleet->note = NULL;
}

/* The whole plan against what is there now. */
static int dry_push(const struct vl_run *run, struct vl_plan *plan, struct vl_fleet *fleet, unsigned parts,
                    bool machines, bool remove)
{
    bool *missing = vl_arena_zalloc(&plan->arena, (fleet->count + 1) * sizeof(*missing));
    size_t silent;

    if (!missing)
        return vl_no_memory(run->err);
    if (find_missing(fleet, machines, missing, run->err) < 0)
        return -1;
    fleet->dry = true;
    fleet->parts = parts;
    silent = connect_dry(run, fleet, missing);
    if (!remove)
        vl_run_tell_ways(run);
    vl_fleet_plan(fleet, parts, !remove, remove);
    for (size_t i = 0; i < fleet->count; i++) {
        if (machines && vl_stage_grown(fleet->session, fleet->members[i].pbx, plan) < 0)
            return -1;
        vl_plan_join(plan, &fleet->members[i].plan);
    }
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].error.code) {
            vl_error_move(run->err, &fleet->members[i].error);
            return -1;
        }
    if (run->request->mode == VOIPLAB_EXPLAIN && !remove && parts & VL_PART_TRUNK)
        add_looks(fleet, plan, machines, false);
    return show_dry(run, fleet, plan, silent);
}

static bool prunes(const struct vl_run *run)
{
    return run->request->parameters.up->prune;
}

static int dry_up(const struct vl_run *run)
{
    struct vl_session *session = run->session;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_fleet_open(session, run->request->names, &fleet, run->err) < 0 ||
        vl_stage_refuse_others(session, run->request->names, run->err) < 0 ||
        vl_stage_state(session, &plan, run->err) < 0 ||
        (session->lab->bridge.interface ? vl_stage_uplink(session, true, &plan, run->err)
                                        : vl_stage_bridge(session, &plan, run->err)) < 0 ||
        (prunes(run) ? vl_stage_pruned(session, &plan, run->err) : vl_run_tell_orphans(run)) < 0 ||
        vl_run_stage_images(session, &plan, run->err) < 0 ||
        vl_stage_made(session, run->request->names, &plan, run->err) < 0 ||
        vl_stage_guests(session, run->request->names, &plan, run->err) < 0)
        return -1;
    return dry_push(run, &plan, &fleet, VL_ALL_PARTS, true, false);
}

/* An isolated bridge is brought up. With an uplink the change must be known to be good before guests hang on it. */
static int prepare_bridge(const struct vl_run *run, size_t *changed)
{
    const struct voiplab_bridge how = { .commit_if_reachable = true, .peer = run->request->parameters.up->peer };
    bool waits = false;

    if (!run->session->lab->bridge.interface)
        return vl_run_apply_stage(run, vl_stage_bridge, changed);
    if (vl_run_bridge_change(run, &how, changed, &waits) < 0)
        return -1;
    if (!waits)
        return 0;
    return vl_fail(run->err, VL_ERROR_FAILED,
                   "the bridge is up but not confirmed: 'voiplab bridge confirm', then run this again");
}

static int prepare_host(const struct vl_run *run, size_t *changed)
{
    vl_session_phase(run->session, 1, 7, "secrets and keys");
    if (vl_run_apply_stage(run, vl_stage_state, changed) < 0)
        return -1;
    vl_session_phase(run->session, 2, 7, "bridge");
    if (prepare_bridge(run, changed) < 0)
        return -1;
    return prunes(run) ? vl_run_apply_stage(run, vl_stage_pruned, changed) : vl_run_tell_orphans(run);
}

static int finish_up(const struct vl_run *run, struct vl_fleet *fleet, size_t changed)
{
    size_t registrations = 0, peers = 0, good = fleet->count - vl_fleet_failed(fleet);

    for (size_t i = 0; i < fleet->count; i++) {
        registrations += fleet->members[i].view.registered;
        peers += fleet->members[i].view.peers_ok;
    }
    vl_run_fleet_table(run, fleet, true);
    vl_json_bool(run->result->document, "changed", changed > 0);
    if (vl_session_cancelled(run->session))
        return vl_run_fleet_error(run, fleet);
    if (changed || vl_fleet_failed(fleet))
        vl_result_summary(run->result, "%zu step%s taken; %zu PBX%s, %zu registration%s, %zu peer%s", changed,
                          vl_plural(changed), good, vl_plural(good), registrations, vl_plural(registrations), peers,
                          vl_plural(peers));
    else
        vl_result_summary(run->result, "nothing to do; %zu PBX%s, %zu registration%s, %zu peer%s", good,
                          vl_plural(good), registrations, vl_plural(registrations), peers, vl_plural(peers));
    return vl_run_fleet_error(run, fleet);
}

/* The guests are there, and those that did not run do not. */
static int finish_unstarted(const struct vl_run *run, struct vl_fleet *fleet, size_t changed)
{
    vl_run_fleet_table(run, fleet, false);
    vl_json_bool(run->result->document, "changed", changed > 0);
    vl_result_summary(run->result, changed ? "%zu step%s taken; no guest was started" : "nothing to do", changed,
                      vl_plural(changed));
    return vl_run_fleet_error(run, fleet);
}

int vl_run_up(const struct vl_run *run)
{
    struct vl_session *session = run->session;
    VL_FLEET_AUTO fleet = { .count = 0 };
    size_t changed = 0;

    session->restarts = run->request->parameters.up->restart;
    if (vl_run_is_dry(run))
        return dry_up(run);
    if (vl_fleet_open(session, run->request->names, &fleet, run->err) < 0 ||
        vl_stage_refuse_others(session, run->request->names, run->err) < 0 || prepare_host(run, &changed) < 0 ||
        vl_run_make_guests(run, &fleet, 3, 7, &changed) < 0)
        return -1;
    if (session->starts_none)
        return finish_unstarted(run, &fleet, changed + fleet.changed);
    vl_session_phase(session, 5, 7, "waiting for every PBX to answer");
    fleet.parts = VL_ALL_PARTS;
    fleet.looks = fleet.patient = true;
    vl_fleet_connect(&fleet, vl_run_wait_s(session, vl_run_has_machines(&fleet)));
    vl_run_tell_consoles(&fleet);
    vl_run_take_grown(&fleet);
    vl_session_phase(session, 6, 7, "trunks and dialplans");
    vl_run_tell_ways(run);
    vl_fleet_plan(&fleet, VL_ALL_PARTS, false, false);
    vl_fleet_apply(&fleet);
    if (!vl_session_cancelled(session)) {
        vl_session_phase(session, 7, 7, "registrations, peers and a call over every kind of trunk");
        vl_fleet_look(&fleet, VL_WAIT_TRUNKS_S);
        vl_run_keep_files(&fleet, false);
    }
    if (!vl_session_cancelled(session) && vl_run_take_ready(run, &fleet))
        vl_run_wake(run, &fleet);
    fleet.again = true;
    if (!vl_session_cancelled(session))
        vl_fleet_call(&fleet, false);
    vl_fleet_explain(&fleet);
    return finish_up(run, &fleet, changed + fleet.changed);
}

static int push(const struct vl_run *run, unsigned parts, bool remove)
{
    struct vl_session *session = run->session;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0, good;

    if (vl_fleet_open(session, run->request->names, &fleet, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run)) {
        if (!remove && vl_stage_state(session, &plan, run->err) < 0)
            return -1;
        return dry_push(run, &plan, &fleet, parts, false, remove);
    }
    if (!remove && vl_run_apply_stage(run, vl_stage_state, &changed) < 0)
        return -1;
    vl_session_phase(session, 1, 3, "connecting");
    fleet.parts = parts;
    fleet.looks = !remove && parts & VL_PART_TRUNK;
    vl_fleet_connect(&fleet, vl_run_wait_s(session, false));
    vl_session_phase(session, 2, 3, remove ? "taking the files out" : "writing and reloading");
    if (!remove)
        vl_run_tell_ways(run);
    vl_fleet_plan(&fleet, parts, false, remove);
    vl_fleet_apply(&fleet);
    vl_session_phase(session, 3, 3, "looking");
    if (!remove && parts & VL_PART_TRUNK)
        vl_fleet_look(&fleet, VL_WAIT_TRUNKS_S);
    vl_fleet_explain(&fleet);
    changed += fleet.changed;
    vl_run_fleet_table(run, &fleet, false);
    vl_json_bool(run->result->document, "changed", changed > 0);
    good = fleet.count - vl_fleet_failed(&fleet);
    vl_result_summary(run->result, changed ? "%zu step%s taken on %zu PBX%s" : "nothing to do", changed,
                      vl_plural(changed), good, vl_plural(good));
    return vl_run_fleet_error(run, &fleet);
}

/* create-vm: the machines, until they answer. */
static int make_guests(const struct vl_run *run)
{
    struct vl_session *session = run->session;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    size_t changed = 0, kept = 0, good;

    if (vl_fleet_open(session, run->request->names, &fleet, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run)) {
        if (vl_stage_state(session, &plan, run->err) < 0 || vl_run_stage_images(session, &plan, run->err) < 0 ||
            vl_stage_made(session, run->request->names, &plan, run->err) < 0 ||
            vl_stage_guests(session, run->request->names, &plan, run->err) < 0)
            return -1;
        return vl_run_show_plan(run, &plan);
    }
    for (size_t i = 0; i < fleet.count; i++)
        if (fleet.members[i].pbx->place == VL_PLACE_VM)
            fleet.members[kept++] = fleet.members[i];
    fleet.count = kept;
    if (vl_run_apply_stage(run, vl_stage_state, &changed) < 0 || vl_run_make_guests(run, &fleet, 3, 5, &changed) < 0)
        return -1;
    if (session->starts_none)
        return finish_unstarted(run, &fleet, changed + fleet.changed);
    vl_session_phase(session, 5, 5, "waiting for every guest to answer");
    fleet.patient = true;
    vl_fleet_connect(&fleet, vl_run_wait_s(session, true));
    vl_run_tell_consoles(&fleet);
    vl_run_take_grown(&fleet);
    changed += fleet.changed;
    vl_run_fleet_table(run, &fleet, false);
    good = fleet.count - vl_fleet_failed(&fleet);
    vl_result_summary(run->result,
                      changed || vl_fleet_failed(&fleet) ? "%zu step%s taken; %zu guest%s answer" : "nothing to do",
                      changed, vl_plural(changed), good, vl_plural(good));
    return vl_run_fleet_error(run, &fleet);
}

static bool emulates(const struct vl_run *run)
{
    return vl_made_machines(run->session) && vl_run_emulates(run->session);
}

/* What is left of the wait for a look that began then: a libvirt that does not answer has used most of it. */
static unsigned look_for(const struct vl_run *run, long long begun)
{
    unsigned usual_s = emulates(run) ? WAIT_LOOK_EMULATED_S : WAIT_LOOK_S;
    unsigned wait_s = run->session->options.wait_s ? run->session->options.wait_s : usual_s;
    long long used_s = (vl_now_ms() - begun) / 1000;

    return used_s < wait_s ? wait_s - (unsigned)used_s : 1;
}

/* A module that was unloaded fails calls, however well registrations and peers look. */
static void look_at_modules(void *context, size_t index)
{
    struct vl_fleet *fleet = context;
    struct vl_member *member = &fleet->members[index];
    const char *const *unloaded;

    if (!member->target || (member->pbx->place == VL_PLACE_LOCAL && fleet->session->options.root[1]))
        return;
    unloaded = vl_stage_unloaded(fleet->session, member->pbx, member->target, &member->arena);
    if (!*unloaded)
        return;
    (void)vl_fail(&member->error, VL_ERROR_FAILED, "%s is not loaded%s; 'voiplab up %s' loads it", unloaded[0],
                  unloaded[1] ? ", nor are others" : "", member->pbx->name);
    vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&member->error));
}

int vl_run_look(const struct vl_run *run, struct vl_fleet *fleet, bool calls, bool every)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    long long begun = vl_now_ms();

    if (vl_fleet_open(run->session, run->request->names, fleet, run->err) < 0)
        return -1;
    if (vl_made_machines(run->session)) {
        if (vl_sites_open(run->session, &cause) < 0)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, NULL, "%s", vl_error_text(&cause));
        else if (vl_run_look_at_domains(fleet, run->err) < 0)
            return -1;
        vl_run_tell_other_bases(fleet);
        vl_fleet_see_sites(fleet);
        vl_run_fail_stopped(fleet);
    }
    fleet->looks = true;
    fleet->every = every;
    vl_fleet_connect(fleet, look_for(run, begun));
    vl_parallel(fleet->count, run->session->options.jobs, look_at_modules, fleet);
    vl_fleet_look(fleet, WAIT_LOOK_S);
    fleet->again = emulates(run);
    if (calls)
        vl_fleet_call(fleet, true);
    vl_fleet_explain(fleet);
    return 0;
}

/* What `status` and `verify` look at, by hand. Which driver a PBX speaks with it says itself, when it answers. */
static int show_looks(const struct vl_run *run, bool calls)
{
    unsigned wait = run->session->options.wait_s;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_fleet_open(run->session, run->request->names, &fleet, run->err) < 0)
        return -1;
    fleet.dry = true;
    vl_fleet_connect(&fleet, wait ? wait : WAIT_LOOK_S);
    add_looks(&fleet, &plan, calls, true);
    return vl_run_show_plan(run, &plan);
}

int vl_run_status(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };

    if (!run->session->lab)
        return vl_run_lone_status(run);
    if (run->request->mode == VOIPLAB_EXPLAIN)
        return show_looks(run, false);
    vl_run_tell_impaired(run);
    if (vl_run_look(run, &fleet, false, false) < 0 || vl_run_tell_orphans(run) < 0)
        return -1;
    vl_run_fleet_table(run, &fleet, false);
    vl_result_summary(run->result, "%zu of %zu PBX%s as %s should be", fleet.count - vl_fleet_failed(&fleet),
                      fleet.count, fleet.count == 1 ? " is" : "s are", fleet.count == 1 ? "it" : "they");
    return vl_run_fleet_error(run, &fleet);
}

int vl_run_verify(const struct vl_run *run)
{
    VL_FLEET_AUTO fleet = { .count = 0 };
    size_t placed = 0, answered = 0;

    if (run->request->mode == VOIPLAB_EXPLAIN)
        return show_looks(run, true);
    vl_run_tell_impaired(run);
    if (vl_run_look(run, &fleet, true, false) < 0)
        return -1;
    vl_run_fleet_table(run, &fleet, true);
    for (size_t i = 0; i < fleet.count; i++) {
        placed += fleet.members[i].calls_placed;
        answered += fleet.members[i].calls_answered;
    }
    vl_result_summary(run->result, "%zu of %zu call%s answered", answered, placed, placed == 1 ? " was" : "s were");
    return vl_run_fleet_error(run, &fleet);
}

static int take_away(const struct vl_run *run, bool remove)
{
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!run->session->lab)
        return vl_run_lone_gone(run, remove);
    if (vl_stage_gone(run->session, run->request->names, remove, &plan, run->err) < 0)
        return -1;
    return vl_run_take_away(run, &plan);
}

int vl_run_create_vm_values(const struct vl_run *run)
{
    const struct voiplab_guest *guest = run->request->parameters.guest;

    return guest ? vl_stage_lone_guest_check(guest, run->err) : 0;
}

/* An installer waits there for somebody. */
static void tell_lone_screen(const struct vl_run *run, const char *name)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_domain domain;

    if (vl_hypervisor_domain(run->session->hypervisor, &run->result->arena, name, &domain, &ignored) == 0)
        vl_run_tell_screen(run->session, name, &domain);
}

/* What a guest is installed by is there before its volumes are planned, which have its size. */
static int make_lone(const struct vl_run *run, size_t *ret_changed)
{
    const struct voiplab_guest *guest = run->request->parameters.guest;
    VL_PLAN_AUTO tree = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };
    struct vl_plan *then = vl_run_is_dry(run) ? &tree : &plan;
    size_t fetched = 0;

    if (vl_stage_lone_tree(run->session, guest, &tree, run->err) < 0 ||
        (!vl_run_is_dry(run) && vl_run_apply_plan(run, &tree, "/", &fetched) < 0) ||
        vl_stage_lone_guest(run->session, guest, then, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, then);
    if (vl_run_apply_plan(run, then, "/", ret_changed) < 0)
        return -1;
    *ret_changed += fetched;
    return 0;
}

int vl_run_create_vm(const struct vl_run *run)
{
    size_t changed = 0;

    if (!run->request->parameters.guest)
        return make_guests(run);
    if (make_lone(run, &changed) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return 0;
    tell_lone_screen(run, run->request->parameters.guest->name);
    vl_result_summary(run->result,
                      changed ? run->session->starts_none ? "%zu step%s taken; '%s' is not started"
                                                          : "%zu step%s taken; '%s' runs"
                              : "nothing to do",
                      changed, vl_plural(changed), run->request->parameters.guest->name);
    return 0;
}

int vl_run_trunk(const struct vl_run *run)
{
    return push(run, VL_PART_TRUNK, false);
}

int vl_run_trunk_remove(const struct vl_run *run)
{
    return push(run, VL_PART_TRUNK | VL_PART_DIALPLAN, true);
}

int vl_run_dialplan(const struct vl_run *run)
{
    return push(run, VL_PART_DIALPLAN, false);
}

int vl_run_down(const struct vl_run *run)
{
    return take_away(run, false);
}

int vl_run_destroy(const struct vl_run *run)
{
    return take_away(run, true);
}
