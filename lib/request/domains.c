/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is seen of the domains of a request's guests, before any of them is asked.
 */
#include <string.h>

#include "guest/hypervisor.h"
#include "plan/sites.h"
#include "request/machines.h"
#include "stage/stage.h"

static const char *const words[] = {
    [VL_DOMAIN_ABSENT] = "absent",
    [VL_DOMAIN_STOPPED] = "stopped",
    [VL_DOMAIN_RUNNING] = "running",
    [VL_DOMAIN_PAUSED] = "paused",
};

int vl_run_look_at_domain(const struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    struct vl_session *session = fleet->session;
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(session, vl_site_of(session, member->pbx));
    struct vl_domain domain;

    if (member->pbx->place != VL_PLACE_VM || !hypervisor)
        return 0;
    if (vl_hypervisor_domain(hypervisor, &member->arena, vl_domain_name(&member->arena, session->lab, member->pbx),
                             &domain, err) < 0)
        return -1;
    member->guest = words[domain.state];
    if (member->start.count)
        return 0; /* it is going to be another one */
    vl_run_tell_screen(session, member->pbx->name, &domain);
    if (domain.behind && !session->restarts)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                         "the guest runs as it was before (%s); 'voiplab up --restart' restarts it", domain.behind);
    return 0;
}

int vl_run_look_at_domains(struct vl_fleet *fleet, struct vl_error *err)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (vl_run_look_at_domain(fleet, &fleet->members[i], err) < 0)
            return -1;
    return 0;
}

void vl_run_tell_other_bases(const struct vl_fleet *fleet)
{
    struct vl_session *session = fleet->session;

    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];
        const char *other = member->pbx->place == VL_PLACE_VM && !vl_site_problem(session, member->pbx)
                                ? vl_stage_other_base(session, member->pbx, &member->arena)
                                : NULL;

        if (other)
            vl_session_event(session, VOIPLAB_EVENT_WARNING, member->pbx->name,
                             "its disk is %s, which stays; 'voiplab reset --clean %s' makes one as [image %s] has it "
                             "now",
                             other, member->pbx->name, member->pbx->image->name);
    }
}

void vl_run_fail_stopped(struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        struct vl_member *member = &fleet->members[i];

        if (!member->guest || !strcmp(member->guest, "running"))
            continue;
        (void)vl_fail(&member->error, VL_ERROR_FAILED, "the guest is %s; 'voiplab up' starts it", member->guest);
        vl_session_event(fleet->session, VOIPLAB_EVENT_WARNING, member->pbx->name, "%s", vl_error_text(&member->error));
    }
}
