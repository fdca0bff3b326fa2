/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What starts the recovery at boot, before the network comes up, when a power cut left a change of it unconfirmed.
 *
 * With systemd: a service ordered before network-pre.target (systemd.special(7)), which does nothing unless the change
 * is still marked as pending, and a drop-in of sysinit.target that wants it; a drop-in, since a symbolic link in a
 * .wants directory could not be kept and put back like any other file. With the init of CentOS 5 and 6: a block in
 * rc.local, which comes after the network and so moves the live addresses back too. What runs is `bridge revert --boot`
 * (request/bridge.c), which puts back by network/recovery.h.
 */
#ifndef VL_NETWORK_BOOT_H
#define VL_NETWORK_BOOT_H

#include "base/arena.h"
#include "render/fileset.h"

enum vl_init { VL_INIT_SYSTEMD, VL_INIT_RC_LOCAL };

/* `program` is voiplab's absolute path, `state` its state directory, `pending` the directory with the mark. */
void vl_bridge_at_boot(struct vl_arena *arena, enum vl_init init, const char *program, const char *state,
                       const char *pending, struct vl_fileset *set);

#endif
