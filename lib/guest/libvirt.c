/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/libvirt.h"

struct vl_libvirt vl_libvirt;

static const char *const names[] = { VL_LIBVIRT(VL_LIBRARY_NAME) };
static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBVIRT, "libvirt0", names, &vl_libvirt);

int vl_libvirt_load(struct vl_error *err)
{
    return vl_library_load(&library, err);
}
