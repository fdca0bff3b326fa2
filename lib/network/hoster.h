/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether this host is a server at a hoster's, whose switch as a rule lets frames of no other MAC address through than
 * the one of the card, so that guests on a bridge with the uplink reach nobody.
 */
#ifndef VL_NETWORK_HOSTER_H
#define VL_NETWORK_HOSTER_H

#include "base/arena.h"
#include "lab/lab.h"

/* Where the kernel says who made the machine, as its firmware has it. */
#define VL_HOSTER_IDENTITY "/sys/class/dmi/id"

/* What is a sign of it, as the beginning of a sentence, in the arena; NULL: there is none. Signs are one address alone
 * (/32) with its gateway beyond, in the lab file or from a DHCP server, and what the files in the folder `identity` say
 * (NULL: the files written are another host's, and neither is looked at). */
const char *vl_hoster_sign(struct vl_arena *arena, const struct vl_bridge *bridge, const char *identity);

#endif
