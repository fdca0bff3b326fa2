/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Disks that grow. The volume of a guest is made larger, whether it runs or not; a guest that boots makes its file
 * system as large as the disk by itself, where its image is one of ours. One that runs has to be told. Since that can
 * be done only once it answers, there is a note of it in the state of the lab from before the volume grows until the
 * guest has done it: so a run that is cut off is finished by the next.
 */
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/plan.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

enum { GROW_S = 300, NOTE_MODE = 0600 };

static const char note_text[] = "the guest has to take what it got: a larger disk, or another processor\n";

/* The root file system as large as its disk, which it may have a partition of, and each processor that is there in
 * use. */
static const char take_program[] =
    "for cpu in /sys/devices/system/cpu/cpu[0-9]*/online; do "
    "if [ -w \"$cpu\" ] && [ \"$(cat \"$cpu\")\" = 0 ]; then echo 1 >\"$cpu\"; fi; "
    "done; "
    "root=$(findmnt -n -o SOURCE /); "
    "disk=$(lsblk -n -d -o PKNAME \"$root\"); "
    "if [ -n \"$disk\" ]; then growpart \"/dev/$disk\" \"${root##*[!0-9]}\" || [ $? -eq 1 ]; fi; "
    "case $(findmnt -n -o FSTYPE /) in "
    "ext*) resize2fs \"$root\" ;; "
    "xfs) xfs_growfs / ;; "
    "btrfs) btrfs filesystem resize max / ;; "
    "*) echo 'its root file system is of a kind that is grown by hand'; false ;; "
    "esac";

static const char *note_of(const struct vl_session *session, struct vl_arena *arena, const char *name)
{
    return vl_arena_printf(arena, "%s/grown-%s", session->state.directory, name);
}

int vl_guest_plan_note(const struct vl_guest_plan *guests, const char *name)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_file file = { .path = note_of(guests->session, arena, name),
                            .mode = NOTE_MODE,
                            .text = note_text,
                            .why = "until the guest's own system has taken what it got" };
    const struct vl_fileset set = { .files = &file, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", guests->err);

    return host ? vl_plan_files(guests->plan, host, VL_THIS_HOST, &set, 0, false, guests->err) : -1;
}

static int refuse(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, uint64_t size, const char *whose)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *wanted = vl_text_from_size(arena, pbx->disk), *is = vl_text_from_size(arena, size);

    return vl_fail_at(
        guests->err, VL_ERROR_LAB, guests->session->lab->file, pbx->disk_line,
        "[pbx %s] disk: %s is less than %s, which %s has, and a disk cannot shrink; 'disk = %s' leaves it "
        "as it is",
        pbx->name, wanted, is, whose, is);
}

void vl_guest_add_growth(const struct vl_guest_plan *guests, const struct vl_volume *volume, const char *domain,
                         uint64_t size)
{
    struct vl_arena *arena = &guests->plan->arena;

    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_GROW,
                                                 .object = volume->name,
                                                 .source = domain,
                                                 .size = size,
                                                 .note = vl_arena_printf(arena, "from %s to %s",
                                                                         vl_text_from_size(arena, volume->capacity),
                                                                         vl_text_from_size(arena, size)),
                                                 .why = "the lab file has a larger disk for it; what is on the disk "
                                                        "stays" });
}

int vl_guest_plan_growth(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *volume,
                         const char *base_volume)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *domain = vl_domain_name(arena, guests->session->lab, pbx);
    struct vl_domain is = { .state = VL_DOMAIN_ABSENT };
    struct vl_volume base = { .name = NULL };

    if (!volume->name) {
        if (base_volume && vl_guest_volume(guests, base_volume, &base) < 0)
            return -1;
        return base.name && base.capacity > pbx->disk ? refuse(guests, pbx, base.capacity, "its base image") : 0;
    }
    if (volume->capacity > pbx->disk)
        return refuse(guests, pbx, volume->capacity, "the disk of the guest");
    if (volume->capacity == pbx->disk)
        return 0;
    if (vl_guest_domain(guests, domain, &is) < 0)
        return -1;
    if (is.state != VL_DOMAIN_ABSENT && vl_guest_plan_note(guests, pbx->name) < 0)
        return -1;
    vl_guest_add_growth(guests, volume, domain, pbx->disk);
    return 0;
}

int vl_stage_grown(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan)
{
    if (pbx->place != VL_PLACE_VM || !vl_file_exists(note_of(session, &plan->arena, pbx->name)))
        return 0;
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_COMMAND,
                                         .target = pbx->name,
                                         .object = "grow the root file system to its disk, use every processor",
                                         .argv = vl_plan_argv(plan, "sh", "-e", "-c", take_program, NULL),
                                         .patience_s = GROW_S,
                                         .why = "the guest got a larger disk, or another processor, while it ran" });
    return 0;
}

void vl_stage_grown_done(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan)
{
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_REMOVE,
                                         .target = VL_THIS_HOST,
                                         .object = note_of(session, &plan->arena, pbx->name),
                                         .before = note_text,
                                         .mode_before = NOTE_MODE,
                                         .why = "the guest has taken what it got" });
}
