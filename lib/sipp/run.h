/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Run SIPp (sipp(1), 3.6 or later) for a [load] section: calls from a phone account of the target, with digest
 * authentication, no media.
 */
#ifndef VL_SIPP_RUN_H
#define VL_SIPP_RUN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/lab.h"
#include "sipp/summary.h"

/* Figures while the run goes on. */
struct vl_load_progress {
    double elapsed_s;
    uint64_t made, total, current, succeeded, failed;
    double rate; /* calls begun a second since the progress before */
};

struct vl_sipp_options {
    const struct vl_load *load;
    const char *scenario_directory; /* holds call.xml: share/sipp */
    const char *work_directory;     /* ours, mode 0700; SIPp's own directory is made there, and removed after the run */
    const char *local_address;      /* IPv4 address of this host that the calls come from */
    const char *secret;             /* of the caller's phone account: letters, digits and -._~!$%&*+/:=?@^ only */
    unsigned port;                  /* SIP port of the target; 0: 5060 */
    int (*cancelled)(void *context);                                     /* may be NULL; asked ten times a second */
    void (*progress)(void *context, const struct vl_load_progress *now); /* may be NULL; about once a second */
    void *context;
};

/* The files of a run by their names, what is in that of the accounts, and the command line, which is run where
 * they are; in the arena. */
#define VL_SIPP_SCENARIO "call.xml"
#define VL_SIPP_ACCOUNTS "accounts.csv"
const char *vl_sipp_accounts(struct vl_arena *arena, const struct vl_sipp_options *options);
const char *const *vl_sipp_command(struct vl_arena *arena, const struct vl_sipp_options *options, unsigned local_port,
                                   unsigned control_port);

/*
 * Run the load and wait for its end: load->timeout_s and some seconds for the calls to be hung up, at the most. Returns
 * 0 when SIPp ran, whatever became of the calls: ask vl_sipp_verdict(). Fails when it could not run at all (it is not
 * installed, cannot send from local_address, does not take the scenario); then the summary is empty. Several runs may
 * go on at once, also with the same work directory.
 */
int vl_sipp_run(const struct vl_sipp_options *options, struct vl_sipp_summary *ret_summary, struct vl_error *err);

#endif
