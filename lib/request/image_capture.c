/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image capture: a guest of the lab becomes a base image of the cache, which a lab names as `base = image:NAME`.
 */
#include "base/text.h"
#include "request/request.h"
#include "stage/stage.h"

int vl_run_image_capture_names(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    const struct vl_pbx *pbx;

    if (!names || !names[0])
        return vl_fail(run->err, VL_ERROR_USAGE, "no guest is named");
    if (vl_fleet_check_names(run->session->lab, (const char *const[]){ names[0], NULL }, run->err) < 0)
        return -1;
    pbx = vl_lab_pbx(run->session->lab, names[0]);
    if (pbx->place != VL_PLACE_VM)
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no virtual machine of this lab, so it has no disk to capture",
                       names[0]);
    if (names[1] && !vl_text_is_name(names[1]))
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is not a name: a letter a-z, then up to 62 of a-z, 0-9 and '-'",
                       names[1]);
    return 0;
}

int vl_run_image_capture(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    const char *name = names[1] ? names[1] : names[0];
    VL_PLAN_AUTO plan = { .count = 0 };

    if (vl_stage_capture(run->session, vl_lab_pbx(run->session->lab, names[0]), name, &plan, run->err) < 0)
        return -1;
    return vl_run_keep_image(run, &plan, name, "captured");
}
