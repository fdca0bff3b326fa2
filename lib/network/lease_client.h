/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DHCP clients that nobody but their start knows of: a dhclient that ifup or a network script left running goes on with
 * the interface that it was started for, and puts the address back on a port at the lease's next renewal.
 */
#ifndef VL_NETWORK_LEASE_CLIENT_H
#define VL_NETWORK_LEASE_CLIENT_H

#include "base/arena.h"
#include "base/error.h"

struct vl_lease_client {
    int pid;
    const char *const *argv;    /* as it was started, but that it goes to the background at once */
    const char *const *renamed; /* the same for the other interface, with files of its own */
};

/* The clients that run for the interface in this network namespace. In the arena; ended by a pid of 0. */
const struct vl_lease_client *vl_lease_clients(struct vl_arena *arena, const char *interface, const char *other);

/* As the commands that a person would type, a line each; `moves`: they are started for the other interface. */
const char *vl_lease_clients_text(struct vl_arena *arena, const struct vl_lease_client *clients, bool moves);

/* End those of the interface at once, which leaves the address where it is; `moves`: start them for the other one. */
int vl_lease_clients_end(const char *interface, const char *other, bool moves, struct vl_error *err);

#endif
