/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OpenSSH's own format (its PROTOCOL.key): base64 of "openssh-key-v1", a NUL, and the fields cipher, derivation, its
 * options, a number of keys, the public key, and one that holds two equal numbers, the type of the key and its numbers.
 */
#include "machine/ssh_private.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "machine/wire.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END "-----END OPENSSH PRIVATE KEY-----"

static const char magic[] = "openssh-key-v1";

/* The curves of RFC 5656, and what each is called. */
static const struct {
    unsigned bits;
    const char *type, *curve;
} curves[] = { { 256, "ecdsa-sha2-nistp256", "nistp256" },
               { 384, "ecdsa-sha2-nistp384", "nistp384" },
               { 521, "ecdsa-sha2-nistp521", "nistp521" } };

static struct vl_number take(struct vl_ssh_fields *fields)
{
    struct vl_number number;

    number.bytes = vl_ssh_take_bytes(fields, &number.length);
    return number;
}

static bool is(struct vl_number number, const char *word)
{
    return number.length == strlen(word) && memcmp(number.bytes, word, number.length) == 0;
}

/* The numbers of the private part, from behind its type. */
static struct vl_signer *take_key(struct vl_number type, struct vl_ssh_fields *fields)
{
    struct vl_number first = take(fields), second = take(fields), third;

    if (is(type, "ssh-ed25519"))
        return !fields->failed && second.length == 64
                   ? vl_signer_ed25519((struct vl_number){ .bytes = second.bytes, .length = 32 })
                   : NULL;
    third = take(fields);
    if (is(type, "ssh-rsa"))
        return fields->failed ? NULL : vl_signer_rsa(first, second, third);
    for (size_t i = 0; i < VL_COUNT(curves); i++)
        if (is(type, curves[i].type) && is(first, curves[i].curve))
            return fields->failed ? NULL : vl_signer_ecdsa(curves[i].bits, second, third);
    return NULL;
}

/* What stands between the lines, in one piece. */
static unsigned char *decode(const char *text, size_t *ret_length)
{
    VL_BUF_AUTO body = VL_BUF_INIT;
    const char *end = strstr(text, END);

    for (const char *at = text + strlen(BEGIN); end && at < end; at++)
        if (*at > ' ')
            vl_buf_putc(&body, *at);
    return body.failed ? NULL : vl_digest_unbase64(vl_buf_text(&body), body.length, ret_length);
}

static struct vl_signer *read_openssh(const char *text)
{
    size_t length = 0;
    unsigned char *bytes = decode(text, &length);
    struct vl_ssh_fields fields = { .at = bytes, .left = length }, inner;
    struct vl_signer *signer = NULL;
    struct vl_number cipher, section;

    if (bytes && length > sizeof(magic) && memcmp(bytes, magic, sizeof(magic)) == 0) {
        fields.at += sizeof(magic);
        fields.left -= sizeof(magic);
        cipher = take(&fields);
        (void)take(&fields);
        (void)take(&fields);
        (void)vl_ssh_take_number(&fields);
        (void)take(&fields);
        section = take(&fields);
        inner = (struct vl_ssh_fields){ .at = (const unsigned char *)section.bytes, .left = section.length };
        if (!fields.failed && is(cipher, "none") && vl_ssh_take_number(&inner) == vl_ssh_take_number(&inner))
            signer = take_key(take(&inner), &inner);
    }
    if (bytes)
        explicit_bzero(bytes, length);
    free(bytes);
    return signer;
}

/* A number that is not negative, as RFC 4251 section 5 has it. */
static void add_number(struct vl_buf *message, const struct vl_buf *number)
{
    VL_BUF_AUTO whole = VL_BUF_INIT;

    if ((unsigned char)*vl_buf_text(number) & 0x80)
        vl_buf_putc(&whole, '\0');
    vl_buf_add(&whole, vl_buf_text(number), number->length);
    vl_ssh_wire_bytes(message, vl_buf_text(&whole), whole.length);
    message->failed |= whole.failed;
}

