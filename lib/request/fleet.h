/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All PBXs of a request at once: connected, changed and asked in parallel, each for itself. What fails on one is noted
 * with it and is never the end of the others.
 */
#ifndef VL_REQUEST_FLEET_H
#define VL_REQUEST_FLEET_H

#include "base/json.h"
#include "plan/plan.h"
#include "plan/session.h"
#include "probe/files.h"
#include "probe/trunks.h"

struct vl_member {
    const struct vl_pbx *pbx;
    struct vl_target *target; /* NULL: not connected */
    struct vl_error error;    /* the first failure; after it the member is left alone */
    struct vl_nature nature;  /* as found, once it is connected */
    struct vl_plan plan;
    struct vl_plan start;  /* what boots it, when its turn comes; without steps: nothing waits for that */
    long long booted_ms;   /* when its turn came, while it is waited for; 0: it had none to wait for */
    bool has_turn;         /* others wait until it has booted */
    struct vl_arena arena; /* what was seen */
    struct vl_trunk_view view;
    struct vl_arena view_arena; /* its texts */
    bool started;               /* this request has booted it */
    bool changed;               /* this request has changed it while it ran */
    const char *before;         /* what it said of its registration when it ran on; NULL: any registration will do */
    bool ssh_seen;              /* it has let us in */
    bool heard;                 /* it was just started, and its Asterisk answers SIP: it is ready, or is soon */
    bool silent;                /* it was just started, and gave no sign of itself for as long as it was waited for */
    bool by_agent;              /* its target goes by its agent: there is no session of ours in the guest */
    bool planned;               /* all its files were looked at, and what was not right was planned */
    bool agrees;                /* and that was carried out: its files are as the lab file has them */
    const char *then;           /* of one that is: the fingerprint of its files */
    bool settled;               /* it was put back to where that was so, and the lab file has them no otherwise */
    bool taken;                 /* this request has taken a snapshot of it */
    struct vl_seen_files kept;  /* its files as they were kept before this request; in `arena` */
    const char *record;         /* of its files now, to be written with the ready state that is taken; NULL: none */
    bool amiss;                 /* it was not as it should be before, and is not looked at after */
    bool asleep;                /* it ran on from saved memory, or after it stood still: it is not now there */
    bool stood;                 /* of these, one that stood still for a moment, and is registered as it was */
    bool agentless;             /* its agent did not do */
    const char *guest;          /* state of its domain: "running"; NULL: no virtual machine */
    size_t calls_placed, calls_answered;
    size_t in_vain;        /* calls that were placed once more and went wrong again */
    struct vl_edge *calls; /* in `arena` */
    size_t call_count;
    struct vl_arena cause_arena; /* texts of the causes of what failed */
};

struct vl_fleet {
    struct vl_session *session;
    struct vl_member *members;
    size_t count;
    size_t changed; /* steps carried out */
    bool dry;       /* nothing is changed: a PBX that does not answer is no failure */
    unsigned
        parts; /* of these the files will be planned, and its trunks looked at: asked for with the connection, so */
    long long looked_ms;  /* when the first look began */
    bool again;           /* a call that went wrong is placed once more before that is believed */
    bool every;           /* a look keeps also the edges that are good */
    struct vl_plan *note; /* calls become steps of this, and none is placed: every PBX counts as one that answers */
    bool registers;       /* a registration with the hub is waited for, whether or not the request names the hub */
    const char *tag;      /* of the snapshot that is taken, or gone back to; NULL: the ready state */
    bool retakes;         /* one is taken also of a guest that has a good one */
    bool patient;         /* who is installed by hand is waited for as long as that may take */
    bool waking;          /* only members that are asleep are connected to, and woken */
    bool looks; /* that a PBX where all is right has one question to answer. More may be asked later all the same */
};

/* Unknown names are VL_ERROR_USAGE, with the nearest right one. */
int vl_fleet_check_names(const struct vl_lab *lab, const char *const *names, struct vl_error *err);

