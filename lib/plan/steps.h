/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kinds of steps: one row each, with what it is called, how it is shown, what it does, and how it is done by
 * hand.
 */
#ifndef VL_PLAN_STEPS_H
#define VL_PLAN_STEPS_H

#include "plan/plan.h"
#include "plan/session.h"

/* What a step needs to happen. */
struct vl_step_scene {
    struct vl_session *session;
    struct vl_target *target;
    const struct vl_step *step;
    struct vl_arena *arena;
    struct vl_error *err;
};

struct vl_typing;

/* How the content of a step is shown. */
enum vl_step_show { VL_SHOW_NOTHING, VL_SHOW_DIFF, VL_SHOW_COMMAND, VL_SHOW_AFTER, VL_SHOW_FILES };

struct vl_step_kind_row {
    const char *verb;
    enum vl_step_show show;
    int (*act)(const struct vl_step_scene *scene); /* for vl_apply(); NULL: it is done with its neighbours (stopping),
                                                      or it is for a note only */
    void (*type)(struct vl_typing *typing);        /* what a person types for it (typed.h) */
};

/* What a command or a reload came to. 0, or -1 with what is wrong. */
int vl_step_check_answer(const struct vl_step_scene *scene, const struct vl_command_result *result);

const struct vl_step_kind_row *vl_step_kind(const struct vl_step *step);

#endif
