/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of ifupdown's back end share.
 */
#ifndef VL_NETWORK_IFUPDOWN_PART_H
#define VL_NETWORK_IFUPDOWN_PART_H

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "network/backend.h"
#include "network/interfaces_line.h"

#define VL_INTERFACES "/etc/network/interfaces"
#define VL_INTERFACES_DIRECTORY VL_INTERFACES ".d"
#define VL_INTERFACES_OWN VL_INTERFACES_DIRECTORY "/60-voiplab"

struct vl_ifupdown {
    struct vl_arena *arena;
    const struct vl_bridge_input *input;
    const struct vl_bridge *bridge;
    const char *uplink_path[2]; /* where the uplink's stanza of inet and of inet6 stands */
    bool sourced;               /* interfaces reads our file */
    const char *method6;      /* of the uplink's stanza of inet6, when the bridge gets one like it; NULL: it does not */
    struct vl_buf carried[2]; /* lines of these stanzas that the bridge's get: name servers, routes, the lease */
    const char *accept_ra, *autoconf; /* of the uplink's stanza of static IPv6; NULL: as the lab file has it */
    struct vl_fileset *set;
    struct vl_error *err;
};

/* Whether the word is there, and is this one. */
static inline bool vl_interfaces_is(const char *word, const char *wanted)
{
    return word && !strcmp(word, wanted);
}

/* A file with stanzas: no lease, and no configuration of dhclient. */
bool vl_ifupdown_is_stanzas(const struct vl_bridge_source *file);

/* Patterns of the files that `source` and its like lead to. */
const char *const *vl_ifupdown_leads(struct vl_arena *arena, const struct vl_bridge_source *file);

/* Look at a file: where the uplink's stanzas stand, and whether it can be edited without guessing. */
int vl_ifupdown_look_at(struct vl_ifupdown *ifupdown, const struct vl_bridge_source *file);

/* What an option of the stanza of an interface is about. */
enum vl_interfaces_about { ABOUT_CARD, ABOUT_ADDRESS, ABOUT_LEASE, ABOUT_NAMES_OR_ROUTES };

enum vl_interfaces_about vl_ifupdown_about(const struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line,
                                           const char *interface, bool ipv6);

/* IPv6 that comes by itself comes to the bridge in the same way. */
void vl_ifupdown_take_method(struct vl_ifupdown *ifupdown, const char *method);

/* The line for the bridge's stanza of this family. */
void vl_ifupdown_carry(struct vl_ifupdown *ifupdown, const struct vl_interfaces_line *line, bool ipv6);

/* What our own file has of an earlier run, which carried it over. */
void vl_ifupdown_carry_from_before(struct vl_ifupdown *ifupdown);

#endif
