/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Snapshots of guests (plan/ready.h), of which the ready state is one: how one is taken, and how one goes. How a guest
 * is put back to one is guest_back.c.
 *
 * It is taken in three plans, for each can be made only when the one before was carried out, and what was done by then
 * holds. The first saves the memory while the guest stands still, copies its disk and lets it run on; the second writes
 * the record; the third takes away what no record names, and where the guest is off, since its libvirt cannot save the
 * memory of one that stays, lets it run on from the memory and with the disk that it has. Cut off in between there is a
 * guest that stands still and has a mark, which `up` lets run on, or one that is off, which `up` boots, and no record
 * of a pair that is not whole. Of a guest that is off there is a disk alone.
 *
 * When one goes its halves go first and its record last: what is left of one that was half gone is torn, is told so,
 * and goes by the same command.
 */
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/ready.h"
#include "render/volume_xml.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

enum { ROOM_TIMES = 2 };

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

/* Why none can be taken, in words; NULL: it can. A guest that is off is as good as one that runs, but not ready. */
static const char *find_obstacle(const struct vl_guest_plan *guests, const struct vl_domain *domain,
                                 const struct vl_volume *volume, bool ready)
{
    if (!vl_stage_is_here(guests->session, guests->site) && (ready || domain->state == VL_DOMAIN_RUNNING))
        return "its hypervisor is on another host";
    if (domain->state == VL_DOMAIN_ABSENT || (ready && domain->state == VL_DOMAIN_STOPPED))
        return "it does not run";
    if (domain->state == VL_DOMAIN_PAUSED)
        return "it is paused; 'virsh resume' lets it run on";
    if (domain->behind || !domain->fingerprint)
        return "it runs as it was before it was defined otherwise; 'voiplab up --restart' restarts it";
    return volume->name ? NULL : "its disk is not in the pool of the lab";
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static int look(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_volume *disk,
                struct vl_domain *domain)
{
    struct vl_arena *arena = &guests->plan->arena;

    return vl_guest_volume(guests, vl_arena_printf(arena, "%s.qcow2", pbx->name), disk) < 0 ||
                   vl_guest_domain(guests, vl_domain_name(arena, guests->session->lab, pbx), domain) < 0
               ? -1
               : 0;
}

static void plan_mark_gone(const struct vl_guest_plan *guests, const struct vl_ready *ready)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *const marks[] = { ready->memory ? vl_ready_mark(arena, ready->memory) : NULL, NULL };

    vl_guest_plan_files_gone(guests, marks, vl_arena_printf(arena, "mark that %s stands still goes", guests->about),
                             "it does so no longer");
}

/* The steps that make both halves. */
static int plan_halves(struct vl_guest_plan *guests, const struct vl_domain *domain, const struct vl_volume *disk,
                       const struct vl_ready *ready, uint64_t memory)
{
    if (plan_lines(guests, ready) < 0)
        return -1;
    vl_plan_add_directory(guests->plan, vl_ready_directory(guests->session, &guests->plan->arena), 0700,
                          "the memory of guests, with all secrets that are in it, for root only");
    if (ready->memory)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_SAVE,
                                                     .object = domain->name,
                                                     .after = ready->memory,
                                                     .size = memory,
                                                     .why = "the memory that goes with its disk of this moment is "
                                                            "saved, while the guest stands still" });
    if (plan_copy(guests, disk, ready->layer) < 0)
        return -1;
    if (ready->memory)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_RESUME,
                                                     .object = domain->name,
                                                     .at_once = true,
                                                     .why = "both are kept now, so it runs on" });
    plan_mark_gone(guests, ready);
    return 0;
}

