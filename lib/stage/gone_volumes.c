/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which volumes go: those that the lab made, as STATE/LAB/made tells, unless somebody holds on to them who does not go
 * as well. A volume that stays may be a clone of another, which then stays too: hence the loop until nothing changes.
 */
#include <string.h>

#include "stage/gone.h"
#include "stage/stage.h"

struct leaving {
    struct vl_gone *gone;
    const char *pool;
    struct vl_volume *volumes;
    size_t count;
    bool *goes;
};

static const char *target_of(const struct vl_gone *gone)
{
    return vl_site_target(gone->site, &gone->plan->arena);
}

static bool is_ours(const struct vl_gone *gone, const struct vl_volume *volume)
{
    if (vl_made_volume(gone->session, &gone->made, volume))
        return true;
    /* the state is lost, but the domain carries the mark */
    for (size_t i = 0; !gone->made.known && i < gone->domain_count; i++)
        if (vl_made_volume_of(volume->name, gone->domains[i].pbx))
            return true;
    return false;
}

static bool is_wanted(const struct vl_gone *gone, const struct vl_volume *volume)
{
    if (gone->whole)
        return true;
    for (size_t i = 0; i < gone->guest_count; i++)
        if (vl_made_volume_of(volume->name, gone->guests[i]))
            return true;
    return false;
}

static bool domain_leaves(const struct vl_gone *gone, const struct vl_use *use)
{
    if (!use->lab || strcmp(use->lab, gone->session->lab->name) != 0)
        return false;
    if (gone->whole)
        return true;
    for (size_t i = 0; i < gone->guest_count; i++)
        if (!strcmp(use->pbx, gone->guests[i]))
            return true;
    return false;
}

static bool holder_leaves(const struct leaving *leaving, const struct vl_use *use)
{
    if (!use->volume)
        return domain_leaves(leaving->gone, use);
    for (size_t i = 0; i < leaving->count; i++)
        if (!strcmp(leaving->volumes[i].path, use->volume))
            return leaving->goes[i];
    return false;
}

/* Who keeps this volume; NULL: nobody. */
static const struct vl_use *holder_of(const struct leaving *leaving, const struct vl_volume *volume)
{
    const struct vl_gone *gone = leaving->gone;

    for (size_t i = 0; i < gone->use_count; i++)
        if (!gone->uses[i].tap && !strcmp(gone->uses[i].path, volume->path) && !holder_leaves(leaving, &gone->uses[i]))
            return &gone->uses[i];
    return NULL;
}

/* Strike out one that is held. */
static bool strike_out(struct leaving *leaving)
{
    for (size_t i = 0; i < leaving->count; i++) {
        const struct vl_use *holder = leaving->goes[i] ? holder_of(leaving, &leaving->volumes[i]) : NULL;

        if (!holder)
            continue;
        leaving->goes[i] = false;
        leaving->gone->stays = true;
        vl_session_event(leaving->gone->session, VOIPLAB_EVENT_WARNING, target_of(leaving->gone),
                         "the volume '%s' of this lab stays, since %s uses it; once that does not, run this again",
                         leaving->volumes[i].name, holder->by);
        return true;
    }
    return false;
}

static void choose(struct leaving *leaving)
{
    for (size_t i = 0; i < leaving->count; i++) {
        const struct vl_volume *volume = &leaving->volumes[i];

        leaving->goes[i] = is_wanted(leaving->gone, volume) && is_ours(leaving->gone, volume);
        if (leaving->gone->whole && !leaving->goes[i])
            vl_session_event(leaving->gone->session, VOIPLAB_EVENT_WARNING, target_of(leaving->gone),
                             "the volume '%s' in the pool '%s' stays, and the pool with it: this lab did not make it; "
                             "'virsh vol-delete %s --pool %s' removes it",
                             volume->name, leaving->pool, volume->name, leaving->pool);
    }
    while (strike_out(leaving))
        ;
}

static void add_pool(const struct vl_gone *gone, const char *pool, const char *why)
{
    if (gone->whole && (!gone->made.known || vl_made_has(&gone->made, "pool", pool)))
        vl_plan_add(gone->plan, &(struct vl_step){ .kind = VL_STEP_REMOVE_POOL,
                                                   .target = target_of(gone),
                                                   .site = gone->site,
                                                   .object = pool,
                                                   .why = why });
}

static void add_steps(struct leaving *leaving)
{
    struct vl_gone *gone = leaving->gone;
    size_t left = leaving->count;

    for (size_t i = 0; i < leaving->count; i++) {
        if (!leaving->goes[i])
            continue;
        left--;
        vl_plan_add(gone->plan, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                   .target = target_of(gone),
                                                   .site = gone->site,
                                                   .object = leaving->volumes[i].name,
                                                   .pool = leaving->pool,
                                                   .why = "the lab made the volume, and nobody else uses it" });
        vl_made_drop(&gone->made, "volume", leaving->volumes[i].name);
    }
    if (!left)
        add_pool(gone, leaving->pool, "the pool is empty now");
}

/* A run that was cut off has taken its directory away, so it does not start any more. */
static void plan_idle_pool(const struct vl_gone *gone, const char *name, const struct vl_pool_there *pool)
{
    if (pool->defined)
        add_pool(gone, name, "the pool does not run, and goes when nothing is in it");
}

int vl_gone_volumes(struct vl_gone *gone)
{
    struct vl_arena *arena = &gone->plan->arena;
    struct leaving leaving = { .gone = gone, .pool = vl_pool_name(arena, gone->session) };
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(gone->session, gone->site);
    struct vl_pool_there pool;

    if (vl_hypervisor_pool(hypervisor, leaving.pool, &pool, gone->err) < 0)
        return -1;
    if (!pool.active) {
        plan_idle_pool(gone, leaving.pool, &pool);
        return 0;
    }
    if (vl_hypervisor_volumes(hypervisor, arena, leaving.pool, &leaving.volumes, &leaving.count, gone->err) < 0)
        return -1;
    leaving.goes = vl_arena_zalloc(arena, leaving.count + 1);
    if (!leaving.goes)
        return vl_no_memory(gone->err);
    choose(&leaving);
    add_steps(&leaving);
    return 0;
}