static int make_blob(const struct vl_signer *signer, struct vl_buf *blob)
{
    VL_BUF_AUTO first = VL_BUF_INIT;
    VL_BUF_AUTO second = VL_BUF_INIT;

    if (vl_signer_public(signer, &first, &second) < 0)
        return -1;
    if (vl_signer_kind(signer) == VL_SIGNER_RSA) {
        vl_ssh_wire_text(blob, "ssh-rsa");
        add_number(blob, &first);
        add_number(blob, &second);
        return 0;
    }
    if (vl_signer_kind(signer) == VL_SIGNER_ED25519)
        vl_ssh_wire_text(blob, "ssh-ed25519");
    for (size_t i = 0; vl_signer_kind(signer) == VL_SIGNER_ECDSA && i < VL_COUNT(curves); i++)
        if (curves[i].bits == vl_signer_bits(signer)) {
            vl_ssh_wire_text(blob, curves[i].type);
            vl_ssh_wire_text(blob, curves[i].curve);
        }
    vl_ssh_wire_bytes(blob, vl_buf_text(&first), first.length);
    return 0;
}

enum { ED25519_SEED = 32, CIPHER_BLOCK = 8, LINE_LENGTH = 70 };

/* The field of the private part: two equal numbers, the key, and bytes that count up to the end of a block. */
static void add_private_part(struct vl_buf *message, const unsigned char *seed, const unsigned char *check,
                             const struct vl_buf *public_bytes, const char *comment)
{
    VL_BUF_AUTO part = VL_BUF_INIT;
    VL_BUF_AUTO both = VL_BUF_INIT;

    vl_buf_add(&part, check, 4);
    vl_buf_add(&part, check, 4);
    vl_ssh_wire_text(&part, "ssh-ed25519");
    vl_ssh_wire_bytes(&part, vl_buf_text(public_bytes), public_bytes->length);
    vl_buf_add(&both, seed, ED25519_SEED);
    vl_buf_add(&both, vl_buf_text(public_bytes), public_bytes->length);
    vl_ssh_wire_bytes(&part, vl_buf_text(&both), both.length);
    vl_ssh_wire_text(&part, comment);
    for (char i = 1; part.length % CIPHER_BLOCK; i++)
        vl_buf_putc(&part, i);
    vl_ssh_wire_bytes(message, vl_buf_text(&part), part.length);
    message->failed |= part.failed || both.failed;
}

static void add_lines(struct vl_buf *text, const char *base64)
{
    vl_buf_puts(text, BEGIN "\n");
    for (size_t left = strlen(base64), length; left; left -= length, base64 += length) {
        length = left < LINE_LENGTH ? left : LINE_LENGTH;
        vl_buf_add(text, base64, length);
        vl_buf_putc(text, '\n');
    }
    vl_buf_puts(text, END "\n");
}

static int write_pair(const struct vl_signer *signer, const unsigned char *bytes, const char *comment,
                      struct vl_buf *ret_private, struct vl_buf *ret_public)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    VL_BUF_AUTO blob = VL_BUF_INIT;
    VL_BUF_AUTO public_bytes = VL_BUF_INIT;
    VL_BUF_AUTO ignored = VL_BUF_INIT;
    VL_FREE char *public_text = NULL, *private_text = NULL;

    if (make_blob(signer, &blob) < 0 || vl_signer_public(signer, &public_bytes, &ignored) < 0)
        return -1;
    vl_buf_add(&message, magic, sizeof(magic));
    vl_ssh_wire_text(&message, "none");
    vl_ssh_wire_text(&message, "none");
    vl_ssh_wire_text(&message, "");
    vl_ssh_wire_number(&message, 1);
    vl_ssh_wire_bytes(&message, vl_buf_text(&blob), blob.length);
    add_private_part(&message, bytes, bytes + ED25519_SEED, &public_bytes, comment);
    public_text = vl_digest_base64(vl_buf_text(&blob), blob.length);
    private_text = vl_digest_base64(vl_buf_text(&message), message.length);
    if (!public_text || !private_text || message.failed || blob.failed)
        return -1;
    add_lines(ret_private, private_text);
    vl_buf_printf(ret_public, "ssh-ed25519 %s %s\n", public_text, comment);
    explicit_bzero(private_text, strlen(private_text));
    return ret_private->failed || ret_public->failed ? -1 : 0;
}

int vl_ssh_private_make(int (*random)(void *bytes, size_t length), const char *comment, struct vl_buf *ret_private,
                        struct vl_buf *ret_public, struct vl_error *err)
{
    unsigned char bytes[ED25519_SEED + 4];
    struct vl_signer *signer;
    int rc;

