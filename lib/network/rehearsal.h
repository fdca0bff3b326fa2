/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A rehearsal of the next start: before anything real is changed, the new files are laid over the old ones in a mount
 * namespace, links with the names and addresses of this host's cards are made in a network namespace, and whoever owns
 * the network brings them up there, as at a start of the machine. What comes out is compared with what is wanted: the
 * uplink a port of the bridge, the addresses and default routes on it, none left on the uplink. Further routes, rules
 * and neighbours that are there now are looked for as well; for one that is not found, the files as they are now are
 * rehearsed too, and it is missed only when they bring it up: what somebody typed goes with the next start anyway.
 *
 * The parent's half is rehearse.c. The other half (rehearsal.c) is this program run again with VL_REHEARSAL_ARGUMENT;
 * what it needs to know stands in DIRECTORY/scene, a line each: `backend NAME`, `uplink NAME`, `bridge NAME`,
 * `link NAME MAC MTU`, `want WORDS`, `hold WORDS`, `before`; and the new files below DIRECTORY/new. It answers on its
 * standard output, a line each: `says WORDS`, `missing WORDS`, `surplus WORDS`, `lost WORDS`, `cannot WORDS`. With it
 * end all that it started.
 */
#ifndef VL_NETWORK_REHEARSAL_H
#define VL_NETWORK_REHEARSAL_H

#include "base/error.h"
#include "network/backend.h"

#define VL_REHEARSAL_ARGUMENT "--voiplab-bridge-rehearsal"

/* What main() calls when argv is VL_REHEARSAL_ARGUMENT, DIRECTORY. Returns the exit status: 0 as is wanted, 1 not so, 3
 * it cannot be done here. */
int vl_rehearsal_main(const char *directory);

enum vl_rehearsed { VL_REHEARSED_WELL, VL_REHEARSED_BADLY, VL_NOT_REHEARSED };

/* Rehearse the files of `set` over those of this host. *ret_text: what came out of it, or why it cannot be done, one
 * line in the arena. Fails only when the rehearsal itself does. */
int vl_rehearse(struct vl_arena *arena, enum vl_bridge_backend backend, const struct vl_bridge *bridge,
                const struct vl_fileset *set, enum vl_rehearsed *ret_how, const char **ret_text, struct vl_error *err);

#endif
