/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bridge as files of the network scripts of Red Hat (CentOS 5 to 7; keys as in initscripts' sysconfig.txt).
 */
#ifndef VL_RENDER_IFCFG_H
#define VL_RENDER_IFCFG_H

#include "base/arena.h"
#include "lab/lab.h"
#include "render/fileset.h"

/* Append /etc/sysconfig/network-scripts/ifcfg-UPLINK (unless the lab network is isolated) and ifcfg-BRIDGE to `set`.
 * Text and array live in `arena`; when memory runs out arena->failed is set and the set must not be used. */
void vl_render_bridge_ifcfg(struct vl_arena *arena, const struct vl_lab *lab, struct vl_fileset *set);

#endif
