/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh-agent(1), which signs with keys that it shows nobody. The program asks it, not the worker: a guest that takes its
 * worker over finds no way to the agent there. What the worker wants signed is looked at first, and a key signs once.
 * A key that is in a file signs likewise, here.
 */
#ifndef VL_MACHINE_AGENT_H
#define VL_MACHINE_AGENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "machine/ssh_private.h"

enum { VL_AGENT_KEYS = 5 }; /* OpenSSH breaks off after six tries */

struct vl_agent {
    int socket;                /* -1: there is none, and `own` signs */
    struct vl_ssh_private own; /* the first and only key then */
    size_t count;
    struct vl_buf keys[VL_AGENT_KEYS]; /* public keys, as they go over the wire */
    bool used[VL_AGENT_KEYS];
};

/* Connect to the agent of SSH_AUTH_SOCK and ask for its keys, of the types that can be used here. */
int vl_agent_open(struct vl_agent *ret_agent, long long deadline, struct vl_error *err);
/* Be one, with the key of a file. It is closed also after a failure. */
int vl_agent_be(struct vl_agent *ret_agent, const char *text, struct vl_error *err);
void vl_agent_close(struct vl_agent *agent);

/* Have a login of this user signed. Fails when `data` is anything else, and when the agent does not want to. */
int vl_agent_sign(struct vl_agent *agent, size_t index, const char *user, const void *data, size_t length,
                  long long deadline, struct vl_buf *ret_signature, struct vl_error *err);

#define VL_AGENT_AUTO __attribute__((cleanup(vl_agent_close))) struct vl_agent

#endif
