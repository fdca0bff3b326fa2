/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who this host is for a DHCP server. The server leases the same address only to whom it knows, and what a client makes
 * of an interface's name (its IAID, its DUID's file) would be another on the bridge: so what the uplink is known by is
 * found here, for the back ends to pin it.
 */
#ifndef VL_NETWORK_LEASE_H
#define VL_NETWORK_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "network/backend.h"

/* As a running systemd-networkd or NetworkManager has it of the interface of this index. Everything is zero when nobody
 * has a lease for it. */
struct vl_lease vl_lease_of(struct vl_arena *arena, unsigned index);

/* Whether the DHCPv4 client says an IAID (RFC 4361), which is made of the interface's name. */
bool vl_lease_iaid(const struct vl_lease *lease, uint32_t *ret_iaid);

/* The client identifier as `ff:56:50`; NULL: none is known, or it is the MAC address, which the bridge keeps. */
const char *vl_lease_identifier(struct vl_arena *arena, const struct vl_lease *lease);

/* Hexadecimal digits as `ff:56:50`. */
const char *vl_lease_colons(struct vl_arena *arena, const char *hex);

/* dhclient.conf(5): what it says for one interface, `interface "eth0" { … }`, is said for the bridge as well. */
#define VL_LEASE_CONFIG "/etc/dhcp/dhclient.conf", "/etc/dhclient.conf"
bool vl_lease_is_config(const char *path);

/* dhclient keeps its DUID and its lease in a file for each interface: patterns of glob(7), and what the bridge's files
 * are to hold, which is what the uplink's have; and dhclient.conf where it says something of the uplink. Appended to
 * `set`; without such a file nothing is. */
#define VL_LEASE_FILES "/var/lib/dhcp/dhclient*.lease*", "/var/lib/dhclient/dhclient*.lease*"
void vl_lease_files(struct vl_arena *arena, const struct vl_bridge_input *input, struct vl_fileset *set);

/* `text` with the name `from`, as a word of its own or in quotes, as `to`. */
const char *vl_lease_rename(struct vl_arena *arena, const char *text, const char *from, const char *to);

#endif
