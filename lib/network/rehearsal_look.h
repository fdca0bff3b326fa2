/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scene of a rehearsal: what is to be there, and whether it is.
 */
#ifndef VL_NETWORK_REHEARSAL_LOOK_H
#define VL_NETWORK_REHEARSAL_LOOK_H

#include <stdbool.h>

#include "base/arena.h"
#include "lab/lab.h"
#include "network/backend.h"

struct vl_scene_link {
    const char *name, *mac, *mtu;
};

struct vl_scene {
    enum vl_bridge_backend backend;
    const char *uplink, *bridge;
    bool dhcp;
    struct vl_scene_link *links;
    const char **wanted; /* `port eth0 br0`, `address br0 192.0.2.9/24`, `default br0 192.0.2.1` */
    const char **files;  /* the new ones */
    size_t link_count, wanted_count, file_count;
};

/* Read the file of the scene. */
int vl_scene_read(struct vl_arena *arena, const char *path, struct vl_scene *ret_scene);

/* Whether all that is wanted is there in this network namespace, and the uplink has neither addresses nor routes. With
 * `tell` what is missing and what is too much is printed. */
bool vl_scene_is_as_wanted(const struct vl_scene *scene, bool tell);

#endif
