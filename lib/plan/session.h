/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An open lab and all that a request needs to work on it: options, lab, state, the hypervisor's connection, and the one
 * way to tell the caller what happens.
 */
#ifndef VL_PLAN_SESSION_H
#define VL_PLAN_SESSION_H

#include <pthread.h>

#include "base/error.h"
#include "lab/lab.h"
#include "lab/state.h"
#include "machine/target.h"
#include "plan/gate.h"
#include "voiplab.h"

/* A pair of SSH keys, as the texts of its two files. */
struct vl_key_pair {
    const char *name; /* of the file of the private one, in STATE/LAB/ssh; the other has .pub behind it */
    const char *private_text, *public_text;
    bool stored; /* both files are there */
};

struct vl_session {
    struct voiplab_options options; /* with defaults filled in */
    struct vl_lab *lab;             /* NULL: no lab file */
    struct vl_state state;
    enum vl_bridge_backend backend;   /* as the request names it, else the lab file; once it is planned, as found */
    struct vl_hypervisor *hypervisor; /* NULL until vl_sites_open() */
    const char *change;               /* while a change of the network is made: where it stands (network/change.h) */
    bool kvm;                         /* guests run with hardware virtualization; set with the connection */
    struct vl_site *sites;            /* the hypervisors beside it (plan/sites.h); NULL: there are none, or not yet */
    struct vl_place_found *places;    /* where each PBX of the lab is, by its number; NULL: all are on `hypervisor` */
    struct vl_arena site_arena;
    struct vl_gate gate;   /* emulated guests are kept busy in turns */
    bool hypervisor_given; /* its URI is the caller\'s, and not the lab file\'s or the default */
    bool restarts;         /* as the request says: guests that run as they were before start anew */
    bool starts_none;      /* as the request says: guests are made and left as they are */
    bool renews;           /* as the request says: guests are made again from their base images */
    bool configures;       /* their new disks come with their files; in a plan that is shown these are written later */
    struct vl_arena key_arena; /* pairs of keys that were made up for a plan and are in no file yet */
    struct vl_key_pair *keys;
    size_t key_count;
    char **passwords;           /* those that were asked for, by PBX; NULL until the first */
    pthread_mutex_t event_lock; /* and of who asks: an event does not come into a question */
};

/* Report an event. */
void vl_session_event(struct vl_session *session, enum voiplab_event_kind kind, const char *target, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
void vl_session_phase(struct vl_session *session, unsigned done, unsigned total, const char *text);

/* What the lab is called in libvirt and beside its state. */
const char *vl_session_lab_name(const struct vl_session *session);

bool vl_session_cancelled(const struct vl_session *session);

/* Keep in the state directory what the PBXs were found to be; where that is not there yet, nothing is kept. */
int vl_session_remember(struct vl_session *session, struct vl_error *err);

/* A pair of the lab's own keys: as it is stored, else made up once, so that a plan has what will be stored. */
int vl_session_key(struct vl_session *session, struct vl_arena *arena, const char *name, struct vl_key_pair *ret_pair,
                   struct vl_error *err);

/* Connect to a hypervisor. *ret_hypervisor is the caller's, *ret_kvm whether its guests have hardware virtualization.
 */
int vl_session_connect_to(struct vl_session *session, const char *uri, struct vl_hypervisor **ret_hypervisor,
                          bool *ret_kvm, struct vl_error *err);

/* Connect to a PBX once, without waiting for it: over SSH, or this host's own files and commands. `there`: NULL, or see
 * machine/target.h; for a guest use vl_gate_connect(). */
struct vl_target *vl_session_connect(struct vl_session *session, const struct vl_pbx *pbx, int timeout_ms,
                                     const struct vl_ssh_there *there, struct vl_error *err);

/* Wipe what was asked for. */
void vl_session_forget(struct vl_session *session);

/* True when `names` (NULL: all) has this name. */
bool vl_session_wanted(const char *const *names, const char *name);

#endif
