/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Questions to a lab that has been read.
 */
#include "lab/lab.h"

#include <string.h>

#include "base/memory.h"

void vl_lab_free(struct vl_lab *lab)
{
    if (!lab)
        return;
    vl_arena_free(&lab->arena);
    vl_free(lab);
}

const struct vl_pbx *vl_lab_pbx(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (!strcmp(lab->pbxs[i].name, name))
            return &lab->pbxs[i];
    return NULL;
}

bool vl_lab_has_mailboxes(const struct vl_lab *lab)
{
    for (size_t i = 0; i < lab->user_count; i++)
        if (lab->users[i].voicemail)
            return true;
    return false;
}

bool vl_lab_has_machines(const struct vl_lab *lab)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].place == VL_PLACE_VM)
            return true;
    return false;
}
