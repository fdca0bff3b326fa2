/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run SIPp (sipp(1), 3.6 or later) for a load: calls from phone accounts of the target, with digest authentication.
 */
#ifndef VL_SIPP_RUN_H
#define VL_SIPP_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "lab/lab.h"
#include "sipp/sample.h"
#include "sipp/scenario.h"
#include "sipp/summary.h"

struct vl_sipp_caller {
    const char *number;
    const char *secret; /* of its account: letters, digits and -._~!$%&*+/:=?@^ only; NULL: it has none */
};

/* What who watches a run may have it do. */
struct vl_load_steering {
    double rate; /* calls a second */
    bool paused; /* no new calls */
};

struct vl_sipp_options {
    const struct vl_load *load;
    const struct vl_scenario *scenario;   /* NULL: the first one */
    const char *scenario_text;            /* XML: of the scenario, or somebody else's */
    const char *scenario_name;            /* of somebody else's; NULL: that of the row */
    const char *work_directory;           /* ours, mode 0700; SIPp's own directory is made there, and removed */
    const char *local_address;            /* IPv4 address of this host that the calls come from */
    const struct vl_sipp_caller *callers; /* one after the other */
    size_t caller_count;
    const char *keys;    /* that are typed, one by one; NULL: none */
    unsigned port;       /* SIP port of the target; 0: 5060 */
    uint16_t local_port; /* of this host, of the only SIPp; 0: one that is free */
    const char *expires; /* seconds that a registration is for; NULL: a minute */
    unsigned processes;  /* SIPp processes; 0: as many as the rate calls for */
    bool tcp;
    bool trial; /* make one short call before */

    void *context;                                                   /* of all that follow, each of which may be NULL */
    void (*begun)(void *context);                                    /* after the trial, before the first call */
    int (*cancelled)(void *context);                                 /* asked ten times a second */
    void (*steer)(void *context, struct vl_load_steering *steering); /* asked as often */
    size_t (*guests)(void *context, struct vl_load_guest guests[static VL_LOAD_GUESTS]); /* how they are; a count */
    struct vl_load_sound (*sound)(void *context);                       /* how it was since it was asked before */
    void (*sample)(void *context, const struct vl_load_sample *sample); /* about once a second */
};

/*
 * Run the load and wait for its end: load->timeout_s and some seconds for the calls to be hung up, at the most. Returns
 * 0 when SIPp ran, whatever became of the calls: ask vl_sipp_verdict(). Fails when it could not run at all (it is not
 * installed, cannot send from local_address, does not take the scenario), or when the trial call says that no other
 * would do better; then the summary is empty. Several runs may go on at once, also with the same work directory.
 */
int vl_sipp_run(const struct vl_sipp_options *options, struct vl_sipp_summary *ret_summary, struct vl_error *err);

#endif
