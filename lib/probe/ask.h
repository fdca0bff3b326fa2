/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking a running Asterisk with the commands of its own console. */
#ifndef VL_PROBE_ASK_H
#define VL_PROBE_ASK_H

#include <stdbool.h>

#include "base/error.h"
#include "machine/target.h"

/* One command of its console. The caller frees what it printed. An Asterisk that does not answer is a failure; one that
 * has no such command says so in its output: vl_asterisk_no_such_command(). */
int vl_asterisk_ask(struct vl_target *target, const char *command, char **ret_output, struct vl_error *err);

/* The same with the whole result, the caller's. */
int vl_asterisk_answer(struct vl_target *target, const char *command, struct vl_command_result *ret_answer,
                       struct vl_error *err);

/* All of them, in one round trip where the target can; NULL ends the list. What is answered does not matter. */
void vl_asterisk_ask_all(struct vl_target *target, const char *const *commands);

/* What vl_probe_asterisk_ready() asks: for who prefetches more than that. */
#define VL_PROBE_READY "core waitfullybooted"

/* Wait until Asterisk has booted: true when it says so now. */
bool vl_probe_asterisk_ready(struct vl_target *target);

/* The same of one that was started after `since`, by vl_now_ms(). */
bool vl_probe_started_since(struct vl_target *target, long long since);

#endif
