/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ready state of guests (plan/ready.h): how it is taken, and how a guest is put back to it.
 *
 * It is taken in two plans, for the second can be made only when the first was carried out. The first saves the memory,
 * by which the guest stops, and copies its disk; the second writes the record, and lets the guest run on, from the
 * memory and with the disk that it has. Cut off in between there is a guest that does not run, which `up` boots, and no
 * record of a pair that is not whole.
 *
 * To put the guest back, a clone of that copy becomes its disk, and it runs on from the memory. Never does it without a
 * clone that is new: each plan that restores makes one, just before. Cut off between the old disk and the new one there
 * is none; then who makes the guest makes it as that clone, not as one of the base image.
 */
#include <string.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/ready.h"
#include "render/volume_xml.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

enum { ROOM_TIMES = 2 };

static void plan_restore(const struct vl_guest_plan *guests, const char *domain, const char *memory)
{
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_RESTORE,
                                                 .object = domain,
                                                 .source = memory,
                                                 .why = "the guest runs on from the memory that was saved, without a "
                                                        "boot" });
}

/* The lines for what is going to be made, before it is. */
static int plan_lines(struct vl_guest_plan *guests, const struct vl_ready *ready)
{
    struct vl_arena *arena = &guests->plan->arena;

    vl_made_add(&guests->made, arena, "volume", ready->layer);
    return vl_stage_made_file(guests->session, &guests->made, guests->plan, guests->err);
}

static int plan_copy(const struct vl_guest_plan *guests, const struct vl_volume *disk, const char *layer)
{
    VL_FREE char *xml = vl_render_volume_xml(
        &(struct vl_volume_spec){
            .name = layer, .format = "qcow2", .capacity = disk->capacity, .backing_path = disk->backing },
        guests->err);

    if (!xml)
        return -1;
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_COPY_VOLUME,
                                                 .object = layer,
                                                 .source = disk->name,
                                                 .after = vl_arena_strdup(&guests->plan->arena, xml),
                                                 .size = disk->capacity,
                                                 .why = "its disk of this moment is kept under a name of its own" });
    return 0;
}

/* The memory is written whole in the worst case, and a full disk would be everybody's trouble. */
static int check_room(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err)
{
    struct statvfs room;

    if (statvfs(session->state.directory, &room) < 0)
        return vl_fail_errno(err, "cannot look at '%s'", session->state.directory);
    if ((uint64_t)room.f_bavail * room.f_frsize >= ROOM_TIMES * pbx->memory)
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "'%s' has room for less than %d times its memory", session->state.directory,
                   ROOM_TIMES);
}

/* Why none can be taken, in words; NULL: it can. */
static const char *find_obstacle(const struct vl_session *session, const struct vl_site *site,
                                 const struct vl_domain *domain, const struct vl_volume *volume)
{
    if (!vl_stage_is_here(session, site)) /* the memory is written by the hypervisor, and must be found here */
        return "its hypervisor is on another host";
    if (domain->state != VL_DOMAIN_RUNNING)
        return "it does not run";
    if (domain->behind || !domain->fingerprint)
        return "it runs as it was before it was defined otherwise; 'voiplab up --restart' restarts it";
    return volume->name ? NULL : "its disk is not in the pool of the lab";
}

