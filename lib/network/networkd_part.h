/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of networkd's back end share.
 */
#ifndef VL_NETWORK_NETWORKD_PART_H
#define VL_NETWORK_NETWORKD_PART_H

#include "base/buf.h"
#include "network/backend.h"

struct vl_networkd {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *netdev_path, *bridge_path;
    const char *uplink_path, *uplink_text;  /* with what its drop-ins say; text NULL: there is none */
    const struct vl_bridge_source *uplinks; /* the file that this is from */
    bool shared;                            /* which is for others as well */
    struct vl_fileset *set;
    struct vl_error *err;
};

/* The last component of a path. */
const char *vl_networkd_name(const char *path);

/* The drop-in of a file that comes after this one (NULL: the first), in networkd's order: by their names, wherever they
 * lie. Of those of one name the first of `sources` counts. NULL: there is none. */
const struct vl_bridge_source *vl_networkd_drop_in(const struct vl_networkd *networkd,
                                                   const struct vl_bridge_source *file,
                                                   const struct vl_bridge_source *after);

/* The text of a file with those of its drop-ins behind it. */
const char *vl_networkd_whole(const struct vl_networkd *networkd, const struct vl_bridge_source *file);

/* A file of the uplink's, without what goes over to the bridge or is said there anew. With `port` it says Bridge=. */
const char *vl_networkd_as_port(const struct vl_networkd *networkd, const char *text, bool port);

/* The bridge's [Network] and what follows it. */
void vl_networkd_put_network(const struct vl_networkd *networkd, struct vl_buf *out);

#endif
