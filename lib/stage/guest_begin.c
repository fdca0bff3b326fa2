/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every plan for guests begins with: the pool of the lab, what the lab has made, and the names of both in libvirt.
 */
#include <string.h>

#include "guest/hypervisor.h"
#include "plan/made.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

const char *vl_pool_name(struct vl_arena *arena, const struct vl_session *session)
{
    return vl_arena_printf(arena, "voiplab-%s", vl_session_lab_name(session));
}

const char *vl_domain_name(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return vl_arena_printf(arena, "%s-%s", lab->name, pbx->name);
}

static const char *pool_path(struct vl_arena *arena, const struct vl_session *session)
{
    if (session->lab && session->lab->storage)
        return vl_arena_printf(arena, "%s/voiplab-%s", session->lab->storage, session->lab->name);
    return vl_arena_printf(arena, "/var/lib/libvirt/images/voiplab-%s", vl_session_lab_name(session));
}

static int plan_pool(const struct vl_guest_plan *guests)
{
    struct vl_pool_there pool = { .defined = false };

    if (guests->reachable && vl_hypervisor_pool(guests->hypervisor, guests->pool, &pool, guests->err) < 0)
        return -1;
    if (pool.active && guests->made.known && !vl_made_has(&guests->made, "pool", guests->pool))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "the hypervisor has a storage pool '%s' that this lab did not make; a line 'pool %s' in "
                       "'%s/made' makes it this lab's",
                       guests->pool, guests->pool, guests->session->state.directory);
    if (!pool.active || !pool.autostart)
        vl_guest_add_step(guests, &(struct vl_step){
                                      .kind = VL_STEP_POOL,
                                      .object = guests->pool,
                                      .after = guests->pool_path,
                                      .why = "one directory for the disks of this lab and of no other",
                                  });
    return 0;
}

int vl_guest_domain(const struct vl_guest_plan *guests, const char *name, struct vl_domain *domain)
{
    *domain = (struct vl_domain){ .state = VL_DOMAIN_ABSENT };
    if (guests->reachable &&
        vl_hypervisor_domain(guests->hypervisor, &guests->plan->arena, name, domain, guests->err) < 0)
        return -1;
    if (domain->state != VL_DOMAIN_ABSENT &&
        (!domain->lab || strcmp(domain->lab, vl_session_lab_name(guests->session)) != 0))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "the hypervisor has a domain '%s' that this lab did not make; it stays as it is, so rename one "
                       "of the two",
                       name);
    return 0;
}

int vl_guest_begin(struct vl_guest_plan *guests, struct vl_session *session, const struct vl_site *site,
                   struct vl_plan *plan, struct vl_error *err)
{
    *guests = (struct vl_guest_plan){
        .session = session, .plan = plan, .err = err, .site = site, .hypervisor = vl_site_hypervisor(session, site)
    };
    guests->reachable = guests->hypervisor != NULL;
    guests->pool = vl_pool_name(&plan->arena, session);
    guests->pool_path = pool_path(&plan->arena, session);
    if (vl_made_read(session, &plan->arena, &guests->made, err) < 0)
        return -1;
    vl_site_made(site, &guests->made);
    return plan_pool(guests);
}
