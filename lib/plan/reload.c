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
    const char *module; /* that reads the files */
    const char *list;   /* the command that shows whether it runs; of its own, since what is asked ahead is told once */
    bool may_lack;      /* the module is there with the card, and a lab is set up without it */
} reloads[VL_RELOAD_COUNT] = {
    [VL_RELOAD_SIP] = { .word = "sip reload",
                        .argv = { "asterisk", "-rx", "module reload chan_sip.so" },
                        .why = "chan_sip reads its files again and registers anew",
                        .module = "chan_sip.so",
                        .list = "module show like chan_sip.so" },
    /* addresses and registrations are objects of modules of their own: not each version reads those with res_pjsip's */
    [VL_RELOAD_PJSIP] = { .word = "pjsip reload",
                          .argv = { "asterisk", "-rx",
                                    "module reload res_pjsip.so res_pjsip_endpoint_identifier_ip.so "
                                    "res_pjsip_outbound_registration.so" },
                          .why = "PJSIP reads its files again and registers anew",
                          .module = "res_pjsip.so",
                          .list = "module show like res_pjsip.so" },
    [VL_RELOAD_IAX2] = { .word = "iax2 reload",
                         .argv = { "asterisk", "-rx", "module reload chan_iax2.so" },
                         .why = "chan_iax2 reads its files again",
                         .module = "chan_iax2.so",
                         .list = "module show like chan_iax2.so" },
    [VL_RELOAD_DIALPLAN] = { .word = "dialplan reload",
                             .argv = { "asterisk", "-rx", "module reload pbx_config.so" },
                             .why = "pbx_config reads extensions.conf again",
                             .module = "pbx_config.so",
                             .list = "module show like pbx_config.so" },
    [VL_RELOAD_VOICEMAIL] = { .word = "voicemail reload",
                              .argv = { "asterisk", "-rx", "module reload app_voicemail.so" },
                              .why = "app_voicemail reads its mailboxes again",
                              .module = "app_voicemail.so",
                              .list = "module show like app_voicemail.so" },
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

const char *vl_reload_module_list(enum vl_reload reload)
{
    return reloads[reload].list;
}

const char *vl_reload_module(enum vl_reload reload)
{
    return reloads[reload].module;
}

static void add_reload(struct vl_plan *plan, const char *target_name, unsigned reload, bool loads, bool fresh)
{
    const char *const *argv = reloads[reload].argv;
    const char *load = loads ? vl_arena_printf(&plan->arena, "module load %s", reloads[reload].module) : NULL;

    vl_plan_add(plan, &(struct vl_step){
                          .kind = VL_STEP_RELOAD,
                          .target = target_name,
                          .object = reloads[reload].word,
                          .argv = loads ? vl_plan_argv(plan, argv[0], argv[1], load, NULL)
                                        : vl_plan_argv(plan, argv[0], argv[1], argv[2], argv[3], NULL),
                          .why = loads ? "the module that reads these files is not loaded" : reloads[reload].why,
                          .fresh_target = fresh,
                      });
}

/* A driver whose start failed stays half stopped when it is loaded again: chan_sip has then no thread that would send a
 * packet. It comes last, since Asterisk does not answer meanwhile, and reads every file. */
static void add_restart(struct vl_plan *plan, const char *target_name, unsigned reload)
{
    vl_plan_add(plan,
                &(struct vl_step){
                    .kind = VL_STEP_RELOAD,
                    .target = target_name,
                    .object = reloads[reload].word,
                    .argv = vl_plan_argv(plan, "asterisk", "-rx", "core restart now", NULL),
                    .why = vl_arena_printf(&plan->arena,
                                           "%s could not read its files when Asterisk was started, and only comes "
                                           "up when that is started anew",
                                           reloads[reload].module),
                    .restarts = true,
                });
}

void vl_reload_decide(struct vl_plan *plan, const char *target_name, const struct vl_fileset *set, const bool *differs,
                      unsigned owed, unsigned missing, unsigned failed, bool fresh)
{
    unsigned due = reloads_due(set, differs, owed), last = 0;

    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++) {
        if (!(due & 1U << i) || !reloads[i].word)
            continue;
        if (failed & 1U << i && reloads[i].module) {
            last = i;
            continue;
        }
        add_reload(plan, target_name, i, missing & 1U << i && reloads[i].module, fresh);
        if (reloads[i].module && !reloads[i].may_lack)
            vl_plan_shows(plan,
                          vl_arena_printf(&plan->arena, "asterisk -rx 'module show like %s' | grep -c '^%s'",
                                          reloads[i].module, reloads[i].module),
                          "1");
    }
    if (last)
        add_restart(plan, target_name, last);
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