    if (random(bytes, sizeof(bytes)) < 0)
        return vl_fail_errno(err, "cannot get random bytes");
    signer = vl_signer_ed25519((struct vl_number){ .bytes = (const char *)bytes, .length = ED25519_SEED });
    rc = signer ? write_pair(signer, bytes, comment, ret_private, ret_public) : -1;
    vl_signer_free(signer);
    explicit_bzero(bytes, sizeof(bytes));
    return rc < 0 ? vl_fail(err, VL_ERROR_FAILED, "cannot make an SSH key: libcrypto has no Ed25519, or no memory") : 0;
}

enum { RSA_BITS = 2048 };

static int write_rsa_pair(const struct vl_signer *signer, const char *comment, struct vl_buf *ret_private,
                          struct vl_buf *ret_public)
{
    VL_BUF_AUTO blob = VL_BUF_INIT;
    VL_FREE char *public_text = NULL;

    if (vl_signer_write_pem(signer, ret_private) < 0 || make_blob(signer, &blob) < 0 || blob.failed)
        return -1;
    public_text = vl_digest_base64(vl_buf_text(&blob), blob.length);
    if (!public_text)
        return -1;
    vl_buf_printf(ret_public, "ssh-rsa %s %s\n", public_text, comment);
    return ret_private->failed || ret_public->failed ? -1 : 0;
}

int vl_ssh_private_make_rsa(const char *comment, struct vl_buf *ret_private, struct vl_buf *ret_public,
                            struct vl_error *err)
{
    struct vl_signer *signer = vl_signer_make_rsa(RSA_BITS);
    int rc = signer ? write_rsa_pair(signer, comment, ret_private, ret_public) : -1;

    vl_signer_free(signer);
    return rc < 0 ? vl_fail(err, VL_ERROR_FAILED, "cannot make an SSH key: libcrypto makes no RSA key, or no memory")
                  : 0;
}

int vl_ssh_private_read(struct vl_ssh_private *ret_key, const char *text, struct vl_error *err)
{
    struct vl_ssh_private key = { .signer = vl_text_starts(text, BEGIN) ? read_openssh(text) : vl_signer_pem(text) };

    if (key.signer && make_blob(key.signer, &key.blob) == 0 && !key.blob.failed) {
        *ret_key = key;
        return 0;
    }
    vl_ssh_private_free(&key);
    return vl_fail(err, VL_ERROR_FAILED,
                   "the private key is none that can be used: it shall be an ed25519, ecdsa or "
                   "rsa key without a passphrase");
}

void vl_ssh_private_free(struct vl_ssh_private *key)
{
    vl_signer_free(key->signer);
    vl_buf_free(&key->blob);
    key->signer = NULL;
}

/* The hash that an algorithm of this key has; NULL in *ret_hash: the key says by itself. False: it is none of its. */
static bool find_hash(const struct vl_ssh_private *key, const char *algorithm, const char **ret_hash)
{
    static const struct {
        const char *algorithm, *hash;
    } rows[] = { { "ssh-rsa", "SHA1" }, { "rsa-sha2-256", "SHA256" }, { "rsa-sha2-512", "SHA512" } };
    struct vl_ssh_fields fields = { .at = (const unsigned char *)vl_buf_text(&key->blob), .left = key->blob.length };

    *ret_hash = NULL;
    if (vl_signer_kind(key->signer) != VL_SIGNER_RSA)
        return is(take(&fields), algorithm);
    for (size_t i = 0; i < VL_COUNT(rows); i++)
        if (strcmp(rows[i].algorithm, algorithm) == 0)
            *ret_hash = rows[i].hash;
    return *ret_hash != NULL;
}

int vl_ssh_private_sign(const struct vl_ssh_private *key, const char *algorithm, const void *data, size_t length,
                        struct vl_buf *ret_signature, struct vl_error *err)
{
    VL_BUF_AUTO first = VL_BUF_INIT;
    VL_BUF_AUTO second = VL_BUF_INIT;
    const char *hash;

    if (!find_hash(key, algorithm, &hash) || vl_signer_sign(key->signer, hash, data, length, &first, &second) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "the lab's key does not sign by '%s'", algorithm);
    vl_buf_reset(ret_signature);
    if (vl_signer_kind(key->signer) == VL_SIGNER_ECDSA) {
        add_number(ret_signature, &first);
        add_number(ret_signature, &second);
    } else {
        vl_buf_add(ret_signature, vl_buf_text(&first), first.length);
    }
    return ret_signature->failed ? vl_no_memory(err) : 0;
}
