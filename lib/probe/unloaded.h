/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules that an Asterisk has when it starts, and does not have now: somebody unloaded them. A PBX is what it starts
 * as, and what is unloaded is loaded again; what it never loads it goes without.
 */
#ifndef VL_PROBE_UNLOADED_H
#define VL_PROBE_UNLOADED_H

#include <stdbool.h>

#include "machine/target.h"

/* Says which modules are loaded at the start, for who prefetches it. */
#define VL_MODULES_CONF "/etc/asterisk/modules.conf"

/* Whether a list of `module show` has this module ("chan_sip.so"), running or not. */
bool vl_probe_lists_module(const char *list, const char *module);

/* Whether Asterisk loads this module, which it does not have, when it starts. False also where that is not known. */
bool vl_probe_is_unloaded(struct vl_target *target, const char *module);

#endif
