/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The start of guests that are waited for: so many boot at the same time as their host bears, and the next one when one
 * of them answers, or has not for so long that it may never.
 */
#include "guest/hypervisor.h"
#include "plan/apply.h"
#include "plan/sites.h"
#include "request/fleet_part.h"

/*
 * Guests that boot at once, for each processor of their host. Seen with 8 emulated PBXs of 128 MB on 2 processors,
 * beside other work: all at once, the first answered after 68 to 111 s and the last after 102 to 132 s, and each took
 * 63 to 130 s of that and 26 s of a processor. 4 at once: 31 to 45 s, 88 to 122 s, 26 to 66 s, and 22 s of a processor.
 * 2 at once: 28 to 33 s and 125 to 135 s, since what boots also waits. With hardware virtualization, of which none was
 * at hand, a processor bears more.
 */
enum { BOOTING_EMULATED = 2, BOOTING_KVM = 4 };

enum { TURN_MS = 90000 }; /* longer than a guest takes that will answer */

/* A guest that gets a new disk is off while it is made; any other is off for no longer than it takes to boot. */
static bool begins_start(const struct vl_fleet *fleet, const struct vl_step *step)
{
    return step->kind == VL_STEP_START || (step->kind == VL_STEP_STOP && !fleet->session->renews);
}

int vl_fleet_put_off(const struct vl_fleet *fleet, struct vl_member *member, struct vl_plan *plan, struct vl_error *err)
{
    struct vl_plan *start = &member->start;
    size_t first = 0;

    if (!member->started)
        return 0;
    while (first < plan->count && !begins_start(fleet, &plan->steps[first]))
        first++;
    for (size_t i = first; i < plan->count; i++)
        vl_plan_add(start, &plan->steps[i]);
    plan->count = first;
    vl_arena_adopt(&start->arena, &plan->arena);
    return vl_arena_check(&start->arena, err);
}

int vl_fleet_start(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err)
{
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    int rc = host ? vl_apply(fleet->session, &member->start, host, err) : -1;

    vl_plan_free(&member->start);
    return rc;
}

void vl_turns_open(struct vl_turns *turns, const struct vl_fleet *fleet)
{
    size_t waiting = 0, count = vl_sites_count(fleet->session);

    *turns = (struct vl_turns){ .session = fleet->session };
    (void)pthread_mutex_init(&turns->lock, NULL);
    for (size_t i = 0; i < fleet->count; i++)
        waiting += fleet->members[i].start.count > 0;
    if (waiting)
        turns->sites = vl_arena_zalloc(&turns->arena, count * sizeof(*turns->sites));
    for (size_t i = 0; turns->sites && i < count; i++) {
        const struct vl_site *site = vl_sites_at(fleet->session, i);
        struct vl_hypervisor *hypervisor = vl_site_hypervisor(fleet->session, site);

        turns->sites[i].most = (vl_site_kvm(fleet->session, site) ? BOOTING_KVM : BOOTING_EMULATED) *
                               (hypervisor ? vl_hypervisor_processors(hypervisor) : 1);
    }
}

void vl_turns_close(struct vl_turns *turns)
{
    vl_arena_free(&turns->arena);
    (void)pthread_mutex_destroy(&turns->lock);
}

static struct vl_turns_site *site_of(const struct vl_turns *turns, const struct vl_member *member)
{
    return &turns->sites[vl_site_index(turns->session, member->pbx)];
}

/* Without memory nobody waits. */
bool vl_turns_take(struct vl_turns *turns, struct vl_member *member)
{
    struct vl_turns_site *site;
    bool taken;

    if (!turns->sites)
        return true;
    site = site_of(turns, member);
    (void)pthread_mutex_lock(&turns->lock);
    taken = site->booting < site->most && site->starting < VL_GUESTS_AT_A_TIME;
    site->booting += taken;
    site->starting += taken;
    (void)pthread_mutex_unlock(&turns->lock);
    member->has_turn |= taken;
    return taken;
}

static void give_back(struct vl_turns *turns, unsigned *count)
{
    (void)pthread_mutex_lock(&turns->lock);
    (*count)--;
    (void)pthread_mutex_unlock(&turns->lock);
}

void vl_turns_started(struct vl_turns *turns, const struct vl_member *member)
{
    if (turns->sites)
        give_back(turns, &site_of(turns, member)->starting);
}

void vl_turns_end(struct vl_turns *turns, struct vl_member *member)
{
    if (member->has_turn)
        give_back(turns, &site_of(turns, member)->booting);
    member->has_turn = false;
}

void vl_turns_end_long(struct vl_turns *turns, struct vl_member *member, long long now_ms)
{
    if (now_ms - member->booted_ms > TURN_MS)
        vl_turns_end(turns, member);
}
