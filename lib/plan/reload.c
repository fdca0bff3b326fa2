/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a reload is decided (reloads_due), and how each service is told (the table).
 */
#include "plan/reload.h"

#include <string.h>

/* A file that differs from what is there, and so is made, changed or removed, wants the reload that its row names
 * (render/asterisk.c, network/sysctl.c); one that is right wants none. What a run that was cut off still owes is due as
 * well: it may have put its files right and not have come to the reload. Each is due once, for however many files. */
static unsigned reloads_due(const struct vl_fileset *set, const bool *differs, unsigned owed)
{
    unsigned due = owed;

    for (size_t i = 0; i < set->count; i++)
        if (differs[i])
            due |= 1U << set->files[i].reload;
    return due & ~(1U << VL_RELOAD_NONE);
}

/* By `module reload`, after which Asterisk tells when it was (loaded.h); of a module's own command it keeps no time.
 * What it is called in a plan and in the note of what is owed, what is run, and what a person would say about it. */
static const struct {
    const char *word;
    const char *argv[4];
    const char *why;
    bool may_lack; /* the module is there with the card, and a lab is set up without it */
} reloads[VL_RELOAD_COUNT] = {
    [VL_RELOAD_SIP] = { .word = "sip reload",
                        .argv = { "asterisk", "-rx", "module reload chan_sip.so" },
                        .why = "chan_sip reads its files again and registers anew" },
    /* addresses and registrations are objects of modules of their own: not each version reads those with res_pjsip's */
    [VL_RELOAD_PJSIP] = { .word = "pjsip reload",
                          .argv = { "asterisk", "-rx",
                                    "module reload res_pjsip.so res_pjsip_endpoint_identifier_ip.so "
                                    "res_pjsip_outbound_registration.so" },
                          .why = "PJSIP reads its files again and registers anew" },
    [VL_RELOAD_IAX2] = { .word = "iax2 reload",
                         .argv = { "asterisk", "-rx", "module reload chan_iax2.so" },
                         .why = "chan_iax2 reads its files again" },
    [VL_RELOAD_DIALPLAN] = { .word = "dialplan reload",
                             .argv = { "asterisk", "-rx", "module reload pbx_config.so" },
                             .why = "pbx_config reads extensions.conf again" },
    [VL_RELOAD_VOICEMAIL] = { .word = "voicemail reload",
                              .argv = { "asterisk", "-rx", "module reload app_voicemail.so" },
                              .why = "app_voicemail reads its mailboxes again" },
    [VL_RELOAD_DAHDI] = { .word = "module reload chan_dahdi.so",
                          .argv = { "asterisk", "-rx", "module reload chan_dahdi.so" },
                          .why = "chan_dahdi reads its channels again",
                          .may_lack = true },
    [VL_RELOAD_SYSCTL] = { .word = "kernel settings",
                           .argv = { "sysctl", "-e", "-p", "/etc/sysctl.d/60-voiplab.conf" },
                           .why = "the kernel takes the settings; -e because the keys exist only with br_netfilter" },
    [VL_RELOAD_SYSCTL_CONF] = { .word = "kernel settings of sysctl.conf",
                                .argv = { "sysctl", "-e", "-p", "/etc/sysctl.conf" },
                                .why =
                                    "the kernel takes the settings; -e because the keys exist only with br_netfilter" },
};

void vl_reload_decide(struct vl_plan *plan, const char *target_name, const struct vl_fileset *set, const bool *differs,
                      unsigned owed, bool fresh)
{
    unsigned due = reloads_due(set, differs, owed);

    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++) {
        const char *module = strrchr(reloads[i].argv[2] ? reloads[i].argv[2] : "", ' ');

        if (!(due & 1U << i) || !reloads[i].word)
            continue;
        vl_plan_add(plan, &(struct vl_step){
                              .kind = VL_STEP_RELOAD,
                              .target = target_name,
                              .object = reloads[i].word,
                              .argv = vl_plan_argv(plan, reloads[i].argv[0], reloads[i].argv[1], reloads[i].argv[2],
                                                   reloads[i].argv[3], NULL),
                              .why = reloads[i].why,
                              .fresh_target = fresh,
                          });
        if (module && !reloads[i].may_lack)
            vl_plan_shows(
                plan,
                vl_arena_printf(&plan->arena, "asterisk -rx 'module show like%s' | grep -c '^%s'", module, module + 1),
                "1");
    }
}

enum vl_reload vl_reload_of(const char *word, size_t length)
{
    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if (reloads[i].word && strlen(reloads[i].word) == length && !memcmp(reloads[i].word, word, length))
            return (enum vl_reload)i;
    return VL_RELOAD_NONE;
}

bool vl_reload_may_lack(const char *word)
{
    return reloads[vl_reload_of(word, strlen(word))].may_lack;
}
