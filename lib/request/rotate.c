/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trunk rotate: new secrets for trunks while calls go on over them. First who is called learns to take either secret,
 * then who calls goes over to the new one, then the old one is taken no more; where the second secret is that of a
 * second account, callers leave that again before it goes. All PBXs with such a trunk have come through a phase before
 * the next begins; where one has not, the change stands where it is, and calls go on. The next run takes it up from
 * there.
 */
#include <poll.h>

#include "base/text.h"
#include "render/asterisk.h"
#include "request/request.h"
#include "stage/stage.h"

enum {
    WAIT_CONNECT_S = 10,
    WAIT_TRUNKS_S = 60,
    SETTLE_MS = 1000, /* a call that was on its way with the old secret, or to the second account, when the last caller
                         left it */
};

static int open_fleet(struct vl_session *session, struct vl_fleet *fleet, struct vl_error *err)
{
    size_t kept = 0;

    if (vl_fleet_open(session, NULL, fleet, err) < 0)
        return -1;
    for (size_t i = 0; i < fleet->count; i++)
        if (vl_state_rotates(&session->state, fleet->members[i].pbx))
            fleet->members[kept++] = fleet->members[i];
    fleet->count = kept;
    return 0;
}

static int interrupted(const struct vl_run *run, const struct vl_fleet *fleet)
{
    if (vl_session_cancelled(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "cancelled; calls go on as before, and the same command goes on");
    return vl_fail(
        run->err, VL_ERROR_PARTIAL,
        "%zu of %zu PBX%s failed, the lines above say why; calls go on, with the secrets that these have: put "
        "them right and run this again, or 'voiplab trunk rotate' goes no further",
        vl_fleet_failed(fleet), fleet->count, vl_plural(fleet->count));
}

/* Write the files of the phase that the state is in on every PBX with a trunk that is changed. */
static int push_phase(const struct vl_run *run, bool last, size_t *changed)
{
    static const char *const texts[] = {
        [VL_ROTATION_BOTH] = "either secret is taken",         [VL_ROTATION_CALLERS] = "callers say the new one",
        [VL_ROTATION_CALLED] = "the old one is taken no more", [VL_ROTATION_BACK] = "callers leave the second account",
        [VL_ROTATION_LAST] = "the second account goes",
    };
    struct vl_session *session = run->session;
    unsigned wait = session->options.wait_s ? session->options.wait_s : WAIT_CONNECT_S;
    enum vl_rotation phase = vl_state_rotation(&session->state);
    VL_FLEET_AUTO fleet = { .count = 0 };

    if (vl_run_apply_stage(run, vl_stage_state, changed) < 0 || open_fleet(session, &fleet, run->err) < 0)
        return -1;
    vl_session_phase(session, (unsigned)phase, VL_ROTATION_LAST, texts[phase]);
    fleet.parts = VL_PART_TRUNK;
    fleet.looks = last;
    vl_fleet_connect(&fleet, wait);
    if (!vl_fleet_failed(&fleet))
        vl_fleet_plan(&fleet, VL_PART_TRUNK, false, false);
    if (!vl_fleet_failed(&fleet))
        vl_fleet_apply(&fleet);
    *changed += fleet.changed;
    if (last && !vl_fleet_failed(&fleet))
        vl_fleet_look(&fleet, WAIT_TRUNKS_S);
    if (last)
        vl_fleet_explain(&fleet);
    if (last || vl_fleet_failed(&fleet))
        vl_run_fleet_table(run, &fleet, false);
    return vl_fleet_failed(&fleet) || vl_session_cancelled(session) ? interrupted(run, &fleet) : 0;
}

/* The plan shows where it ends; the way there would have to be gone to be seen. */
static int dry_rotate(const struct vl_run *run)
{
    struct vl_session *session = run->session;
    VL_FLEET_AUTO fleet = { .count = 0 };
    VL_PLAN_AUTO plan = { .count = 0 };

    vl_state_set_rotation(&session->state, VL_ROTATION_LAST);
    if (vl_stage_state(session, &plan, run->err) < 0 || open_fleet(session, &fleet, run->err) < 0)
        return -1;
    fleet.dry = true;
    fleet.parts = VL_PART_TRUNK;
    vl_fleet_connect(&fleet, 0);
    for (size_t i = 0; i < fleet.count; i++)
        vl_error_clear(&fleet.members[i].error);
    vl_fleet_plan(&fleet, VL_PART_TRUNK, true, false);
    for (size_t i = 0; i < fleet.count; i++) {
        if (fleet.members[i].error.code) {
            vl_error_move(run->err, &fleet.members[i].error);
            return -1;
        }
        vl_plan_join(&plan, &fleet.members[i].plan);
    }
    return vl_run_show_plan(run, &plan);
}

static int begin(const struct vl_run *run)
{
    struct vl_session *session = run->session;

    if (vl_state_rotation(&session->state) == VL_ROTATION_NONE)
        return vl_state_rotate(&session->state, run->request->names, run->err);
    vl_session_event(session, VOIPLAB_EVENT_WARNING, NULL,
                     "a change of secrets was interrupted: this run takes it to its end and begins no new one");
    return 0;
}

int vl_run_trunk_rotate(const struct vl_run *run)
{
    struct vl_state *state = &run->session->state;
    size_t changed = 0;

    if (begin(run) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return dry_rotate(run);
    for (enum vl_rotation phase = vl_state_rotation(state); phase <= VL_ROTATION_LAST; phase++) {
        vl_state_set_rotation(state, phase);
        if (phase == VL_ROTATION_CALLED || phase == VL_ROTATION_LAST)
            (void)poll(NULL, 0, SETTLE_MS);
        if (push_phase(run, phase == VL_ROTATION_LAST, &changed) < 0)
            return -1;
    }
    vl_state_set_rotation(state, VL_ROTATION_NONE);
    if (vl_run_apply_stage(run, vl_stage_state, &changed) < 0)
        return -1;
    vl_json_bool(run->result->document, "changed", true);
    vl_result_summary(run->result, "the trunks have new secrets; %zu step%s taken", changed, vl_plural(changed));
    return 0;
}
