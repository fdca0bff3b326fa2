/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sections that a file of ours defines and another one that Asterisk reads, the user's or a web interface's, defines as
 * well.
 * Asterisk does not complain of two sections of one name: it makes one of them and loses lines.
 */
#ifndef VL_STAGE_CLASH_H
#define VL_STAGE_CLASH_H

#include "base/arena.h"
#include "lab/flavor.h"
#include "machine/target.h"
#include "render/fileset.h"

/* Where the files are: what `shared` has (files of the user's with our blocks in them), then `ours`, else what `target`
 * has; NULL: it has none that is known. `flavor` says which contexts are there to be added to. */
struct vl_clash_scene {
    struct vl_target *target;
    const struct vl_fileset *shared, *ours;
    const struct vl_flavor_row *flavor;
};

/* The main files that are looked at, for who prefetches them; ends with NULL. In `arena`; NULL: memory ran out. */
const char *const *vl_clash_paths(struct vl_arena *arena);

/* One line, with FILE:LINE, about the main files of Asterisk's in which sections of ours and of somebody else's have
 * one name, through all that they include: what comes of it and what to do. NULL: there are none, or memory ran out. */
const char *vl_clash(struct vl_arena *arena, const struct vl_clash_scene *scene);

#endif
