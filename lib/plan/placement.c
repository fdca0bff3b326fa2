/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/placement.h"

#include <string.h>

/* Nobody has more hypervisors in a file, and who does has the rest left empty. */
enum { MOST_ROOMS = 64 };

static bool has_disk(const struct vl_room *room)
{
    return room->disk < 0 || room->disk >= VL_PLACEMENT_DISK;
}

static bool is_better(const struct vl_room *room, const struct vl_room *best)
{
    if (has_disk(room) != has_disk(best))
        return has_disk(room);
    return room->memory > best->memory;
}

static int roomiest(const struct vl_room *rooms, size_t count)
{
    int best = VL_PLACEMENT_NOWHERE;

    for (size_t i = 0; i < count; i++)
        if (rooms[i].answers && (best < 0 || is_better(&rooms[i], &rooms[best])))
            best = (int)i;
    return best;
}

static void take(struct vl_room *room, const struct vl_placement *guest)
{
    room->memory -= guest->memory;
    if (room->disk >= 0)
        room->disk = room->disk > VL_PLACEMENT_DISK ? room->disk - VL_PLACEMENT_DISK : 0;
}

void vl_placement_choose(const struct vl_room *rooms, size_t room_count, struct vl_placement *guests,
                         size_t guest_count)
{
    struct vl_room left[MOST_ROOMS];
    size_t count = room_count < MOST_ROOMS ? room_count : MOST_ROOMS;

    memcpy(left, rooms, count * sizeof(*left));
    for (size_t i = 0; i < guest_count; i++) {
        guests[i].place = guests[i].fixed;
        if (guests[i].fixed >= 0 && (size_t)guests[i].fixed < count && !guests[i].made)
            take(&left[guests[i].fixed], &guests[i]);
    }
    for (size_t i = 0; i < guest_count; i++) {
        struct vl_placement *guest = &guests[i];

        if (guest->fixed >= 0)
            continue;
        guest->place = roomiest(left, count);
        if (guest->place < 0)
            continue;
        guest->crowded = left[guest->place].memory < guest->memory || !has_disk(&left[guest->place]);
        take(&left[guest->place], guest);
    }
}
