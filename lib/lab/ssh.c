/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How the PBXs of the lab are logged in to: keys, passwords, profiles, and what stands in between.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/schema.h"

enum { SSH_PORT = 22 };

const char *const vl_lab_ssh_profiles[] = { "auto", "modern", "legacy", NULL };

/* The keys that are of no use in some places: an SSH server is there, and what it takes is not known. */
static const struct {
    const char *key;
    bool vm;
} keys[] = {
    { "ssh", true }, { "proxy-jump", true }, { "proxy-hostkey", true }, { "sshkey", false }, { "password-file", false },
};

static int check_place(const struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_pbx *pbx,
                       struct vl_error *err)
{
    for (size_t i = 0; i < VL_COUNT(keys); i++) {
        if (!vl_ini_entry(section->section, keys[i].key) || pbx->place == VL_PLACE_SSH ||
            (pbx->place == VL_PLACE_VM && keys[i].vm))
            continue;
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, keys[i].key), err, "[%s] %s: %s", section->section->name,
                              keys[i].key,
                              pbx->place == VL_PLACE_VM ? "a guest that is made here has the lab's key"
                                                        : "this host itself is not reached over SSH");
    }
    return 0;
}

static int check_hostkey(const struct vl_lab *lab, const struct vl_raw_section *section, const char *key,
                         const char *value, struct vl_error *err)
{
    if (!value || vl_text_starts(value, "ssh-ed25519 ") || vl_text_starts(value, "ecdsa-sha2-nistp") ||
        vl_text_starts(value, "ssh-rsa "))
        return 0;
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, key), err, "[%s] %s: should read like 'ssh-ed25519 AAAA...'",
                          section->section->name, key);
}

/* The words of ssh_config(5) and of known_hosts, in which these stand too. */
static bool is_plain(const char *text)
{
    return *text && *text != '-' &&
           !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")];
}

/* [USER@]HOST[:PORT] */
static bool parse_host(struct vl_arena *arena, struct vl_ssh_jump *jump)
{
    const char *at = strrchr(jump->text, '@'), *host = at ? at + 1 : jump->text, *colon = strchr(host, ':');
    long port = SSH_PORT;

    jump->user = at ? vl_arena_strndup(arena, jump->text, (size_t)(at - jump->text)) : "root";
    jump->host = vl_arena_strndup(arena, host, colon ? (size_t)(colon - host) : strlen(host));
    if (colon && !vl_text_number(colon + 1, 1, 65535, &port))
        return false;
    jump->port = (unsigned)port;
    return is_plain(jump->user) && is_plain(jump->host);
}

static int make_jump(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx, struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;
    struct vl_ssh_jump *jump;

    if (!raw->proxy_jump)
        return raw->proxy_hostkey
                   ? VL_LAB_MISTAKE(lab, vl_raw_line(section, "proxy-hostkey"), err,
                                    "[%s] proxy-hostkey is of no use without proxy-jump", section->section->name)
                   : 0;
    jump = vl_arena_zalloc(&lab->arena, sizeof(*jump));
    if (!jump)
        return vl_no_memory(err);
    *jump = (struct vl_ssh_jump){ .text = raw->proxy_jump,
                                  .hostkey = raw->proxy_hostkey,
                                  .line = vl_raw_line(section, "proxy-jump") };
    pbx->jump = jump;
    if (strpbrk(jump->text, "@.:") && !parse_host(&lab->arena, jump))
        return VL_LAB_MISTAKE(lab, jump->line, err,
                              "[%s] proxy-jump: '%s' is neither USER@HOST:PORT nor the name of a PBX",
                              section->section->name, vl_text_printable(&lab->arena, jump->text));
    return check_hostkey(lab, section, "proxy-hostkey", jump->hostkey, err);
}

int vl_lab_make_ssh(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_pbx *pbx, struct vl_error *err)
{
    const struct vl_raw_pbx *raw = section->object;

    pbx->hostkey = raw->hostkey;
    pbx->ssh = vl_lab_ssh_profiles[raw->ssh];
    pbx->password_file = raw->password_file;
    pbx->sshkey = raw->sshkey ? raw->sshkey : pbx->place == VL_PLACE_SSH ? lab->sshkey : NULL;
    if (check_place(lab, section, pbx, err) < 0 || check_hostkey(lab, section, "hostkey", raw->hostkey, err) < 0)
        return -1;
    return make_jump(lab, section, pbx, err);
}

static int resolve_jump(struct vl_lab *lab, const struct vl_pbx *pbxs, size_t count, struct vl_pbx *pbx,
                        struct vl_error *err)
{
    struct vl_ssh_jump *jump = vl_arena_zalloc(&lab->arena, sizeof(*jump));

    if (!jump)
        return vl_no_memory(err);
    *jump = *pbx->jump;
    pbx->jump = jump;
    for (size_t i = 0; i < count; i++)
        if (strcmp(pbxs[i].name, jump->text) == 0)
            jump->pbx = &pbxs[i];
    if (!jump->pbx)
        return VL_LAB_MISTAKE(lab, jump->line, err,
                              "[pbx %s] proxy-jump: there is no PBX '%s'; another host reads like root@%s", pbx->name,
                              vl_text_printable(&lab->arena, jump->text), vl_text_printable(&lab->arena, jump->text));
    if (jump->pbx->place == VL_PLACE_LOCAL)
        return VL_LAB_MISTAKE(lab, jump->line, err, "[pbx %s] proxy-jump: '%s' is this host itself; leave it out",
                              pbx->name, jump->text);
    if (jump->hostkey)
        return VL_LAB_MISTAKE(lab, jump->line, err,
                              "[pbx %s] proxy-hostkey: the host key of '%s' stands in [pbx %s]; leave it out here",
                              pbx->name, jump->text, jump->text);
    return 0;
}

int vl_lab_resolve_jumps(struct vl_lab *lab, struct vl_pbx *pbxs, size_t count, struct vl_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (pbxs[i].jump && !pbxs[i].jump->host && resolve_jump(lab, pbxs, count, &pbxs[i], err) < 0)
            return -1;
    for (size_t i = 0; i < count; i++) {
        const struct vl_pbx *at = &pbxs[i];
        size_t hops = 0;

        while (at->jump && at->jump->pbx && hops++ < VL_SSH_HOPS)
            at = at->jump->pbx;
        if (hops >= VL_SSH_HOPS)
            return VL_LAB_MISTAKE(lab, pbxs[i].jump->line, err,
                                  "[pbx %s] proxy-jump: the way goes through '%s' and comes to no end; at most %d may "
                                  "stand in between",
                                  pbxs[i].name, pbxs[i].jump->text, VL_SSH_HOPS - 1);
    }
    return 0;
}
