/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests that are installed unattended. While that lasts, which a note says (install_note.c), the definition of a guest
 * is another one, which starts the installer's kernel with the answers (render/installer.h). After it the guest is one
 * that boots from its disk.
 */
#include <string.h>

#include "base/file.h"
#include "guest/netboot.h"
#include "guest/seed_iso.h"
#include "lab/country.h"
#include "lab/system.h"
#include "render/installer.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

static const struct vl_installer *installer_of(const struct vl_session *session, const struct vl_image *image,
                                               struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_installer *installer = vl_installer_find(image->os);

    if (!installer)
        (void)vl_fail_at(err, VL_ERROR_LAB, session->lab->file, image->os_line,
                         "[image %s] os: nobody knows how '%s' is installed unattended; known are %s", image->name,
                         image->os, vl_installer_list(&arena));
    return installer;
}

/* The stem of the installer's two files in the cache. */
static const char *installer_place(const struct vl_session *session, struct vl_arena *arena,
                                   const struct vl_image *image)
{
    return vl_netboot_place(arena, session->options.cache_directory, image->name, image->source);
}

/* A part of the installer into the cache, unless it is there. */
static void plan_part(const struct vl_image *image, const char *file, const char *tree_path, const char *disc_path,
                      struct vl_plan *plan)
{
    struct vl_arena *arena = &plan->arena;
    size_t length = strlen(image->source);
    bool tree = image->kind == VL_IMAGE_LOCATION;

    if (vl_file_exists(file))
        return;
    vl_plan_add(plan, &(struct vl_step){ .kind = tree ? VL_STEP_FETCH : VL_STEP_EXTRACT,
                                         .target = VL_THIS_HOST,
                                         .object = file,
                                         .source = tree ? vl_arena_printf(arena, "%s%s%s", image->source,
                                                                          image->source[length - 1] == '/' ? "" : "/",
                                                                          tree_path)
                                                        : image->source,
                                         .base = disc_path,
                                         .after = file,
                                         .why = "a part of the installer, which is started without a boot loader" });
}

int vl_stage_installer(struct vl_session *session, const struct vl_image *image, struct vl_plan *plan,
                       struct vl_error *err)
{
    const struct vl_installer *installer = installer_of(session, image, err);
    const char *place = installer_place(session, &plan->arena, image);

    if (!installer)
        return -1;
    if (image->kind == VL_IMAGE_ISO && vl_stage_check_file(session, image, err) < 0)
        return -1;
    plan_part(image, vl_arena_printf(&plan->arena, "%s.vmlinuz", place), installer->tree_kernel, installer->disc_kernel,
              plan);
    plan_part(image, vl_arena_printf(&plan->arena, "%s.initrd", place), installer->tree_initrd, installer->disc_initrd,
              plan);
    return 0;
}

/* RHEL 5 has drivers of its own for IDE disks; everywhere else they are what SCSI disks are. */
static const char *disk_of(const struct vl_image *image)
{
    if (vl_system_is_virtio(image->os))
        return "vda";
    return !strcmp(vl_system_key_type(image->os), "rsa") ? "hda" : "sda";
}

static struct vl_answers answers_for(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *mac,
                                     const struct vl_guest_keys *keys)
{
    const struct vl_lab *lab = guests->session->lab;
    const struct vl_bridge *bridge = &lab->bridge;

    return (struct vl_answers){
        .authorized_key = keys->authorized,
        .host_private_key = keys->host_private,
        .host_public_key = keys->host_public,
        .os = pbx->image->os,
        .lab = lab->name,
        .hostname = pbx->name,
        .mac = mac,
        .address = pbx->address,
        .prefix = bridge->prefix,
        .gateway = bridge->gateway,
        .dns = bridge->dns,
        .country = vl_country(lab->country),
        .disk = disk_of(pbx->image),
        .url = pbx->image->kind == VL_IMAGE_LOCATION ? pbx->image->source : NULL,
        .packages = pbx->image->packages,
        .database_password = vl_state_secret(&guests->session->state, "database/%s", pbx->name),
        .web_password = vl_state_secret(&guests->session->state, "web/%s", pbx->name),
    };
}

/* The kernel and, where the answers do not go into it, the initrd: the same for all guests of the image. */
static int plan_installer(const struct vl_guest_plan *guests, const struct vl_image *image,
                          const struct vl_installer *installer, struct vl_guest_boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *place = installer_place(guests->session, arena, image), *stem = strrchr(place, '/') + 1;
    const char *kernel = vl_arena_printf(arena, "%s.vmlinuz", stem);
    const char *initrd = vl_arena_printf(arena, "%s.initrd", stem);

    if (vl_guest_plan_upload(guests, kernel, vl_arena_printf(arena, "%s.vmlinuz", place), false,
                             "the kernel of the installer, started directly") < 0 ||
        (installer->carrier == VL_CARRIER_DISC &&
         vl_guest_plan_upload(guests, initrd, vl_arena_printf(arena, "%s.initrd", place), false,
                              "the first root of the installer") < 0))
        return -1;
    boot->kernel = vl_guest_volume_path(guests, kernel);
    boot->initrd = installer->carrier == VL_CARRIER_DISC ? vl_guest_volume_path(guests, initrd) : NULL;
    return 0;
}

int vl_guest_plan_installer(const struct vl_guest_plan *guests, const struct vl_image *image)
{
    const struct vl_installer *installer = installer_of(guests->session, image, guests->err);
    struct vl_guest_boot boot;

    return installer ? plan_installer(guests, image, installer, &boot) : -1;
}

int vl_guest_plan_install(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *mac,
                          struct vl_guest_install *ret_install)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_installer *installer = installer_of(guests->session, pbx->image, guests->err);
    struct vl_fileset *files = vl_arena_zalloc(arena, sizeof(*files));
    struct vl_guest_seed seed = { .files = files,
                                  .why = "the answers to all that the installer would ask, with the lab's SSH key and "
                                         "the guest's own host key" };
    struct vl_guest_keys keys;
    struct vl_answers answers;

    *ret_install = (struct vl_guest_install){ .memory = 0 };
    if (!installer || vl_guest_keys(guests, pbx, &keys) < 0 ||
        plan_installer(guests, pbx->image, installer, &ret_install->boot) < 0)
        return -1;
    answers = answers_for(guests, pbx, mac, &keys);
    if (!files || vl_render_answers(arena, &answers, files, guests->err) < 0)
        return files ? -1 : vl_no_memory(guests->err);
    seed.parts = keys.parts;
    if (installer->carrier == VL_CARRIER_INITRD)
        seed.initrd = vl_arena_printf(arena, "%s.initrd", installer_place(guests->session, arena, pbx->image));
    else
        seed.label = VL_SEED_ANSWERS_LABEL;
    if (vl_guest_plan_seed_volume(guests, pbx, &seed, &ret_install->seed) < 0)
        return -1;
    ret_install->memory = installer->memory;
    ret_install->boot.cmdline = vl_render_installer_cmdline(arena, &answers);
    if (pbx->image->kind == VL_IMAGE_ISO && vl_guest_plan_medium(guests, pbx->image, &ret_install->boot.cdrom) < 0)
        return -1;
    if (seed.initrd)
        ret_install->boot.initrd = vl_guest_volume_path(guests, ret_install->seed);
    else
        ret_install->disc = vl_guest_volume_path(guests, ret_install->seed);
    return vl_arena_check(arena, guests->err);
}
