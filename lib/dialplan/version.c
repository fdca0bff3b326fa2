/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/version.h"

#include "base/text.h"

/* Until 1.8 the second number counts, from 10 on the first one. */
int vl_version_number(const char *text)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *parts = vl_text_split(&arena, text, ".");
    long major, minor = 0;

    if (!parts || !parts[0] || !vl_text_number(parts[0], 1, 99, &major) ||
        (parts[1] && !vl_text_number(parts[1], 0, 99, &minor)))
        return 0;
    if (major >= 10)
        return (int)major * 100;
    return major == 1 && parts[1] ? 100 + (int)minor : 0;
}

const char *vl_version_name(struct vl_arena *arena, int version)
{
    if (version >= 1000)
        return vl_arena_printf(arena, "%d", version / 100);
    return vl_arena_printf(arena, "1.%d", version - 100);
}
