/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * On which hypervisor each guest of a lab lives. A value of what is known: no hypervisor is asked here.
 *
 * Who is somewhere stays there. Of the others, in the order of the lab file, each goes where its section says, else to
 * the hypervisor that has most memory left which is not given to a guest, of those with room on their disk; of equal
 * ones to the first. Memory is counted as it is given to guests and not as they use it, so that the same file on the
 * same empty hosts gives the same places, however busy these are for the moment.
 */
#ifndef VL_PLAN_PLACEMENT_H
#define VL_PLAN_PLACEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vl_room {
    bool answers;
    int64_t memory; /* bytes that are given to nobody; less than 0: guests have more than there is */
    int64_t disk;   /* bytes that are free where the lab's pool is, or will be; less than 0: not known */
};

/* What a clone is counted with on a disk that it will fill little by little. */
#define VL_PLACEMENT_DISK ((int64_t)512 << 20)

enum { VL_PLACEMENT_NOWHERE = -1 };

struct vl_placement {
    int fixed; /* where the file or what exists has it; VL_PLACEMENT_NOWHERE: it is to be chosen */
    bool made; /* it is there already, and counted in what its hypervisor has given */
    int64_t memory;
    int place;    /* the outcome; VL_PLACEMENT_NOWHERE only when no hypervisor answers */
    bool crowded; /* chosen, and there is less memory or disk than it wants */
};

void vl_placement_choose(const struct vl_room *rooms, size_t room_count, struct vl_placement *guests,
                         size_t guest_count);

#endif