int vl_stage_ready_take(struct vl_session *session, const struct vl_pbx *pbx, const char *tag, bool anew,
                        struct vl_plan *plan, struct vl_ready *ret_ready, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    bool is_ready = !strcmp(tag, VL_READY_TAG);
    struct vl_guest_plan guests;
    struct vl_volume disk, layer;
    struct vl_domain domain;
    struct vl_ready now;
    const char *obstacle;

    *ret_ready = (struct vl_ready){ .tag = tag };
    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        look(&guests, pbx, &disk, &domain) < 0 ||
        vl_ready_read(session, guests.hypervisor, arena, guests.pool, pbx->name, tag, &now, err) < 0)
        return -1;
    guests.about = pbx->name;
    vl_guest_plan_run_on(&guests, pbx->name, &domain);
    obstacle = find_obstacle(&guests, &domain, &disk, is_ready);
    if (obstacle)
        return anew ? vl_fail(err, VL_ERROR_FAILED, "'%s' cannot have a %s: %s", pbx->name,
                              is_ready ? "ready state" : "snapshot", obstacle)
                    : 0;
    if (now.layer && !now.torn && vl_guest_volume(&guests, now.layer, &layer) < 0)
        return -1;
    if (!anew && now.layer && !now.torn && !strcmp(now.definition, domain.fingerprint) &&
        layer.capacity == disk.capacity)
        return 0;
    ret_ready->definition = domain.fingerprint;
    ret_ready->machine = domain.machine;
    vl_ready_name_next(session, arena, &guests.made, pbx->name, ret_ready);
    if (vl_guest_volume(&guests, ret_ready->layer, &layer) < 0) /* somebody's own would go when nothing comes of this */
        return -1;
    if (domain.state == VL_DOMAIN_STOPPED)
        ret_ready->memory = NULL;
    else if (check_room(session, pbx, err) < 0)
        return -1;
    return plan_halves(&guests, &domain, &disk, ret_ready, pbx->memory) < 0 ? -1 : vl_arena_check(arena, err);
}

/* The volumes that only what goes has needed. */
static int plan_layers_gone(const struct vl_guest_plan *guests, const char *name, const char *const *layers)
{
    struct vl_volume *volumes;
    size_t count;

    if (!layers)
        return 0;
    if (vl_hypervisor_volumes(guests->hypervisor, &guests->plan->arena, guests->pool, &volumes, &count, guests->err) <
        0)
        return -1;
    for (; *layers; layers++)
        vl_guest_strike_needed(volumes, count, *layers);
    vl_guest_strike_needed(volumes, count, vl_arena_printf(&guests->plan->arena, "%s.qcow2", name));
    for (size_t i = count; i-- > 0;)
        if (volumes[i].name && vl_made_layer_of(volumes[i].name, name) &&
            vl_made_volume(guests->session, &guests->made, &volumes[i]))
            vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                         .object = volumes[i].name,
                                                         .why = "nothing is a clone of it any more" });
    return 0;
}

/* A disk that was copied while somebody let its guest run is nobody's disk. */
static int check_still_off(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_ready *ready)
{
    struct vl_domain domain;

    if (ready->memory)
        return 0;
    if (vl_guest_domain(guests, vl_domain_name(&guests->plan->arena, guests->session->lab, pbx), &domain) < 0)
        return -1;
    return domain.state == VL_DOMAIN_STOPPED
               ? 0
               : vl_fail(guests->err, VL_ERROR_FAILED, "'%s' was started while its disk was copied; run this again",
                         pbx->name);
}

int vl_stage_ready_keep(struct vl_session *session, const struct vl_pbx *pbx, const struct vl_ready *ready,
                        struct vl_plan *plan, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_file record = { .path = vl_ready_path(session, arena, pbx->name, ready->tag),
                              .mode = 0600,
                              .why = "what belongs together, and how each half is known to be as it was" };
    const struct vl_fileset set = { .files = &record, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", err);
    struct vl_guest_plan guests;

    if (!host || vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        check_still_off(&guests, pbx, ready) < 0)
        return -1;
    record.text = vl_ready_text(guests.hypervisor, arena, guests.pool, ready, err);
    return record.text ? vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, err) : -1;
}

