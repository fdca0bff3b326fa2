/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether Asterisk goes by a file as it is: it has read it since it changed, and may read it at all. A file that is
 * right and was never loaded is the hardest fault to see, since everything that is looked at is right. So is a module
 * that has not come up because a file could not be read then: it is told by the list of modules alone.
 */
#ifndef VL_PLAN_LOADED_H
#define VL_PLAN_LOADED_H

#include "machine/target.h"
#include "render/fileset.h"

/* The command of Asterisk's that lists its modules. */
#define VL_LOADED_MODULES "module show"

/* When the Asterisk of a target has loaded its files. */
struct vl_loaded {
    bool known;
    long long now;         /* by the clock of the target, in seconds since 1970 */
    unsigned long seconds; /* ago */
    /* A bit per enum vl_reload whose files are not read at all: its module is not there; it is, and did not come up. */
    unsigned missing, failed;
    const char *const *unloaded; /* modules that the files need, and that it has when it starts; ends with NULL; NULL:
                                  * not known */
};

/* What will be asked, for who prefetches it: nothing where no file of the set is Asterisk's. */
struct vl_wanted vl_loaded_wanted(const struct vl_fileset *set);

void vl_loaded_learn(struct vl_arena *arena, struct vl_target *target, const struct vl_fileset *set,
                     struct vl_loaded *ret_loaded);

/* The modules that the files of a set need, that Asterisk loads when it starts and does not have now. In the arena,
 * ends with NULL; NULL: not known. */
const char *const *vl_loaded_unloaded(struct vl_arena *arena, struct vl_target *target, const struct vl_fileset *set);

/* This file has changed since. False also where that is not known. */
bool vl_loaded_is_older(const struct vl_loaded *loaded, struct vl_target *target, const struct vl_file *file);

/* Asterisk, who owns its control socket, may not read this file that is there. False also where that is not known. */
bool vl_loaded_shut_out(struct vl_target *target, const struct vl_file *file);

#endif
