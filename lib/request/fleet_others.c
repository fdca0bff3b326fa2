/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PBXs that a request does not name, and that have to do something all the same.
 */
#include "probe/trunks.h"
#include "request/fleet.h"

enum { OTHERS_S = 3 };

bool vl_fleet_has_hub(const struct vl_fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].pbx->role == VL_ROLE_HUB)
            return true;
    return false;
}

static bool has_member(const struct vl_fleet *fleet, const struct vl_pbx *pbx)
{
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->members[i].pbx == pbx)
            return true;
    return false;
}

/* Who is away is no failure of this request's: it did not name it. */
void vl_fleet_register_others(struct vl_fleet *fleet, unsigned wait_s)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FLEET_AUTO others = { .count = 0 };
    size_t kept = 0;

    if (vl_fleet_open(fleet->session, NULL, &others, &ignored) < 0)
        return;
    for (size_t i = 0; i < others.count; i++)
        if (!has_member(fleet, others.members[i].pbx) && others.members[i].pbx->place != VL_PLACE_LOCAL)
            others.members[kept++] = others.members[i];
    others.count = kept;
    others.dry = others.looks = others.registers = true;
    vl_fleet_connect(&others, OTHERS_S);
    for (size_t i = 0; i < others.count; i++)
        if (others.members[i].target)
            vl_probe_register_again(&others.session->state, others.members[i].pbx, others.members[i].target);
    vl_fleet_look(&others, wait_s);
}
