/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The watchdog of a change to the network: a process of its own, armed before the first change, that puts the
 * checkpoint back when the change is not confirmed in time, when what answered before has stopped answering, when the
 * command that makes the change ends before it is through, or when somebody asks for it (recovery.h puts back). While
 * the command is still at it then, the watchdog stays, and puts back once more what came after.
 *
 * It is this program run again with VL_WATCHDOG_ARGUMENT, in a session of its own: the end of the command (SIGKILL
 * too), of its terminal or of its SSH session does not end it. It holds the whole checkpoint in memory. It talks to the
 * command over descriptor 3: one byte 'R' says that it is armed, one byte 'D' to it that the change is through.
 */
#ifndef VL_NETWORK_WATCHDOG_H
#define VL_NETWORK_WATCHDOG_H

#include "base/error.h"

#define VL_WATCHDOG_ARGUMENT "--voiplab-bridge-watchdog"

/* What main() calls when argv is VL_WATCHDOG_ARGUMENT, DIRECTORY, SECONDS. Returns the exit status. */
int vl_watchdog_main(const char *directory, const char *seconds);

/* Arm: start the watchdog on DIRECTORY/last and wait until it is ready. Returns the descriptor over which it learns
 * that the change is through: the caller's to keep open until then. -1 on failure; then nothing is armed. */
int vl_watchdog_arm(const char *directory, unsigned timeout_s, struct vl_error *err);

/* The change is through: from now on only the time and the silence of what answered take it back. */
void vl_watchdog_done(int *descriptor);

/* The change has failed, or is taken back already: close the descriptor (-1: it is closed) and wait until the watchdog
 * has put everything back and has ended. */
int vl_watchdog_take_back(int *descriptor, const char *directory, struct vl_error *err);

#endif
