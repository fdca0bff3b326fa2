/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * [extension NUMBER]: the name, the secret and the mailbox of a telephone of a guest, whose number is among the
 * `extensions` of its [pbx].
 */
#include <string.h>

#include "lab/schema.h"

static bool has_extension(const struct vl_pbx *pbx, const char *number)
{
    for (const char *const *extension = pbx->extensions; extension && *extension; extension++)
        if (!strcmp(*extension, number))
            return true;
    return false;
}

static const struct vl_pbx *owner_of(const struct vl_lab *lab, const char *number)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (has_extension(&lab->pbxs[i], number))
            return &lab->pbxs[i];
    return NULL;
}

int vl_lab_make_extensions(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_section *sections = raw->kinds[VL_RAW_EXTENSION].sections;
    size_t count = raw->kinds[VL_RAW_EXTENSION].count;
    struct vl_telephone *extensions = vl_arena_zalloc(&lab->arena, count * sizeof(*extensions));

    if (!extensions)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct vl_raw_extension *given = sections[i].object;

        extensions[i] = (struct vl_telephone){
            .number = given->number,
            .pbx = owner_of(lab, given->number),
            .name = given->name,
            .secret = given->secret,
            .mailbox = given->mailbox,
            .line = sections[i].section->line,
        };
        if (!extensions[i].pbx)
            return VL_LAB_MISTAKE(lab, extensions[i].line, err,
                                  "[%s] no guest has '%s' among its extensions; a telephone of the hub is a [user]",
                                  sections[i].section->name, given->number);
        if (vl_lab_check_secret(lab, &sections[i], "secret", given->secret, given->number, given->insecure, err) < 0)
            return -1;
    }
    lab->extensions = extensions;
    lab->extension_count = count;
    return 0;
}

const struct vl_pbx *vl_lab_account_owner(const struct vl_lab *lab, const char *account)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].account && !strcmp(lab->pbxs[i].account, account))
            return &lab->pbxs[i];
    return NULL;
}

static bool is_other(const char *number, const char *other)
{
    return !other || strcmp(number, other) != 0;
}

const char *vl_lab_first_telephone(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *other)
{
    for (size_t i = 0; pbx->extensions && pbx->extensions[i]; i++)
        if (is_other(pbx->extensions[i], other))
            return pbx->extensions[i];
    for (size_t i = 0; pbx == lab->hub && i < lab->user_count; i++)
        if (!lab->users[i].dahdi && is_other(lab->users[i].number, other))
            return lab->users[i].number;
    return NULL;
}

const struct vl_pbx *vl_lab_telephone_owner(const struct vl_lab *lab, const char *number)
{
    for (size_t i = 0; i < lab->user_count; i++)
        if (!lab->users[i].dahdi && !strcmp(lab->users[i].number, number))
            return lab->hub;
    return owner_of(lab, number);
}

const struct vl_telephone *vl_lab_telephone(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *number)
{
    for (size_t i = 0; i < lab->extension_count; i++)
        if (lab->extensions[i].pbx == pbx && !strcmp(lab->extensions[i].number, number))
            return &lab->extensions[i];
    return NULL;
}

bool vl_pbx_has_mailboxes(const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    for (size_t i = 0; i < lab->extension_count; i++)
        if (lab->extensions[i].pbx == pbx && lab->extensions[i].mailbox)
            return true;
    return false;
}
