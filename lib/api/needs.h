/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of requests: what each runs, and what must be there before it does.
 */
#ifndef VL_API_NEEDS_H
#define VL_API_NEEDS_H

#include "request/request.h"

/* Whether a lab file must be open. */
enum vl_need_lab { VL_LAB_MAY_BE, VL_LAB_NEEDED, VL_LAB_UNLESS_PARAMETERS };

/* Requests that change a lab are made one at a time. Looking needs no lock, the way back of the network has one of its
 * own, and the bridge of a tree (--root) has nothing to do with the lab's state. */
enum vl_need_lock { VL_LOCK_NONE, VL_LOCK_LAB, VL_LOCK_UNLESS_TREE };

/* Whether the hypervisor must answer where the lab has virtual machines; a dry run can do with a warning, unless it is
 * about nothing but what the hypervisor has. */
enum vl_need_hypervisor { VL_HYPERVISOR_NONE, VL_HYPERVISOR_TO_APPLY, VL_HYPERVISOR_ALWAYS };

struct vl_request_row {
    int (*run)(const struct vl_run *run);
    enum vl_need_lab lab;
    enum vl_need_lock lock;
    enum vl_need_hypervisor hypervisor;
    bool network; /* it looks at the network of this host, or changes it */
    bool root;    /* it changes the network of this host, which only root may */
    bool pbxs;    /* its names are PBXs of the lab */
    int (*names)(
        const struct vl_run *run); /* NULL, or whether there is what is named, where these are no PBXs, or could be */
    bool orphans;                  /* or guests that the lab file had once */
    size_t parameters;             /* the size of its parameters; 0: it has none */
    /* What it does when the lab's state may not be read: nothing, all, or what changes nothing and shows no secret. */
    enum vl_need_state { VL_STATE_NEEDED, VL_STATE_MAY_BE, VL_STATE_TO_APPLY } state;
    bool no_defaults; /* parameters that are not given stay away */
};

/* The row of a command; NULL when there is no such command. */
const struct vl_request_row *vl_request_row(enum voiplab_command command);

#endif
