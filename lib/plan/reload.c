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

/* What the accounts and registrations that are written for PJSIP consist of. */
static const char *const pjsip_modules[] = {
    "res_rtp_asterisk.so",
    "res_pjsip_session.so",
    "res_pjsip_sdp_rtp.so",
    "res_pjsip_authenticator_digest.so",
    "res_pjsip_outbound_authenticator_digest.so",
    "res_pjsip_endpoint_identifier_user.so",
    "res_pjsip_endpoint_identifier_ip.so",
    "res_pjsip_registrar.so",
    "res_pjsip_outbound_registration.so",
    "res_pjsip_nat.so",
    "chan_pjsip.so",
    NULL,
};

/* By `module reload`, after which Asterisk tells when it was (loaded.h); of a module's own command it keeps no time.
 * What it is called in a plan and in the note of what is owed, what is run, and what a person would say about it. */
static const struct {
    const char *word;
    const char *argv[4];
    const char *why;
    const char *module;      /* that reads the files */
    const char *const *with; /* modules without which it does not do what they ask for; NULL: none */
    bool once;               /* some of those are loaded once only: what was unloaded comes back with a start */
    bool may_lack;           /* the module is there with the card, and a lab is set up without it */
} reloads[VL_RELOAD_COUNT] = {
    [VL_RELOAD_SIP] = { .word = "sip reload",
                        .argv = { "asterisk", "-rx", "module reload chan_sip.so" },
                        .why = "chan_sip reads its files again and registers anew",
                        .module = "chan_sip.so",
                        .with = (const char *const[]){ "res_rtp_asterisk.so", NULL } },
    /* addresses and registrations are objects of modules of their own: not each version reads those with res_pjsip's */
    [VL_RELOAD_PJSIP] = { .word = "pjsip reload",
                          .argv = { "asterisk", "-rx",
                                    "module reload res_pjsip.so res_pjsip_endpoint_identifier_ip.so "
                                    "res_pjsip_outbound_registration.so" },
                          .why = "PJSIP reads its files again and registers anew",
                          .module = "res_pjsip.so",
                          .with = pjsip_modules,
                          .once = true },
    [VL_RELOAD_IAX2] = { .word = "iax2 reload",
                         .argv = { "asterisk", "-rx", "module reload chan_iax2.so" },
                         .why = "chan_iax2 reads its files again",
                         .module = "chan_iax2.so" },
    [VL_RELOAD_DIALPLAN] = { .word = "dialplan reload",
                             .argv = { "asterisk", "-rx", "module reload pbx_config.so" },
                             .why = "pbx_config reads extensions.conf again",
                             .module = "pbx_config.so" },
    [VL_RELOAD_VOICEMAIL] = { .word = "voicemail reload",
                              .argv = { "asterisk", "-rx", "module reload app_voicemail.so" },
                              .why = "app_voicemail reads its mailboxes again",
                              .module = "app_voicemail.so" },
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

static void show_module(struct vl_plan *plan, const char *module)
{
    vl_plan_shows(
        plan, vl_arena_printf(&plan->arena, "asterisk -rx 'module show like %s' | grep -c '^%s'", module, module), "1");
}

/* It comes last, since Asterisk does not answer meanwhile, and reads every file. */
static void add_restart(struct vl_plan *plan, const char *target_name, const char *word, const char *why)
{
    vl_plan_add(plan, &(struct vl_step){
                          .kind = VL_STEP_RELOAD,
                          .target = target_name,
                          .object = word,
                          .argv = vl_plan_argv(plan, "asterisk", "-rx", "core restart now", NULL),
                          .why = why,
                          .restarts = true,
                      });
}

/* A driver whose start failed stays half stopped when it is loaded again: chan_sip has then no thread that would send a
 * packet. */
static bool add_restart_of_failed(struct vl_plan *plan, const char *target_name, unsigned due,
                                  const struct vl_loaded *loaded)
{
    unsigned last = 0;

    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if (due & loaded->failed & 1U << i && reloads[i].module)
            last = i;
    if (last)
        add_restart(plan, target_name, reloads[last].word,
                    vl_arena_printf(&plan->arena,
                                    "%s could not read its files when Asterisk was started, and only comes up when "
                                    "that is started anew",
                                    reloads[last].module));
    return last != 0;
}

const char *const *vl_reload_module_with(enum vl_reload reload)
{
    static const char *const none[] = { NULL };

    return reloads[reload].with ? reloads[reload].with : none;
}

static bool is_in(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

static bool is_loaded_once(const char *module)
{
    bool once = false;

    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if (is_in(vl_reload_module_with((enum vl_reload)i), module)) {
            if (!reloads[i].once)
                return false;
            once = true;
        }
    return once;
}

/* The first module that was unloaded and is not loaded a second time; NULL: there is none. */
static const char *lost_module(const struct vl_loaded *loaded)
{
    for (const char *const *module = loaded->unloaded; module && *module; module++)
        if (is_loaded_once(*module))
            return *module;
    return NULL;
}

/* Whether this module is loaded in the place of its reload. */
static bool is_loaded_instead(const struct vl_loaded *loaded, const char *module)
{
    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++)
        if ((loaded->missing | loaded->failed) & 1U << i && reloads[i].module && !strcmp(reloads[i].module, module))
            return true;
    return false;
}

/* The modules that nothing of ours is read by, and that somebody unloaded. */
static void add_loads(struct vl_plan *plan, const char *target_name, const struct vl_loaded *loaded)
{
    for (const char *const *module = loaded->unloaded; module && *module; module++) {
        const char *load = vl_arena_printf(&plan->arena, "module load %s", *module);

        if (is_loaded_instead(loaded, *module))
            continue;
        vl_plan_add(plan, &(struct vl_step){
                              .kind = VL_STEP_RELOAD,
                              .target = target_name,
                              .object = load,
                              .argv = vl_plan_argv(plan, "asterisk", "-rx", load, NULL),
                              .why = "the lab needs this module, Asterisk loads it when it starts, and it was unloaded",
                          });
        show_module(plan, *module);
    }
}

void vl_reload_decide(struct vl_plan *plan, const char *target_name, const struct vl_fileset *set, const bool *differs,
                      unsigned owed, const struct vl_loaded *loaded, bool fresh)
{
    unsigned due = reloads_due(set, differs, owed);
    const char *lost = lost_module(loaded);

    for (unsigned i = 0; i < VL_RELOAD_COUNT; i++) {
        if (!(due & 1U << i) || !reloads[i].word || (loaded->failed & 1U << i && reloads[i].module))
            continue;
        add_reload(plan, target_name, i, loaded->missing & 1U << i && reloads[i].module, fresh);
        if (reloads[i].module && !reloads[i].may_lack)
            show_module(plan, reloads[i].module);
    }
    if (add_restart_of_failed(plan, target_name, due, loaded))
        return;
    if (lost)
        add_restart(plan, target_name, "core restart",
                    vl_arena_printf(&plan->arena,
                                    "%s was unloaded, and Asterisk only has it again when it is started anew", lost));
    else
        add_loads(plan, target_name, loaded);
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
