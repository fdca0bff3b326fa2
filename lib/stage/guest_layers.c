/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest's disk may be a clone of the disk of one of its snapshots, which is one of a base image: what follows from
 * that for who makes guests; and what runs that were cut off have left of a disk.
 */
#include <string.h>

#include "base/cleanup.h"
#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/ready.h"
#include "render/volume_xml.h"
#include "stage/guests_part.h"

int vl_guest_see_base(const struct vl_guest_plan *guests, const char *name, struct vl_volume *disk)
{
    struct vl_volume layer = *disk;

    while (layer.name && layer.backing && strrchr(layer.backing, '/') &&
           vl_made_layer_of(strrchr(layer.backing, '/') + 1, name)) {
        if (vl_guest_volume(guests, strrchr(layer.backing, '/') + 1, &layer) < 0)
            return -1;
        disk->backing = layer.name ? layer.backing : NULL;
    }
    return 0;
}

void vl_guest_strike_needed(struct vl_volume *volumes, size_t count, const char *needed)
{
    while (needed) {
        const char *next = NULL;

        for (size_t i = 0; i < count; i++)
            if (volumes[i].name && !strcmp(volumes[i].name, needed)) {
                next = volumes[i].backing ? strrchr(volumes[i].backing, '/') : NULL;
                volumes[i].name = NULL;
            }
        needed = next ? next + 1 : NULL;
    }
}

void vl_guest_plan_restore(const struct vl_guest_plan *guests, const char *domain, const char *memory)
{
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_RESTORE,
                                                 .object = domain,
                                                 .source = memory,
                                                 .why = "the guest runs on from the memory that was saved, without a "
                                                        "boot" });
}

int vl_guest_plan_off(const struct vl_guest_plan *guests, const char *name)
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

void vl_guest_plan_files_gone(const struct vl_guest_plan *guests, const char *const *files, const char *title,
                              const char *why)
{
    static const char *const command[] = { "rm", "-f", "--" };
    const char **argv;
    size_t count = 0;

    while (files && files[count])
        count++;
    argv = count ? vl_arena_zalloc(&guests->plan->arena, (count + VL_COUNT(command) + 1) * sizeof(*argv)) : NULL;
    if (!argv)
        return;
    memcpy(argv, command, sizeof(command));
    memcpy(argv + VL_COUNT(command), files, count * sizeof(*argv));
    vl_plan_add_command(guests->plan, why, title, argv);
}

void vl_guest_plan_run_on(const struct vl_guest_plan *guests, const char *name, struct vl_domain *domain)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *const *marks = vl_ready_marks(guests->session, arena, name);

    if (!*marks || !guests->reachable)
        return;
    if (domain->state == VL_DOMAIN_PAUSED) {
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_RESUME,
                                                     .object = domain->name,
                                                     .why = "it stands still since a run was cut off that kept it" });
        domain->state = VL_DOMAIN_RUNNING;
    }
    vl_guest_plan_files_gone(guests, marks, vl_arena_printf(arena, "mark that %s stands still goes", name),
                             "it does so no longer");
}

int vl_guest_plan_clone(const struct vl_guest_plan *guests, const char *disk, const struct vl_volume *layer)
{
    VL_FREE char *xml = vl_render_volume_xml(
        &(struct vl_volume_spec){
            .name = disk, .format = "qcow2", .capacity = layer->capacity, .backing_path = layer->path },
        guests->err);

    if (!xml)
        return -1;
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_VOLUME,
                                                 .object = disk,
                                                 .after = vl_arena_strdup(&guests->plan->arena, xml),
                                                 .size = layer->capacity,
                                                 .why = "a clone of the disk of then, which stays as it is" });
    return 0;
}

int vl_guest_plan_unended(const struct vl_guest_plan *guests, const char *name, struct vl_volume *volume)
{
    struct vl_domain domain;

    if (!volume->name || volume->ended || volume->allocated >= VL_VOLUME_EMPTY_MOST)
        return 0;
    if (vl_guest_domain(guests, name, &domain) < 0)
        return -1;
    if (domain.state == VL_DOMAIN_RUNNING || domain.state == VL_DOMAIN_PAUSED)
        return 0;
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                 .object = volume->name,
                                                 .why = "it was not made to its end, and nothing is on it" });
    *volume = (struct vl_volume){ .name = NULL };
    return 0;
}

int vl_guest_plan_lost_disk(const struct vl_guest_plan *guests, const char *name, const char *disk,
                            struct vl_volume *volume)
{
    struct vl_volume layer = { .name = NULL };
    struct vl_ready ready;

    if (volume->name || !guests->reachable || !guests->session->lab)
        return 0;
    if (vl_ready_read(guests->session, guests->hypervisor, &guests->plan->arena, guests->pool, name, VL_READY_TAG,
                      &ready, guests->err) < 0 ||
        (ready.layer && !ready.torn && vl_guest_volume(guests, ready.layer, &layer) < 0))
        return -1;
    if (!layer.name)
        return 0;
    *volume = (struct vl_volume){
        .name = disk, .path = vl_guest_volume_path(guests, disk), .backing = layer.path, .capacity = layer.capacity
    };
    return vl_guest_plan_clone(guests, disk, &layer);
}
