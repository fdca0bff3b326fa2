/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers that are dialled at the hub: its telephones and the guests' accounts are found before the numbers of the
 * guests and the services, so that one of the former would hide one of the latter.
 */
#include <string.h>

#include "base/cleanup.h"
#include "lab/schema.h"

static const struct service {
    const char *number, *what;
    bool voicemail; /* there only when a telephone has a mailbox */
} services[] = {
    { VL_NUMBER_ECHO, "the echo test", false },
    { VL_NUMBER_VOICEMAIL, "voicemail", true },
    { VL_NUMBER_DIRECTORY_FIRST, "the directory by first name", true },
    { VL_NUMBER_DIRECTORY_LAST, "the directory by last name", true },
};

/* A number as the lab file gives it: "[user 1500]" or "[pbx a] account". */
struct given {
    const char *number, *where;
    int line;
};

static int check_guests(const struct vl_lab *lab, const struct given *given, struct vl_error *err)
{
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        /* _PXXX, which leads to the guest with the prefix P */
        if (pbx->account && pbx->prefix && strlen(given->number) == strlen(pbx->prefix) + 3 &&
            !strncmp(given->number, pbx->prefix, strlen(pbx->prefix)))
            return VL_LAB_MISTAKE(lab, given->line, err,
                                  "%s: '%s' is one of the numbers of '%s' (line %d), %s000 to %s999; choose another",
                                  given->where, given->number, pbx->name, pbx->line, pbx->prefix, pbx->prefix);
    }
    return 0;
}

/* The first telephone with a mailbox: it is why there is voicemail. */
static int mailbox_line(const struct vl_lab *lab)
{
    for (size_t i = 0; i < lab->user_count; i++)
        if (lab->users[i].voicemail)
            return lab->users[i].line;
    return 0;
}

static int check_services(const struct vl_lab *lab, const struct given *given, struct vl_error *err)
{
    for (size_t i = 0; i < VL_COUNT(services); i++) {
        if (strcmp(services[i].number, given->number) != 0 || (services[i].voicemail && !vl_lab_has_mailboxes(lab)))
            continue;
        if (services[i].voicemail)
            return VL_LAB_MISTAKE(lab, given->line, err,
                                  "%s: '%s' is the number of %s, for the mailbox of line %d; choose another",
                                  given->where, given->number, services[i].what, mailbox_line(lab));
        return VL_LAB_MISTAKE(lab, given->line, err, "%s: '%s' is the number of %s; choose another", given->where,
                              given->number, services[i].what);
    }
    return 0;
}

static int check_number(const struct vl_lab *lab, const struct given *given, struct vl_error *err)
{
    return check_guests(lab, given, err) < 0 ? -1 : check_services(lab, given, err);
}

int vl_lab_check_numbers(const struct vl_lab *lab, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    for (size_t i = 0; i < lab->user_count; i++) {
        const struct vl_user *user = &lab->users[i];

        if (check_number(lab,
                         &(struct given){ .number = user->number,
                                          .where = vl_arena_printf(&arena, "[user %s]", user->number),
                                          .line = user->line },
                         err) < 0)
            return -1;
    }
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (pbx->account &&
            check_number(lab,
                         &(struct given){ .number = pbx->account,
                                          .where = vl_arena_printf(&arena, "[pbx %s] account", pbx->name),
                                          .line = pbx->line },
                         err) < 0)
            return -1;
    }
    return vl_arena_check(&arena, err);
}
