/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/writer.h"

#include <strings.h>
#include <string.h>

#include "base/text.h"

void vl_write_option_table(const struct vl_pbx_writer *writer, const struct vl_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vl_buf_printf(writer->out, "%s=%s\n", options[i].key, options[i].value);
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
