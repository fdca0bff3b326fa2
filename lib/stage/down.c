/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps of `down` and `destroy`: stopping a lab, and taking away all that is its own: domains with its mark, its
 * pool with every volume in it, its live bridge, its state. Nothing that does not carry the mark is touched. Who may
 * delete what is told by base/file.h; it is done by plan/steps.c.
 */
#include <dirent.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "stage/stage.h"

static int plan_domains(struct vl_session *session, const char *const *names, bool remove, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct vl_domain *domains;
    size_t count;

    if (vl_hypervisor_domains(session->hypervisor, &plan->arena, session->lab->name, &domains, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (!vl_session_wanted(names, domains[i].pbx ? domains[i].pbx : ""))
            continue;
        if (domains[i].state != VL_DOMAIN_STOPPED)
            vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_STOP,
                                                 .target = "libvirt",
                                                 .object = domains[i].name,
                                                 .why = "the guest is asked to shut down" });
    }
    /* they stop together, so nothing stands between these steps */
    for (size_t i = 0; remove && i < count; i++)
        if (vl_session_wanted(names, domains[i].pbx ? domains[i].pbx : ""))
            vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_UNDEFINE,
                                                 .target = "libvirt",
                                                 .object = domains[i].name,
                                                 .why = "libvirt forgets the guest" });
    return 0;
}

static int plan_pool(struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    const char *pool = vl_pool_name(&plan->arena, session);
    struct vl_volume *volumes = NULL;
    size_t count = 0;
    bool active;

    if (vl_hypervisor_pool(session->hypervisor, pool, &active, err) < 0)
        return -1;
    if (!active)
        return 0;
    if (vl_hypervisor_volumes(session->hypervisor, &plan->arena, pool, &volumes, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                             .target = "libvirt",
                                             .object = volumes[i].name,
                                             .pool = pool,
                                             .why = "the volume belongs to this lab" });
    vl_plan_add(plan,
                &(struct vl_step){
                    .kind = VL_STEP_REMOVE_POOL, .target = "libvirt", .object = pool, .why = "the pool is empty now" });
    return 0;
}

/* True when a card of this machine is a port of the bridge: then the bridge carries this host's own network. */
static bool has_uplink(struct vl_arena *arena, const char *bridge)
{
    DIR *ports = opendir(vl_arena_printf(arena, "/sys/class/net/%s/brif", bridge));
    bool found = false;

    for (const struct dirent *port; ports && (port = readdir(ports));)
        found |=
            port->d_name[0] != '.' && vl_file_exists(vl_arena_printf(arena, "/sys/class/net/%s/device", port->d_name));
    if (ports)
        (void)closedir(ports);
    return found;
}

/* The live bridge goes when its alias says that this lab made it, but never one with an uplink: this host would be cut
 * off, and `bridge revert` is the way back from that. */
static void plan_bridge(struct vl_session *session, struct vl_plan *plan)
{
    const struct vl_bridge *bridge = &session->lab->bridge;
    const char *path = vl_arena_printf(&plan->arena, "/sys/class/net/%s/ifalias", bridge->name);
    const char *mark = vl_arena_printf(&plan->arena, "voiplab:%s", session->lab->name);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *alias = NULL;

    if (vl_file_read(path, 4096, &alias, NULL, &ignored) < 0 || strcmp(vl_text_strip(alias), mark) != 0)
        return;
    if (bridge->interface || has_uplink(&plan->arena, bridge->name)) {
        vl_session_event(
            session, VOIPLAB_EVENT_WARNING, VL_THIS_HOST,
            "the bridge '%s' stays, since it carries this host's own network; 'voiplab bridge revert' puts "
            "that back as it was",
            bridge->name);
        return;
    }
    vl_plan_add_command(plan, "the bridge was made for this lab",
                        vl_arena_printf(&plan->arena, "bridge %s goes", bridge->name),
                        vl_plan_argv(plan, "ip", "link", "delete", "dev", bridge->name, NULL));
}

static void plan_state(struct vl_session *session, struct vl_plan *plan)
{
    if (!vl_file_exists(session->state.directory))
        return;
    vl_plan_add_command(plan, "secrets and keys of a lab that is no more",
                        vl_arena_printf(&plan->arena, "state of %s goes", session->lab->name),
                        vl_plan_argv(plan, "rm", "-rf", "--one-file-system", "--", session->state.directory, NULL));
}

int vl_stage_gone(struct vl_session *session, const char *const *names, bool remove, struct vl_plan *plan,
                  struct vl_error *err)
{
    bool whole = remove && !(names && names[0]);

    if (vl_lab_has_machines(session->lab)) {
        if (vl_session_hypervisor(session, err) < 0 || plan_domains(session, names, remove, plan, err) < 0)
            return -1;
        if (whole && plan_pool(session, plan, err) < 0)
            return -1;
    }
    if (whole) {
        plan_bridge(session, plan);
        plan_state(session, plan);
    }
    return vl_arena_check(&plan->arena, err);
}
