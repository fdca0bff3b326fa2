/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scene of a rehearsal: what is to be there, and whether it is.
 */
#ifndef VL_NETWORK_REHEARSAL_LOOK_H
#define VL_NETWORK_REHEARSAL_LOOK_H

#include <stdbool.h>
#include <stdint.h>

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
    const char **held;   /* what else is there now, as vl_scene_see_held() has it */
    const char **files;  /* the new ones */
    size_t link_count, wanted_count, held_count, file_count;
    bool before; /* of the files as they are: nothing is wanted of them but to show what of `held` is theirs */
};

/* Read the file of the scene. */
int vl_scene_read(struct vl_arena *arena, const char *path, struct vl_scene *ret_scene);

/* Whether all that is wanted is there in this network namespace, and the uplink has neither addresses nor routes. With
 * `tell` what is missing and what is too much is printed. */
bool vl_scene_is_as_wanted(const struct vl_scene *scene, bool tell);

/* Whether all that is held is there as well. With `tell` what is not is printed as `lost WORDS`. */
bool vl_scene_is_held(const struct vl_scene *scene, bool tell);

/* A number that is another one when anything of what the two above look at has changed; 0 while there is no address. */
uint64_t vl_scene_mark(const struct vl_scene *scene);

/* What is on a link beside addresses and default routes, and the rules of routing, a line each: `route br0
 * 203.0.113.0/24 via 192.0.2.1 table 254`, `neighbour br0 192.0.2.77 lladdr 02:…`, `rule inet from 192.0.2.9/32 table
 * 101`, the link called `name`. With `dhcp` no routes that a client's script may have given. */
struct vl_net;
struct vl_net_link;
int vl_scene_see_held(struct vl_net *net, struct vl_arena *arena, const struct vl_net_link *link, const char *name,
                      bool dhcp, const char ***lines, size_t *count, struct vl_error *err);

#endif
