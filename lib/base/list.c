/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/list.h"

#include <string.h>

size_t vl_list_length(const char *const *list)
{
    size_t length = 0;

    while (list && list[length])
        length++;
    return length;
}

bool vl_list_has(const char *const *list, const char *text)
{
    for (; list && *list; list++)
        if (!strcmp(*list, text))
            return true;
    return false;
}

const char *const *vl_list_joined(struct vl_arena *arena, const char *const *first, const char *const *second)
{
    size_t before = vl_list_length(first), count = before + vl_list_length(second);
    const char **all = vl_arena_zalloc(arena, (count + 1) * sizeof(*all));

    for (size_t i = 0; all && i < count; i++)
        all[i] = i < before ? first[i] : second[i - before];
    return all;
}
