/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether frames between the ports of a bridge pass this host's packet filter, and what that makes of them. With
 * br_netfilter they do (net.bridge.bridge-nf-call-*), and where the policy of FORWARD is DROP, as Docker sets it, the
 * guests of one bridge do not reach each other, on an isolated one neither.
 */
#ifndef VL_PROBE_FORWARD_H
#define VL_PROBE_FORWARD_H

#include <stdbool.h>

#include "base/arena.h"

enum vl_forward_family { VL_FORWARD_ARP, VL_FORWARD_IPV4, VL_FORWARD_IPV6, VL_FORWARD_FAMILIES };

/* One family of packets: the kernel's switch and the program that shows its filter. */
struct vl_forward_row {
    const char *key;     /* "net.bridge.bridge-nf-call-iptables" */
    const char *program; /* "iptables" */
};

extern const struct vl_forward_row vl_forward_rows[VL_FORWARD_FAMILIES];

/* The chain that Docker keeps for the rules of others, and goes through before its own. */
#define VL_DOCKER_CHAIN "DOCKER-USER"

struct vl_forward {
    bool filtered; /* the switch is there and is on */
    bool drops;    /* the policy of FORWARD is DROP */
    bool docker;   /* VL_DOCKER_CHAIN is there */
    bool accepted; /* and lets the frames of the bridge pass */
};

/* Look at this host; `bridge` NULL: at none. Where the kernel has no such switch everything is false, and no program is
 * run. */
void vl_forward_look(struct vl_arena *arena, const char *bridge, struct vl_forward ret[static VL_FORWARD_FAMILIES]);

/* The value of the kernel's switch: '0', '1', or '\0' where there is none. */
char vl_forward_switch(struct vl_arena *arena, enum vl_forward_family family);

/* Whether a rule of VL_DOCKER_CHAIN lets the frames of the bridge pass now. */
bool vl_forward_is_accepted(struct vl_arena *arena, enum vl_forward_family family, const char *bridge);

/* The command that makes this rule (`-I`) or takes it away (`-D`), NULL-terminated. In the arena. */
const char *const *vl_forward_rule(struct vl_arena *arena, enum vl_forward_family family, const char *change,
                                   const char *bridge);

/* What `PROGRAM -L FORWARD -n` says: whether the policy is DROP. */
bool vl_forward_drops(const char *text);

/* What `PROGRAM -S DOCKER-USER` says: whether a rule lets the frames of the bridge pass. */
bool vl_forward_accepts(struct vl_arena *arena, const char *text, const char *bridge);

#endif
