/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does an address answer? An ICMP echo (RFC 792, RFC 4443) tells; for a neighbour that does not answer pings, such as
 * many a router, the kernel's neighbour table does: it has asked with ARP or neighbour discovery.
 *
 * What matters is a change: an address that did not answer at first says nothing when it does not answer later.
 */
#ifndef VL_NETWORK_REACH_H
#define VL_NETWORK_REACH_H

#include <stdbool.h>
#include <stddef.h>

enum { VL_REACH_TARGETS = 4 };

struct vl_reach_target {
    char text[64]; /* the address */
    int family;
    unsigned char bytes[16];
    bool is_neighbour; /* on the same network: the neighbour table counts */
    bool answered;     /* ever */
    long long last_ms; /* of the last answer */
};

struct vl_reach {
    struct vl_reach_target targets[VL_REACH_TARGETS];
    size_t count;
    unsigned sequence;
};

/* Add an address, IPv4 or IPv6. NULL, an empty text and what is no address are left out. */
void vl_reach_add(struct vl_reach *reach, const char *address, bool is_neighbour);

/* Ask every target and wait for at most this long until all have answered. Returns how many did. Needs CAP_NET_RAW;
 * without it nobody answers. */
size_t vl_reach_round(struct vl_reach *reach, int timeout_ms);

/* True when at least one target answered at some time, and none of those has for this long. */
bool vl_reach_lost(const struct vl_reach *reach, int silence_ms);

/* How many have ever answered. */
size_t vl_reach_known(const struct vl_reach *reach);

#endif
