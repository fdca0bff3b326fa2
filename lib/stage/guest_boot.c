/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a guest boots from: the base image that its disk is a clone of with the kernel that belongs to it, or a medium.
 *
 * The lab file says it of a disk that is made now. A guest that has a disk goes on with what that is a clone of,
 * whatever the lab file says today and whichever volume that was: its kernel's modules, and a student's work, are on
 * that disk. That it is another one than in the lab file is told (`other`), unless it is an earlier state of the same
 * recipe.
 *
 * So the name of a base volume is that of an image, and ends in a hash of what makes it another one: volumes are never
 * made of one thing and taken for another. STEM.qcow2 is started with STEM.vmlinuz and STEM.initrd, STEM.base.qcow2 by
 * itself; no PBX has a dot in its name.
 */
#include <string.h>

#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/image.h"
#include "guest/kept.h"
#include "guest/recipe.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

#define BY_ITSELF ".base.qcow2"
#define WITH_KERNEL ".qcow2"

/* A base image, as the lab file has it: the name of its volumes, and the files of this host that they are made of. */
struct base {
    const char *stem;                      /* NULL: none, the disk is installed on */
    const char *disk;                      /* NULL: none */
    const char *kernel, *initrd, *cmdline; /* NULL: it boots by itself */
    const char *info;
};

static const char *base_volume(const struct vl_guest_plan *guests, const char *stem, bool kernel)
{
    return stem ? vl_arena_printf(&guests->plan->arena, "%s%s", stem, kernel ? WITH_KERNEL : BY_ITSELF) : NULL;
}

static int find_recipe(const struct vl_guest_plan *guests, const struct vl_image *image, struct base *base)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct voiplab_options *options = &guests->session->options;
    struct vl_recipe recipe;

    if (vl_recipe_find(arena, options->share_directory, options->cache_directory, image->source, image->packages,
                       &recipe, guests->err) < 0)
        return -1;
    *base = (struct base){
        .stem = vl_arena_printf(arena, "%s-%s", recipe.name, recipe.hash),
        .disk = vl_arena_printf(arena, "%s/disk.qcow2", recipe.cache),
        .kernel = vl_arena_printf(arena, "%s/vmlinuz", recipe.cache),
        .initrd = vl_arena_printf(arena, "%s/initrd", recipe.cache),
        .cmdline = recipe.cmdline ? recipe.cmdline : VL_GUEST_UNKNOWN_CMDLINE,
        .info = vl_arena_printf(arena, "%s/info", recipe.cache),
    };
    return 0;
}

static int find_kept(const struct vl_guest_plan *guests, const struct vl_image *image, struct base *base)
{
    struct vl_kept kept;

    if (vl_kept_find(&guests->plan->arena, guests->session->options.cache_directory, image->source, &kept,
                     guests->err) < 0)
        return -1;
    if (!kept.stem)
        return vl_fail_at(
            guests->err, VL_ERROR_LAB, guests->session->lab->file, image->line,
            "[image %s] base: the cache has no image '%s'; 'voiplab image import' or 'image capture' puts "
            "one there",
            image->name, image->source);
    *base = (struct base){ .stem = kept.stem,
                           .disk = kept.disk,
                           .kernel = kept.kernel,
                           .initrd = kept.initrd,
                           .cmdline = kept.cmdline,
                           .info = kept.kernel ? kept.info : NULL };
    return 0;
}

static int find_url(const struct vl_guest_plan *guests, const struct vl_image *image, struct base *base)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *file = vl_image_place(arena, guests->session->options.cache_directory, image->name, image->source);
    const char *sum = image->sha256 ? image->sha256 : vl_image_noted(arena, file);

    *base = (struct base){ .stem = vl_image_stem(arena, image->name, image->source, sum), .disk = file };
    return 0;
}

static int find_file(const struct vl_guest_plan *guests, const struct vl_image *image, struct base *base)
{
    if (vl_stage_check_file(guests->session, image, guests->err) < 0)
        return -1;
    *base = (struct base){ .stem = vl_image_stem(&guests->plan->arena, image->name, image->source, NULL),
                           .disk = image->source };
    return 0;
}

static int find_base(const struct vl_guest_plan *guests, const struct vl_image *image, struct base *base)
{
    *base = (struct base){ .stem = NULL };
    switch (image->kind) {
    case VL_IMAGE_BUILD:
        return find_recipe(guests, image, base);
    case VL_IMAGE_KEPT:
        return find_kept(guests, image, base);
    case VL_IMAGE_URL:
        return find_url(guests, image, base);
    case VL_IMAGE_DISK:
        return find_file(guests, image, base);
    case VL_IMAGE_ISO:
    case VL_IMAGE_LOCATION:
        return 0;
    }
    return 0;
}

/* The volumes of the base image, where they are missing. */
static int plan_base(const struct vl_guest_plan *guests, const struct base *base, struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *kernel = vl_arena_printf(arena, "%s.vmlinuz", base->stem);
    const char *initrd = vl_arena_printf(arena, "%s.initrd", base->stem);

    if (vl_guest_plan_upload(guests, boot->base_volume, base->disk, true,
                             "the base image, which every guest's disk is a linked clone of") < 0)
        return -1;
    if (!base->kernel)
        return 0;
    if (vl_guest_plan_upload(guests, kernel, base->kernel, false,
                             "the kernel, started directly: no boot loader to wait for") < 0 ||
        vl_guest_plan_upload(guests, initrd, base->initrd, false, "the kernel's first root") < 0)
        return -1;
    boot->kernel = vl_guest_volume_path(guests, kernel);
    boot->initrd = vl_guest_volume_path(guests, initrd);
    boot->cmdline = base->cmdline;
    boot->info = base->info;
    return 0;
}

