/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/ssh_profile.h"

#include <string.h>

/* AES-128 comes first because emulated guests compute it without help from their processor. What libssh2 1.10 lacks
 * (encrypt-then-MAC, AES-GCM, RSA with SHA-2) is used where the library has it. ChaCha20 stays away: before 1.11.1
 * nothing guards it against cutting the start of a session off. */
#define MODERN_KEX                                                                                                     \
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"         \
    "diffie-hellman-group14-sha256,diffie-hellman-group16-sha512"
#define GEX "diffie-hellman-group-exchange-sha256"
#define MODERN_HOSTKEYS                                                                                                \
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"
#define CIPHERS "aes128-ctr,aes256-ctr,aes192-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define MODERN_MACS "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com"

/* The fixed group of 2048 bits goes before the exchange of a group: libssh2 asks for one of up to 8192 bits then, which
 * costs an emulated guest seconds. OpenSSH 4.3, 5.3 and 7.4 all have what `legacy` has. */
const struct vl_ssh_profile vl_ssh_profiles[] = {
    {
        .name = "auto",
        .lists = { MODERN_KEX ",diffie-hellman-group14-sha1," GEX, MODERN_HOSTKEYS ",ssh-rsa", CIPHERS,
                   MODERN_MACS ",hmac-sha1" },
        .config = "    KexAlgorithms +diffie-hellman-group14-sha1\n    HostKeyAlgorithms +ssh-rsa\n"
                  "    PubkeyAcceptedKeyTypes +ssh-rsa\n",
    },
    {
        .name = "modern",
        .lists = { MODERN_KEX "," GEX, MODERN_HOSTKEYS, CIPHERS, MODERN_MACS },
        .config = "    MACs -hmac-sha1*\n",
    },
    {
        .name = "legacy",
        .lists = { "diffie-hellman-group14-sha1", "ssh-rsa", "aes128-ctr", "hmac-sha1" },
        .whole = true,
        .config = "    KexAlgorithms diffie-hellman-group14-sha1\n    HostKeyAlgorithms ssh-rsa\n"
                  "    PubkeyAcceptedKeyTypes ssh-rsa,ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
                  "ecdsa-sha2-nistp521\n    Ciphers aes128-ctr\n    MACs hmac-sha1\n",
    },
    { .name = NULL },
};

const struct vl_ssh_profile *vl_ssh_profile(const char *name)
{
    const struct vl_ssh_profile *row = vl_ssh_profiles;

    while (name && row->name && strcmp(row->name, name) != 0)
        row++;
    return row->name ? row : NULL;
}

const char *vl_ssh_list_title(enum vl_ssh_list list)
{
    static const char *const titles[VL_SSH_LISTS] = {
        [VL_SSH_KEX] = "key exchange",
        [VL_SSH_HOSTKEYS] = "type of host key",
        [VL_SSH_CIPHERS] = "cipher",
        [VL_SSH_MACS] = "MAC",
    };

    return titles[list];
}

const char *vl_ssh_list_next(const char **at, const char *end, size_t *ret_length)
{
    const char *name = *at, *comma;

    if (name >= end)
        return NULL;
    comma = memchr(name, ',', (size_t)(end - name));
    *ret_length = (size_t)((comma ? comma : end) - name);
    *at = comma ? comma + 1 : end;
    return name;
}

bool vl_ssh_list_has(const char *list, size_t length, const char *name, size_t name_length)
{
    const char *at = list, *end = list + length, *entry;
    size_t entry_length;

    while ((entry = vl_ssh_list_next(&at, end, &entry_length)))
        if (entry_length == name_length && memcmp(entry, name, name_length) == 0)
            return true;
    return false;
}

void vl_ssh_list_add(struct vl_buf *list, const char *name, size_t length)
{
    if (list->length)
        vl_buf_putc(list, ',');
    vl_buf_add(list, name, length);
}

static bool is(const char *name, size_t length, const char *text)
{
    return length == strlen(text) && memcmp(name, text, length) == 0;
}

bool vl_ssh_signs_with(const char *algorithm, size_t length, const char *type, size_t type_length)
{
    if (length > 9 && memcmp(algorithm, "rsa-sha2-", 9) == 0)
        return is(type, type_length, "ssh-rsa");
    return length == type_length && memcmp(algorithm, type, length) == 0;
}

bool vl_ssh_needs_sha1(const char *algorithm, size_t length)
{
    return is(algorithm, length, "ssh-rsa") || (length > 5 && memcmp(algorithm + length - 5, "-sha1", 5) == 0);
}
