/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a PBX itself says about its trunks. An IAX2 peer that is OK is reachable, no more: Asterisk says OK also with a
 * wrong secret. Only an answered call proves a trunk (calls.h).
 */
#ifndef VL_PROBE_TRUNKS_H
#define VL_PROBE_TRUNKS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/state.h"
#include "machine/target.h"
#include "probe/causes.h"

/* What one PBX sees of one of its ways to another. */
enum vl_edge_kind {
    VL_EDGE_REGISTRATION, /* of this guest with the hub */
    VL_EDGE_HUB,          /* the hub as a peer of this guest */
    VL_EDGE_ACCOUNT,      /* a guest's account at this hub */
    VL_EDGE_TRUNK,        /* a trunk that leaves this guest */
    VL_EDGE_CALL,         /* a call from here, over whatever trunks it takes */
    VL_EDGE_KINDS,
};

struct vl_edge {
    enum vl_edge_kind kind;
    const struct vl_pbx *to;
    const char *name;    /* of the account or peer; of a call the number */
    const char *context; /* of a call: where it is dialled */
    const char *status;  /* in Asterisk's words, or in ours */
    int milliseconds;    /* of the last qualify; -1: not known */
    bool ok;
    bool iax2;
    bool by_hub;           /* of a call: it goes over the hub */
    bool away;             /* not OK, and the other end is known not to answer, or was not asked for */
    bool unseen;           /* Asterisk did not even show it: nothing is told of it but a cause */
    struct vl_cause cause; /* set by who looks for it */
};

struct vl_trunk_view {
    bool asterisk;            /* it answers */
    bool registration_wanted; /* this guest registers with the hub */
    bool registered;
    const char *registration; /* the state in Asterisk's words; "" when it has no such registration */
    bool stuck;               /* it has given up, or tries again too late: vl_probe_register_again() */
    const char *hub;          /* why the hub cannot be called: "UNREACHABLE"; NULL: it can */
    bool hub_away;            /* the hub is known not to answer: no use in waiting for the registration */
    size_t peers_wanted, peers_ok;
    size_t peers_away;          /* not OK, and known not to answer */
    const char *first_bad_peer; /* "1001 (virtual3): UNREACHABLE"; NULL: none */
    const char *before;         /* set before it is asked: its registration is to be a newer one than what Asterisk said
                                 * here (vl_probe_register_anew()); NULL: that does not matter */
    bool every;                 /* set before it is asked: the edges that are good are wanted as well */
    struct vl_edge *edges;      /* those that are not good, up to VL_TRUNK_VIEW_BAD of them; or all */
    size_t edge_count;
};

enum { VL_TRUNK_VIEW_BAD = 64 };

/* Ask one PBX. On the hub the peers are the guests' SIP accounts, on a guest its IAX2 peers. `away` has one value per
 * PBX of the lab, true for those that are known not to answer; NULL: none is. The arena gets the texts of the view and
 * nothing else of what was answered. *ret_view is asked for its `before`, and whether it wants `every` edge. Where one
 * question is not answered, which is a failure, the view has what the others were answered; `asterisk` tells that there
 * is any. */
int vl_probe_trunks(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx, const bool *away,
                    struct vl_target *target, struct vl_trunk_view *ret_view, struct vl_error *err);

/* What is worth waiting for in the answers of one that was told to register a moment ago (struct vl_wanted); NULL: it
 * does not register. */
const char *vl_probe_trunk_awaited(const struct vl_state *state, const struct vl_pbx *pbx);

/* What vl_probe_trunks() asks this PBX: for who prefetches more than that. NULL ends the list. */
const char *const *vl_probe_trunk_commands(struct vl_arena *arena, const struct vl_state *state,
                                           const struct vl_pbx *pbx);

/* True when everything is as it should be: trunks to a PBX that is away are that one's failure, not this one's. */
bool vl_trunk_view_good(const struct vl_trunk_view *view);

/* Whether this guest registers with the hub. */
bool vl_probe_registers(const struct vl_state *state, const struct vl_pbx *pbx);

/* Ask its SIP driver to try its registrations again, and the peers that it does not ask itself soon. */
void vl_probe_register_again(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target);

/* Have it ask the hub, and the peers of its SIP trunks, whether they answer: one whose answer came late once, which it
 * does not call then, it would ask again after ten seconds. */
void vl_probe_qualify(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target);

/* What Asterisk on a PBX that was put back is told, the first of it where it registers: what it says of that before,
 * and then to do so anew. In the arena; NULL: no memory. */
const char *const *vl_probe_wake_commands(struct vl_arena *arena, const struct vl_state *state,
                                          const struct vl_pbx *pbx);

/* Whether what Asterisk says of its registrations shows that with the hub as being of this time or soon after, in
 * seconds since 1970 of the local time over there. False where it tells no time (PJSIP). */
bool vl_probe_registered_after(const struct vl_state *state, const struct vl_pbx *pbx, const char *said,
                               long long local_time);

/* Tell one that registers all of this. *ret_before is what it says before, in the arena; NULL: nothing. */
void vl_probe_register_anew(const struct vl_state *state, const struct vl_pbx *pbx, struct vl_target *target,
                            struct vl_arena *arena, const char **ret_before);

#endif
