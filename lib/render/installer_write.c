/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every kind of answers has: packages, files. */
#include "render/installer_part.h"

void vl_installer_packages(struct vl_buf *out, const struct vl_answers *answers, const char *before, const char *after)
{
    for (const char *const *package = answers->packages; *package; package++)
        vl_buf_printf(out, "%s%s%s", before, *package, after);
}

void vl_installer_file(struct vl_arena *arena, struct vl_fileset *set, const char *path, unsigned mode,
                       const struct vl_buf *text, const char *why)
{
    const struct vl_file file = {
        .path = path, .kind = VL_FILE_WHOLE, .mode = mode, .text = vl_arena_strdup(arena, vl_buf_text(text)), .why = why
    };

    arena->failed |= text->failed;
    vl_fileset_add(arena, set, &file);
}
