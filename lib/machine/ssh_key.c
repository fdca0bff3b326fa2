/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ssh_key.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"

static const char *const types[] = {
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
};

/* The first line of a private key file in the formats of OpenSSL's tools. */
static const struct {
    const char *line, *type;
} heads[] = {
    { "-----BEGIN RSA PRIVATE KEY-----", "ssh-rsa" },
    { "-----BEGIN EC PRIVATE KEY-----", "ecdsa-sha2-nistp256" },
};

static const char *known_type(const char *name, size_t length)
{
    for (size_t i = 0; i < VL_COUNT(types); i++)
        if (strlen(types[i]) == length && memcmp(types[i], name, length) == 0)
            return types[i];
    return NULL;
}

const char *vl_ssh_hostkey_type(const char *line)
{
    return known_type(line, strcspn(line, " "));
}

/* The bytes of the second word; NULL: there are none. */
static unsigned char *decode(const char *line, size_t *ret_length)
{
    const char *word = line + strcspn(line, " ");

    word += strspn(word, " ");
    return vl_digest_unbase64(word, strcspn(word, " \t\r\n"), ret_length);
}

char *vl_ssh_fingerprint(struct vl_arena *arena, const char *line)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = 0;
    VL_FREE unsigned char *bytes = decode(line, &length);
    VL_FREE char *text = NULL;
    unsigned char sum[32];
    char hex[VL_DIGEST_SHA256_SIZE];

    if (!bytes || vl_digest_sha256(bytes, length, hex) < 0)
        return NULL;
    for (size_t i = 0; i < sizeof(sum); i++)
        sum[i] =
            (unsigned char)((strchr(digits, hex[2 * i]) - digits) << 4 | (strchr(digits, hex[2 * i + 1]) - digits));
    text = vl_digest_base64(sum, sizeof(sum));
    return text ? vl_arena_printf(arena, "SHA256:%.*s", (int)strcspn(text, "="), text) : NULL;
}

char *vl_ssh_hostkey_plain(struct vl_arena *arena, const char *line)
{
    const char *type = vl_ssh_hostkey_type(line), *word;
    size_t length = 0, width = type ? strlen(type) : 0;
    VL_FREE unsigned char *bytes = type ? decode(line, &length) : NULL;

    if (!bytes || length < 4 + width || bytes[0] || bytes[1] || bytes[2] || bytes[3] != width ||
        memcmp(bytes + 4, type, width) != 0)
        return NULL;
    word = line + width;
    word += strspn(word, " ");
    return vl_arena_printf(arena, "%s %.*s", type, (int)strcspn(word, " \t\r\n"), word);
}

/*
 * The beginning of a key in OpenSSH's own format, which is base64 in lines: "openssh-key-v1", a NUL, and as fields the
 * cipher, the derivation of its key, the options of that, how many keys; then the public one, whose first field is its
 * type. NULL: the text is no such key. 88 characters are 66 bytes, enough for all that of a key without a passphrase.
 */
static unsigned char *openssh_head(const char *text, size_t *ret_length)
{
    static const char begin[] = "-----BEGIN OPENSSH PRIVATE KEY-----";
    char body[88];
    size_t count = 0;

    if (!vl_text_starts(text, begin))
        return NULL;
    for (const char *at = text + strlen(begin); *at && count < sizeof(body); at++)
        if (*at != '\n' && *at != '\r')
            body[count++] = *at;
    return count == sizeof(body) ? vl_digest_unbase64(body, count, ret_length) : NULL;
}

enum { CIPHER = 15, TYPE = 15 + 8 + 8 + 4 + 4 + 4 }; /* places in it; the second without a passphrase */

const char *vl_ssh_private_type(const char *text)
{
    size_t length = 0;
    VL_FREE unsigned char *head = openssh_head(text, &length);

    for (size_t i = 0; i < VL_COUNT(heads); i++)
        if (vl_text_starts(text, heads[i].line))
            return heads[i].type;
    if (!head || length < TYPE + 4 || head[TYPE + 3] > length - TYPE - 4)
        return NULL;
    return known_type((const char *)head + TYPE + 4, head[TYPE + 3]);
}

bool vl_ssh_private_is_locked(const char *text)
{
    static const char none[] = { 0, 0, 0, 4, 'n', 'o', 'n', 'e' };
    size_t length = 0;
    VL_FREE unsigned char *head = openssh_head(text, &length);

    if (head)
        return length < CIPHER + sizeof(none) || memcmp(head + CIPHER, none, sizeof(none)) != 0;
    return vl_text_starts(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
           (vl_text_starts(text, "-----BEGIN ") && strstr(text, "Proc-Type: 4,ENCRYPTED"));
}
