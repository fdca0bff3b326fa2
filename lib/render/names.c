/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What contexts, peers and channels are called on a PBX: for the files that it is given, and for who asks it about
 * them.
 */
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "render/asterisk.h"
#include "render/writer.h"

const char *vl_render_hub_context(struct vl_arena *arena, const struct vl_lab *lab)
{
    static const char *const taken[] = {
        /* sections with a meaning: extensions.conf, voicemail.conf */
        "general",
        "globals",
        "zonemessages",
        /* contexts of the sample extensions.conf of Asterisk, and of ours */
        "default",
        "public",
        "demo",
        "local",
        "longdistance",
        "international",
        "page",
        "time",
        "ani",
        "stdexten",
        "trunkdial",
        "trunkint",
        "trunkld",
        "trunklocal",
        "trunktollfree",
        "iaxprovider",
        "apps",
        "pstn",
        "did",
    };
    static const char *const beginnings[] = {
        "sub-", "call-", "outbound-", "barred-", "class-", "usuarios-", "numeros-"
    };

    for (size_t i = 0; i < VL_COUNT(taken); i++)
        if (strcasecmp(lab->name, taken[i]) == 0)
            return vl_arena_printf(arena, "lab-%s", lab->name);
    for (size_t i = 0; i < VL_COUNT(beginnings); i++)
        if (vl_text_starts(lab->name, beginnings[i]))
            return vl_arena_printf(arena, "lab-%s", lab->name);
    return lab->name;
}

const char *vl_render_with_prefix(struct vl_arena *arena, const char *text, const char *prefix)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    for (const char *c = text; *c; c++) {
        if (*c == OURS[0])
            vl_buf_puts(&out, prefix);
        else
            vl_buf_putc(&out, *c);
    }
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

static const struct vl_flavor_row *flavor_of(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return vl_flavor_row(vl_state_nature(state, pbx)->flavor);
}

static const char *technology_of(const struct vl_state *state, const struct vl_pbx *pbx)
{
    return vl_state_nature(state, pbx)->sip == VL_SIP_PJSIP ? "PJSIP" : "SIP";
}

const char *vl_render_our_context(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                  const struct vl_pbx *pbx)
{
    return vl_arena_printf(arena, "%s%s", flavor_of(state, pbx)->prefix,
                           pbx->role == VL_ROLE_HUB ? vl_render_hub_context(arena, lab) : "from-internal");
}

const char *vl_render_class_context(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *hub,
                                    const struct vl_class *class)
{
    return vl_arena_printf(arena, "%sclass-%s", flavor_of(state, hub)->prefix, class->name);
}

const char *vl_render_dial_context(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                   const struct vl_pbx *pbx)
{
    if (pbx->role == VL_ROLE_GUEST)
        return "from-internal";
    return vl_render_our_context(arena, lab, state, pbx);
}

const char *vl_render_trunk_context(struct vl_arena *arena, const struct vl_pbx *pbx)
{
    enum vl_flavor flavor = pbx->flavor == VL_FLAVOR_AUTO ? VL_FLAVOR_ASTERISK : pbx->flavor;

    return vl_arena_printf(arena, "%s%s", vl_flavor_row(flavor)->prefix,
                           pbx->role == VL_ROLE_HUB ? "PSTN" : "from-trunk");
}

const char *vl_render_trunk_channel(struct vl_arena *arena, const struct vl_state *state, const struct vl_trunk *trunk)
{
    return vl_arena_printf(arena, "%s/%s-",
                           vl_state_over_iax2(state, trunk) ? "IAX2" : technology_of(state, trunk->from), trunk->name);
}

const char *vl_render_hub_channel(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *guest)
{
    return vl_arena_printf(arena, "%s/%s-", technology_of(state, guest),
                           vl_flavor_hub_peer(arena, guest, vl_state_nature(state, guest)));
}

const char *vl_render_hub_device(struct vl_arena *arena, const struct vl_state *state, const struct vl_pbx *guest,
                                 const char *number)
{
    const struct vl_nature *nature = vl_state_nature(state, guest);
    const char *hub = vl_flavor_hub_peer(arena, guest, nature);

    if (nature->sip == VL_SIP_PJSIP)
        return vl_arena_printf(arena, "PJSIP/%s@%s", number, hub);
    return vl_arena_printf(arena, "SIP/%s/%s", hub, number);
}

const char *vl_render_account_channel(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_state *state,
                                      const struct vl_pbx *guest)
{
    return vl_arena_printf(arena, "%s/%s-", technology_of(state, lab->hub), guest->account);
}
