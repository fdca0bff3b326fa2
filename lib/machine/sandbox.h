/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cage of a worker: what it needs is opened before, then everything else is given up for good.
 */
#ifndef VL_MACHINE_SANDBOX_H
#define VL_MACHINE_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Keep others from reading this process's memory or tracing it: the first thing that a worker does. */
void vl_sandbox_hide(void);

/* Be the user nobody, without new privileges: what a process that only splits off workers can give up. */
int vl_sandbox_be_nobody(struct vl_error *err);

/* Give up: root (for the user nobody), the environment, new privileges, files, processes, memory without end, and every
 * system call but those that talk over these connected sockets (ended by one below 0), wait, allocate, and exit. Any
 * other call then kills the process. There is no way back. */
int vl_sandbox_enter(const int *sockets, struct vl_error *err);

/* The same for a server of one thread that listens already: it may take connections and talk over them, with at most
 * `descriptors` open. It cannot make any other connection. */
int vl_sandbox_enter_server(unsigned descriptors, struct vl_error *err);

/* The same for a program of others that is going to take this process's place: it has the user and group
 * VL_SANDBOX_PROGRAM_USER to itself, opens files as that one may, talks over UDP, with `tcp` also over TCP, and has
 * threads, but no processes. It may be another program by then, so execve() stays: what that runs is caged likewise. It
 * dies with `parent`, whose child this is. What it may not call fails there, for it is not ours to be killed for a try.
 */
int vl_sandbox_enter_program(pid_t parent, bool tcp, struct vl_error *err);

/* A number that no system gives to a user (it is above the dynamic ones of systemd and below `nobody`), so that nothing
 * else here is its: neither files nor processes. */
enum { VL_SANDBOX_PROGRAM_USER = 65533 };

/* False in a build with a sanitizer, whose run-time library needs system calls that the filter would refuse. */
bool vl_sandbox_filters(void);

#endif
