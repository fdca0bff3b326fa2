/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that is made again from its base image: it stops at once, its disk goes, and what follows in the plan is as
 * for one that never was. Its snapshots stay, but for the ready state. Its identity is none of the disk's: MAC and UUID
 * come from the names, keys and secrets from the state of the lab. A run that is cut off leaves a guest without a disk,
 * which the next one, or `up`, makes.
 */
#include <string.h>

#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/ready.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

/* Somebody who would miss a disk; NULL: nobody. The guest itself does not count, nor do its other disks. */
static const struct vl_use *holder(const struct vl_guest_plan *guests, const struct vl_pbx *pbx,
                                   const struct vl_volume *disks, size_t disk_count, const char *path,
                                   const struct vl_use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct vl_use *use = &uses[i];
        bool own = use->lab && !strcmp(use->lab, guests->session->lab->name) && !strcmp(use->pbx, pbx->name);

        for (size_t j = 0; j < disk_count && use->volume; j++)
            own |= !strcmp(use->volume, disks[j].path);
        if (!use->tap && !own && !strcmp(use->path, path))
            return use;
    }
    return NULL;
}

/* The disks of a guest that the lab made and that are there, but those that its snapshots need. */
static int own_disks(const struct vl_guest_plan *guests, const char *name, const char *const *layers,
                     struct vl_volume **ret_volumes, size_t *ret_count)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_volume *volumes;
    size_t count, kept = 0;
    bool known = layers != NULL;

    *ret_count = 0;
    if (vl_hypervisor_volumes(guests->hypervisor, arena, guests->pool, &volumes, &count, guests->err) < 0)
        return -1;
    for (; layers && *layers; layers++)
        vl_guest_strike_needed(volumes, count, *layers);
    for (size_t i = 0; i < count; i++)
        if (volumes[i].name && vl_made_volume_of(volumes[i].name, name) && !vl_made_seed_of(volumes[i].name, name) &&
            (known || !vl_made_layer_of(volumes[i].name, name)) &&
            vl_made_volume(guests->session, &guests->made, &volumes[i]))
            volumes[kept++] = volumes[i];
    *ret_volumes = volumes;
    *ret_count = kept;
    return 0;
}

int vl_guest_plan_renewed(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_volume *disk)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_ready none = { .tag = VL_READY_TAG };
    struct vl_ready_needs needs;
    const struct vl_use *held;
    struct vl_volume *disks = NULL;
    struct vl_use *uses = NULL;
    size_t disk_count = 0, count = 0;

    *disk = (struct vl_volume){ .name = NULL };
    if (!guests->reachable)
        return 0;
    needs = vl_ready_needs(guests->session, arena, pbx->name, &none);
    if (own_disks(guests, pbx->name, needs.layers, &disks, &disk_count) < 0 ||
        vl_hypervisor_uses(guests->hypervisor, arena, true, &uses, &count, guests->err) < 0)
        return -1;
    for (size_t i = 0; i < disk_count; i++)
        if ((held = holder(guests, pbx, disks, disk_count, disks[i].path, uses, count)))
            return vl_fail(guests->err, VL_ERROR_FAILED, "its disk '%s' stays, since %s uses it: end that first",
                           disks[i].name, held->by);
    if (vl_guest_plan_off(guests, vl_domain_name(arena, guests->session->lab, pbx)) < 0)
        return -1;
    vl_guest_plan_files_gone(guests, needs.files, vl_arena_printf(arena, "saved memory of %s goes", pbx->name),
                             "it belongs with a disk that goes");
    vl_guest_plan_run_on(guests, pbx->name, &(struct vl_domain){ .state = VL_DOMAIN_STOPPED });
    for (size_t i = 0; i < disk_count; i++)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                     .object = disks[i].name,
                                                     .why = "with the disk goes all that was changed on the guest" });
    return 0;
}