int vl_stage_ready_run_on(struct vl_session *session, const struct vl_pbx *pbx, const struct vl_ready *ready, bool kept,
                          struct vl_plan *plan, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    const struct vl_ready none = { .tag = "" }; /* which no record has */
    struct vl_ready_needs needs = vl_ready_needs(session, arena, pbx->name, kept ? ready : &none);
    struct vl_guest_plan guests;
    struct vl_domain domain;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        vl_guest_domain(&guests, vl_domain_name(arena, session->lab, pbx), &domain) < 0)
        return -1;
    guests.about = pbx->name;
    if (domain.state == VL_DOMAIN_STOPPED && ready->memory)
        vl_guest_plan_restore(&guests, domain.name, ready->memory);
    vl_guest_plan_run_on(&guests, pbx->name, &domain);
    vl_guest_plan_files_gone(&guests, needs.files, vl_arena_printf(arena, "saved memory of %s goes", pbx->name),
                             kept ? "there is a newer one" : "nothing came of it");
    return plan_layers_gone(&guests, pbx->name, needs.layers) < 0 ? -1 : vl_arena_check(arena, err);
}

/* The memory that was saved last. */
static const char *last_memory(const struct vl_guest_plan *guests, const char *name, struct stat *ret_status)
{
    const char *const *files = vl_ready_needs(guests->session, &guests->plan->arena, name, NULL).files;
    const char *last = NULL;
    struct stat status;

    for (; files && *files; files++)
        if (vl_text_ends(*files, ".save") && stat(*files, &status) == 0 &&
            (!last || is_before(&ret_status->st_mtim, &status.st_mtim))) {
            *ret_status = status;
            last = *files;
        }
    return last;
}

int vl_stage_ready_resume(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                          struct vl_error *err)
{
    struct vl_guest_plan guests;
    struct stat memory = { .st_size = 0 }, written;
    struct vl_volume disk;
    struct vl_domain domain;
    const char *last;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        look(&guests, pbx, &disk, &domain) < 0)
        return -1;
    guests.about = pbx->name;
    vl_guest_plan_run_on(&guests, pbx->name, &domain);
    last = last_memory(&guests, pbx->name, &memory);
    if (domain.state == VL_DOMAIN_STOPPED && vl_stage_is_here(session, guests.site) && disk.name && last &&
        stat(disk.path, &written) == 0 && is_before(&written.st_mtim, &memory.st_mtim))
        vl_guest_plan_restore(&guests, domain.name, last);
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_ready_wake(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct vl_guest_plan guests;
    struct vl_domain domain;

    if (!*vl_ready_marks(session, &plan->arena, pbx->name))
        return 0;
    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        vl_guest_domain(&guests, vl_domain_name(&plan->arena, session->lab, pbx), &domain) < 0)
        return -1;
    guests.about = pbx->name;
    vl_guest_plan_run_on(&guests, pbx->name, &domain);
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_ready_drop(struct vl_session *session, const char *name, const char *tag, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    const struct vl_ready none = { .tag = tag };
    struct vl_ready_needs needs = vl_ready_needs(session, arena, name, &none);
    const struct vl_pbx *pbx = vl_lab_pbx(session->lab, name);
    struct vl_guest_plan guests;

    if (vl_guest_begin(&guests, session, pbx ? vl_site_of(session, pbx) : NULL, plan, err) < 0)
        return -1;
    if (!guests.reachable)
        return vl_fail(err, VL_ERROR_FAILED, "the hypervisor of '%s' does not answer", name);
    guests.about = name;
    if (plan_layers_gone(&guests, name, needs.layers) < 0)
        return -1;
    vl_guest_plan_files_gone(&guests, needs.files,
                             vl_arena_printf(arena, "saved memory and record of %s of %s go", tag, name),
                             "the snapshot is not wanted any more");
    return vl_arena_check(arena, err);
}
