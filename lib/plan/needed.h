/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of Asterisk's modules the files of a lab are of no use without.
 */
#ifndef VL_PLAN_NEEDED_H
#define VL_PLAN_NEEDED_H

#include "base/arena.h"
#include "render/fileset.h"

/* The modules that read the files of a set and those that do what they ask for, each once ("app_dial.so"); in the
 * arena, ends with NULL, never NULL. */
const char *const *vl_needed_modules(struct vl_arena *arena, const struct vl_fileset *set);

#endif
