/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files that make the bridge of an uplink, for each of those who configure a host's network.
 *
 * A back end gets the files that are there and gives back whole files as they shall be. The uplink's own file is
 * edited: what says addresses leaves it (the bridge has them), what ties it to the bridge comes in, every other line
 * stays as it is and where it is. Rendering on top of the result gives the same bytes again. What cannot be edited
 * without guessing is refused with FILE:LINE and what to do about it.
 */
#ifndef VL_NETWORK_BACKEND_H
#define VL_NETWORK_BACKEND_H

#include "base/error.h"
#include "lab/lab.h"
#include "render/fileset.h"

/* A file that is there now. */
struct vl_bridge_source {
    const char *path; /* absolute, as seen below the root */
    const char *text;
};

struct vl_bridge_input {
    const struct vl_bridge *bridge; /* with an uplink */
    const char *hwaddr;             /* the uplink's MAC address as seen; NULL: unknown. The lab's own goes before it */
    const struct vl_bridge_source *files;
    size_t count;
};

/* Patterns of glob(7), absolute, of the files that the back end wants to see; NULL-terminated, in the arena. */
const char *const *vl_bridge_sources(struct vl_arena *arena, enum vl_bridge_backend backend,
                                     const struct vl_bridge *bridge);

/* Append the files to `set`. A back end of VL_BACKEND_AUTO is a mistake of the caller. */
int vl_bridge_files(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge_input *input,
                    struct vl_fileset *set, struct vl_error *err);

/* The uplink's MAC address as the lab or else the host has it; NULL: unknown. */
const char *vl_bridge_mac(const struct vl_bridge_input *input);

/* The text of a source, or NULL. */
const char *vl_bridge_text(const struct vl_bridge_input *input, const char *path);

/* What the back ends share: an address of the list `addresses` is one of IPv6. */
bool vl_bridge_is_ipv6(const char *address);
bool vl_bridge_has_ipv6(const struct vl_bridge *bridge);

/* Whether the interface's name is that of a VLAN (eth0.100), whose link and number it then gives. */
bool vl_bridge_vlan(struct vl_arena *arena, const char *interface, const char **ret_link, unsigned *ret_id);

/* The back ends themselves. */
typedef int vl_bridge_renderer(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set,
                               struct vl_error *err);
vl_bridge_renderer vl_render_bridge_ifcfg, vl_render_bridge_networkmanager, vl_render_bridge_networkd,
    vl_render_bridge_ifupdown, vl_render_bridge_netplan;

#endif
