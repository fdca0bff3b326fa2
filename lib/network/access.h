/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether who is logged in over SSH has access still. A gateway that answers a ping says nothing of that; two things
 * do, as far as this host can tell by itself:
 *
 *   - the kernel knows of the connection in which the command was given what the other end has acknowledged: when that
 *     becomes more after the change, packets went out to there and came back in;
 *   - the server at this end of it still greets.
 *
 * That somebody anew gets in from there cannot be tried from here: what this host sends to itself goes by the loopback
 * interface, past the packet filter's rules for the bridge.
 */
#ifndef VL_NETWORK_ACCESS_H
#define VL_NETWORK_ACCESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct vl_access_end {
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    uint16_t port;
};

struct vl_access {
    char peer[INET6_ADDRSTRLEN]; /* address of who is logged in; "": nobody is */
    bool is_connection;          /* both ends are known */
    int family;
    struct vl_access_end there, here;
};

/* Of an address, or of what SSH says: the address and port of the peer, the address and port of this host. NULL, and
 * what is neither, is nobody. */
struct vl_access vl_access_of(const char *connection);

/* What the kernel counts of the connection. */
struct vl_access_count {
    bool known;            /* it is a connection of this host, and the kernel counts */
    uint64_t acked;        /* bytes that the other end has acknowledged */
    uint32_t on_their_way; /* packets that it has not */
};

struct vl_access_count vl_access_look(const struct vl_access *access);

enum vl_access_verdict {
    VL_ACCESS_UNKNOWN, /* no such connection, or nothing was said in it */
    VL_ACCESS_GOES_ON, /* the other end has acknowledged more than `before` */
    VL_ACCESS_SILENT,  /* something was said, and the other end has not acknowledged it */
};

/* Wait until it is known, at most this long. Something should be said in the connection meanwhile. */
enum vl_access_verdict vl_access_wait(const struct vl_access *access, const struct vl_access_count *before,
                                      int timeout_ms);

/* Whether the SSH server at this end of the connection greets who connects to it, from this host. */
bool vl_access_greets(const struct vl_access *access, int timeout_ms);

#endif
