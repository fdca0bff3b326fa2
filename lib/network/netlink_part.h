/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the netlink files share: the only door to libmnl.
 */
#ifndef VL_NETWORK_NETLINK_PART_H
#define VL_NETWORK_NETLINK_PART_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "base/arena.h"

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

/* A request in `room`, and in *ret_extra the header of its kind, which is `extra` bytes long. */
struct nlmsghdr *vl_net_begin(char *room, uint16_t type, int flags, size_t extra, void *ret_extra);

/* The attribute of this type behind the header of its kind; NULL: there is none. */
const struct nlattr *vl_net_attribute(const struct nlmsghdr *header, size_t extra, uint16_t type);

/* True when a route leads over the link; with `to` not 0 it is led over that one instead. */
bool vl_net_lead_over(const struct nlmsghdr *header, int index, int to);

size_t vl_net_address_size(int family);
const char *vl_net_number_text(struct vl_arena *arena, int family, const unsigned char *bytes);

#endif
