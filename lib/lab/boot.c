/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a guest boots from, against what its image is: an order that cannot come about is a mistake.
 */
#include "base/list.h"
#include "lab/schema.h"

int vl_lab_check_kernel(const struct vl_lab *lab, const struct vl_pbx *pbx, struct vl_error *err)
{
    if (!pbx->boot || !vl_list_has(pbx->boot + 1, VL_BOOT_DISK))
        return 0;
    return VL_LAB_MISTAKE(lab, pbx->boot_line, err,
                          "[pbx %s] boot: 'disk' is started by the kernel of [image %s], which nothing can come "
                          "before; put it first, or leave it out",
                          pbx->name, pbx->image->name);
}

int vl_lab_check_boot(const struct vl_lab *lab, const struct vl_pbx *pbx, struct vl_error *err)
{
    const struct vl_image *image = pbx->image;

    if (!pbx->boot || !image)
        return 0;
    if (vl_list_has(pbx->boot, VL_BOOT_CDROM) && (image->kind != VL_IMAGE_ISO || image->unattended))
        return VL_LAB_MISTAKE(lab, pbx->boot_line, err,
                              "[pbx %s] boot: 'cdrom' has no medium with [image %s], which is no iso:FILE that is "
                              "installed by hand; leave it out",
                              pbx->name, image->name);
    return image->kind == VL_IMAGE_BUILD ? vl_lab_check_kernel(lab, pbx, err) : 0;
}
