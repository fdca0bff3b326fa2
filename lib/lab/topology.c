/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which trunks between guests there are, and how a call gets to a guest that it has no trunk to. The thesis's names:
 * the guest with prefix 1 calls the others as 1000, 1001, … in the order of the lab file, whichever of these trunks
 * there are. A trunk is nowhere kept: it is made of what the lab file says of it, if anything, and of where its ends
 * stand.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lab/schema.h"

/* The digits behind the prefix in a name. Four where a lab has more than 1,001 guests: no prefix is the beginning of
 * another, so the names differ all the same. */
#define INDEX_FORMAT "%03zu"

int vl_lab_compare_trunks(const void *a, const void *b)
{
    const struct vl_trunk_given *left = a, *right = b;

    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return left->to < right->to ? -1 : left->to > right->to;
}

static const struct vl_trunk_given *find_given(const struct vl_lab *lab, const struct vl_pbx *from,
                                               const struct vl_pbx *to)
{
    const struct vl_trunk_given wanted = { .from = from, .to = to };

    if (!lab->trunk_given_count)
        return NULL;
    return bsearch(&wanted, lab->trunks_given, lab->trunk_given_count, sizeof(wanted), vl_lab_compare_trunks);
}

/* What `to` is among the other guests, from the side of `from`. */
static size_t index_of(const struct vl_pbx *from, const struct vl_pbx *to)
{
    return to->ordinal - (to->ordinal > from->ordinal);
}

/* How many guests `to` stands behind `from` in the circle that they all make. */
static size_t ahead(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to)
{
    return (to->ordinal + lab->guest_count - from->ordinal) % lab->guest_count;
}

static bool is_linked(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to,
                      const struct vl_trunk_given *given)
{
    bool consecutive = from->ordinal + 1 == to->ordinal || to->ordinal + 1 == from->ordinal;

    if (from == to || from->role != VL_ROLE_GUEST || to->role != VL_ROLE_GUEST)
        return false;
    switch (lab->topology) {
    case VL_TOPOLOGY_MESH:
        return true;
    case VL_TOPOLOGY_STAR:
        return false;
    case VL_TOPOLOGY_CHAIN:
        return consecutive;
    case VL_TOPOLOGY_RING:
        return ahead(lab, from, to) == 1 || ahead(lab, to, from) == 1;
    case VL_TOPOLOGY_LISTED:
        return given != NULL;
    }
    return false;
}

bool vl_lab_trunk(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to,
                  struct vl_trunk *ret_trunk)
{
    const struct vl_trunk_given *given = find_given(lab, from, to);

    if (!is_linked(lab, from, to, given))
        return false;
    *ret_trunk = (struct vl_trunk){
        .from = from,
        .to = to,
        .secret = given ? given->secret : NULL,
        .settings = given ? given->settings : lab->trunk_settings,
        .line = given ? given->line : 0,
    };
    if (given && given->name)
        (void)snprintf(ret_trunk->name, sizeof(ret_trunk->name), "%s", given->name);
    else
        (void)snprintf(ret_trunk->name, sizeof(ret_trunk->name), "%s" INDEX_FORMAT, from->prefix, index_of(from, to));
    return true;
}

bool vl_lab_hub_trunk(const struct vl_lab *lab, const struct vl_pbx *guest, struct vl_trunk *ret_trunk,
                      enum vl_register *ret_registers)
{
    const struct vl_trunk_given *given;

    if (!lab->hub || guest->role != VL_ROLE_GUEST || !guest->account)
        return false;
    given = find_given(lab, guest, lab->hub);
    *ret_registers = given ? given->registers : VL_REGISTER_GUEST;
    *ret_trunk = (struct vl_trunk){
        .from = guest,
        .to = lab->hub,
        .secret = given ? given->secret : NULL,
        .settings = given ? given->settings : (struct vl_trunk_settings){ .qualify = VL_QUALIFY_YES },
        .line = given ? given->line : 0,
    };
    (void)snprintf(ret_trunk->name, sizeof(ret_trunk->name), "%s", guest->account);
    return true;
}

