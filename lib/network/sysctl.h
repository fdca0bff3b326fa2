/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel settings of a host with a bridge (sysctl.d(5)). */
#ifndef VL_NETWORK_SYSCTL_H
#define VL_NETWORK_SYSCTL_H

#include <stdbool.h>

#include "base/arena.h"
#include "lab/lab.h"
#include "render/fileset.h"

/* Append /etc/sysctl.d/60-voiplab.conf to `set`, or a block in /etc/sysctl.conf where the host has no `directory`
 * /etc/sysctl.d (CentOS 5 and 6), with the lines of `settings` more. The keys exist while br_netfilter is loaded (in
 * the bridge module itself before Linux 3.18). When memory runs out arena->failed is set and the set must not be used.
 */
void vl_bridge_sysctl(struct vl_arena *arena, const struct vl_lab *lab, bool directory, const char *settings,
                      struct vl_fileset *set);

#endif
