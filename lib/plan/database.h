/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The data base of a guest whose configuration a FreePBX makes: asked, and changed by a step of a plan. Everything that
 * is answered is the guest's word: bounded by its target, and printable from here on.
 */
#ifndef VL_PLAN_DATABASE_H
#define VL_PLAN_DATABASE_H

#include "plan/steps.h"
#include "render/freepbx.h"

struct vl_database {
    enum vl_freepbx_era era;
    bool pjsip;        /* its Asterisk has no chan_sip */
    const char *rows;  /* what is ours, a line a row, sorted */
    const char *clash; /* the first thing of others that is in the way; NULL: nothing is */
    const char *dump;  /* after a change: the file there with the tables as they were; NULL: none was made */
};

/* Ask with vl_freepbx_look_sql(). The arena gets the texts. */
int vl_database_look(struct vl_target *target, struct vl_arena *arena, const char *sql,
                     struct vl_database *ret_database, struct vl_error *err);

/* The act of VL_STEP_SQL: the dump, the transaction, the reload, and another look, which decides. */
int vl_database_change(const struct vl_step_scene *scene);

#endif
