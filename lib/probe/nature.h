/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a PBX is (lab/nature.h), found out by looking: its flavour by files that only one has (lab/flavor.c), its SIP
 * driver by what Asterisk has loaded and which of two owns port 5060, the telephones of a web interface by the files
 * that it generates.
 */
#ifndef VL_PROBE_NATURE_H
#define VL_PROBE_NATURE_H

#include "base/arena.h"
#include "base/error.h"
#include "lab/nature.h"
#include "machine/target.h"

/* Look at `target`, which is the PBX `pbx`; `known` is what is known of it, for what is worth asking. `tree`: its files
 * only, no Asterisk that could be asked: its driver is told by which files are there. Texts are kept in `arena`; a
 * guest's words are believed as far as their form goes. */
int vl_probe_nature(struct vl_arena *arena, struct vl_target *target, const struct vl_pbx *pbx,
                    const struct vl_nature *known, bool tree, struct vl_nature *ret_nature, struct vl_error *err);

/* What that will ask, for who prefetches it: files and commands of Asterisk, both end with NULL. In `arena`. */
const char *const *vl_probe_nature_paths(struct vl_arena *arena);
const char *const *vl_probe_nature_commands(const struct vl_nature *known);

#endif
