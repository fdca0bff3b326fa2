/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of this host that guests are made of: a ready disk, a medium to install from.
 */
#include <sys/stat.h>

#include "guest/image.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

int vl_stage_check_file(const struct vl_session *session, const struct vl_image *image, struct vl_error *err)
{
    struct stat status;

    if (stat(image->source, &status) < 0)
        return vl_fail_at(err, VL_ERROR_LAB, session->lab->file, image->line, "[image %s] base: there is no file '%s'",
                          image->name, image->source);
    if (S_ISDIR(status.st_mode))
        return vl_fail_at(err, VL_ERROR_LAB, session->lab->file, image->line,
                          "[image %s] base: '%s' is a directory, and should be a file", image->name, image->source);
    return 0;
}

int vl_guest_plan_medium(const struct vl_guest_plan *guests, const struct vl_image *image, const char **ret_path)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *uri = vl_site_uri(guests->session, guests->site);
    const char *volume =
        vl_arena_printf(arena, "%s.medium.iso", vl_image_stem(arena, image->name, image->source, NULL));

    *ret_path = image->source;
    if (vl_stage_check_file(guests->session, image, guests->err) < 0)
        return -1;
    if (!uri || vl_stage_is_here(guests->session, guests->site))
        return 0;
    *ret_path = vl_guest_volume_path(guests, volume);
    return vl_guest_plan_upload(guests, volume, image->source, false,
                                "the medium, of which its hypervisor on another host gets a copy");
}