static int plan_medium(const struct vl_guest_plan *guests, const struct vl_image *image, struct vl_guest_boot *boot)
{
    if (image->kind != VL_IMAGE_ISO || image->unattended)
        return 0;
    return vl_guest_plan_medium(guests, image, &boot->cdrom);
}

/* The stem of a base volume whose guests are started with a kernel; NULL: they start by themselves. */
static const char *stem_of(struct vl_arena *arena, const char *volume)
{
    size_t length = strlen(volume);
    const char *hash;

    if (vl_text_ends(volume, BY_ITSELF) || !vl_text_ends(volume, WITH_KERNEL) ||
        length < VL_IMAGE_HASH_DIGITS + 1 + strlen(WITH_KERNEL))
        return NULL;
    hash = volume + length - strlen(WITH_KERNEL) - VL_IMAGE_HASH_DIGITS;
    if (hash[-1] != '-' || strspn(hash, "0123456789abcdef") != VL_IMAGE_HASH_DIGITS)
        return NULL;
    return vl_arena_strndup(arena, volume, length - strlen(WITH_KERNEL));
}

/* What the kernel of this stem is told: what its image says, if the cache has it yet; what the guest is defined with;
 * or what the image of the lab file tells its own, which is the same for all states of a recipe. */
static int find_cmdline(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *stem,
                        const struct base *base, struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *place = vl_arena_printf(arena, "%s/images/%s", guests->session->options.cache_directory, stem);
    const char *told = vl_arena_printf(arena, "/%s.vmlinuz", stem);
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_domain domain;

    boot->cmdline = vl_recipe_fact(arena, place, "cmdline", &ignored);
    if (boot->cmdline)
        return 0;
    if (vl_guest_domain(guests, vl_domain_name(arena, guests->session->lab, pbx), &domain) < 0)
        return -1;
    if (domain.kernel && domain.cmdline && vl_text_ends(domain.kernel, told) &&
        strcmp(domain.cmdline, VL_GUEST_UNKNOWN_CMDLINE) != 0) {
        boot->cmdline = domain.cmdline;
        return 0;
    }
    boot->cmdline = base->cmdline;
    boot->info = base->info;
    return boot->cmdline ? 0
                         : vl_fail(guests->err, VL_ERROR_FAILED,
                                   "its disk is of the image '%s', and what its kernel is told at the start is not "
                                   "known any more; 'voiplab reset --clean %s' makes another disk",
                                   stem, pbx->name);
}

/* An earlier state, or another make, of the recipe of the lab file. */
static bool is_same_recipe(const struct vl_image *image, const char *stem)
{
    size_t length = stem ? strlen(stem) - VL_IMAGE_HASH_DIGITS - 1 : 0;

    return stem && image->kind == VL_IMAGE_BUILD && strlen(image->source) == length &&
           !strncmp(stem, image->source, length);
}

/* With what the disk is a clone of; NULL: nothing, something was installed on it. */
static int go_on(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *volume,
                 const struct base *base, struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *stem = volume ? stem_of(arena, volume) : NULL;

    boot->base_volume = volume;
    if (!is_same_recipe(pbx->image, stem))
        boot->other = stem     ? vl_arena_printf(arena, "of the image '%s'", stem)
                      : volume ? vl_arena_printf(arena, "a clone of '%s'", volume)
                               : "of no image";
    if (!stem)
        return 0;
    boot->kernel = vl_guest_volume_path(guests, vl_arena_printf(arena, "%s.vmlinuz", stem));
    boot->initrd = vl_guest_volume_path(guests, vl_arena_printf(arena, "%s.initrd", stem));
    return find_cmdline(guests, pbx, stem, base, boot);
}

int vl_guest_plan_boot(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk,
                       struct vl_guest_boot *boot)
{
    const char *is =
        disk->name && disk->backing && strrchr(disk->backing, '/') ? strrchr(disk->backing, '/') + 1 : NULL;
    struct base base;

    *boot = (struct vl_guest_boot){ .base_volume = NULL };
    if (find_base(guests, pbx->image, &base) < 0)
        return -1;
    boot->base_volume = base_volume(guests, base.stem, base.kernel != NULL);
    if (disk->name && (!is || !boot->base_volume ? is != boot->base_volume : strcmp(is, boot->base_volume) != 0))
        return go_on(guests, pbx, is, &base, boot);
    return base.stem ? plan_base(guests, &base, boot) : plan_medium(guests, pbx->image, boot);
}

const char *vl_stage_other_base(struct vl_session *session, const struct vl_pbx *pbx, struct vl_arena *arena)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_PLAN_AUTO unwanted = { .count = 0 };
    struct vl_guest_plan guests;
    struct vl_guest_boot boot;
    struct vl_volume disk;

    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), &unwanted, &ignored) < 0 ||
        vl_guest_volume(&guests, vl_arena_printf(&unwanted.arena, "%s.qcow2", pbx->name), &disk) < 0 || !disk.name ||
        vl_guest_see_base(&guests, pbx->name, &disk) < 0 || vl_guest_plan_boot(&guests, pbx, &disk, &boot) < 0)
        return NULL;
    return boot.other ? vl_arena_strdup(arena, boot.other) : NULL;
}
