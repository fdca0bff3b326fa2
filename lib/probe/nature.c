/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/nature.h"

#include <ctype.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "probe/ask.h"
#include "probe/asterisk.h"
#include "probe/unloaded.h"

/* Telephones beyond this are not a teaching lab's; a name of Asterisk's has 80 characters. */
enum { PHONES_MOST = 5000, NAME_MOST = 80, VERSION_MOST = 32, PJSIP_ONLY = 21 };

#define VERSION "core show version"
#define DRIVERS "module show like chan_"
#define TRANSPORTS "pjsip show transports"

/* What a driver that is not there has no command for is not asked: to find out that there is no such command takes an
 * emulated guest that has just run on 0.2 s. */
const char *const *vl_probe_nature_commands(const struct vl_nature *known)
{
    static const char *const all[] = { VERSION, DRIVERS, TRANSPORTS, NULL };
    static const char *const without_pjsip[] = { VERSION, DRIVERS, NULL };

    return known->sip == VL_SIP_CHAN_SIP && !known->both ? without_pjsip : all;
}

/* Words, each once. */
struct list {
    const char **words;
    size_t count;
};

static void add_word(struct vl_arena *arena, struct list *list, const char *word)
{
    const char **grown;

    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->words[i], word))
            return;
    grown = vl_arena_grow(arena, list->words, list->count, sizeof(*grown));
    if (!grown)
        return;
    grown[list->count++] = word;
    list->words = grown;
}

static void add_words(struct vl_arena *arena, struct list *list, const char *const *words)
{
    for (; *words; words++)
        add_word(arena, list, *words);
}

static const char *const *end_list(struct vl_arena *arena, struct list *list)
{
    static const char *const none[] = { NULL };
    const char **grown = vl_arena_grow(arena, list->words, list->count, sizeof(*grown));

    if (!grown)
        return none;
    grown[list->count] = NULL;
    return grown;
}

const char *const *vl_probe_nature_paths(struct vl_arena *arena)
{
    struct list paths = { .words = NULL };

    add_word(arena, &paths, VL_MODULES_CONF);
    for (int i = VL_FLAVOR_ASTERISK; i < VL_FLAVOR_COUNT; i++) {
        const struct vl_flavor_row *row = vl_flavor_row((enum vl_flavor)i);

        add_words(arena, &paths, row->signs);
        add_words(arena, &paths, row->phone_files);
        add_words(arena, &paths, row->versions);
    }
    return end_list(arena, &paths);
}

static bool is_there(struct vl_target *target, const char *path)
{
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (target->ops->facts && target->ops->facts(target, path, &facts, &ignored) == 0)
        return facts.kind != VL_PATH_NONE;
    return false;
}

/* The interfaces that came of another one may have its files as well: the youngest is asked about first. */
static enum vl_flavor find_flavor(struct vl_target *target)
{
    static const enum vl_flavor order[] = { VL_FLAVOR_ISSABEL, VL_FLAVOR_ELASTIX, VL_FLAVOR_FREEPBX };

    for (size_t i = 0; i < VL_COUNT(order); i++)
        for (const char *const *sign = vl_flavor_row(order[i])->signs; *sign; sign++)
            if (is_there(target, *sign))
                return order[i];
    return VL_FLAVOR_ASTERISK;
}

/* Whether Asterisk has this driver, running or not: one that could not read its file when it was started, or that was
 * unloaded since, is put right (plan/loaded.h), and is no reason to do without it. */
static bool has_driver(struct vl_target *target, const char *list, const char *name)
{
    return vl_probe_lists_module(list, name) || vl_probe_is_unloaded(target, name);
}

/* Rows of `pjsip show transports`: `Transport:  NAME  TYPE  COS  TOS  ADDRESS:PORT`. */
static void read_transports(struct vl_arena *arena, const char *text, struct vl_nature *nature, bool *owns_5060)
{
    for (const char *const *line = vl_text_split(arena, text, "\n"); line && *line; line++) {
        const char *const *words = vl_text_split(arena, *line, " \r\t");
        size_t count = 0;

        while (words && words[count])
            count++;
        if (count < 6 || strcmp(words[0], "Transport:") != 0 || strcmp(words[2], "udp") != 0 ||
            !strcmp(words[1], VL_OUR_TRANSPORT))
            continue;
        nature->transport = true;
        *owns_5060 |= strlen(words[5]) > 5 && !strcmp(words[5] + strlen(words[5]) - 5, ":5060");
    }
}

