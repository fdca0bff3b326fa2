/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/flavor.h"

#define MODULES "/var/www/html/admin/modules/"

static const char *const none[] = { NULL };

static const struct vl_flavor_place plain[VL_SLOTS] = {
    [VL_SLOT_SIP] = { "sip.conf", "general" },        [VL_SLOT_PJSIP] = { "pjsip.conf", NULL },
    [VL_SLOT_IAX] = { "iax.conf", "general" },        [VL_SLOT_DIALPLAN] = { "extensions.conf", "globals" },
    [VL_SLOT_VOICEMAIL] = { "voicemail.conf", NULL }, [VL_SLOT_DAHDI] = { "chan_dahdi.conf", NULL },
};

/* sip_registrations_custom.conf is included inside [general]: a section there would swallow what comes behind it. */
static const struct vl_flavor_place custom[VL_SLOTS] = {
    [VL_SLOT_SIP] = { "sip_custom.conf", NULL },
    [VL_SLOT_REGISTRATIONS] = { "sip_registrations_custom.conf", NULL },
    [VL_SLOT_PJSIP] = { "pjsip_custom.conf", NULL },
    [VL_SLOT_IAX] = { "iax_custom.conf", NULL },
    [VL_SLOT_DIALPLAN] = { "extensions_custom.conf", NULL },
};

static const char *const freepbx_signs[] = { "/etc/freepbx.conf", VL_ETC_ASTERISK "extensions_override_freepbx.conf",
                                             "/etc/amportal.conf", NULL };
static const char *const issabel_signs[] = { "/etc/issabel.conf", "/etc/issabelpbx.conf",
                                             VL_ETC_ASTERISK "extensions_override_issabelpbx.conf", NULL };
static const char *const elastix_signs[] = { "/etc/elastix.conf", NULL };
static const char *const phone_files[] = { VL_ETC_ASTERISK "sip_additional.conf", VL_ETC_ASTERISK "iax_additional.conf",
                                           VL_ETC_ASTERISK "pjsip.endpoint.conf",
                                           VL_ETC_ASTERISK "pjsip_additional.conf", NULL };
static const char *const reach[] = { "from-did-direct", "ext-local", NULL };
static const char *const versions[] = { MODULES "framework/module.xml", MODULES "core/module.xml", NULL };

#define GUI                                                                                                            \
    .prefix = "voiplab-", .places = custom, .entry = "from-internal-custom", .calls_in = "from-pstn-custom",           \
    .phone_files = phone_files, .reach = reach, .versions = versions

static const struct vl_flavor_row rows[VL_FLAVOR_COUNT] = {
    [VL_FLAVOR_ASTERISK] = { .title = "Asterisk",
                             .signs = none,
                             .prefix = "",
                             .places = plain,
                             .phone_files = none,
                             .reach = none,
                             .versions = none },
    [VL_FLAVOR_FREEPBX] = { .title = "FreePBX", .signs = freepbx_signs, GUI },
    [VL_FLAVOR_ISSABEL] = { .title = "Issabel", .signs = issabel_signs, GUI },
    [VL_FLAVOR_ELASTIX] = { .title = "Elastix", .signs = elastix_signs, GUI },
};

const struct vl_flavor_row *vl_flavor_row(enum vl_flavor flavor)
{
    return &rows[flavor == VL_FLAVOR_AUTO ? VL_FLAVOR_ASTERISK : flavor];
}

const char *vl_flavor_describe(struct vl_arena *arena, const struct vl_nature *nature)
{
    const char *gui = "";

    if (vl_nature_has_gui(nature))
        gui = vl_arena_printf(arena, "%s%s%s, ", vl_flavor_row(nature->flavor)->title, nature->gui ? " " : "",
                              nature->gui ? nature->gui : "");
    return vl_arena_printf(arena, "%sAsterisk%s%s, %s", gui, nature->asterisk ? " " : "",
                           nature->asterisk ? nature->asterisk : "", vl_sip_drivers[nature->sip]);
}

/* In the data base it is no peer beside those of the interface but one of them, with the name of the thesis. */
const char *vl_flavor_hub_peer(struct vl_arena *arena, const struct vl_pbx *pbx, const struct vl_nature *nature)
{
    if (vl_pbx_in_database(pbx))
        return "hub";
    return vl_arena_printf(arena, "%shub", vl_flavor_row(nature->flavor)->prefix);
}
