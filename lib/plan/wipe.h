/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest becomes a base image: its disk is copied while it stands still for a moment, and the copy loses its identity
 * and what the lab gave it in a machine that has no network, boots nothing of the guest and runs nothing of it: the
 * kernel and the first stage of a base image with share/capture/init. What a student put on the disk meets a kernel of
 * ours in a QEMU of its own, without root's rights, and never the kernel of this host. Then the copy becomes one image
 * that needs no other file. The guest itself runs on as it was.
 */
#ifndef VL_PLAN_WIPE_H
#define VL_PLAN_WIPE_H

#include "plan/backup.h"

struct vl_wipe {
    struct vl_backup_item disk;  /* whose copy it is */
    const char *kernel, *initrd; /* volumes of the pool that the guest boots from; NULL: it boots by itself */
    const char *cmdline;
    const char *tool_kernel, *tool_initrd; /* files of the cache for where the guest boots by itself */
    const char *init;                      /* the file of what is done to the copy */
    bool kvm;
};

/* VL_STEP_CAPTURE: make the image whose place is step->after, of step->wipe. */
int vl_wipe_make(const struct vl_step_scene *scene);

/* What the machine said on its console: 0 when all was done, else -1 with why not. */
int vl_wipe_judge(const char *console, struct vl_error *err);

#endif
