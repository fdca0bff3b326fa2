/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an Asterisk can run out of besides its processor, looked at while it is under load: RTP ports, open files,
 * threads, and the calls that an account may have at once.
 */
#ifndef VL_REQUEST_LIMITS_H
#define VL_REQUEST_LIMITS_H

#include "request/request.h"

enum vl_limit {
    VL_LIMIT_PORTS,   /* UDP ports of the range of RTP */
    VL_LIMIT_FILES,   /* open files of its process */
    VL_LIMIT_THREADS, /* of its process; most is what its user and its control group may have */
    VL_LIMITS,
};

struct vl_limit_use {
    unsigned now, peak; /* the most since vl_limits_forget() */
    unsigned most;      /* 0: there is no limit, or it is not known */
};

/* An account that may have so many calls at once, and has: by chan_sip (call-limit), or as the dialplan of voiplab
 * counts them (GROUP). */
struct vl_limit_account {
    const char *name; /* NULL: there is none with a limit */
    unsigned now, most;
};

struct vl_limits {
    bool known;          /* it was looked at, and still is */
    long long asked_ms;  /* when it was asked for what is known (vl_now_ms()) */
    unsigned calls_most; /* of the account that the calls come by (call-limit of chan_sip); 0: no limit */
    unsigned cores, mhz; /* processors of its machine, and how fast that says one is; 0: not known */
    struct vl_limit_use use[VL_LIMITS];
    struct vl_limit_account fullest; /* since vl_limits_forget() */
};

/* What a limit is called: in results, and where it is set. */
struct vl_limit_name {
    const char *name, *key, *set_by; /* RTP ports; rtp_ports; rtp.conf */
};
extern const struct vl_limit_name vl_limit_names[VL_LIMITS];

struct vl_limits_watch;

/* Start to look, over a connection of its own, until it is stopped; `account` is the one that calls, or NULL. NULL when
 * memory ran out; a PBX that cannot be looked at stays unknown. What is known is there until it is stopped. */
struct vl_limits_watch *vl_limits_start(const struct vl_run *run, const struct vl_pbx *pbx, const char *account);

struct vl_limits vl_limits_now(struct vl_limits_watch *watch);

/* What the log of a PBX says of the last `seconds`: its first error, else its first warning, else its first notice of a
 * limit, as FILE:LINE: TEXT, printable; NULL: nothing, or it cannot be looked at. In the run's arena. */
const char *vl_limits_log(const struct vl_run *run, const struct vl_pbx *pbx, unsigned seconds);

/* Which line that is; NULL: none. */
struct vl_evidence;
struct vl_evidence_line;
const struct vl_evidence_line *vl_limits_telling_line(const struct vl_evidence *evidence);

/* Forget the peaks. */
void vl_limits_forget(struct vl_limits_watch *watch);

/* Accepts NULL, as the others do. */
void vl_limits_stop(struct vl_limits_watch *watch);

/* Take what the commands print that are run there: parts of it may be missing, or be whatever a guest's root wants. */
void vl_limits_read_settings(struct vl_limits *limits, unsigned *ret_first, unsigned *ret_last, const char *text);
void vl_limits_read_use(struct vl_limits *limits, unsigned first, unsigned last, const char *text);

/* Of `sip show inuse` and `group show channels` of a PBX of the lab; the name is in the arena. Of two that are as full
 * it is `account`, the one that the calls come by. */
void vl_limits_read_accounts(struct vl_limits *limits, struct vl_arena *arena, const struct vl_lab *lab,
                             const struct vl_pbx *pbx, const char *account, const char *text);

#endif
