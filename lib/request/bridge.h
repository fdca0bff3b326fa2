/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bridge, with its way back.
 */
#ifndef VL_REQUEST_BRIDGE_H
#define VL_REQUEST_BRIDGE_H

#include "request/request.h"

/* Write the files and, on this host, switch over under the eyes of the watchdog. Adds to *changed, and *ret_waits tells
 * whether the change still waits to be confirmed. */
int vl_run_bridge_change(const struct vl_run *run, const struct voiplab_bridge *how, size_t *changed, bool *ret_waits);

#endif
