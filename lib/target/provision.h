/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files handed out once over HTTP, for telephones that fetch their profile. The only door to libmicrohttpd.
 *
 * Each file lies at a path that nobody can guess, is there for one GET, and gone after it was sent to its end: a fetch
 * that was cut off may be made again. Everything else is answered 404 (405 for other methods), and nothing is read from
 * disk. The server listens on one address, takes few connections at a time and few from one host, and drops one that
 * is idle for ten seconds. It runs in a thread of its own.
 */
#ifndef VL_TARGET_PROVISION_H
#define VL_TARGET_PROVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct vl_provision_file {
    const char *path; /* with its '/' */
    const char *text;
    bool fetched;        /* set by vl_provision_look() */
    char fetched_by[46]; /* address; "" while it was not fetched */
};

struct vl_provision;

/* Serve `files`, which the caller keeps, on `address` (host byte order) and a free port. NULL on failure. */
struct vl_provision *vl_provision_open(uint32_t address, struct vl_provision_file *files, size_t count,
                                       struct vl_error *err);

/* The port that it listens on. */
unsigned vl_provision_port(const struct vl_provision *provision);

/* See which files have been fetched by now; returns how many have not. */
size_t vl_provision_look(struct vl_provision *provision);

/* Stop listening and end what is under way. Accepts NULL. */
void vl_provision_close(struct vl_provision *provision);

static inline void vl_provision_cleanup(struct vl_provision **provision)
{
    vl_provision_close(*provision);
}

#define VL_PROVISION_AUTO __attribute__((cleanup(vl_provision_cleanup))) struct vl_provision

#endif
