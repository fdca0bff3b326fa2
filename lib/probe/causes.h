/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why a trunk does not work: what is known of each cause (a row of the table in causes.c), and which of them a PBX's
 * own words prove. Both ends are asked, and only when something has failed (evidence.h): the side that refuses has the
 * truth in its log, and does not tell the other side.
 *
 * A cause is named only with the line that shows it. What is quoted is a guest's word: printable and cut here, and to
 * be masked by who prints it.
 */
#ifndef VL_PROBE_CAUSES_H
#define VL_PROBE_CAUSES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum vl_cause_id {
    VL_CAUSE_NONE,
    VL_CAUSE_SECRET,
    VL_CAUSE_ACCOUNT,
    VL_CAUSE_ACL,
    VL_CAUSE_CODEC,
    VL_CAUSE_CONTEXT,
    VL_CAUSE_TOKEN,
    VL_CAUSE_EXPIRY,
    VL_CAUSE_CONTACTS,
    VL_CAUSE_BLOCKED,
    VL_CAUSE_NAT,
    VL_CAUSE_LIMIT,
    VL_CAUSE_MODULE,
    VL_CAUSE_UNREADABLE,
    VL_CAUSE_STALE,
    VL_CAUSES,
};

struct vl_cause_row {
    const char *name;   /* a word: a cell of a table, JSON */
    const char *title;  /* what is wrong */
    const char *remedy; /* what to do next */
};

const struct vl_cause_row *vl_cause_row(enum vl_cause_id id);

/* VL_CAUSE_NONE: nothing is proved. */
struct vl_cause {
    enum vl_cause_id id;
    const char *pbx;   /* who has the proof */
    const char *where; /* "/var/log/asterisk/messages:17", "sip show peer 7001" */
    const char *line;  /* what stands there */
};

/* From one PBX to another, as both see it. */
struct vl_leg {
    const char *name;         /* of the account or peer, the same at both ends */
    const char *other_name;   /* what the caller is called at the other end; NULL: the same */
    const char *from_address; /* of who calls or registers */
    const char *to_address;
    const char *number;      /* that is called; NULL: no call */
    const char *context;     /* where the caller dials it; NULL: not known */
    const char *driver;      /* of who is called: "chan_sip", "chan_pjsip", "chan_iax2" */
    const char *from_driver; /* likewise of who calls */
    const char *files[6];    /* what Asterisk reads of them; NULL: fewer */
    bool registers;          /* `from` registers with `to` */
    bool silent;             /* no answer at all came */
};

struct vl_evidence;

/* What Asterisk has to be asked (evidence.h) where a leg ends, and where it begins (NULL: nothing). */
const char *vl_cause_question(struct vl_arena *arena, const struct vl_leg *leg);
const char *vl_cause_dial_question(struct vl_arena *arena, const struct vl_leg *leg);

/* What the two ends prove; either may be NULL, which knows nothing. Texts are in the arena. */
struct vl_cause vl_cause_find(struct vl_arena *arena, const struct vl_leg *leg, const struct vl_evidence *from,
                              const struct vl_evidence *to);

/* What the log of `said` has about this leg since the check began: the side that refuses (`refusing`) or the other. */
struct vl_cause vl_cause_in_log(struct vl_arena *arena, const struct vl_leg *leg, const struct vl_evidence *said,
                                bool refusing);

#endif