int vl_stage_ready_take(struct vl_session *session, const struct vl_pbx *pbx, bool anew, struct vl_plan *plan,
                        struct vl_ready *ret_ready, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    const char *name = vl_domain_name(arena, session->lab, pbx);
    const char *disk = vl_arena_printf(arena, "%s.qcow2", pbx->name);
    struct vl_guest_plan guests;
    struct vl_volume volume, layer;
    struct vl_domain domain;
    struct vl_ready now;
    const char *obstacle;

    *ret_ready = (struct vl_ready){ .layer = NULL };
    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        vl_guest_volume(&guests, disk, &volume) < 0 || vl_guest_domain(&guests, name, &domain) < 0 ||
        vl_ready_read(session, guests.hypervisor, arena, guests.pool, pbx->name, &now, err) < 0)
        return -1;
    guests.about = pbx->name;
    obstacle = find_obstacle(session, guests.site, &domain, &volume);
    if (obstacle)
        return anew ? vl_fail(err, VL_ERROR_FAILED, "'%s' cannot have a ready state: %s", pbx->name, obstacle) : 0;
    if (now.layer && !now.torn && vl_guest_volume(&guests, now.layer, &layer) < 0)
        return -1;
    if (!anew && now.layer && !now.torn && !strcmp(now.definition, domain.fingerprint) &&
        layer.capacity == volume.capacity)
        return 0;
    if (check_room(session, pbx, err) < 0)
        return -1;
    ret_ready->definition = domain.fingerprint;
    vl_ready_name_next(session, arena, &guests.made, pbx->name, ret_ready);
    if (plan_lines(&guests, ret_ready) < 0)
        return -1;
    vl_plan_add_directory(plan, vl_ready_directory(session, arena), 0700,
                          "the memory of guests, with all secrets that are in it, for root only");
    vl_guest_add_step(&guests, &(struct vl_step){ .kind = VL_STEP_SAVE,
                                                  .object = name,
                                                  .after = ret_ready->memory,
                                                  .why = "the guest is as it should be now: its memory is saved, by "
                                                         "which it stops" });
    return plan_copy(&guests, &volume, ret_ready->layer) < 0 ? -1 : vl_arena_check(arena, err);
}

/* Disks of this guest that neither the one that it has nor its ready state needs. */
static void strike_needed(struct vl_volume *volumes, size_t count, const char *needed)
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

static int plan_layers_gone(const struct vl_guest_plan *guests, const char *name, const char *layer)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_volume *volumes;
    size_t count;

    if (vl_hypervisor_volumes(guests->hypervisor, arena, guests->pool, &volumes, &count, guests->err) < 0)
        return -1;
    strike_needed(volumes, count, layer);
    strike_needed(volumes, count, vl_arena_printf(arena, "%s.qcow2", name));
    for (size_t i = 0; i < count; i++)
        if (volumes[i].name && vl_made_layer_of(volumes[i].name, name) &&
            vl_made_volume(guests->session, &guests->made, &volumes[i]))
            vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                         .object = volumes[i].name,
                                                         .why = "nothing is a clone of it any more" });
    return 0;
}

int vl_stage_ready_keep(struct vl_session *session, const struct vl_pbx *pbx, const struct vl_ready *ready,
                        struct vl_plan *plan, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_file record = { .path = vl_ready_path(session, arena, pbx->name),
                              .mode = 0600,
                              .why = "what belongs together, and how each half is known to be as it was" };
    const struct vl_fileset set = { .files = &record, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    struct vl_guest_plan guests;

    if (!host || vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0)
        return -1;
    guests.about = pbx->name;
    record.text = vl_ready_text(guests.hypervisor, arena, guests.pool, ready, err);
    if (!record.text || vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, err) < 0)
        return -1;
    plan_restore(&guests, vl_domain_name(arena, session->lab, pbx), ready->memory);
    vl_guest_plan_files_gone(&guests, vl_ready_files(session, arena, pbx->name, ready->memory),
                             vl_arena_printf(arena, "saved memory of %s of before goes", pbx->name),
                             "there is a newer one");
    return plan_layers_gone(&guests, pbx->name, ready->layer) < 0 ? -1 : vl_arena_check(arena, err);
}

int vl_stage_ready_run_on(struct vl_session *session, const struct vl_pbx *pbx, const struct vl_ready *ready,
                          struct vl_plan *plan, struct vl_error *err)
{
    struct vl_guest_plan guests;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0)
        return -1;
    plan_restore(&guests, vl_domain_name(&plan->arena, session->lab, pbx), ready->memory);
    return vl_arena_check(&plan->arena, err);
}

