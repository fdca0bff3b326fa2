/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests without a lab file: what a person asked for on the command line, one at a time. In libvirt they are those of a
 * lab that is called "default", which has no file, no state and one pool; so its domains alone tell which there are,
 * and with a domain go the volumes of its name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "lab/identity.h"
#include "lab/system.h"
#include "render/domain_xml.h"
#include "stage/guests_part.h"
#include "stage/lone_part.h"
#include "stage/stage.h"

#define LIBVIRT "libvirt"

static const char *const network_last[] = { VL_BOOT_DISK, VL_BOOT_CDROM, VL_BOOT_NETWORK, NULL };

static int check_guest(const struct voiplab_guest *guest, uint64_t *ret_memory, uint64_t *ret_disk,
                       struct vl_error *err)
{
    if (!vl_text_is_name(guest->name))
        return vl_fail(err, VL_ERROR_USAGE, "'%s' is not a name: a letter a-z, then up to 62 of a-z, 0-9 and '-'",
                       guest->name);
    if (!vl_text_size(guest->memory, ret_memory))
        return vl_fail(err, VL_ERROR_USAGE, "--memory: '%s' is not a size with its unit, such as 300M", guest->memory);
    if (!vl_text_size(guest->disk, ret_disk))
        return vl_fail(err, VL_ERROR_USAGE, "--disk: '%s' is not a size with its unit, such as 35G", guest->disk);
    if (*ret_memory < VL_GUEST_MEMORY_LEAST)
        return vl_fail(err, VL_ERROR_USAGE, "--memory: '%s' is less than 16M", guest->memory);
    if (*ret_disk < VL_GUEST_DISK_LEAST)
        return vl_fail(err, VL_ERROR_USAGE, "--disk: '%s' is less than 1M", guest->disk);
    if (guest->bridge && !vl_text_is_interface(guest->bridge))
        return vl_fail(
            err, VL_ERROR_USAGE,
            "--bridge: '%s' is not an interface name: a letter or digit, then up to 14 letters, digits, '.', "
            "'_' and '-'",
            guest->bridge);
    if (guest->cdrom && !vl_file_exists(guest->cdrom))
        return vl_fail(err, VL_ERROR_USAGE, "--cdrom: there is no file '%s'", guest->cdrom);
    return guest->location ? vl_lone_tree_check(guest, *ret_memory, err) : 0;
}

int vl_stage_lone_guest_check(const struct voiplab_guest *guest, struct vl_error *err)
{
    uint64_t memory, disk;

    return check_guest(guest, &memory, &disk, err);
}

int vl_stage_lone_guest(struct vl_session *session, const struct voiplab_guest *guest, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct vl_guest_plan guests;
    char uuid[37], mac[18];
    VL_FREE char *cdrom = NULL;
    struct vl_guest_boot boot;
    struct vl_volume volume;
    struct vl_domain domain;
    uint64_t memory, disk;
    const char *name, *complaint;

    if (check_guest(guest, &memory, &disk, err) < 0 || vl_guest_begin(&guests, session, NULL, plan, err) < 0)
        return -1;
    complaint = vl_system_complaint(&plan->arena, guest->os);
    if (complaint)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, NULL, "--os: %s", complaint);
    name = vl_arena_printf(&plan->arena, "%s.qcow2", guest->name);
    vl_identity_uuid("default", guest->name, uuid);
    vl_identity_mac("default", guest->name, mac);
    if (guest->cdrom && !(cdrom = realpath(guest->cdrom, NULL)))
        return vl_fail_errno(err, "--cdrom: '%s'", guest->cdrom);
    if (vl_guest_volume(&guests, name, &volume) < 0 || vl_guest_plan_unended(&guests, guest->name, &volume) < 0 ||
        vl_guest_plan_disk(&guests, name, &volume, disk, NULL) < 0)
        return -1;
    if (volume.name && volume.capacity > disk)
        return vl_fail(err, VL_ERROR_USAGE,
                       "--disk: '%s' is less than %s, which the guest's disk has, and a disk cannot "
                       "shrink",
                       guest->disk, vl_text_from_size(&plan->arena, volume.capacity));
    if (volume.name && volume.capacity < disk)
        vl_guest_add_growth(&guests, &volume, guest->name, disk);
    if (vl_lone_plan_tree(&guests, guest, &volume, &boot) < 0)
        return -1;
    return vl_guest_plan_domain(&guests,
                                &(struct vl_domain_spec){
                                    .lab = "default",
                                    .pbx = guest->name,
                                    .name = guest->name,
                                    .uuid = uuid,
                                    .mac = mac,
                                    .memory = memory,
                                    .vcpus = guest->vcpus ? guest->vcpus : 1,
                                    .emulated = !session->kvm,
                                    .disk_path = vl_guest_volume_path(&guests, name),
                                    .disk_format = "qcow2",
                                    .cdrom_path = cdrom,
                                    .boot = guest->pxe ? network_last : NULL,
                                    .kernel = boot.kernel,
                                    .initrd = boot.initrd,
                                    .cmdline = boot.cmdline,
                                    .installs = boot.kernel != NULL,
                                    .bridge = guest->bridge,
                                    .network = guest->network,
                                    .os = guest->os,
                                },
                                false, &domain);
}