/* `  UDP Bindaddress:        0.0.0.0:5060`. An answer that does not say it leaves the port that everybody has. */
static bool chan_sip_has_5060(struct vl_target *target)
{
    static const char key[] = "UDP Bindaddress:";
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *settings = NULL;
    const char *at, *colon;

    if (vl_asterisk_ask(target, "sip show settings", &settings, &ignored) < 0 || !(at = strstr(settings, key)))
        return true;
    at += strlen(key);
    at += strspn(at, " ");
    colon = memrchr(at, ':', strcspn(at, "\r\n"));
    return !colon || (!strncmp(colon, ":5060", 5) && !isdigit((unsigned char)colon[5]));
}

/* The drivers that run; where none does, those that are there and do not, or would be. */
static void find_sip(struct vl_target *target, const char *modules, bool *ret_chan_sip, bool *ret_pjsip)
{
    *ret_chan_sip = vl_asterisk_runs_module(modules, "chan_sip.so");
    *ret_pjsip = vl_asterisk_runs_module(modules, "chan_pjsip.so");
    if (*ret_chan_sip || *ret_pjsip)
        return;
    *ret_chan_sip = vl_probe_lists_module(modules, "chan_sip.so");
    *ret_pjsip = !*ret_chan_sip && vl_probe_lists_module(modules, "chan_pjsip.so");
    if (*ret_chan_sip || *ret_pjsip)
        return;
    *ret_chan_sip = vl_probe_is_unloaded(target, "chan_sip.so");
    *ret_pjsip = !*ret_chan_sip && vl_probe_is_unloaded(target, "chan_pjsip.so");
}

/* Two drivers cannot have one port: who has 5060 is who the others find. */
static int find_drivers(struct vl_arena *arena, struct vl_target *target, struct vl_nature *nature,
                        struct vl_error *err)
{
    VL_FREE char *version = NULL, *modules = NULL, *transports = NULL;
    bool chan_sip, pjsip, owns_5060 = false;
    unsigned major = 0, minor = 0;

    if (vl_asterisk_ask(target, VERSION, &version, err) < 0 || vl_asterisk_ask(target, DRIVERS, &modules, err) < 0)
        return -1;
    if (vl_asterisk_parse_version(version, &major, &minor))
        nature->asterisk = vl_arena_printf(arena, "%u.%u", major, minor);
    if (!strstr(modules, "modules loaded"))
        return vl_fail(err, VL_ERROR_FAILED, "Asterisk on '%s' does not list its modules", target->name);
    find_sip(target, modules, &chan_sip, &pjsip);
    if (pjsip || !chan_sip) {
        if (vl_asterisk_ask(target, TRANSPORTS, &transports, err) < 0)
            return -1;
        read_transports(arena, transports, nature, &owns_5060);
    }
    nature->iax2 = has_driver(target, modules, "chan_iax2.so");
    nature->both = chan_sip && pjsip;
    if (nature->both)
        nature->sip = owns_5060 ? VL_SIP_PJSIP : VL_SIP_CHAN_SIP;
    else if (chan_sip || pjsip)
        nature->sip = pjsip ? VL_SIP_PJSIP : VL_SIP_CHAN_SIP;
    else
        nature->sip = major >= PJSIP_ONLY ? VL_SIP_PJSIP : VL_SIP_CHAN_SIP;
    if (chan_sip || pjsip)
        nature->holder = nature->both && !owns_5060 && !chan_sip_has_5060(target) ? VL_SIP_PJSIP : nature->sip;
    return 0;
}

/* A file that is not there is empty. */
static int read_file(struct vl_target *target, const char *path, char **ret_text, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    mode_t mode;

    *ret_text = NULL;
    if (target->ops->read(target, path, ret_text, &mode, &cause) == 0 || cause.code == VL_ERROR_NOTFOUND)
        return 0;
    vl_error_move(err, &cause);
    return -1;
}

