/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What puts the network of this host back as a checkpoint has it: links, addresses and routes, the files, and the
 * owner's idea of them. Three ask for it:
 *
 *   the watchdog             (watchdog.c) when a change is not confirmed
 *   `bridge revert`          (request/bridge.c) by hand, and where the watchdog is gone
 *   `bridge revert --boot`   the same after a power cut, started by the unit or rc.local of boot.h: it is another boot
 *                            then, so the files go back, and what the kernel has by vl_switch_back() of switch.h
 *
 * It goes by the checkpoint alone (checkpoint.h, which puts back its parts), and works when no plan does.
 */
#ifndef VL_NETWORK_RECOVERY_H
#define VL_NETWORK_RECOVERY_H

#include <stddef.h>

#include "base/error.h"
#include "network/checkpoint.h"

/* Put the checkpoint back: network, files, the owner's reloads, network again. What cannot be done does not keep the
 * rest from being done; the first failure is the error. *changed counts files. */
int vl_network_restore(const struct vl_checkpoint *checkpoint, size_t *changed, struct vl_error *err);

#endif
