/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel modules to load at every start: modules-load.d(5), or the scripts of CentOS 5 and 6. */
#ifndef VL_RENDER_MODULES_H
#define VL_RENDER_MODULES_H

#include "base/arena.h"
#include "render/fileset.h"

enum vl_modules_style {
    VL_MODULES_LOAD_D,    /* /etc/modules-load.d/voiplab.conf: systemd, and Debian without it */
    VL_MODULES_SYSCONFIG, /* /etc/sysconfig/modules/voiplab.modules: run by rc.sysinit of CentOS 5 and 6 */
};

/* Where the file of a style lies. */
const char *vl_modules_path(enum vl_modules_style style);

/* Append the file to `set`. `names` is NULL-terminated, of [A-Za-z0-9_-]. When memory runs out arena->failed is set and
 * the set must not be used. */
void vl_render_modules(struct vl_arena *arena, enum vl_modules_style style, const char *const *names,
                       struct vl_fileset *set);

/* The modules that such a file names, NULL-terminated, in the arena. What is no plain name is left out. */
const char *const *vl_modules_listed(struct vl_arena *arena, enum vl_modules_style style, const char *text);

#endif