enum vl_register vl_lab_registers(const struct vl_lab *lab, const struct vl_pbx *guest)
{
    const struct vl_trunk_given *given = lab->hub ? find_given(lab, guest, lab->hub) : NULL;

    return given ? given->registers : VL_REGISTER_GUEST;
}

const char *vl_lab_hub_secret(const struct vl_lab *lab, const struct vl_pbx *guest)
{
    const struct vl_trunk_given *given = lab->hub ? find_given(lab, guest, lab->hub) : NULL;

    return given ? given->secret : NULL;
}

bool vl_lab_sends_on(const struct vl_lab *lab)
{
    return !lab->hub && (lab->topology == VL_TOPOLOGY_CHAIN || lab->topology == VL_TOPOLOGY_RING);
}

/* Whether the way from one guest to another goes up the lab file; in a ring it is the shorter one. */
static bool goes_up(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to)
{
    if (lab->topology == VL_TOPOLOGY_CHAIN)
        return to->ordinal > from->ordinal;
    return 2 * ahead(lab, from, to) <= lab->guest_count;
}

/* The neighbour on that side. Where guests send calls on there is no hub: they are the PBXs, in their order. */
static const struct vl_pbx *neighbour(const struct vl_lab *lab, const struct vl_pbx *pbx, bool up)
{
    return &lab->pbxs[(pbx->ordinal + (up ? 1 : lab->guest_count - 1)) % lab->guest_count];
}

enum vl_way vl_lab_way(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *to,
                       struct vl_trunk *ret_trunk)
{
    if (from == to || from->role != VL_ROLE_GUEST || to->role != VL_ROLE_GUEST)
        return VL_WAY_NONE;
    if (vl_lab_trunk(lab, from, to, ret_trunk))
        return VL_WAY_TRUNK;
    if (lab->hub)
        return VL_WAY_HUB;
    if (vl_lab_sends_on(lab) && vl_lab_trunk(lab, from, neighbour(lab, from, goes_up(lab, from, to)), ret_trunk))
        return VL_WAY_ONWARD;
    return VL_WAY_NONE;
}

bool vl_lab_onward(const struct vl_lab *lab, const struct vl_pbx *from, const struct vl_pbx *pbx,
                   const struct vl_pbx *to, struct vl_trunk *ret_trunk)
{
    bool up;

    if (!vl_lab_sends_on(lab) || to == pbx || to == from)
        return false;
    up = neighbour(lab, from, true) == pbx;
    if (goes_up(lab, from, to) != up)
        return false;
    return vl_lab_trunk(lab, pbx, neighbour(lab, pbx, up), ret_trunk);
}

struct vl_trunks vl_lab_trunks(const struct vl_lab *lab)
{
    return (struct vl_trunks){ .lab = lab };
}

struct vl_trunks vl_lab_trunks_from(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return (struct vl_trunks){ .lab = lab, .from = pbx };
}

struct vl_trunks vl_lab_trunks_to(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return (struct vl_trunks){ .lab = lab, .to = pbx };
}

const struct vl_trunk *vl_lab_next_trunk(struct vl_trunks *walk)
{
    const struct vl_lab *lab = walk->lab;
    size_t steps = walk->from || walk->to ? lab->pbx_count : lab->pbx_count * lab->pbx_count;

    while (walk->next < steps) {
        size_t step = walk->next++;
        const struct vl_pbx *other = &lab->pbxs[step % lab->pbx_count];

        if (vl_lab_trunk(lab,
                         walk->from ? walk->from
                         : walk->to ? other
                                    : &lab->pbxs[step / lab->pbx_count],
                         walk->to ? walk->to : other, &walk->trunk))
            return &walk->trunk;
    }
    return NULL;
}