/* The PBXs named (NULL: all). Unknown names are an error. */
int vl_fleet_open(struct vl_session *session, const char *const *names, struct vl_fleet *ret_fleet,
                  struct vl_error *err);
void vl_fleet_close(struct vl_fleet *fleet);

/* Members whose hypervisor does not answer, or who are on two of them, have failed. vl_fleet_open() sees to it where
 * the hypervisors were asked before. */
void vl_fleet_see_sites(struct vl_fleet *fleet);

/* Make the virtual machines, each for itself, when what they share is there (vl_stage_guests_shared()). Who is
 * installed is started as well, the others by vl_fleet_connect(), each in its turn.
 */
void vl_fleet_make_guests(struct vl_fleet *fleet);
/* One of them. */
void vl_fleet_make_guest(struct vl_fleet *fleet, struct vl_member *member);

/* Guests that are installed (installing.c). The end of the installation of those whose installer has come to it, while
 * somebody looked or not; wait for all that are installed unattended, and make them the guests that they are then. */
void vl_fleet_end_installed(struct vl_fleet *fleet);
void vl_fleet_wait_installed(struct vl_fleet *fleet);
/* Whether a person installs it, as far as is known; and what there is to be told of it while it does not answer. */
bool vl_fleet_by_hand(const struct vl_fleet *fleet, const struct vl_member *member);
const char *vl_fleet_tell_by_hand(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_member *member);
/* How long an installation may take unless the request says it. */
enum { VL_WAIT_INSTALL_S = 4 * 3600 };

/* Start those that are made and not started, so many at a time as their host bears; and connect to everyone, waiting up
 * to `wait_s` for those that do not answer yet (0: one try), from its own start on, until Asterisk is there.
 */
void vl_fleet_connect(struct vl_fleet *fleet, unsigned wait_s);

/* Plan the files of every connected member; with `guess` also of those that do not answer, as if they were empty. */
void vl_fleet_plan(struct vl_fleet *fleet, unsigned parts, bool guess, bool remove);

/* Carry out the members' plans: the hub first, so that the guests find their accounts there. */
void vl_fleet_apply(struct vl_fleet *fleet);

/* Ask every member about its trunks until all are good or `wait_s` has passed. A member whose trunks are not good then
 * has failed. */
void vl_fleet_look(struct vl_fleet *fleet, unsigned wait_s);

/* Whether the hub of the lab is among them; and have all other PBXs of the lab that answer register with it again: it
 * has forgotten since when they were. They are waited for. */
bool vl_fleet_has_hub(const struct vl_fleet *fleet);
void vl_fleet_register_others(struct vl_fleet *fleet, unsigned wait_s);

/* Place calls: from every guest to the next guest over IAX2 and to it through the hub; with `all` to every other one.
 */
void vl_fleet_call(struct vl_fleet *fleet, bool all);

/* Ask both ends of each trunk and call that failed why (explain.c), and say so: once, after all looks and calls. */
void vl_fleet_explain(struct vl_fleet *fleet);

/* The same as the array `causes` of a JSON document. */
void vl_fleet_causes_json(struct vl_fleet *fleet, struct vl_json *json);

/* Everything of a member that was looked at and called, by its number. */
struct vl_edge *vl_member_edge(struct vl_member *member, size_t i);
size_t vl_member_edges(const struct vl_member *member);

/* What a way is called, and a line of proof as it may be shown. In the arena. */
const char *vl_fleet_edge_text(struct vl_arena *arena, const struct vl_edge *edge);
const char *vl_fleet_proof(const struct vl_fleet *fleet, struct vl_arena *arena, const struct vl_cause *cause);

/* How many members have failed. */
size_t vl_fleet_failed(const struct vl_fleet *fleet);

static inline void vl_fleet_cleanup(struct vl_fleet *fleet)
{
    vl_fleet_close(fleet);
}

#define VL_FLEET_AUTO __attribute__((cleanup(vl_fleet_cleanup))) struct vl_fleet

#endif
