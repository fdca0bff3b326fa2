/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a PBX that boots answers SIP yet, asked so that it costs the PBX next to nothing: a login and the programs of
 * a question take an emulated guest as much as its Asterisk needs a second for to start. An OPTIONS request (RFC 3261,
 * section 11) goes out over UDP again and again. While nothing has port 5060 the guest's kernel says so (ICMP, port
 * unreachable), once a second at least; what answers is Asterisk, whatever it says. Silence means nothing.
 */
#ifndef VL_PROBE_KNOCK_H
#define VL_PROBE_KNOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum vl_knock {
    VL_KNOCK_SILENT,  /* nobody is there yet, or somebody who does not say so */
    VL_KNOCK_REFUSED, /* a kernel is there, and nothing that has the port */
    VL_KNOCK_ANSWERED
};

struct vl_knocking {
    int socket; /* -1: none */
    uint32_t address;
    unsigned count; /* requests that were sent */
};

/* `address` in host byte order. */
int vl_knock_open(struct vl_knocking *ret_knocking, uint32_t address, struct vl_error *err);
void vl_knock_close(struct vl_knocking *knocking);

/* Send a request and wait up to `wait_ms` for what is said to it, or to one before. */
enum vl_knock vl_knock(struct vl_knocking *knocking, int wait_ms);

/* Whether something takes a TCP connection there within `wait_ms`; none is kept. */
bool vl_knock_is_open(uint32_t address, unsigned port, int wait_ms);

#endif
