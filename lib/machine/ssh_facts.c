/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What paths and groups of a host over SSH are, by one command each, as in ssh_file.c. An answer is the guest's word:
 * numbers are bounded, a link is text without a line end.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "machine/ssh_internal.h"

enum { FACTS_LIMIT = 3 * 4096, GROUP_LIMIT = 64 };

/* $1: the path. First line: kind, mode, owner, group; of a link then what it says, and where it ends when something is
 * there. A path below a directory that may not be searched is not called absent. */
static const char facts_script[] =
    "f=$1; if [ -h \"$f\" ]; then k=link; elif [ -f \"$f\" ]; then k=file; elif [ -d \"$f\" ]; then k=directory; "
    "elif [ -e \"$f\" ]; then k=other; else k=none; d=$f; while [ -n \"$d\" ] && [ ! -e \"$d\" ]; do d=${d%/*}; done; "
    "if [ -d \"${d:-/}\" ] && [ ! -x \"${d:-/}\" ]; then exit 71; fi; fi; "
    "set -- $(stat -L -c \"%a %u %g\" \"$f\" 2>/dev/null); echo \"voiplab $k ${1:-0} ${2:-0} ${3:-0}\"; "
    "[ $k != link ] || { readlink \"$f\"; [ ! -e \"$f\" ] || readlink -f \"$f\"; }";

/* $1: the name of a group. Its number, when the host has it and we are root there, who may give files away. */
static const char group_script[] =
    "[ \"$(id -u)\" = 0 ] || exit 0; g=$(getent group \"$1\" 2>/dev/null || grep \"^$1:\" /etc/group); "
    "g=${g#*:*:}; echo \"${g%%:*}\"";

static const struct {
    const char *word;
    enum vl_path_kind kind;
} kinds[] = {
    { "none", VL_PATH_NONE },           { "file", VL_PATH_FILE },   { "link", VL_PATH_LINK },
    { "directory", VL_PATH_DIRECTORY }, { "other", VL_PATH_OTHER },
};

static bool take_kind(const char *word, enum vl_path_kind *ret_kind)
{
    for (size_t i = 0; i < VL_COUNT(kinds); i++) {
        if (strcmp(word, kinds[i].word) != 0)
            continue;
        *ret_kind = kinds[i].kind;
        return true;
    }
    return false;
}

/* A number in octal or decimal, and nothing else. */
static bool take_number(const char *word, int base, unsigned long most, unsigned long *ret_number)
{
    char *end;

    if (word[0] < '0' || word[0] > '9' || strlen(word) > 10)
        return false;
    *ret_number = strtoul(word, &end, base);
    return !*end && *ret_number <= most;
}

static bool take_first_line(struct vl_arena *arena, const char *line, struct vl_path_facts *facts)
{
    const char *const *words = vl_text_split(arena, line, " ");
    unsigned long mode, owner, group;
    size_t count = 0;

    while (words && words[count])
        count++;
    if (count != 5 || strcmp(words[0], "voiplab") != 0 || !take_kind(words[1], &facts->kind) ||
        !take_number(words[2], 8, 07777, &mode) || !take_number(words[3], 10, UINT32_MAX, &owner) ||
        !take_number(words[4], 10, UINT32_MAX, &group))
        return false;
    facts->mode = (mode_t)mode;
    facts->owner = (uid_t)owner;
    facts->group = (gid_t)group;
    return true;
}

/* False when it is not what facts_script prints, or memory ran out. */
static bool parse_facts(struct vl_arena *arena, const char *text, struct vl_path_facts *facts)
{
    const char *const *lines = vl_text_split(arena, text, "\n");
    size_t count = 0;

    while (lines && lines[count])
        count++;
    if (count < 1 || !take_first_line(arena, lines[0], facts))
        return false;
    if (facts->kind != VL_PATH_LINK)
        return count == 1;
    if (count < 2 || count > 3 || (count == 3 && lines[2][0] != '/'))
        return false;
    facts->link = vl_strdup(lines[1]);
    facts->real = count == 3 ? vl_strdup(lines[2]) : NULL;
    return facts->link && (count == 2 || facts->real);
}

/* From what was learnt ahead: 1, 0 when it is not known, -1 without memory. */
static int facts_ahead(const struct vl_ssh *ssh, const char *path, struct vl_path_facts *ret_facts,
                       struct vl_error *err)
{
    const struct vl_ahead_path *known = vl_ahead_find_path(ssh->ahead, path, vl_now_ms());
    struct vl_path_facts facts;

    if (!known)
        return 0;
    facts = known->facts;
    facts.link = facts.link ? vl_strdup(facts.link) : NULL;
    facts.real = facts.real ? vl_strdup(facts.real) : NULL;
    *ret_facts = facts;
    if (!facts.link == !known->facts.link && !facts.real == !known->facts.real)
        return 1;
    vl_path_facts_free(ret_facts);
    return vl_no_memory(err);
}

int vl_ssh_facts(struct vl_target *target, const char *path, struct vl_path_facts *ret_facts, struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_of(target);
    const char *const argv[] = { "sh", "-c", facts_script, "sh", path, NULL };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    VL_SSH_REPLY_AUTO reply = { .status = -1 };
    int known = facts_ahead(ssh, path, ret_facts, err);

    if (known)
        return known < 0 ? -1 : 0;
    if (vl_ssh_check_path(path, err) < 0 || vl_ssh_execute(ssh, argv, NULL, FACTS_LIMIT, 0, &reply, err) < 0)
        return -1;
    if (reply.status)
        return vl_ssh_fail_file(ssh, "look at", path, reply.status, &reply, err);
    if (!parse_facts(&arena, vl_buf_text(&reply.output), &facts))
        return vl_fail(err, VL_ERROR_FAILED,
                       "'%s' answered something else when it was asked what '%s' is; does a start-up file of its login "
                       "shell print, or has the path a line end in it?",
                       ssh->name, path);
    *ret_facts = facts;
    facts = (struct vl_path_facts){ .kind = VL_PATH_NONE };
    return 0;
}

bool vl_ssh_gives_to(struct vl_target *target, const char *group, gid_t *ret_id)
{
    const char *const argv[] = { "sh", "-c", group_script, "sh", group, NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_SSH_REPLY_AUTO reply = { .status = -1 };
    char word[GROUP_LIMIT + 1] = "";
    const struct vl_ahead_group *known = vl_ahead_find_group(vl_ssh_of(target)->ahead, group, vl_now_ms());
    unsigned long id;

    if (known) {
        *ret_id = known->gives ? known->id : *ret_id;
        return known->gives;
    }
    if (!vl_ssh_is_group(group) || vl_ssh_execute(vl_ssh_of(target), argv, NULL, GROUP_LIMIT, 0, &reply, &ignored) < 0)
        return false;
    memcpy(word, vl_buf_text(&reply.output), reply.output.length);
    word[strcspn(word, "\n")] = '\0';
    if (!take_number(word, 10, UINT32_MAX, &id))
        return false;
    *ret_id = (gid_t)id;
    return true;
}