static int of_no_use(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *why)
{
    return vl_fail(guests->err, VL_ERROR_FAILED,
                   "the ready state of '%s' is of no use: %s; 'voiplab reset --clean %s' makes it anew and boots it",
                   pbx->name, why, pbx->name);
}

/* The ready state of a guest, which must be there and good. */
static int find_ready(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_ready *ret_ready)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *why = NULL;
    struct vl_volume layer = { .name = NULL };
    struct vl_domain domain;

    if (vl_ready_read(guests->session, guests->hypervisor, arena, guests->pool, pbx->name, ret_ready, guests->err) <
            0 ||
        vl_guest_domain(guests, vl_domain_name(arena, guests->session->lab, pbx), &domain) < 0)
        return -1;
    if (!ret_ready->layer)
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "'%s' has no ready state to be put back to; 'voiplab reset --clean %s' makes it anew and boots "
                       "it",
                       pbx->name, pbx->name);
    if (!ret_ready->torn && vl_guest_volume(guests, ret_ready->layer, &layer) < 0)
        return -1;
    if (ret_ready->torn)
        why = ret_ready->torn;
    else if (!layer.name)
        why = "libvirt does not know its disk";
    else if (domain.state == VL_DOMAIN_ABSENT)
        why = "libvirt has no such guest any more";
    else if (!domain.fingerprint || strcmp(domain.fingerprint, ret_ready->definition) != 0)
        why = "the guest is defined otherwise by now";
    return why ? of_no_use(guests, pbx, why) : 0;
}

/* `up` would define the guest anew, with another address perhaps, at which it would be waited for in vain. */
static int check_file(const struct vl_guest_plan *guests, const struct vl_pbx *pbx)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_guest(guests->session, pbx, &plan, &ignored) < 0)
        return 0;
    for (size_t i = 0; i < plan.count; i++)
        if (plan.steps[i].kind == VL_STEP_DOMAIN)
            return of_no_use(guests, pbx, "the lab file has the guest otherwise by now");
    return 0;
}

/* What is planned for one guest of those that are named, each looked at before any guest is touched; NULL: one cannot
 * be put back. */
static struct vl_guest_plan *find_all(struct vl_session *session, const char *const *names, struct vl_plan *plan,
                                      struct vl_error *err)
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
            find_ready(&guests[i], pbx, &ready) < 0 || check_file(&guests[i], pbx) < 0)
            return NULL;
        guests[i].about = pbx->name;
    }
    return guests;
}

/* One guest that is off: another disk, and it runs on. */
static int plan_back(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_ready *ready)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *disk = vl_arena_printf(arena, "%s.qcow2", pbx->name);
    struct vl_volume volume, layer;

    if (vl_guest_volume(guests, disk, &volume) < 0 || vl_guest_volume(guests, ready->layer, &layer) < 0)
        return -1;
    if (volume.name)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                     .object = disk,
                                                     .why = "with the disk goes all that was changed on the guest" });
    if (vl_guest_plan_clone(guests, disk, &layer) < 0)
        return -1;
    plan_restore(guests, vl_domain_name(arena, guests->session->lab, pbx), ready->memory);
    return 0;
}

/* They are switched off together, so nothing stands between these steps. */
int vl_stage_ready_off(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err)
{
    const struct vl_lab *lab = session->lab;
    struct vl_guest_plan *guests = find_all(session, names, plan, err);

    if (!guests)
        return -1;
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (guests[i].about && vl_guest_plan_off(&guests[i], vl_domain_name(&plan->arena, lab, &lab->pbxs[i])) < 0)
            return -1;
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_ready_back(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct vl_guest_plan guests;
    struct vl_ready ready;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        find_ready(&guests, pbx, &ready) < 0)
        return -1;
    guests.about = pbx->name;
    return plan_back(&guests, pbx, &ready) < 0 ? -1 : vl_arena_check(&plan->arena, err);
}
