/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that prove the trunks of a PBX. */
#ifndef VL_PROBE_CALLS_H
#define VL_PROBE_CALLS_H

#include "base/error.h"
#include "machine/target.h"
#include "probe/sights.h"

struct vl_call {
    const char *number;  /* what is dialled */
    const char *context; /* in which context of the caller */
    const char *channel; /* start of the name of the channel that must be answered: "IAX2/1000-" */
    const char *device;  /* NULL; or what is dialled for who answers at `number`: "SIP/hub/1600" */
};

/* How long calls are waited for, and when no longer. */
struct vl_call_patience {
    int timeout_ms;
    bool (*cancelled)(void *context); /* NULL: never */
    void *context;
};

/* Place calls from this PBX at the same time, wait for each until its channel is up, hang up. An error per call is set
 * with the reason where it is not answered; no two may have the same number and context. A call with a `device` leads
 * from a number of this PBX itself to another PBX and may come back: it proves more than this PBX's own word. -1 when
 * the PBX cannot be asked how they went. */
int vl_probe_calls(struct vl_target *target, const struct vl_call *calls, size_t count,
                   const struct vl_call_patience *patience, struct vl_error *ret_errors);

/* The same by hand: what has its Asterisk place the call, and what shows that it is up. */
struct vl_sight vl_probe_call_sight(struct vl_arena *arena, const struct vl_call *call, int timeout_ms,
                                    const char **ret_originate);

#endif
