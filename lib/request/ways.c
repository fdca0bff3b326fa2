/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the lab file wants of trunks and cannot have is said once, before files are written.
 */
#include "base/text.h"
#include "request/request.h"

/* Guests that this one has no way to, and its trunks that are to encrypt and cannot. */
struct lacks {
    size_t ways, encrypted;
    const struct vl_pbx *no_way, *not_encrypted; /* the first of each */
};

static struct lacks look(const struct vl_session *session, const struct vl_pbx *pbx)
{
    struct lacks lacks = { .ways = 0 };
    struct vl_trunk trunk;

    for (size_t i = 0; i < session->lab->pbx_count; i++) {
        const struct vl_pbx *to = &session->lab->pbxs[i];
        enum vl_way way = vl_lab_way(session->lab, pbx, to, &trunk);

        if (way == VL_WAY_NONE && to != pbx && to->role == VL_ROLE_GUEST && !lacks.ways++)
            lacks.no_way = to;
        if (way == VL_WAY_TRUNK && trunk.settings.encryption && !vl_state_over_iax2(&session->state, &trunk) &&
            !lacks.encrypted++)
            lacks.not_encrypted = to;
    }
    return lacks;
}

void vl_run_tell_ways(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];
        struct lacks lacks;

        if (pbx->role != VL_ROLE_GUEST || !vl_session_wanted(run->request->names, pbx->name))
            continue;
        lacks = look(run->session, pbx);
        if (lacks.ways)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, pbx->name,
                             "has no way to %zu guest%s, '%s' for one: there is neither a trunk nor a hub", lacks.ways,
                             vl_plural(lacks.ways), lacks.no_way->name);
        if (lacks.encrypted)
            vl_session_event(run->session, VOIPLAB_EVENT_WARNING, pbx->name,
                             "%zu of its trunks %s not encrypted, that to '%s' for one: they are SIP, since not both "
                             "ends have IAX2",
                             lacks.encrypted, lacks.encrypted == 1 ? "is" : "are", lacks.not_encrypted->name);
    }
}
