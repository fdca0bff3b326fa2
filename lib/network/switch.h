/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The live switch-over: the uplink becomes a port of the bridge, and what it carries of addresses and routes moves to
 * the bridge, without a reboot and with next to no loss.
 *
 * In this order: the bridge is made with the uplink's MAC address, so that nobody's ARP table is wrong afterwards, and
 * the uplink joins it, while it keeps its addresses: packets that come in are this host's still, and those that go out
 * still go. As soon as the bridge carries traffic, addresses and routes move in one system call.
 */
#ifndef VL_NETWORK_SWITCH_H
#define VL_NETWORK_SWITCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/lab.h"

/* What is missing between this host's links and the lab's bridge, as the commands of ip(8) that would do it, a line
 * each; "" when nothing is. An error when it cannot be: no such uplink, a port of something else. */
int vl_switch_plan(struct vl_arena *arena, const struct vl_bridge *bridge, const char *lab_name, const char **ret_text,
                   struct vl_error *err);

/* Do it. */
int vl_switch_over(const struct vl_bridge *bridge, const char *lab_name, struct vl_error *err);

/* The way back without a checkpoint of this boot: addresses and routes move from the bridge to the uplink, and the
 * bridge goes when it is ours (its alias says so). Nothing happens when there is no such bridge. */
int vl_switch_back(const char *bridge, const char *uplink, struct vl_error *err);

#endif