/* Telephones have numbers; other sections are trunks and templates. */
static int add_phones(struct vl_arena *arena, struct vl_target *target, const char *path, struct list *phones,
                      struct vl_error *err)
{
    VL_FREE char *text = NULL;

    if (read_file(target, path, &text, err) < 0)
        return -1;
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        size_t digits = *line == '[' ? strspn(line + 1, "0123456789") : 0;

        if (!digits || digits > NAME_MOST || line[1 + digits] != ']' || phones->count >= PHONES_MOST)
            continue;
        add_word(arena, phones, vl_arena_strndup(arena, line + 1, digits));
    }
    return 0;
}

static int find_phones(struct vl_arena *arena, struct vl_target *target, const struct vl_flavor_row *row,
                       struct vl_nature *nature, struct vl_error *err)
{
    struct list phones = { .words = NULL };

    for (const char *const *path = row->phone_files; *path; path++)
        if (add_phones(arena, target, *path, &phones, err) < 0)
            return -1;
    nature->phones = end_list(arena, &phones);
    return 0;
}

/* <version>2.8.1.4</version>, the first one. */
static void find_version(struct vl_arena *arena, struct vl_target *target, const struct vl_flavor_row *row,
                         struct vl_nature *nature)
{
    static const char tag[] = "<version>",
                      letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-";

    for (const char *const *path = row->versions; *path && !nature->gui; path++) {
        VL_ERROR_AUTO ignored = { .code = VL_OK };
        VL_FREE char *text = NULL;
        const char *found;
        size_t length;

        if (read_file(target, *path, &text, &ignored) < 0 || !text || !(found = strstr(text, tag)))
            continue;
        length = strspn(found + strlen(tag), letters);
        if (length && length <= VERSION_MOST)
            nature->gui = vl_arena_strndup(arena, found + strlen(tag), length);
    }
}

static int find_reach(struct vl_arena *arena, struct vl_target *target, const struct vl_flavor_row *row, bool tree,
                      struct vl_nature *nature, struct vl_error *err)
{
    for (const char *const *context = row->reach; *context; context++) {
        VL_FREE char *output = NULL;

        nature->reach = *context; /* the last one, which is made with the first telephone */
        if (tree)
            continue;
        if (vl_asterisk_ask(target, vl_arena_printf(arena, "dialplan show %s", *context), &output, err) < 0)
            return -1;
        if (strstr(output, "[ Context '"))
            return 0;
    }
    return 0;
}

/* Without an Asterisk to be asked: the one that is set up alone, else what is stated. */
static enum vl_sip_driver driver_of_tree(struct vl_target *target, enum vl_sip_driver stated)
{
    if (is_there(target, VL_ETC_ASTERISK "sip.conf"))
        return VL_SIP_CHAN_SIP;
    return is_there(target, VL_ETC_ASTERISK "pjsip.conf") ? VL_SIP_PJSIP : stated;
}

int vl_probe_nature(struct vl_arena *arena, struct vl_target *target, const struct vl_pbx *pbx,
                    const struct vl_nature *known, bool tree, struct vl_nature *ret_nature, struct vl_error *err)
{
    VL_ARENA_AUTO wanted = { .blocks = NULL };
    struct vl_nature nature = vl_nature_stated(pbx);
    const struct vl_flavor_row *row;

    vl_target_prefetch(target, &(struct vl_wanted){ .paths = vl_probe_nature_paths(&wanted),
                                                    .commands = tree ? NULL : vl_probe_nature_commands(known) });
    nature.seen = true;
    if (pbx->flavor == VL_FLAVOR_AUTO)
        nature.flavor = find_flavor(target);
    row = vl_flavor_row(nature.flavor);
    if (tree)
        nature.sip = driver_of_tree(target, nature.sip);
    else if (find_drivers(arena, target, &nature, err) < 0)
        return -1;
    if (find_phones(arena, target, row, &nature, err) < 0 || find_reach(arena, target, row, tree, &nature, err) < 0)
        return -1;
    find_version(arena, target, row, &nature);
    *ret_nature = vl_nature_settle(pbx, &nature);
    return vl_arena_check(arena, err);
}
