/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ssh_kexinit.h"

#include <stdint.h>
#include <string.h>

enum {
    MSG_DISCONNECT = 1,
    MSG_DEBUG = 4,
    MSG_KEXINIT = 20,
    PACKET_HEAD = 5, /* length, length of the padding */
    COOKIE = 16,
    LISTS = 8, /* that are read: two of the ten are languages */
};

/* Which of the lists of the message is which of ours. */
static const int places[VL_SSH_LISTS] = {
    [VL_SSH_KEX] = 0,
    [VL_SSH_HOSTKEYS] = 1,
    [VL_SSH_CIPHERS] = 3,
    [VL_SSH_MACS] = 5,
};

/* What is left to be read. */
struct rest {
    const unsigned char *at;
    size_t left;
};

static bool take_number(struct rest *rest, uint32_t *ret_number)
{
    if (rest->left < 4)
        return false;
    *ret_number = (uint32_t)rest->at[0] << 24 | (uint32_t)rest->at[1] << 16 | (uint32_t)rest->at[2] << 8 | rest->at[3];
    rest->at += 4;
    rest->left -= 4;
    return true;
}

static bool take_list(struct rest *rest, struct vl_kexinit_text *ret_list)
{
    uint32_t length;

    if (!take_number(rest, &length) || length > rest->left)
        return false;
    *ret_list = (struct vl_kexinit_text){ .at = (const char *)rest->at, .length = length };
    rest->at += length;
    rest->left -= length;
    return true;
}

/* Lines may come before the one that begins with "SSH-": a server may greet. */
static bool take_version(struct rest *rest, struct vl_kexinit_text *ret_version)
{
    const unsigned char *end;

    while ((end = memchr(rest->at, '\n', rest->left))) {
        const char *line = (const char *)rest->at;
        size_t length = (size_t)(end - rest->at);

        rest->at = end + 1;
        rest->left -= length + 1;
        if (length && line[length - 1] == '\r')
            length--;
        if (length < 8 || memcmp(line, "SSH-", 4) != 0)
            continue;
        *ret_version = (struct vl_kexinit_text){ .at = line + 8, .length = length - 8 };
        return true;
    }
    return false;
}

/* The payload of the next packet. Before the first keys it stands there as it is. */
static bool take_packet(struct rest *rest, struct rest *ret_payload)
{
    uint32_t length;

    if (!take_number(rest, &length) || length < 2 || length > rest->left)
        return false;
    if ((size_t)rest->at[0] + 1 >= length)
        return false;
    *ret_payload = (struct rest){ .at = rest->at + 1, .left = length - 1 - rest->at[0] };
    rest->at += length;
    rest->left -= length;
    return true;
}

static bool read_lists(struct rest payload, struct vl_kexinit *kexinit)
{
    struct vl_kexinit_text lists[LISTS];

    if (payload.left < 1 + COOKIE)
        return false;
    payload.at += 1 + COOKIE;
    payload.left -= 1 + COOKIE;
    for (int i = 0; i < LISTS; i++)
        if (!take_list(&payload, &lists[i]))
            return false;
    for (int i = 0; i < VL_SSH_LISTS; i++)
        kexinit->lists[i] = lists[places[i]];
    return true;
}

bool vl_kexinit_find(const void *bytes, size_t length, struct vl_kexinit *ret_kexinit)
{
    struct rest rest = { .at = bytes, .left = length }, payload;

    *ret_kexinit = (struct vl_kexinit){ .version = { .at = "" } };
    for (int i = 0; i < VL_SSH_LISTS; i++)
        ret_kexinit->lists[i].at = "";
    if (!length || !take_version(&rest, &ret_kexinit->version))
        return false;
    while (take_packet(&rest, &payload)) {
        if (payload.at[0] == MSG_KEXINIT)
            return read_lists(payload, ret_kexinit);
        if (payload.at[0] < MSG_DISCONNECT || payload.at[0] > MSG_DEBUG)
            return false;
    }
    return false;
}

