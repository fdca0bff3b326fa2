/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With what a PBX is logged in to over SSH: the lab file's words about keys, passwords and what stands in between, made
 * into the options of a target.
 */
#ifndef VL_PLAN_LOGIN_H
#define VL_PLAN_LOGIN_H

#include "machine/target.h"
#include "plan/session.h"

enum { VL_LOGIN_SESSIONS = VL_SSH_HOPS + 1 };

struct vl_login {
    struct vl_arena arena;
    struct vl_ssh_options sessions[VL_LOGIN_SESSIONS]; /* the first is that of the PBX */
    size_t count;
    char *secrets[2 * VL_LOGIN_SESSIONS]; /* keys and passwords, wiped at the end */
    size_t secret_count;
    int timeout_ms;
};

enum vl_login_purpose {
    VL_LOGIN_WORK,      /* a session for commands */
    VL_LOGIN_LOOK,      /* a look at the PBX's host key: what is between is logged in to, the PBX is not. A host of its
                           own in between may have no host key yet: it is for the caller to fill in */
    VL_LOGIN_LOOK_JUMP, /* a look at the host key of what [pbx] proxy-jump names, when that is a host of its own */
};

/* Read what is needed, and ask for what has to be asked for. vl_login_free() also after a failure. */
int vl_login_make(struct vl_session *session, const struct vl_pbx *pbx, enum vl_login_purpose purpose, int timeout_ms,
                  struct vl_login *ret_login, struct vl_error *err);

void vl_login_free(struct vl_login *login);

#define VL_LOGIN_AUTO __attribute__((cleanup(vl_login_free))) struct vl_login

#endif
