/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs of others that read a guest's bytes, such as SIPp, in the cage of sandbox.h: this program is run again,
 * cages itself, and becomes the other one.
 */
#ifndef VL_MACHINE_CAGE_H
#define VL_MACHINE_CAGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Start argv (argv[0] is found in PATH) in the directory `directory`, an open one that is its working directory, with
 * `errors` as its stderr and nothing else. It may use UDP, and with `tcp` also TCP. It is the user
 * VL_SANDBOX_PROGRAM_USER there when we are root, so it is that user who must be able to read and write what it shall.
 * It is killed when the thread that calls this ends. Returns its number; the caller waits for it. When it cannot be
 * caged it ends with VL_CAGE_FAILED, the reason on its stderr. */
pid_t vl_cage_start(const char *const *argv, bool tcp, int directory, int errors, struct vl_error *err);

enum { VL_CAGE_FAILED = 126 };

#define VL_CAGE_ARGUMENT "--voiplab-cage"

/* What main() asks first: whether this process was started to become another program. Then it did not work out, and
 * *ret_status is what to end with. */
bool vl_cage_is_meant(int argc, char **argv, int *ret_status);

#endif
