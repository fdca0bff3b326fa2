/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a dialplan comes from: a file, the lab, or a running PBX.
 */
#ifndef VL_REQUEST_DIALPLAN_SOURCE_H
#define VL_REQUEST_DIALPLAN_SOURCE_H

#include "dialplan/dialplan.h"
#include "dialplan/timing.h"
#include "plan/session.h"
#include "trace/astdb.h"

/* Load it; one that Asterisk would refuse is a failure. `session` may be NULL when the source has a file. *ret_context,
 * in the arena, is where the telephones of its PBX dial, NULL when that is not known; *ret_database likewise is AstDB.
 * NULL on failure. */
struct vl_dialplan *vl_run_dialplan_source(struct vl_session *session, const struct voiplab_dialplan_source *source,
                                           struct vl_arena *arena, const char **ret_context,
                                           const struct vl_astdb **ret_database, struct vl_error *err);

/* The moment of this time, in the time zone of this host. False: it cannot be told. */
bool vl_run_moment(long long now, struct vl_moment *ret_moment);

#endif
