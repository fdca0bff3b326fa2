/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the back end of ifcfg files share.
 */
#ifndef VL_NETWORK_IFCFG_PART_H
#define VL_NETWORK_IFCFG_PART_H

#include "network/backend.h"

#define VL_IFCFG_HOST "/etc/sysconfig/network"
#define VL_IFCFG_SCRIPTS VL_IFCFG_HOST "-scripts/"

/* The first line of the bridge's file: whose it is. */
#define VL_IFCFG_MARK "# Written by voiplab.\n"

struct vl_ifcfg {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *uplink_path, *uplink_text; /* text "" when there is no file */
    const char *bridge_path;
    bool scripts; /* the network scripts read the files, not NetworkManager */
    struct vl_fileset *set;
    struct vl_error *err;
};

/* Names that the network scripts pass over. */
bool vl_ifcfg_is_left_over(const char *path);

/* The device that a file is for: the one that it names, else the card with its HWADDR, else the one that its own name
 * has. NULL: a card of which nobody says here whether it is the uplink. */
const char *vl_ifcfg_device_of(struct vl_arena *arena, const struct vl_bridge_source *file, const char *interface,
                               const char *mac);

/* Find the uplink's file, and whether it can be edited without guessing. */
int vl_ifcfg_find_uplink(struct vl_ifcfg *ifcfg);

/* A bridge of this name that somebody else made has settings which nobody told us of. */
int vl_ifcfg_refuse_another(const struct vl_ifcfg *ifcfg);

#endif
