/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sections that the user's part of a file of Asterisk defines and a file of ours, which it includes, defines as well.
 * Asterisk does not complain of two sections of one name: it makes one of them and loses lines.
 */
#ifndef VL_STAGE_CLASH_H
#define VL_STAGE_CLASH_H

#include "base/arena.h"
#include "render/fileset.h"

/* One line, with FILE:LINE, about the sections that `file`, the whole of a file of the user's with our block in it, has
 * in common with the files of `ours`: what comes of it and what to do. NULL: there are none, or memory ran out. */
const char *vl_clash(struct vl_arena *arena, const struct vl_file *file, const struct vl_fileset *ours);

#endif
