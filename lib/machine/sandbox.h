/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cage of a worker: what it needs is opened before, then everything else is given up for good.
 */
#ifndef VL_MACHINE_SANDBOX_H
#define VL_MACHINE_SANDBOX_H

#include <stdbool.h>

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

/* False in a build with a sanitizer, whose run-time library needs system calls that the filter would refuse. */
bool vl_sandbox_filters(void);

#endif
