/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest that becomes a base image: whose disk it is, and what the copy of it is made clean with.
 */
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/digest.h"
#include "guest/kept.h"
#include "guest/recipe.h"
#include "plan/wipe.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

/* The recipe whose kernel and first stage a disk is looked into with that boots by itself. */
#define TOOL "debian-asterisk"

static int check(const struct vl_guest_plan *guests, const struct vl_pbx *pbx)
{
    if (!vl_stage_is_here(guests->session, guests->site))
        return vl_fail(guests->err, VL_ERROR_FAILED, "'%s' cannot be captured: its hypervisor is on another host",
                       pbx->name);
    if (!guests->reachable)
        return vl_fail(guests->err, VL_ERROR_FAILED, "the hypervisor of '%s' does not answer", pbx->name);
    if (vl_pbx_in_database(pbx))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "'%s' has trunks in the data base of its web interface, which capture does not look into: their "
                       "secrets would stay in the image",
                       pbx->name);
    return 0;
}

/* Each capture is another image: whether a disk is the same as then is not known, since libvirt does not say when a
 * guest that runs has written to it last. */
static const char *sum_of(const struct vl_guest_plan *guests, const struct vl_pbx *pbx)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    char sum[VL_DIGEST_SHA256_SIZE];

    vl_buf_printf(&text, "%s %s %lld", guests->session->lab->name, pbx->name, (long long)time(NULL));
    if (text.failed || vl_digest_sha256(vl_buf_text(&text), text.length, sum) < 0)
        return NULL;
    return vl_arena_strdup(&guests->plan->arena, sum);
}

static const char *name_of(struct vl_arena *arena, const char *path)
{
    return path ? vl_arena_strdup(arena, strrchr(path, '/') ? strrchr(path, '/') + 1 : path) : NULL;
}

/* The kernel of the guest itself, or that of an image that was built. */
static int find_tool(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_volume *disk,
                     struct vl_wipe *capture)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct voiplab_options *options = &guests->session->options;
    VL_PLAN_AUTO unwanted = { .count = 0 }; /* the volumes that it boots from are there */
    struct vl_guest_plan looking = *guests;
    struct vl_guest_boot boot;
    struct vl_recipe recipe;

    looking.plan = &unwanted;
    if (vl_guest_see_base(guests, pbx->name, disk) < 0 || vl_guest_plan_boot(&looking, pbx, disk, &boot) < 0)
        return -1;
    capture->kernel = name_of(arena, boot.kernel);
    capture->initrd = name_of(arena, boot.initrd);
    capture->cmdline = boot.cmdline ? vl_arena_strdup(arena, boot.cmdline) : NULL;
    if (capture->kernel && capture->cmdline && strcmp(capture->cmdline, VL_GUEST_UNKNOWN_CMDLINE) != 0)
        return 0;
    if (capture->kernel)
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "the command line of the kernel of '%s' is not known: 'voiplab image %s' builds its image",
                       pbx->name, pbx->image->name);
    if (vl_recipe_find(arena, options->share_directory, options->cache_directory, TOOL, NULL, &recipe, guests->err) < 0)
        return -1;
    if (!recipe.built)
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "the disk of '%s' is looked into with the kernel of the image 'build:" TOOL
                       "', which the cache does not have: 'voiplab image' with an [image] of it builds it",
                       pbx->name);
    capture->tool_kernel = vl_arena_printf(arena, "%s/vmlinuz", recipe.cache);
    capture->tool_initrd = vl_arena_printf(arena, "%s/initrd", recipe.cache);
    return 0;
}

static int add_step(const struct vl_guest_plan *guests, const char *name, const char *sum,
                    const struct vl_wipe *capture)
{
    struct vl_arena *arena = &guests->plan->arena;
    size_t before = guests->plan->count;

    if (vl_stage_image_keep(guests->session, name, sum, NULL, guests->plan, guests->err) < 0)
        return -1;
    if (guests->plan->count == before)
        return 0;
    guests->plan->count = before;
    vl_guest_add_step(
        guests, &(struct vl_step){ .kind = VL_STEP_CAPTURE,
                                   .object = name,
                                   .after = vl_kept_place(arena, guests->session->options.cache_directory, name, sum),
                                   .source = capture->disk.entry.name,
                                   .pool = guests->pool,
                                   .wipe = capture,
                                   .why = "a copy of its disk, without its identity and what the lab gave it, "
                                          "becomes a base image; the guest stands still while it is copied" });
    return 0;
}

int vl_stage_capture(struct vl_session *session, const struct vl_pbx *pbx, const char *name, struct vl_plan *plan,
                     struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_wipe *capture = vl_arena_zalloc(arena, sizeof(*capture));
    const char *disk = vl_arena_printf(arena, "%s.qcow2", pbx->name), *sum;
    struct vl_guest_plan guests;
    struct vl_volume volume;

    if (!capture || !disk)
        return vl_no_memory(err);
    if (vl_guest_begin(&guests, session, vl_site_of(session, pbx), plan, err) < 0 || check(&guests, pbx) < 0 ||
        vl_guest_volume(&guests, disk, &volume) < 0)
        return -1;
    guests.about = pbx->name;
    if (!volume.name)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' has no disk yet; 'voiplab up %s' makes it", pbx->name, pbx->name);
    sum = sum_of(&guests, pbx);
    if (!sum)
        return vl_no_memory(err);
    capture->disk = (struct vl_backup_item){ .entry = { .name = disk, .is_volume = true },
                                             .pool = guests.pool,
                                             .site = guests.site,
                                             .pbx = pbx,
                                             .domain = vl_domain_name(arena, session->lab, pbx) };
    capture->init = vl_arena_printf(arena, "%s/capture/init", session->options.share_directory);
    capture->kvm = vl_site_kvm(session, guests.site);
    if (vl_stage_ready_wake(session, pbx, plan, err) < 0 || find_tool(&guests, pbx, &volume, capture) < 0 ||
        add_step(&guests, name, sum, capture) < 0)
        return -1;
    return vl_arena_check(arena, err);
}
