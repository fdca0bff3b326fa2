/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/fileset.h"

void vl_fileset_add(struct vl_arena *arena, struct vl_fileset *set, const struct vl_file *file)
{
    struct vl_file *files = vl_arena_grow(arena, set->files, set->count, sizeof(*files));

    if (!files)
        return;
    files[set->count++] = *file;
    set->files = files;
}
