/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guest/libvirt.h"

struct vl_libvirt vl_libvirt;
struct vl_libvirt_qemu vl_libvirt_qemu;

static const char *const names[] = { VL_LIBVIRT(VL_LIBRARY_NAME) };
static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBVIRT, "libvirt0", names, &vl_libvirt);

static const char *const qemu_names[] = { VL_LIBVIRT_QEMU(VL_LIBRARY_NAME) };
static struct vl_library qemu_library = VL_LIBRARY(VOIPLAB_LIBVIRT_QEMU, "libvirt0", qemu_names, &vl_libvirt_qemu);

int vl_libvirt_load(struct vl_error *err)
{
    return vl_library_load(&library, err);
}

int vl_libvirt_qemu_load(struct vl_error *err)
{
    return vl_library_load(&qemu_library, err);
}
