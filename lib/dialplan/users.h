/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * users.conf, of which pbx_config makes extensions too: for each account that has a telephone, in the context that
 * `userscontext` names, a hint, a first step that rings it, and a Goto for each of its other numbers. What
 * extensions.conf has already is left as it is.
 */
#ifndef VL_DIALPLAN_USERS_H
#define VL_DIALPLAN_USERS_H

#include "dialplan/conf.h"

/* The lines that extensions.conf would have in their place, in the arena; without any it has no lines. The routine of
 * accounts with a mailbox is called by Gosub, as Asterisk does when its own stdexten is not macro. */
struct vl_conf_section vl_users_section(struct vl_arena *arena, const struct vl_conf *users, const char *context);

#endif
