/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of `down` and `destroy` share: who leaves, and with how much.
 */
#ifndef VL_STAGE_GONE_H
#define VL_STAGE_GONE_H

#include "guest/hypervisor.h"
#include "plan/made.h"
#include "plan/plan.h"
#include "plan/session.h"
#include "plan/sites.h"

struct vl_gone {
    struct vl_session *session;
    struct vl_plan *plan;
    struct vl_error *err;
    struct vl_made made;
    const char **guests; /* their names; NULL-terminated: their domains go, with disks, seeds and keys */
    size_t guest_count;
    bool whole;                 /* the whole lab goes */
    const struct vl_site *site; /* the hypervisor that is looked at; that of [lab] is the last */
    struct vl_domain *domains;  /* there, that carry the lab's mark */
    size_t domain_count;
    struct vl_use *uses; /* there */
    size_t use_count;
    bool stays; /* something that this lab made cannot go yet: what is remembered of it must stay, too */
};

/* In gone_volumes.c: volumes that nobody else uses; the pool when nothing is left in it. */
int vl_gone_volumes(struct vl_gone *gone);

/* In gone_state.c: the keys of the guests, or all that voiplab keeps of the lab, and nothing beside it. */
int vl_gone_keys(struct vl_gone *gone);
void vl_gone_state(struct vl_gone *gone);

/* In gone_bridge.c: the live bridge, unless it has ports of somebody else. */
void vl_gone_bridge(struct vl_gone *gone);

#endif
