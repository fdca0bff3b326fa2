/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that is made again from its base image: it stops at once, its disk goes, and what follows in the plan is as
 * for one that never was. Its identity is none of the disk's: MAC and UUID come from the names, keys and secrets from
 * the state of the lab. A run that is cut off leaves a guest without a disk, which the next one, or `up`, makes.
 */
#include <string.h>

#include "guest/hypervisor.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

/* Somebody who would miss the disk; NULL: nobody. The guest itself does not count. */
static const struct vl_use *holder(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *path,
                                   const struct vl_use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct vl_use *use = &uses[i];
        bool own = use->lab && !strcmp(use->lab, guests->session->lab->name) && !strcmp(use->pbx, pbx->name);

        if (!use->tap && !own && !strcmp(use->path, path))
            return use;
    }
    return NULL;
}

static int plan_stop(const struct vl_guest_plan *guests, const char *name)
{
    struct vl_domain domain;

    if (vl_guest_domain(guests, name, &domain) < 0)
        return -1;
    if (domain.state == VL_DOMAIN_RUNNING || domain.state == VL_DOMAIN_PAUSED)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_STOP,
                                                     .object = name,
                                                     .at_once = true,
                                                     .why = "what it has written since goes: there is nothing to shut "
                                                            "down for" });
    return 0;
}

int vl_guest_plan_renewed(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_volume *disk)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_use *held;
    struct vl_use *uses = NULL;
    size_t count = 0;

    if (plan_stop(guests, vl_domain_name(arena, guests->session->lab, pbx)) < 0)
        return -1;
    if (!disk->name)
        return 0;
    if (vl_hypervisor_uses(guests->session->hypervisor, arena, true, &uses, &count, guests->err) < 0)
        return -1;
    held = holder(guests, pbx, disk->path, uses, count);
    if (held)
        return vl_fail(guests->err, VL_ERROR_FAILED, "its disk '%s' stays, since %s uses it: end that first",
                       disk->name, held->by);
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                 .object = disk->name,
                                                 .why = "with the disk goes all that was changed on the guest" });
    *disk = (struct vl_volume){ .name = NULL };
    return 0;
}
