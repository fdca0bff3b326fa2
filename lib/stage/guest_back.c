/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests put back to a snapshot (plan/ready.h): a clone of the disk of then becomes the guest's disk, and it runs on
 * from the memory of then; where there is no memory it boots. Never does it run on without a clone that is new: each
 * plan that restores makes one, just before. Cut off between the old disk and the new one there is none; then who makes
 * the guest makes it as a clone of the ready state, not as one of the base image.
 */
#include <string.h>
#include <sys/stat.h>

#include "guest/hypervisor.h"
#include "plan/ready.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

enum { STAT_BLOCK = 512 }; /* in which stat() counts, whatever the file system does */

static bool is_ready(const char *tag)
{
    return !strcmp(tag, VL_READY_TAG);
}

static int of_no_use(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *tag, const char *why)
{
    if (is_ready(tag))
        return vl_fail(
            guests->err, VL_ERROR_FAILED,
            "the ready state of '%s' is of no use: %s; 'voiplab reset --clean %s' makes it anew and boots it",
            pbx->name, why, pbx->name);
    return vl_fail(guests->err, VL_ERROR_FAILED,
                   "the snapshot '%s' of '%s' is of no use: %s; 'voiplab snapshot list' shows those that are", tag,
                   pbx->name, why);
}

static int is_missing(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *tag)
{
    if (is_ready(tag))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "'%s' has no ready state to be put back to; 'voiplab reset --clean %s' makes it anew and boots "
                       "it",
                       pbx->name, pbx->name);
    return vl_fail(guests->err, VL_ERROR_USAGE, "'%s' has no snapshot '%s'; 'voiplab snapshot list' shows those it has",
                   pbx->name, tag);
}

/* The disk in the pool that a disk is a clone of, and so on: the first that is not there; NULL: all are. */
static int find_lost_base(const struct vl_guest_plan *guests, const char *path, const char **ret_lost)
{
    size_t length = strlen(guests->pool_path);

    *ret_lost = NULL;
    while (path && !strncmp(path, guests->pool_path, length) && path[length] == '/') {
        struct vl_volume volume;

        if (vl_guest_volume(guests, path + length + 1, &volume) < 0)
            return -1;
        if (!volume.name) {
            *ret_lost = path;
            return 0;
        }
        path = volume.backing;
    }
    return 0;
}

static int find_fault(const struct vl_guest_plan *guests, const struct vl_ready *ready, const struct vl_domain *domain,
                      const char **ret_why)
{
    struct vl_hypervisor *hypervisor = guests->hypervisor;
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_volume layer = { .name = NULL };
    const char *lost;

    *ret_why = ready->torn;
    if (ready->torn)
        return 0;
    if (vl_guest_volume(guests, ready->layer, &layer) < 0 || find_lost_base(guests, layer.backing, &lost) < 0)
        return -1;
    if (!layer.name)
        *ret_why = "libvirt does not know its disk";
    else if (lost)
        *ret_why = vl_arena_printf(arena, "its disk is a clone of '%s', which is gone", lost);
    else if (domain->state == VL_DOMAIN_ABSENT)
        *ret_why = "libvirt has no such guest any more";
    else if (ready->memory && (!domain->fingerprint || strcmp(domain->fingerprint, ready->definition) != 0))
        *ret_why = "the guest is defined otherwise by now";
    else if (ready->memory && ready->machine && !vl_hypervisor_has_machine(hypervisor, ready->machine))
        *ret_why = vl_arena_printf(arena, "the QEMU of today knows no machine '%s'", ready->machine);
    return 0;
}

int vl_stage_ready_look(struct vl_session *session, const char *name, const char *tag, struct vl_plan *plan,
                        struct vl_ready *ret_ready, uint64_t *ret_size, const char **ret_why, struct vl_error *err)
{
    const struct vl_pbx *pbx = vl_lab_pbx(session->lab, name);
    struct vl_volume layer = { .name = NULL };
    struct vl_guest_plan guests;
    struct vl_domain domain;
    struct stat memory;

    *ret_size = 0;
    *ret_ready = (struct vl_ready){ .tag = tag };
    *ret_why = pbx ? vl_site_problem(session, pbx) : NULL;
    if (*ret_why)
        return 0;
    if (vl_guest_begin(&guests, session, pbx ? vl_site_of(session, pbx) : NULL, plan, err) < 0 ||
        vl_ready_read(session, guests.hypervisor, &plan->arena, guests.pool, name, tag, ret_ready, err) < 0 ||
        (ret_ready->layer && *ret_ready->layer && vl_guest_volume(&guests, ret_ready->layer, &layer) < 0))
        return -1;
    *ret_size = layer.allocated;
    if (ret_ready->memory && stat(ret_ready->memory, &memory) == 0)
        *ret_size += (uint64_t)memory.st_blocks * STAT_BLOCK;
    *ret_why = "the lab file has no such machine any more";
    if (!pbx || pbx->place != VL_PLACE_VM)
        return 0;
    return vl_guest_domain(&guests, vl_domain_name(&plan->arena, session->lab, pbx), &domain) < 0
               ? -1
               : find_fault(&guests, ret_ready, &domain, ret_why);
}

