/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/nature.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define X(id, name) [VL_FLAVOR_##id] = #name,
const char *const vl_flavors[] = { [VL_FLAVOR_AUTO] = "auto", VL_FLAVORS(X) NULL };
#undef X

const char *const vl_sip_drivers[] = {
    [VL_SIP_AUTO] = "auto",
    [VL_SIP_CHAN_SIP] = "chan_sip",
    [VL_SIP_PJSIP] = "pjsip",
    NULL,
};

static const char *const none[] = { NULL };

static enum vl_sip_driver driver_stated(const struct vl_pbx *pbx)
{
    if (pbx->sip != VL_SIP_AUTO)
        return pbx->sip;
    return pbx->image && pbx->image->sip != VL_SIP_AUTO ? pbx->image->sip : VL_SIP_CHAN_SIP;
}

struct vl_nature vl_nature_stated(const struct vl_pbx *pbx)
{
    return (struct vl_nature){
        .flavor = pbx->flavor == VL_FLAVOR_AUTO ? VL_FLAVOR_ASTERISK : pbx->flavor,
        .sip = driver_stated(pbx),
        .iax2 = true,
        .phones = none,
    };
}

struct vl_nature vl_nature_settle(const struct vl_pbx *pbx, const struct vl_nature *found)
{
    struct vl_nature nature = *found;

    if (pbx->flavor != VL_FLAVOR_AUTO)
        nature.flavor = pbx->flavor;
    if (pbx->sip != VL_SIP_AUTO)
        nature.sip = pbx->sip;
    if (!vl_nature_has_gui(&nature))
        nature = (struct vl_nature){ .flavor = nature.flavor,
                                     .sip = nature.sip,
                                     .both = nature.both,
                                     .holder = nature.holder,
                                     .iax2 = nature.iax2,
                                     .transport = nature.transport,
                                     .seen = nature.seen,
                                     .asterisk = nature.asterisk,
                                     .phones = none };
    return nature;
}

const char *vl_nature_conflict(struct vl_arena *arena, const struct vl_pbx *pbx, const struct vl_nature *nature)
{
    static const char *const modules[] = { [VL_SIP_CHAN_SIP] = "chan_sip.so", [VL_SIP_PJSIP] = "chan_pjsip.so" };
    const char *stated = vl_sip_drivers[pbx->sip], *held = vl_sip_drivers[nature->holder];

    if (pbx->sip == VL_SIP_AUTO || nature->holder == pbx->sip)
        return NULL;
    if (nature->holder == VL_SIP_AUTO)
        return vl_arena_printf(arena,
                               "the lab file says sip = %s, and it has not loaded %s; let modules.conf load it and "
                               "restart Asterisk; 'voiplab logs' shows why it did not",
                               stated, modules[pbx->sip]);
    if (nature->both)
        return vl_arena_printf(arena,
                               "the lab file says sip = %s, and %s, which is loaded as well, has port 5060; write "
                               "'noload = %s' into modules.conf and restart Asterisk, or say sip = %s",
                               stated, held, modules[nature->holder], held);
    return vl_arena_printf(arena,
                           "the lab file says sip = %s, and it has loaded %s in its place; write 'load = %s' and "
                           "'noload = %s' into modules.conf and restart Asterisk, or say sip = %s",
                           stated, modules[nature->holder], modules[pbx->sip], modules[nature->holder], held);
}

bool vl_nature_has_phone(const struct vl_nature *nature, const char *number)
{
    for (const char *const *phone = nature->phones; *phone; phone++)
        if (!strcmp(*phone, number))
            return true;
    return false;
}

static void put_list(struct vl_buf *out, const char *key, const char *const *list)
{
    for (size_t i = 0; list[i]; i++)
        vl_buf_printf(out, i ? ",%s" : " %s=%s", i ? list[i] : key, list[i]);
}

const char *vl_nature_text(struct vl_arena *arena, const char *pbx, const struct vl_nature *nature)
{
    VL_BUF_AUTO out = VL_BUF_INIT;

    vl_buf_printf(&out, "%s flavor=%s sip=%s iax2=%s transport=%s", pbx, vl_flavors[nature->flavor],
                  vl_sip_drivers[nature->sip], nature->iax2 ? "yes" : "no", nature->transport ? "yes" : "no");
    if (nature->both)
        vl_buf_puts(&out, " both=yes");
    if (nature->asterisk)
        vl_buf_printf(&out, " asterisk=%s", nature->asterisk);
    if (nature->gui)
        vl_buf_printf(&out, " gui=%s", nature->gui);
    put_list(&out, "phones", nature->phones);
    if (nature->reach)
        vl_buf_printf(&out, " reach=%s", nature->reach);
    arena->failed |= out.failed;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* The index of the word in the list; 0, which is `auto` and no answer, when it is not in it. */
static int choice(const char *const *words, const char *word)
{
    for (int i = 1; words[i]; i++)
        if (!strcmp(words[i], word))
            return i;
    return 0;
}

static void take_value(struct vl_arena *arena, struct vl_nature *nature, const char *key, const char *value)
{
    if (!strcmp(key, "flavor"))
        nature->flavor = (enum vl_flavor)choice(vl_flavors, value);
    else if (!strcmp(key, "sip"))
        nature->sip = (enum vl_sip_driver)choice(vl_sip_drivers, value);
    else if (!strcmp(key, "both"))
        nature->both = !strcmp(value, "yes");
    else if (!strcmp(key, "iax2"))
        nature->iax2 = !strcmp(value, "yes");
    else if (!strcmp(key, "transport"))
        nature->transport = !strcmp(value, "yes");
    else if (!strcmp(key, "asterisk"))
        nature->asterisk = value;
    else if (!strcmp(key, "gui"))
        nature->gui = value;
    else if (!strcmp(key, "phones"))
        nature->phones = vl_text_split(arena, value, ",");
    else if (!strcmp(key, "reach"))
        nature->reach = value;
}

bool vl_nature_parse(struct vl_arena *arena, const char *line, const char **ret_pbx, struct vl_nature *ret_nature)
{
    struct vl_nature nature = { .phones = none, .seen = true };
    const char *const *words = vl_text_split(arena, line, " ");

    for (size_t i = 1; words && words[0] && words[i]; i++) {
        const char *equals = strchr(words[i], '=');

        if (equals)
            take_value(arena, &nature, vl_arena_strndup(arena, words[i], (size_t)(equals - words[i])), equals + 1);
    }
    if (!words || !words[0] || !nature.flavor || !nature.sip || !nature.phones)
        return false;
    *ret_pbx = words[0];
    *ret_nature = nature;
    return true;
}
