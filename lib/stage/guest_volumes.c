/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The volumes of guests, in the pool of their lab.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "guest/hypervisor.h"
#include "guest/image.h"
#include "plan/made.h"
#include "render/volume_xml.h"
#include "stage/guests_part.h"

int vl_guest_volume(const struct vl_guest_plan *guests, const char *name, struct vl_volume *ret_volume)
{
    *ret_volume = (struct vl_volume){ .name = NULL };
    if (!guests->reachable)
        return 0;
    if (vl_hypervisor_volume(guests->hypervisor, &guests->plan->arena, guests->pool, name, ret_volume, guests->err) < 0)
        return -1;
    if (!ret_volume->name || !guests->made.known || vl_made_has(&guests->made, "volume", name))
        return 0;
    return vl_fail(
        guests->err, VL_ERROR_FAILED,
        "the pool '%s' has a volume '%s' that this lab did not make; it stays as it is: 'virsh vol-delete %s "
        "--pool %s' removes it, and a line 'volume %s' in '%s/made' makes it this lab's",
        guests->pool, name, name, guests->pool, name, guests->session->state.directory);
}

/* Where a volume lies or will lie. */
const char *vl_guest_volume_path(const struct vl_guest_plan *guests, const char *name)
{
    return vl_arena_printf(&guests->plan->arena, "%s/%s", guests->pool_path, name);
}

void vl_guest_add_step(const struct vl_guest_plan *guests, const struct vl_step *step)
{
    struct vl_step complete = *step;

    complete.target = vl_site_target(guests->site, &guests->plan->arena);
    complete.site = guests->site;
    complete.pool = guests->pool;
    complete.about = guests->about;
    vl_plan_add(guests->plan, &complete);
}

static int raw_size(const char *path, uint64_t *ret_size, struct vl_error *err)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return vl_fail_errno(err, "cannot look at '%s'", path);
    *ret_size = (uint64_t)status.st_size;
    return 0;
}

/* A file of this host as a volume of the pool. A half-uploaded one is made anew. */
int vl_guest_plan_upload(const struct vl_guest_plan *guests, const char *name, const char *file, bool qcow2,
                         const char *why)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_volume volume;
    VL_FREE char *xml = NULL;
    uint64_t size = 0;

    if (vl_guest_volume(guests, name, &volume) < 0)
        return -1;
    if (volume.name && volume.uploaded)
        return 0;
    if (volume.name)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                     .object = name,
                                                     .why = "it was not uploaded to its end" });
    if (vl_file_exists(file) &&
        (qcow2 ? vl_image_virtual_size(file, &size, guests->err) : raw_size(file, &size, guests->err)) < 0)
        return -1;
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){ .name = name, .format = qcow2 ? "qcow2" : "raw", .capacity = size }, guests->err);
    if (!xml)
        return -1;
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_UPLOAD,
                                                 .object = name,
                                                 .source = file,
                                                 .after = vl_arena_strdup(arena, xml),
                                                 .size = size,
                                                 .why = why });
    return 0;
}

int vl_guest_plan_disk(const struct vl_guest_plan *guests, const char *name, const struct vl_volume *volume,
                       uint64_t size, const char *base_volume)
{
    VL_FREE char *xml = NULL;

    if (volume->name)
        return 0;
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){
            .name = name,
            .format = "qcow2",
            .capacity = size,
            .backing_path = base_volume ? vl_guest_volume_path(guests, base_volume) : NULL,
        },
        guests->err);
    if (!xml)
        return -1;
    vl_guest_add_step(guests,
                      &(struct vl_step){
                          .kind = VL_STEP_VOLUME,
                          .object = name,
                          .after = vl_arena_strdup(&guests->plan->arena, xml),
                          .size = size,
                          .why = base_volume ? "a linked clone: it holds only what differs from the base image, so it "
                                               "is made, and put back, in a moment"
                                             : "an empty disk to install on",
                      });
    return 0;
}
