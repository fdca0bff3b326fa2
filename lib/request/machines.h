/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the requests share that make virtual machines or wait for them (up.c, reset.c).
 */
#ifndef VL_REQUEST_MACHINES_H
#define VL_REQUEST_MACHINES_H

#include "render/asterisk.h"
#include "request/request.h"

enum { VL_WAIT_HOST_S = 10, VL_WAIT_TRUNKS_S = 60 };

#define VL_ALL_PARTS (VL_PART_TRUNK | VL_PART_DIALPLAN)

/* The images that the lab's PBXs use. */
int vl_run_stage_images(struct vl_session *session, struct vl_plan *plan, struct vl_error *err);

/* How long a PBX of this lab may take to answer; `machines`: one that boots. */
unsigned vl_run_wait_s(const struct vl_session *session, bool machines);
/* Whether a hypervisor of this lab runs its guests without hardware virtualization; so does one that is not connected.
 */
bool vl_run_emulates(const struct vl_session *session);
bool vl_run_has_machines(const struct vl_fleet *fleet);

/* In domains.c. The states of the domains, for the table, or that of one. A guest that is not running is not waited
 * for.
 */
int vl_run_look_at_domains(struct vl_fleet *fleet, struct vl_error *err);
int vl_run_look_at_domain(const struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err);

/* In domains.c. Whose disk is of another image than the lab file has now is told. */
void vl_run_tell_other_bases(const struct vl_fleet *fleet);

/* A machine that does not run cannot answer: one failure with a clear word instead of a wait. */
void vl_run_fail_stopped(struct vl_fleet *fleet);

/* The images, what all guests need, and each guest, in two phases of `total` that begin with `first`. What they share
 * must be there; after that the failure of one is its own. */
int vl_run_make_guests(const struct vl_run *run, struct vl_fleet *fleet, unsigned first, unsigned total,
                       size_t *changed);

/* What the machines wrote on their consoles that did not let us in: the last lines. */
void vl_run_tell_consoles(struct vl_fleet *fleet);

/* Guests that got a larger disk or another processor while they ran take them now that they answer. */
void vl_run_take_grown(struct vl_fleet *fleet);

/* In console.c. Say where a guest that runs shows its screen, if it has one. */
struct vl_domain;
void vl_run_tell_screen(struct vl_session *session, const char *name, const struct vl_domain *domain);

/* In lone.c. Of guests that were made without a lab file: show them; stop them, and with `remove` take them away. */
int vl_run_lone_status(const struct vl_run *run);
int vl_run_lone_gone(const struct vl_run *run, bool remove);

/* In snapshot_names.c. Which snapshot of which PBXs the request means; *ret_names in the arena of its result, NULL: it
 * names none. */
struct vl_named {
    const char *tag; /* NULL: the ready state */
    const char *const *names;
};
struct vl_named vl_run_named(const struct vl_run *run);

/* In reset.c. Put the members back to their snapshots of the fleet's tag; `names` are theirs. */
int vl_run_put_back(const struct vl_run *run, struct vl_fleet *fleet, const char *const *names);

/* In ready.c. Take the snapshot of the fleet's tag of each guest that this request has booted and that has not failed.
 * True when some were stopped for it: they are asleep now, and their connections are closed. */
bool vl_run_take_ready(const struct vl_run *run, struct vl_fleet *fleet);

/* In save.c. Keep the files of the guests that this request has made, booted or changed, and of which none are kept
 * yet, as they are now. `anew`: or are; then the record of before stays until there is a ready state with these files,
 * to which they belong, and with which the third writes it. The first: remember what is kept of them, before it goes,
 * since most of it will be the same. */
void vl_run_know_files(struct vl_fleet *fleet);
void vl_run_keep_files(struct vl_fleet *fleet, bool anew);
int vl_run_write_record(const struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err);

/* The members whose snapshot was being taken when a run was cut off run on, and are asleep. */
int vl_run_resume(struct vl_fleet *fleet, struct vl_error *err);

/* Connect to the members that are asleep, wake them, and look at their trunks again, but where they were amiss. */
void vl_run_wake(const struct vl_run *run, struct vl_fleet *fleet);

#endif
