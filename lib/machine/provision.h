/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files handed out once over HTTP, for telephones that fetch their profile.
 *
 * Each file lies at a path that nobody can guess, is there for one GET, and gone after it was sent to its end: a fetch
 * that was cut off may be made again. Everything else is answered 404 (405 for other methods), and nothing is read from
 * disk. The server listens on one address, takes few connections at a time and few from one host, and drops one that
 * is idle for ten seconds.
 *
 * Whoever is on the network may talk to it, so it is a process of its own: this program started again, which has the
 * files and the listening socket and has given up all else (sandbox.h).
 */
#ifndef VL_MACHINE_PROVISION_H
#define VL_MACHINE_PROVISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct vl_provision_file {
    const char *path; /* with its '/' */
    const char *text;
    bool fetched;        /* set by vl_provision_look() */
    uint32_t fetched_by; /* address, host byte order */
};

struct vl_provision;

/* Serve `files`, which the caller keeps, on `address` (host byte order) and a free port. NULL on failure. */
struct vl_provision *vl_provision_open(uint32_t address, struct vl_provision_file *files, size_t count,
                                       struct vl_error *err);

/* The port that it listens on. */
unsigned vl_provision_port(const struct vl_provision *provision);

/* Wait until something was fetched, at most `timeout_ms`, and note it in the files. Fails when the server is gone. */
int vl_provision_look(struct vl_provision *provision, int timeout_ms, struct vl_error *err);

/* Stop listening and end what is under way. Accepts NULL. */
void vl_provision_close(struct vl_provision *provision);

#define VL_PROVISION_WORKER_ARGUMENT "--voiplab-provision-worker"

/* What main() calls when argv[1] is VL_PROVISION_WORKER_ARGUMENT: descriptor 0 listens, 3 leads to the parent. Returns
 * the exit status. */
int vl_provision_worker_main(void);

static inline void vl_provision_cleanup(struct vl_provision **provision)
{
    vl_provision_close(*provision);
}

#define VL_PROVISION_AUTO __attribute__((cleanup(vl_provision_cleanup))) struct vl_provision

#endif
