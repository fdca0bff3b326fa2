/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/writer.h"

#include <strings.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "render/asterisk.h"

const char *vl_render_hub_context(struct vl_arena *arena, const struct vl_lab *lab)
{
    static const char *const taken[] = {
        /* sections with a meaning: extensions.conf, voicemail.conf */
        "general",
        "globals",
        "zonemessages",
        /* contexts of the sample extensions.conf of Asterisk, and of ours */
        "default",
        "public",
        "demo",
        "local",
        "longdistance",
        "international",
        "page",
        "time",
        "ani",
        "stdexten",
        "trunkdial",
        "trunkint",
        "trunkld",
        "trunklocal",
        "trunktollfree",
        "iaxprovider",
        "apps",
        "pstn",
        "did",
    };
    static const char *const beginnings[] = {
        "sub-", "call-", "outbound-", "barred-", "class-", "usuarios-", "numeros-"
    };

    for (size_t i = 0; i < VL_COUNT(taken); i++)
        if (strcasecmp(lab->name, taken[i]) == 0)
            return vl_arena_printf(arena, "lab-%s", lab->name);
    for (size_t i = 0; i < VL_COUNT(beginnings); i++)
        if (vl_text_starts(lab->name, beginnings[i]))
            return vl_arena_printf(arena, "lab-%s", lab->name);
    return lab->name;
}

const char *vl_writer_secret(const struct vl_pbx_writer *writer, const char *kind, const char *name)
{
    const char *secret = vl_state_secret(writer->state, "%s/%s", kind, name);

    return secret ? secret : "";
}

const char *vl_writer_plain(const struct vl_pbx_writer *writer, const char *text)
{
    char *plain = vl_arena_strdup(writer->arena, text);
    char *end = plain;

    if (plain[0] == '\0')
        return plain;
    for (const char *c = plain; *c; c++)
        if ((unsigned char)*c >= ' ' && *c != 0x7f && !strchr("\";\\<>,|", *c))
            *end++ = *c;
    *end = '\0';
    return plain;
}

const char *vl_writer_address(const struct vl_pbx_writer *writer, uint32_t address)
{
    return vl_text_from_ipv4(writer->arena, address);
}

const char *vl_writer_dialled(const char *pattern)
{
    return pattern[0] == '_' && strpbrk(pattern, ".!") ? "${FILTER(0-9,${EXTEN})}" : "${EXTEN}";
}