static const struct vl_domain *find(const struct vl_domain *domains, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(domains[i].pbx, name))
            return &domains[i];
    return NULL;
}

int vl_stage_lone_guests(struct vl_session *session, const char *const *names, struct vl_arena *arena,
                         struct vl_domain **ret_domains, size_t *ret_count, struct vl_error *err)
{
    size_t kept = 0;

    if (vl_sites_open(session, err) < 0 ||
        vl_hypervisor_domains(session->hypervisor, arena, vl_session_lab_name(session), ret_domains, ret_count, err) <
            0)
        return -1;
    for (const char *const *name = names; name && *name; name++)
        if (!find(*ret_domains, *ret_count, *name))
            return vl_fail(err, VL_ERROR_USAGE,
                           "there is no guest '%s' that was made without a lab file; 'voiplab status --lone' shows "
                           "those that there are",
                           *name);
    for (size_t i = 0; i < *ret_count; i++)
        if (vl_session_wanted(names, (*ret_domains)[i].pbx))
            (*ret_domains)[kept++] = (*ret_domains)[i];
    *ret_count = kept;
    return 0;
}

/* Somebody who would miss the disk of a guest that goes; NULL: nobody. */
static const char *holder(const struct vl_use *uses, size_t count, const struct vl_domain *domain, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        bool own = uses[i].lab && uses[i].pbx && !strcmp(uses[i].lab, domain->lab) && !strcmp(uses[i].pbx, domain->pbx);

        if (!uses[i].tap && !own && !strcmp(uses[i].path, path))
            return uses[i].by;
    }
    return NULL;
}

static int plan_volume_gone(struct vl_session *session, const struct vl_domain *domain, const char *part,
                            struct vl_plan *plan, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    const char *pool = vl_pool_name(arena, session), *disk = vl_lone_part(arena, domain->pbx, part), *by;
    struct vl_volume volume;
    struct vl_use *uses;
    size_t count;

    if (vl_hypervisor_volume(session->hypervisor, arena, pool, disk, &volume, err) < 0)
        return -1;
    if (!volume.name)
        return 0;
    if (vl_hypervisor_uses(session->hypervisor, arena, true, &uses, &count, err) < 0)
        return -1;
    by = holder(uses, count, domain, volume.path);
    if (by)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, domain->pbx,
                         "its volume '%s' stays, since %s uses it; once that does not, 'virsh vol-delete %s --pool %s' "
                         "removes it",
                         disk, by, disk, pool);
    else
        vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                             .target = LIBVIRT,
                                             .object = disk,
                                             .pool = pool,
                                             .why = "nobody else uses the volume of the guest" });
    return 0;
}

static int plan_volumes_gone(struct vl_session *session, const struct vl_domain *domain, struct vl_plan *plan,
                             struct vl_error *err)
{
    if (plan_volume_gone(session, domain, ".qcow2", plan, err) < 0)
        return -1;
    for (const char *const *part = vl_lone_parts; *part; part++)
        if (plan_volume_gone(session, domain, *part, plan, err) < 0)
            return -1;
    return 0;
}

int vl_stage_lone_guests_gone(struct vl_session *session, const char *const *names, bool remove, struct vl_plan *plan,
                              struct vl_error *err)
{
    struct vl_domain *domains;
    size_t count;

    if (vl_stage_lone_guests(session, names, &plan->arena, &domains, &count, err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (domains[i].state != VL_DOMAIN_STOPPED)
            vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_STOP,
                                                 .target = LIBVIRT,
                                                 .object = domains[i].name,
                                                 .at_once = remove,
                                                 .why = remove ? "its disk goes too: there is nothing to shut down for"
                                                               : "the guest is asked to shut down" });
    /* They stop together, so nothing stands between these steps. The domain goes last: by it the disk is known. */
    for (size_t i = 0; remove && i < count; i++) {
        if (plan_volumes_gone(session, &domains[i], plan, err) < 0)
            return -1;
        vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_UNDEFINE,
                                             .target = LIBVIRT,
                                             .object = domains[i].name,
                                             .why = "libvirt forgets the guest" });
    }
    return vl_arena_check(&plan->arena, err);
}
