/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/sights.h"

#include "base/text.h"
#include "lab/flavor.h"
#include "probe/trunks.h"
#include "probe/trunks_part.h"

#define IAX2_PEER_HEAD "^"
#define IAX2_PEER_END "[ /].* OK \\("

/* How many of these names Asterisk shows as being well. */
static struct vl_sight count_lines(struct vl_arena *arena, const char *title, const char *question, const char *head,
                                   const char *names, const char *end, size_t count)
{
    return (struct vl_sight){
        .title = title,
        .command = vl_arena_printf(arena, "asterisk -rx '%s' | grep -c -E '%s(%s)%s'", question, head, names, end),
        .answer = vl_arena_printf(arena, "%zu", count),
    };
}

static void add_name(struct vl_arena *arena, const char **names, size_t *count, const char *name)
{
    *names = *count ? vl_arena_printf(arena, "%s|%s", *names, name) : name;
    (*count)++;
}

static const char *trunk_names(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                               bool iax2, const char *names, size_t *count)
{
    struct vl_trunks walk = vl_lab_trunks_from(state->lab, pbx);

    while (vl_lab_next_trunk(&walk))
        if (vl_state_over_iax2(state, &walk.trunk) == iax2)
            add_name(arena, &names, count, vl_arena_strdup(arena, walk.trunk.name));
    return names;
}

/* The SIP peers: at the hub the accounts of the guests, at a guest the hub and the guests that have no IAX2. */
static const char *sip_names(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                             size_t *count)
{
    const char *names = "";

    if (pbx->role != VL_ROLE_HUB) {
        if (pbx->account)
            add_name(arena, &names, count, vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx)));
        return trunk_names(arena, state, pbx, false, names, count);
    }
    for (size_t i = 0; i < state->lab->pbx_count; i++)
        if (state->lab->pbxs[i].account)
            add_name(arena, &names, count, state->lab->pbxs[i].account);
    return names;
}

size_t vl_probe_sights(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *pbx,
                       struct vl_sight ret_sights[static VL_PROBE_SIGHTS])
{
    const struct vl_dialect *dialect = vl_probe_dialect(state, pbx);
    const char *names, *iax2;
    size_t sip_count = 0, iax2_count = 0, sights = 0;

    if (vl_probe_registers(state, pbx)) {
        const char *name = dialect->register_one ? vl_flavor_hub_peer(arena, pbx, vl_state_nature(state, pbx))
                                                 : vl_text_from_ipv4(arena, state->lab->hub->address);

        ret_sights[sights++] = count_lines(arena, "the registration with the hub", dialect->registry,
                                           dialect->registry_head, name, dialect->registry_end, 1);
    }
    names = sip_names(arena, state, pbx, &sip_count);
    iax2 = trunk_names(arena, state, pbx, true, "", &iax2_count);
    if (sip_count)
        ret_sights[sights++] = count_lines(arena, "the SIP peers that answer", dialect->peers, dialect->peer_head,
                                           names, dialect->peer_end, sip_count);
    if (iax2_count)
        ret_sights[sights++] = count_lines(arena, "the IAX2 peers that answer", VL_ASK_IAX2_PEERS, IAX2_PEER_HEAD, iax2,
                                           IAX2_PEER_END, iax2_count);
    return sights;
}
