/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who configures an interface of this host: what the files and the running daemons say (evidence), and what follows
 * from it (a pure function, so that a table of cases can test it).
 */
#ifndef VL_NETWORK_UPLINK_H
#define VL_NETWORK_UPLINK_H

#include "base/arena.h"
#include "base/error.h"
#include "lab/lab.h"
#include "network/backend.h"

/* What one of them says. Each is NULL or the path that says it. */
struct vl_uplink_claim {
    const char *file;      /* a file of its configuration is about the interface */
    const char *running;   /* its daemon, or its own list of what is up, says that it has the interface */
    const char *directory; /* the place of its files is there at all */
    const char *rest;      /* a file of whomever says that it has what no file names */
};

struct vl_uplink_evidence {
    struct vl_uplink_claim claims[VL_BACKEND_COUNT];
};

/* Look under `root`; daemons are asked (by their files in /run) only when it is "/". `mac` is the interface's MAC
 * address as the lab has it; NULL: as this host has it, when root is "/". */
int vl_uplink_look(struct vl_arena *arena, const char *root, const char *interface, const char *mac,
                   struct vl_uplink_evidence *ret_evidence, struct vl_error *err);

/* Exactly one that has the interface, or a failure that says what each says. netplan speaks through networkd and
 * NetworkManager, and NetworkManager may read ifcfg files, so these go together. When nobody has it, it is the one
 * whose directory alone is there; a tree without any (`bare` allowed, for --root) is taken as the CentOS of ifcfg
 * files. */
int vl_uplink_decide(struct vl_arena *arena, const char *interface, const struct vl_uplink_evidence *evidence,
                     bool bare, enum vl_bridge_backend *ret_backend, const char **ret_why, struct vl_error *err);

/* Both in one: who has `interface`. *ret_why: what says so, for people. */
int vl_uplink_owner(struct vl_arena *arena, const char *root, const char *interface, const char *mac,
                    enum vl_bridge_backend *ret_backend, const char **ret_why, struct vl_error *err);

/* The directory that its files lie in. */
const char *vl_uplink_directory(enum vl_bridge_backend backend);

/* What the renderer of `backend` wants: the files that are there below `root`, and the uplink's MAC address when root
 * is
 * "/". All in the arena; `bridge` must outlive the input. */
int vl_uplink_gather(struct vl_arena *arena, const char *root, enum vl_bridge_backend backend,
                     const struct vl_bridge *bridge, struct vl_bridge_input *ret_input, struct vl_error *err);

#endif
