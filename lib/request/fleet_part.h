/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What connecting, looking and calling share of a fleet. */
#ifndef VL_REQUEST_FLEET_PART_H
#define VL_REQUEST_FLEET_PART_H

#include <pthread.h>

#include "request/fleet.h"

enum {
    VL_FLEET_RETRY_MS = 500,
    VL_FLEET_TELL_MS = 1000, /* what is waited for is told so often */
};

/* The member is done for: remember why, say so, let its connection go. */
void vl_fleet_fail_member(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *cause);

/* In fleet_wake.c: tell a guest that ran on from saved memory what time it is, have it register, and learn what `then`
 * asks. */
int vl_fleet_wake(struct vl_fleet *fleet, struct vl_member *member, const struct vl_wanted *then, struct vl_error *err);

/* Tell a guest what time it is, and nothing else. */
int vl_fleet_tell_time(struct vl_fleet *fleet, const struct vl_member *member, struct vl_error *err);

/* In fleet_start.c. Of what makes a guest, take what begins with its start, or with the stop before that, into
 * member->start; and do that. */
int vl_fleet_put_off(const struct vl_fleet *fleet, struct vl_member *member, struct vl_plan *plan,
                     struct vl_error *err);
int vl_fleet_start(struct vl_fleet *fleet, struct vl_member *member, struct vl_error *err);

/* Whose turn it is to boot: guests of one host that boot at the same time keep each other from it. */
struct vl_turns {
    struct vl_session *session;
    struct vl_turns_site {
        unsigned most, booting;
        unsigned starting; /* of those that boot: libvirtd is about to start them */
    } * sites;
    struct vl_arena arena;
    pthread_mutex_t lock;
};
void vl_turns_open(struct vl_turns *turns, const struct vl_fleet *fleet);
void vl_turns_close(struct vl_turns *turns);
bool vl_turns_take(struct vl_turns *turns, struct vl_member *member);
/* libvirtd has started it; and the others wait no longer: it has answered, or does not. */
void vl_turns_started(struct vl_turns *turns, const struct vl_member *member);
void vl_turns_end(struct vl_turns *turns, struct vl_member *member);
/* The same when it has had its turn for long: one that never answers is still waited for, but by nobody else. */
void vl_turns_end_long(struct vl_turns *turns, struct vl_member *member, long long now_ms);

/* A new registration once more, where the first did not help. */
void vl_fleet_register_anew(struct vl_fleet *fleet, struct vl_member *member);

/* The files of this host's PBX under --root: a tree, with no Asterisk in it that could be asked. */
bool vl_fleet_is_tree(const struct vl_fleet *fleet, const struct vl_pbx *pbx);

#endif
