/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notes of guests that are installed unattended, in the state of the lab: from before there is a disk until the
 * installer has switched the guest off. Once there is a disk the note says which it is, as far as that can be told; one
 * of an earlier version says none.
 *
 * Who was switched off by somebody else, or lost its disk, is installed from the beginning: the installer makes the
 * disk empty. So a disk with something on it is left alone that the note does not speak of, or that is booted from by
 * now; the note is of something past then, and goes. And who may be installed is left alone: where nobody knows how it
 * came to be off, and its disk is not empty, that is for a person to say.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

enum { NOTE_MODE = 0600, NOTE_LIMIT = 4096 };

#define NOTE_TEXT "the guest is installed; an installer that has come to its end switches it off\n"
#define DISK_LINE "\ndisk "

static const char *note_of(const struct vl_session *session, struct vl_arena *arena, const char *name)
{
    return vl_arena_printf(arena, "%s/installing-%s", session->state.directory, name);
}

/* NULL: there is none. */
static const char *read_note(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    const char *path = session->state.directory ? note_of(session, arena, pbx->name) : NULL;

    if (!path || !vl_file_exists(path))
        return NULL;
    return vl_file_read(path, NOTE_LIMIT, &text, NULL, &ignored) == 0 ? vl_arena_strdup(arena, text) : NOTE_TEXT;
}

bool vl_stage_installs(const struct vl_session *session, const struct vl_pbx *pbx)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    return pbx->place == VL_PLACE_VM && pbx->image->unattended && read_note(session, &arena, pbx);
}

static bool add_note_gone(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                          const char *why)
{
    const char *text = read_note(session, &plan->arena, pbx);

    if (text)
        vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_REMOVE,
                                             .target = VL_THIS_HOST,
                                             .object = note_of(session, &plan->arena, pbx->name),
                                             .before = text,
                                             .mode_before = NOTE_MODE,
                                             .why = why });
    return text != NULL;
}

void vl_stage_installed(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan)
{
    (void)add_note_gone(session, pbx, plan, "the installer has switched the guest off: it is installed");
}

bool vl_guest_plan_install_note_gone(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *why)
{
    return add_note_gone(guests->session, pbx, guests->plan, why);
}

/* What tells the file of a disk from one that has its name later, where it is one of this host: it may have the same
 * inode, but not the same time of birth. NULL: that cannot be told. */
static const char *line_of(const struct vl_guest_plan *guests, const struct vl_volume *disk)
{
    struct statx status;

    if (!disk->name || !disk->path || !vl_stage_is_here(guests->session, guests->site) ||
        statx(AT_FDCWD, disk->path, 0, STATX_INO | STATX_BTIME, &status) < 0 || !(status.stx_mask & STATX_BTIME))
        return NULL;
    return vl_arena_printf(&guests->plan->arena, DISK_LINE "%llu %lld.%09u\n", (unsigned long long)status.stx_ino,
                           (long long)status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
}

static bool is_of(const struct vl_guest_plan *guests, const char *note, const struct vl_volume *disk)
{
    const char *line = strstr(note, DISK_LINE) ? line_of(guests, disk) : NULL;

    return !line || strstr(note, line);
}

/* Why a note is of something past; NULL: it is not, or there is none. On an empty disk nothing can be lost. */
static int judge(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                 const char **ret_past)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *note = read_note(guests->session, arena, pbx);
    struct vl_domain domain;

    *ret_past = note && !pbx->image->unattended ? "the guest is not installed unattended any more" : NULL;
    if (!note || *ret_past || !disk->name || vl_volume_is_empty(disk))
        return 0;
    if (vl_guest_domain(guests, vl_domain_name(arena, guests->session->lab, pbx), &domain) < 0)
        return -1;
    if (!is_of(guests, note, disk))
        *ret_past = "it is of another disk than the guest has";
    else if (domain.state != VL_DOMAIN_ABSENT && !domain.kernel)
        *ret_past = "the guest boots from its disk";
    return 0;
}

static int decide(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                  bool *ret_installs, const char **ret_past)
{
    if (judge(guests, pbx, disk, ret_past) < 0)
        return -1;
    *ret_installs = pbx->image->unattended && (!disk->name || (vl_stage_installs(guests->session, pbx) && !*ret_past));
    return 0;
}

int vl_guest_installs(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                      bool *ret_installs)
{
    const char *past;

    return decide(guests, pbx, disk, ret_installs, &past);
}

bool vl_stage_install_is_unclear(const struct vl_domain *domain, const struct vl_volume *disk)
{
    return disk->name && !vl_volume_is_empty(disk) &&
           (domain->state == VL_DOMAIN_ABSENT || domain->end == VL_END_UNKNOWN);
}

int vl_stage_install_unclear(const struct vl_session *session, const struct vl_pbx *pbx, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    return vl_fail(err, VL_ERROR_FAILED,
                   "'%s' is off, its disk is not empty, and nobody knows whether its installer had come to its end; "
                   "'voiplab reset --clean %s' installs it anew, and 'rm %s' has it start from its disk",
                   pbx->name, pbx->name, note_of(session, &arena, pbx->name));
}

static int check_end(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk)
{
    struct vl_domain domain;

    if (!disk->name)
        return 0;
    if (vl_guest_domain(guests, vl_domain_name(&guests->plan->arena, guests->session->lab, pbx), &domain) < 0)
        return -1;
    return vl_stage_install_is_unclear(&domain, disk) ? vl_stage_install_unclear(guests->session, pbx, guests->err) : 0;
}

/* A step that fails later leaves a disk, and with it the note. */
static int plan_note(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *line = line_of(guests, disk);
    struct vl_file file = { .path = note_of(guests->session, arena, pbx->name),
                            .mode = NOTE_MODE,
                            .text = vl_arena_printf(arena, NOTE_TEXT "%s", line ? line + 1 : ""),
                            .why = line ? "the disk that the guest is installed on, and no other"
                                        : "until the guest is installed it is started with the installer" };
    const struct vl_fileset set = { .files = &file, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", guests->err);
    size_t first = guests->plan->count;

    if (!host || vl_plan_files(guests->plan, host, VL_THIS_HOST, &set, 0, false, guests->err) < 0)
        return -1;
    vl_plan_stays(guests->plan, first);
    return 0;
}

int vl_guest_plan_installs(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                           bool *ret_installs)
{
    const char *past;

    if (decide(guests, pbx, disk, ret_installs, &past) < 0)
        return -1;
    if (*ret_installs)
        return check_end(guests, pbx, disk) < 0 ? -1 : plan_note(guests, pbx, disk);
    if (past)
        (void)vl_guest_plan_install_note_gone(guests, pbx, past);
    return 0;
}

int vl_stage_install_note(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan,
                          struct vl_error *err)
{
    struct vl_guest_plan guests;
    struct vl_volume disk;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 ||
        vl_guest_volume(&guests, vl_arena_printf(&plan->arena, "%s.qcow2", pbx->name), &disk) < 0)
        return -1;
    return disk.name ? plan_note(&guests, pbx, &disk) : 0;
}
