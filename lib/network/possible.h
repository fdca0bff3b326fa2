/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which interfaces of this host can be the uplink of a bridge: known before anything is rendered or changed, and the
 * same for every back end.
 */
#ifndef VL_NETWORK_POSSIBLE_H
#define VL_NETWORK_POSSIBLE_H

#include "base/error.h"
#include "lab/lab.h"

/* 0 when the uplink of this bridge can become a port, or is not there yet; else what is in the way, and what to do. */
int vl_uplink_possible(const struct vl_bridge *bridge, struct vl_error *err);

#endif
