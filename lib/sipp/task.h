/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What each SIPp of a run is told to do.
 */
#ifndef VL_SIPP_TASK_H
#define VL_SIPP_TASK_H

#include "sipp/generator.h"
#include "sipp/run.h"

enum { VL_SIPP_PROCESSES = 16 }; /* that share a run, at the most */

/* Whether a run can be made as it is asked for. */
int vl_sipp_check_options(const struct vl_sipp_options *options, struct vl_error *err);

/* How many SIPps share it. */
size_t vl_sipp_processes(const struct vl_sipp_options *options);

/* The part of one SIPp of `count`; its texts are in the arena, or those of the options. */
struct vl_generator_task vl_sipp_task(const struct vl_sipp_options *options, struct vl_arena *arena, size_t index,
                                      size_t count);

/* What is in the file of the accounts; in the arena. */
const char *vl_sipp_accounts(struct vl_arena *arena, const struct vl_sipp_options *options);

/* The command line of the only SIPp of a run, in the arena. */
const char *const *vl_sipp_command(struct vl_arena *arena, const struct vl_sipp_options *options, unsigned local_port,
                                   unsigned control_port);

#endif
