/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest without a lab file that is installed from a tree, by somebody who sits at its screen. It boots the
 * installer's kernel until that installer has ended it, by a reboot or by switching off; what is asked for once more
 * then is the same guest, from its disk. Whoever switched it off otherwise finds the installer again; where nobody
 * knows how it came to be off, and its disk is not empty, a person has to say what it is.
 */
#include <stddef.h>

#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/netboot.h"
#include "lab/lab.h"
#include "render/installer.h"
#include "stage/guests_part.h"
#include "stage/lone_part.h"
#include "stage/stage.h"

static struct vl_image tree_of(const struct voiplab_guest *guest)
{
    return (struct vl_image){ .name = "tree", .kind = VL_IMAGE_LOCATION, .source = guest->location, .os = guest->os };
}

int vl_lone_tree_check(const struct voiplab_guest *guest, uint64_t memory, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_installer *installer = guest->os ? vl_installer_find(guest->os) : NULL;

    if (!vl_text_is_url(guest->location))
        return vl_fail(
            err, VL_ERROR_USAGE,
            "--location: '%s' should be the http://, https:// or ftp:// URL of an installation tree, without "
            "blanks and quotes",
            vl_text_printable(&arena, guest->location));
    if (guest->cdrom || guest->pxe)
        return vl_fail(err, VL_ERROR_USAGE, "--location: not together with --cdrom or --pxe");
    if (!installer)
        return vl_fail(err, VL_ERROR_USAGE, "--location: --os must say whose tree it is; known are %s",
                       vl_installer_list(&arena));
    if (memory < installer->memory)
        return vl_fail(err, VL_ERROR_USAGE, "--memory: '%s' is less than %s, which the installer of %s needs",
                       guest->memory, vl_text_from_size(&arena, installer->memory), installer->name);
    return 0;
}

int vl_stage_lone_tree(struct vl_session *session, const struct voiplab_guest *guest, struct vl_plan *plan,
                       struct vl_error *err)
{
    struct vl_image tree = tree_of(guest);

    return guest->location ? vl_stage_installer(session, &tree, plan, err) : 0;
}

static int plan_part(const struct vl_guest_plan *guests, const struct voiplab_guest *guest, const char *part,
                     const char **ret_path)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_image tree = tree_of(guest);
    const char *volume = vl_lone_part(arena, guest->name, part);
    const char *place = vl_netboot_place(arena, guests->session->options.cache_directory, tree.name, tree.source);

    *ret_path = vl_guest_volume_path(guests, volume);
    return vl_guest_plan_upload(guests, volume, vl_arena_printf(arena, "%s%s", place, part), false,
                                "a part of the installer, which is started without a boot loader");
}

static int plan_parts_gone(const struct vl_guest_plan *guests, const char *name)
{
    for (const char *const *part = vl_lone_parts; *part; part++) {
        struct vl_volume volume;

        if (vl_guest_volume(guests, vl_lone_part(&guests->plan->arena, name, *part), &volume) < 0)
            return -1;
        if (volume.name)
            vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                         .object = volume.name,
                                                         .why = "the installer has ended: the guest boots from its "
                                                                "disk" });
    }
    return 0;
}

int vl_lone_plan_tree(const struct vl_guest_plan *guests, const struct voiplab_guest *guest,
                      const struct vl_volume *disk, struct vl_guest_boot *ret_boot)
{
    const char *word;
    struct vl_domain domain;

    *ret_boot = (struct vl_guest_boot){ .kernel = NULL };
    if (vl_guest_domain(guests, guest->name, &domain) < 0)
        return -1;
    if (!guest->location || (domain.state != VL_DOMAIN_ABSENT && (!domain.kernel || domain.end == VL_END_BY_ITSELF)))
        return domain.kernel ? plan_parts_gone(guests, guest->name) : 0;
    if (vl_stage_install_is_unclear(&domain, disk))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "'%s' is off, its disk is not empty, and nobody knows whether its installer had come to its "
                       "end; without --location it starts from its disk, and after 'voiplab destroy --lone %s' it is "
                       "installed anew",
                       guest->name, guest->name);
    if (plan_part(guests, guest, vl_lone_parts[0], &ret_boot->kernel) < 0 ||
        plan_part(guests, guest, vl_lone_parts[1], &ret_boot->initrd) < 0)
        return -1;
    word = vl_installer_find(guest->os)->tree_word;
    ret_boot->cmdline = word ? vl_arena_printf(&guests->plan->arena, "%s%s", word, guest->location) : NULL;
    return 0;
}
