/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The session of an SSH worker, which its parts share: waiting (ssh_session.c), logging in (ssh_login.c), standing
 * between (ssh_relay.c), commands (ssh_worker.c). They are all that knows libssh2.
 *
 * libssh2 is used without blocking, but straight down: each call is repeated until it is through, waiting in between
 * for the guest's socket and at the same time for the end of the program. A call that stopped in the middle of sending
 * a packet must be the next one made, or libssh2 refuses; `vl_ssh_session_unfinished()` sees to that where calls take
 * turns.
 */
#ifndef VL_MACHINE_SSH_SESSION_H
#define VL_MACHINE_SSH_SESSION_H

#include <libssh2.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "machine/ssh_profile.h"

enum { VL_SSH_CONTROL = 3, VL_SSH_AGENT_KEYS = 5 };

struct vl_ssh_worker {
    int guest;           /* the TCP socket, or our end of a connection through another worker */
    int stream;          /* of a worker that stands between: where the other one is; -1: it does not */
    size_t received;     /* bytes read from the guest so far */
    struct vl_buf heard; /* the first of them, until it is known what the guest offers */
    bool listening;      /* they are kept */
    LIBSSH2_SESSION *session;
    /* of the program's hello */
    bool look; /* at the host key, and no more */
    char *name, *user, *hostkey, *profile_name, *remedy, *password, *forward;
    uint32_t forward_port;
    struct vl_ssh_agent_key {
        char *blob;
        size_t length;
    } agent_keys[VL_SSH_AGENT_KEYS]; /* public ones; the program has them signed */
    uint32_t agent_key_count;
    bool lab_key; /* the one that there is, is that of a file, and none of ssh-agent's */
    /* what is offered: of the profile what this libssh2 has; and all that it has */
    const struct vl_ssh_profile *profile;
    struct vl_buf offered[VL_SSH_LISTS], library[VL_SSH_LISTS];
};

/* Wait until libssh2 can go on, or `more` (-1: nothing) has one of `events`. When the program is gone, so is the reason
 * to live. */
void vl_ssh_session_wait(struct vl_ssh_worker *worker, int more, short events);

/* True when a call has to be made again at once; it has waited then. The first: of calls that take turns, when it
 * stopped in the middle of a packet. */
bool vl_ssh_session_unfinished(struct vl_ssh_worker *worker, ssize_t rc);
bool vl_ssh_session_must_wait(struct vl_ssh_worker *worker, ssize_t rc);

/* "WHAT: what libssh2 says". Returns -1. */
int vl_ssh_session_fail(struct vl_ssh_worker *worker, struct vl_error *err, const char *what);

/* Make worker->session. */
int vl_ssh_session_begin(struct vl_ssh_worker *worker, struct vl_error *err);
void vl_ssh_session_end(struct vl_ssh_worker *worker);

/* In ssh_login.c. Shake hands, check the host key, log in. Of a worker that only looks, the host key is in *ret_seen
 * then, as "TYPE BASE64", which the caller frees. A failure that no second try mends is VL_ERROR_REFUSED. */
int vl_ssh_session_log_in(struct vl_ssh_worker *worker, char **ret_seen, struct vl_error *err);

/* In ssh_relay.c. Open the way to worker->forward, and have bytes pass until either side ends. */
int vl_ssh_session_open_way(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL **ret_channel, struct vl_error *err);
int vl_ssh_session_relay(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL *channel, struct vl_error *err);

#endif
