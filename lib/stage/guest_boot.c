/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a guest boots from: the base image that its disk is a clone of with the kernel that belongs to it, or a medium.
 */
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/image.h"
#include "guest/kept.h"
#include "guest/recipe.h"
#include "stage/guests_part.h"

enum { HASH_DIGITS = 12 };

/* A guest that has a disk boots the kernel of the base image which that disk is a clone of, whatever the recipe is
 * today, and whichever: its modules are on that disk. Returns the stem of the volumes' names, RECIPE-HASH; NULL when
 * there is no such disk. */
static const char *stem_of_disk(const struct vl_guest_plan *guests, const struct vl_volume *disk)
{
    const char *name = disk->name && disk->backing ? strrchr(disk->backing, '/') : NULL, *hash;
    size_t length = name ? strlen(++name) : 0;

    if (length < HASH_DIGITS + strlen("-.qcow2") || strcmp(name + length - strlen(".qcow2"), ".qcow2") != 0)
        return NULL;
    hash = name + length - strlen(".qcow2") - HASH_DIGITS;
    if (hash[-1] != '-' || strspn(hash, "0123456789abcdef") != HASH_DIGITS)
        return NULL;
    return vl_arena_strndup(&guests->plan->arena, name, length - strlen(".qcow2"));
}

/* The file has another recipe than when the guest got its disk. */
void vl_guest_tell_other_recipe(const struct vl_guest_plan *guests, const struct vl_pbx *pbx,
                                const struct vl_volume *disk)
{
    const char *stem = pbx->image->kind == VL_IMAGE_BUILD ? stem_of_disk(guests, disk) : NULL;
    size_t length = stem ? strlen(stem) - HASH_DIGITS - 1 : 0;

    if (stem && (strlen(pbx->image->source) != length || strncmp(stem, pbx->image->source, length) != 0))
        vl_session_event(guests->session, VOIPLAB_EVENT_WARNING, pbx->name,
                         "its disk is of the image '%s', which stays; 'voiplab reset --clean %s' makes one of '%s'",
                         stem, pbx->name, pbx->image->source);
}

/* A base image with the kernel that its guests are started with. */
struct base {
    const char *stem, *disk, *kernel, *initrd, *cmdline, *info;
};

/* The three volumes, unless the guest's disk is a clone of another image, whose kernel it goes on with. */
static int plan_base(const struct vl_guest_plan *guests, const struct base *base, const struct vl_volume *disk,
                     struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *stem = stem_of_disk(guests, disk);
    const char *kernel, *initrd;

    if (!stem)
        stem = base->stem;
    boot->base_volume = vl_arena_printf(arena, "%s.qcow2", stem);
    boot->cmdline = base->cmdline;
    boot->info = base->info;
    kernel = vl_arena_printf(arena, "%s.vmlinuz", stem);
    initrd = vl_arena_printf(arena, "%s.initrd", stem);
    if (!strcmp(stem, base->stem) &&
        (vl_guest_plan_upload(guests, boot->base_volume, base->disk, true,
                              "the base image, which every guest's disk is a linked clone of") < 0 ||
         vl_guest_plan_upload(guests, kernel, base->kernel, false,
                              "the kernel, started directly: no boot loader to wait for") < 0 ||
         vl_guest_plan_upload(guests, initrd, base->initrd, false, "the kernel's first root") < 0))
        return -1;
    boot->kernel = vl_guest_volume_path(guests, kernel);
    boot->initrd = vl_guest_volume_path(guests, initrd);
    return 0;
}

static int plan_recipe(const struct vl_guest_plan *guests, const struct vl_image *image, const struct vl_volume *disk,
                       struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct voiplab_options *options = &guests->session->options;
    struct vl_recipe recipe;

    if (vl_recipe_find(arena, options->share_directory, options->cache_directory, image->source, image->packages,
                       &recipe, guests->err) < 0)
        return -1;
    return plan_base(guests,
                     &(struct base){
                         .stem = vl_arena_printf(arena, "%s-%s", recipe.name, recipe.hash),
                         .disk = vl_arena_printf(arena, "%s/disk.qcow2", recipe.cache),
                         .kernel = vl_arena_printf(arena, "%s/vmlinuz", recipe.cache),
                         .initrd = vl_arena_printf(arena, "%s/initrd", recipe.cache),
                         .cmdline = recipe.cmdline ? recipe.cmdline : VL_GUEST_UNKNOWN_CMDLINE,
                         .info = vl_arena_printf(arena, "%s/info", recipe.cache),
                     },
                     disk, boot);
}

/* One that boots by itself has its base volume under the name of a ready disk's: no kernel goes with that. */
static int plan_kept(const struct vl_guest_plan *guests, const struct vl_image *image, const struct vl_volume *disk,
                     struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_kept kept;

    if (vl_kept_find(arena, guests->session->options.cache_directory, image->source, &kept, guests->err) < 0)
        return -1;
    if (!kept.stem)
        return vl_fail_at(
            guests->err, VL_ERROR_LAB, guests->session->lab->file, image->line,
            "[image %s] base: the cache has no image '%s'; 'voiplab image import' or 'image capture' puts "
            "one there",
            image->name, image->source);
    if (kept.kernel)
        return plan_base(guests,
                         &(struct base){ .stem = kept.stem,
                                         .disk = kept.disk,
                                         .kernel = kept.kernel,
                                         .initrd = kept.initrd,
                                         .cmdline = kept.cmdline,
                                         .info = kept.info },
                         disk, boot);
    boot->base_volume = vl_arena_printf(arena, "%s.base.qcow2", kept.stem);
    return vl_guest_plan_upload(guests, boot->base_volume, kept.disk, true,
                                "the base image, which every guest's disk is a linked clone of");
}

static int plan_ready_disk(const struct vl_guest_plan *guests, const struct vl_image *image, struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *file = image->source, *name = image->name;

    if (image->kind == VL_IMAGE_URL) {
        file = vl_image_place(arena, guests->session->options.cache_directory, image->name, image->source);
        name = vl_arena_strndup(arena, strrchr(file, '/') + 1, strlen(strrchr(file, '/') + 1) - strlen(".qcow2"));
    } else if (!vl_file_exists(file)) {
        return vl_fail_at(guests->err, VL_ERROR_LAB, guests->session->lab->file, image->line,
                          "[image %s] base: there is no file '%s'", image->name, file);
    }
    boot->base_volume = vl_arena_printf(arena, "%s.base.qcow2", name); /* no PBX has a dot in its name */
    return vl_guest_plan_upload(guests, boot->base_volume, file, true,
                                "the base image, which every guest's disk is a linked clone of");
}

int vl_guest_plan_boot(const struct vl_guest_plan *guests, const struct vl_image *image, const struct vl_volume *disk,
                       struct vl_guest_boot *boot)
{
    *boot = (struct vl_guest_boot){ .base_volume = NULL };
    switch (image->kind) {
    case VL_IMAGE_BUILD:
        return plan_recipe(guests, image, disk, boot);
    case VL_IMAGE_DISK:
    case VL_IMAGE_URL:
        return plan_ready_disk(guests, image, boot);
    case VL_IMAGE_KEPT:
        return plan_kept(guests, image, disk, boot);
    case VL_IMAGE_ISO:
        boot->cdrom = image->unattended ? NULL : image->source;
        return 0;
    case VL_IMAGE_LOCATION:
        return 0;
    }
    return 0;
}
