/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the netlink files share: the only door to libmnl.
 */
#ifndef VL_NETWORK_NETLINK_PART_H
#define VL_NETWORK_NETLINK_PART_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "base/arena.h"
#include "network/netlink.h"

/* The macros of libmnl convert between signed and unsigned lengths, and take `const` away and put it back. */
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

struct vl_net {
    struct mnl_socket *socket;
    unsigned sequence;
};

/* Receive until the request is answered; the kernel's error becomes errno. */
int vl_net_receive(struct vl_net *net, unsigned sequence, mnl_cb_t callback, void *context);

/* A dump in progress: what it is for, and what has come. */
struct vl_net_dump {
    struct vl_arena *arena;
    int index;
    struct vl_net_messages *messages;
    struct vl_net_link *links;
    size_t count;
    const unsigned char *address;
    size_t address_length;
    bool found;
    unsigned char neighbours; /* of RTM_GETNEIGH the kind, NTF_PROXY or 0 */
};

/* A callback's way to keep a message of a dump. */
int vl_net_keep(struct vl_net_dump *dump, const struct nlmsghdr *header);

/* All messages of a kind. A listing during which something came or went is marked so by the kernel (NLM_F_DUMP_INTR,
 * for libmnl EINTR): it may lack what was there all the time, and is made anew. */
int vl_net_dump_of(struct vl_net *net, uint16_t type, int family, mnl_cb_t callback, struct vl_net_dump *dump);

/* One request and its answers. */
int vl_net_ask(struct vl_net *net, struct nlmsghdr *request, mnl_cb_t callback, void *context);

/* A request in `room`, and in *ret_extra the header of its kind, which is `extra` bytes long. */
struct nlmsghdr *vl_net_begin(char *room, uint16_t type, int flags, size_t extra, void *ret_extra);

/* The attribute of this type behind the header of its kind; NULL: there is none. */
const struct nlattr *vl_net_attribute(const struct nlmsghdr *header, size_t extra, uint16_t type);

/* True when a route leads over the link; with `to` not 0 it is led over that one instead. */
bool vl_net_lead_over(const struct nlmsghdr *header, int index, int to);

size_t vl_net_address_size(int family);
const char *vl_net_number_text(struct vl_arena *arena, int family, const unsigned char *bytes);

#endif
