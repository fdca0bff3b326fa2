/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bridge, with its way back.
 */
#ifndef VL_REQUEST_BRIDGE_H
#define VL_REQUEST_BRIDGE_H

#include "network/access.h"
#include "network/road.h"
#include "request/request.h"

/* Where the checkpoints are. */
const char *vl_run_bridge_store(const struct vl_run *run);

/* One change of this host's network at a time. The lock lies beside what a revert removes. Returns its descriptor. */
int vl_run_bridge_lock(const struct vl_run *run);

/* Write the files and, on this host, switch over under the eyes of the watchdog. Adds to *changed, and *ret_waits tells
 * whether the change still waits to be confirmed. */
int vl_run_bridge_change(const struct vl_run *run, const struct voiplab_bridge *how, size_t *changed, bool *ret_waits);

/* The ways as they were before the change: to who is logged in, and to the rest of the world. */
struct vl_run_roads {
    struct vl_road peer, far[2];
};

struct vl_run_roads vl_run_roads_look(const char *peer);

/* Fails when the rest of the world is reached over another card than the bridge now: a default route that moved there
 * is not what was asked for, whoever answers. */
int vl_run_roads_moved(const struct vl_run *run, const struct vl_run_roads *before);

/* Why the session of who is logged in does not go on, by the kernel's tables; NULL: it does, or there is none. */
const char *vl_run_roads_lost(const struct vl_run *run, const struct vl_run_roads *before);

/* Whether the SSH server at this end of the session in which the command was given answers. */
bool vl_run_access_greets(const struct vl_access *access);

/* Why it is not known that there is access still, NULL: nothing speaks against it. `greeted` is what the server did
 * before the change. *ret_goes_on: the session is seen to go on. */
const char *vl_run_access_lost(const struct vl_run *run, const struct vl_access *access, bool greeted,
                               bool *ret_goes_on);

#endif