void vl_kexinit_quote(struct vl_buf *text, const struct vl_kexinit_text *said)
{
    size_t most = said->length < VL_KEXINIT_QUOTED ? said->length : VL_KEXINIT_QUOTED;

    for (size_t i = 0; i < most; i++)
        vl_buf_putc(text, said->at[i] >= ' ' && said->at[i] <= '~' ? said->at[i] : '?');
    if (most < said->length)
        vl_buf_puts(text, "...");
}

const char *vl_kexinit_agreed(const struct vl_kexinit_sides *sides, enum vl_ssh_list list, size_t *ret_length)
{
    const struct vl_kexinit_text *server = &sides->server->lists[list];
    const char *at = sides->offered[list], *end = at + strlen(at), *name;

    while ((name = vl_ssh_list_next(&at, end, ret_length)))
        if (vl_ssh_list_has(server->at, server->length, name, *ret_length))
            return name;
    return NULL;
}

/* An AEAD cipher needs no MAC, and no list of them. */
static bool is_without_mac(const struct vl_kexinit_sides *sides, enum vl_ssh_list list)
{
    size_t length;
    const char *cipher = list == VL_SSH_MACS ? vl_kexinit_agreed(sides, VL_SSH_CIPHERS, &length) : NULL;

    return cipher && length > 7 && memcmp(cipher + 6, "-gcm", 4) == 0;
}

/* The first profile that would offer one of the server's, which the library has. */
static const char *find_profile(const struct vl_kexinit_sides *sides, enum vl_ssh_list list)
{
    for (const struct vl_ssh_profile *row = vl_ssh_profiles; row->name; row++) {
        const char *at = row->lists[list], *end = at + strlen(at), *name;
        size_t length;

        while ((name = vl_ssh_list_next(&at, end, &length)))
            if (vl_ssh_list_has(sides->server->lists[list].at, sides->server->lists[list].length, name, length) &&
                vl_ssh_list_has(sides->library[list], strlen(sides->library[list]), name, length))
                return row->name;
    }
    return NULL;
}

/* Those of the server's that the library has: they are left out on purpose. */
static void collect_known(const struct vl_kexinit_sides *sides, enum vl_ssh_list list, struct vl_buf *known)
{
    const char *at = sides->server->lists[list].at, *end = at + sides->server->lists[list].length, *name;
    size_t length;

    while ((name = vl_ssh_list_next(&at, end, &length)))
        if (length && vl_ssh_list_has(sides->library[list], strlen(sides->library[list]), name, length))
            vl_ssh_list_add(known, name, length);
}

static void explain_list(const struct vl_kexinit_sides *sides, enum vl_ssh_list list, struct vl_buf *text)
{
    VL_BUF_AUTO known = VL_BUF_INIT;
    const char *profile = find_profile(sides, list);

    vl_buf_printf(text, "%sno %s in common: it offers '", text->length ? "; " : "", vl_ssh_list_title(list));
    vl_kexinit_quote(text, &sides->server->lists[list]);
    vl_buf_printf(text, "', we '%s'", sides->offered[list]);
    collect_known(sides, list, &known);
    if (!known.length)
        vl_buf_printf(text, ", and this %s has none of what it offers", sides->version);
    else if (profile && strcmp(profile, sides->profile) != 0)
        vl_buf_printf(text, "; 'ssh = %s' in the lab file would offer what it has", profile);
    else if (list == VL_SSH_HOSTKEYS)
        vl_buf_puts(text, ", the type of the key that is known");
    else
        vl_buf_printf(text, ", which leaves out '%s' because it is not safe any more", vl_buf_text(&known));
}

void vl_kexinit_explain(const struct vl_kexinit_sides *sides, struct vl_buf *text)
{
    size_t length;

    for (enum vl_ssh_list list = 0; list < VL_SSH_LISTS; list++)
        if (!vl_kexinit_agreed(sides, list, &length) && !is_without_mac(sides, list))
            explain_list(sides, list, text);
}
