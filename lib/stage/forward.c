/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The guests of a bridge reach each other although the host filters what it forwards. Where Docker is, a rule of its
 * chain for others lets the frames of the bridge pass: Docker needs the filter, and turns it on again. Elsewhere, and
 * for a bridge with an uplink as its files say, the kernel is told to leave bridged frames alone. Both are looked at in
 * each run, since others change them.
 */
#include "probe/forward.h"
#include "stage/stage.h"

static bool wants_rule(const struct vl_forward *forward)
{
    return forward->docker && !forward->accepted;
}

/* The rule does for an isolated bridge; one with an uplink has a file that says the switch is off. */
static bool wants_switch(const struct vl_forward *forward, bool isolated)
{
    return forward->filtered && !(isolated && forward->docker);
}

static void add_rule(struct vl_plan *plan, enum vl_forward_family family, const char *bridge)
{
    const char *program = vl_forward_rows[family].program;

    vl_plan_add_command(plan,
                        "Docker's packet filter drops what passes the bridge, and has this chain for who must not be "
                        "stopped",
                        vl_arena_printf(&plan->arena, "%s: frames of %s pass", program, bridge),
                        vl_forward_rule(&plan->arena, family, "-I", bridge));
    vl_plan_shows(plan,
                  vl_arena_printf(&plan->arena, "%s -S " VL_DOCKER_CHAIN " | grep -c -e '-i %s -o %s -j ACCEPT'",
                                  program, bridge, bridge),
                  "1");
}

static void add_switch(struct vl_plan *plan, const char *key)
{
    vl_plan_add_command(
        plan, "frames between the guests are not the host's traffic: they pass by its packet filter, which stops them",
        key, vl_plan_argv(plan, "sysctl", "-q", "-w", vl_arena_printf(&plan->arena, "%s=0", key), NULL));
    vl_plan_shows(plan, vl_arena_printf(&plan->arena, "sysctl -n %s", key), "0");
}

/* The kernel is about to read the file that has the switches. */
static bool reads_file(const struct vl_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].kind == VL_STEP_RELOAD)
            return true;
    return false;
}

int vl_stage_forward(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    struct vl_forward forward[VL_FORWARD_FAMILIES];
    bool read = reads_file(plan);

    if (session->options.root[1])
        return 0;
    vl_forward_look(&plan->arena, bridge->name, forward);
    for (int i = 0; i < VL_FORWARD_FAMILIES; i++) {
        if (wants_rule(&forward[i]))
            add_rule(plan, (enum vl_forward_family)i, bridge->name);
        if (!read && wants_switch(&forward[i], !bridge->interface))
            add_switch(plan, vl_forward_rows[i].key);
    }
    return vl_arena_check(&plan->arena, err);
}

void vl_stage_forward_gone(struct vl_session *session, struct vl_plan *plan)
{
    const char *bridge = session->lab->bridge.name;
    struct vl_forward forward[VL_FORWARD_FAMILIES];

    vl_forward_look(&plan->arena, bridge, forward);
    for (int i = 0; i < VL_FORWARD_FAMILIES; i++)
        if (forward[i].accepted)
            vl_plan_add_command(
                plan, "the rule was for the bridge",
                vl_arena_printf(&plan->arena, "%s: the rule for %s goes", vl_forward_rows[i].program, bridge),
                vl_forward_rule(&plan->arena, (enum vl_forward_family)i, "-D", bridge));
}
