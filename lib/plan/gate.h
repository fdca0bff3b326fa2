/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many emulated guests of one host are kept busy at once. All of them asked at the same time share its processors,
 * and each gives its answer when the last does: later than a call, or who asks, waits. In turns the first have theirs
 * at once and the last no later than before.
 *
 * It is no lock: one that keeps others waiting for longer than an answer takes goes on beside them. So one that never
 * answers costs the others a few seconds, and who waits for itself waits no longer than that either.
 */
#ifndef VL_PLAN_GATE_H
#define VL_PLAN_GATE_H

#include <pthread.h>
#include <stdbool.h>

struct vl_error;
struct vl_pbx;
struct vl_session;
struct vl_target;

/* Of one thread, from its entry until it leaves; empty: it is not inside. */
struct vl_gate_visit {
    struct vl_gate_site *site;
    struct vl_gate_visit *next;
    long long since_ms;
    int turn_ms; /* how long it keeps others waiting at most */
};

/* Of a session. All zeros: nobody has come yet. */
struct vl_gate {
    pthread_mutex_t lock;
    struct vl_gate_site {
        bool known;
        unsigned most;                 /* at once; 0: there is no bound */
        struct vl_gate_visit *waiting; /* who has come first is first */
        struct vl_gate_visit *inside;
    } * sites; /* in the session's `site_arena` */
};

/* Wait for one's turn, in the order in which all came; who is no emulated guest has it at once. So has everybody when
 * the session is cancelled: look at that afterwards. True when there was a turn to wait for. */
bool vl_gate_enter(struct vl_session *session, const struct vl_pbx *pbx, struct vl_gate_visit *visit);

/* The same for what takes longer than an answer and is spoilt when the next ones begin beside it, as a call is, which
 * keeps two other guests busy: they wait for it for up to `turn_ms`. */
bool vl_gate_enter_for(struct vl_session *session, const struct vl_pbx *pbx, int turn_ms, struct vl_gate_visit *visit);

/* vl_session_connect() of plan/session.h. A guest that is there has its login, and what it is asked then, in its turn:
 * the caller leaves, also when this fails. The wait for that comes on top of the time. */
struct vl_target *vl_gate_connect(struct vl_session *session, const struct vl_pbx *pbx, int timeout_ms,
                                  struct vl_gate_visit *visit, struct vl_error *err);

/* The next one's turn; for who is not inside nothing. */
void vl_gate_leave(struct vl_session *session, struct vl_gate_visit *visit);

#endif
