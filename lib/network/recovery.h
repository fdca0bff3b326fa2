/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What puts the network of this host back as a checkpoint has it: links, addresses and routes, the files, and the
 * owner's idea of them. Three ask for it:
 *
 *   the watchdog             (watchdog.c) when a change is not confirmed
 *   `bridge revert`          (request/bridge.c) by hand, and where the watchdog is gone
 *   `bridge revert --boot`   the same after a power cut, started by the unit or rc.local that is made here: it is
 * another boot then, so the files go back, and what the kernel has by vl_switch_back() of switch.h
 *
 * It goes by the checkpoint alone (checkpoint.h, which puts back its parts), and works when no plan does.
 */
#ifndef VL_NETWORK_RECOVERY_H
#define VL_NETWORK_RECOVERY_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "network/checkpoint.h"
#include "render/fileset.h"

/*
 * What starts that at boot, before the network comes up.
 *
 * With systemd: a service ordered before network-pre.target (systemd.special(7)), which does nothing unless the change
 * is still marked as pending, and a drop-in of sysinit.target that wants it; a drop-in, since a symbolic link in a
 * .wants directory could not be kept and put back like any other file. With the init of CentOS 5 and 6: a block in
 * rc.local, which comes after the network and so moves the live addresses back too. `program` is voiplab's absolute
 * path, `state` its state directory, `pending` the directory with the mark.
 */
enum vl_init { VL_INIT_SYSTEMD, VL_INIT_RC_LOCAL };

void vl_bridge_at_boot(struct vl_arena *arena, enum vl_init init, const char *program, const char *state,
                       const char *pending, struct vl_fileset *set);

/* Put the checkpoint back: network, files, the owner's reloads, network again. What cannot be done does not keep the
 * rest from being done; the first failure is the error. *changed counts files. */
int vl_network_restore(const struct vl_checkpoint *checkpoint, size_t *changed, struct vl_error *err);

#endif