/* The snapshot of a guest, which must be there and good. */
static int find_ready(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *tag,
                      struct vl_ready *ret_ready)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_domain domain;
    const char *why;

    if (vl_ready_read(guests->session, guests->hypervisor, arena, guests->pool, pbx->name, tag, ret_ready,
                      guests->err) < 0 ||
        vl_guest_domain(guests, vl_domain_name(arena, guests->session->lab, pbx), &domain) < 0)
        return -1;
    if (!ret_ready->layer)
        return is_missing(guests, pbx, tag);
    if (find_fault(guests, ret_ready, &domain, &why) < 0)
        return -1;
    return why ? of_no_use(guests, pbx, tag, why) : 0;
}

/* `up` would define the guest anew, with another address perhaps, at which it would be waited for in vain. */
static int check_file(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_ready *ready)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (!ready->memory || vl_stage_guest(guests->session, pbx, &plan, &ignored) < 0)
        return 0;
    for (size_t i = 0; i < plan.count; i++)
        if (plan.steps[i].kind == VL_STEP_DOMAIN)
            return of_no_use(guests, pbx, ready->tag, "the lab file has the guest otherwise by now");
    return 0;
}

/* What is planned for one guest of those that are named, each looked at before any guest is touched; NULL: one cannot
 * be put back. */
static struct vl_guest_plan *find_all(struct vl_session *session, const char *const *names, const char *tag,
                                      struct vl_plan *plan, struct vl_error *err)
{
    const struct vl_lab *lab = session->lab;
    struct vl_guest_plan *guests = vl_arena_zalloc(&plan->arena, (lab->pbx_count + 1) * sizeof(*guests));
    struct vl_ready ready;

    if (!guests)
        (void)vl_no_memory(err);
    for (size_t i = 0; guests && i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (!vl_session_wanted(names, pbx->name) || vl_site_problem(session, pbx))
            continue;
        if (vl_guest_begin(&guests[i], session, vl_site_of(session, pbx), plan, err) < 0 ||
            find_ready(&guests[i], pbx, tag, &ready) < 0 || check_file(&guests[i], pbx, &ready) < 0)
            return NULL;
        guests[i].about = pbx->name;
    }
    return guests;
}

/* One guest that is off: another disk, and it runs on. One that is defined to be installed has to be defined anew
 * before it is started. */
static int plan_back(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_ready *ready)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *disk = vl_arena_printf(arena, "%s.qcow2", pbx->name);
    struct vl_volume volume, layer;
    bool installs;

    if (vl_guest_volume(guests, disk, &volume) < 0 || vl_guest_volume(guests, ready->layer, &layer) < 0)
        return -1;
    /* One with a memory is of what the guest is defined as now: of its installation, if that is under way. */
    installs = !ready->memory && vl_guest_plan_install_note_gone(guests, pbx, "the disk of then is no installer's");
    if (volume.name)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                     .object = disk,
                                                     .why = "with the disk goes all that was changed on the guest" });
    if (vl_guest_plan_clone(guests, disk, &layer) < 0)
        return -1;
    vl_guest_plan_run_on(guests, pbx->name, &(struct vl_domain){ .state = VL_DOMAIN_STOPPED });
    if (ready->memory)
        vl_guest_plan_restore(guests, vl_domain_name(arena, guests->session->lab, pbx), ready->memory);
    else if (!installs)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_START,
                                                     .object = vl_domain_name(arena, guests->session->lab, pbx),
                                                     .why = "it was off then: there is no memory to run on from" });
    return 0;
}

/* Each is looked at before any is touched. */
int vl_stage_ready_off(struct vl_session *session, const char *const *names, const char *tag, struct vl_plan *plan,
                       struct vl_error *err)
{
    const struct vl_lab *lab = session->lab;
    struct vl_guest_plan *guests = find_all(session, names, tag, plan, err);

    if (!guests)
        return -1;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (guests[i].about && vl_guest_plan_off(&guests[i], vl_domain_name(&plan->arena, lab, &lab->pbxs[i])) < 0)
            return -1;
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_ready_back(struct vl_session *session, const struct vl_pbx *pbx, const char *tag, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct vl_guest_plan guests;
    struct vl_ready ready;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        find_ready(&guests, pbx, tag, &ready) < 0)
        return -1;
    guests.about = pbx->name;
    return plan_back(&guests, pbx, &ready) < 0 ? -1 : vl_arena_check(&plan->arena, err);
}
