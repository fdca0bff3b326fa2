/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sign.h"

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/openssl_part.h"

struct vl_signer {
    EVP_PKEY *key;
    enum vl_signer_kind kind;
    unsigned bits;
};

enum { SIGNATURE_LIMIT = 4096 };

static const struct {
    unsigned bits;
    const char *group, *hash;
} curves[] = { { 256, "prime256v1", "SHA256" }, { 384, "secp384r1", "SHA384" }, { 521, "secp521r1", "SHA512" } };

/* Takes `key` over. */
static struct vl_signer *make(EVP_PKEY *key, enum vl_signer_kind kind, unsigned bits)
{
    struct vl_signer *signer = key ? vl_malloc(sizeof(*signer)) : NULL;

    if (signer)
        *signer = (struct vl_signer){ .key = key, .kind = kind, .bits = bits };
    else
        EVP_PKEY_free(key);
    return signer;
}

void vl_signer_free(struct vl_signer *signer)
{
    if (signer)
        EVP_PKEY_free(signer->key);
    vl_free(signer);
}

enum vl_signer_kind vl_signer_kind(const struct vl_signer *signer)
{
    return signer->kind;
}

unsigned vl_signer_bits(const struct vl_signer *signer)
{
    return signer->bits;
}

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *room, int size, int writing, void *context)
{
    (void)room;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

struct vl_signer *vl_signer_pem(const char *text)
{
    size_t length = strlen(text);
    BIO *source = length < INT_MAX ? BIO_new_mem_buf(text, (int)length) : NULL;
    EVP_PKEY *key = source ? PEM_read_bio_PrivateKey(source, NULL, no_passphrase, NULL) : NULL;

    BIO_free(source);
    if (key && EVP_PKEY_is_a(key, "ED25519"))
        return make(key, VL_SIGNER_ED25519, 0);
    if (key && EVP_PKEY_is_a(key, "RSA"))
        return make(key, VL_SIGNER_RSA, 0);
    for (size_t i = 0; key && EVP_PKEY_is_a(key, "EC") && i < VL_COUNT(curves); i++)
        if (EVP_PKEY_get_bits(key) == (int)curves[i].bits)
            return make(key, VL_SIGNER_ECDSA, curves[i].bits);
    EVP_PKEY_free(key);
    return NULL;
}

struct vl_signer *vl_signer_ed25519(struct vl_number seed)
{
    return make(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)seed.bytes, seed.length),
                VL_SIGNER_ED25519, 0);
}

/* A key from its numbers as libcrypto has them. */
static EVP_PKEY *from_parts(const char *type, OSSL_PARAM_BLD *parts)
{
    OSSL_PARAM *list = OSSL_PARAM_BLD_to_param(parts);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (list && context && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, list);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(list);
    return key;
}

static BIGNUM *number_of(struct vl_number number)
{
    BIGNUM *made = number.length < INT_MAX ? BN_secure_new() : NULL;

    return made ? BN_bin2bn((const unsigned char *)number.bytes, (int)number.length, made) : NULL;
}

struct vl_signer *vl_signer_rsa(struct vl_number n, struct vl_number e, struct vl_number d)
{
    BIGNUM *numbers[] = { number_of(n), number_of(e), number_of(d) };
    static const char *const names[] = { OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D };
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    bool whole = parts != NULL;

    for (size_t i = 0; i < VL_COUNT(names) && whole; i++)
        whole = numbers[i] && OSSL_PARAM_BLD_push_BN(parts, names[i], numbers[i]) == 1;
    if (whole)
        key = from_parts("RSA", parts);
    OSSL_PARAM_BLD_free(parts);
    for (size_t i = 0; i < VL_COUNT(numbers); i++)
        BN_clear_free(numbers[i]);
    return make(key, VL_SIGNER_RSA, 0);
}

struct vl_signer *vl_signer_make_rsa(unsigned bits)
{
    return make(EVP_RSA_gen(bits), VL_SIGNER_RSA, 0);
}

int vl_signer_write_pem(const struct vl_signer *signer, struct vl_buf *text)
{
    BIO *sink = BIO_new(BIO_s_secmem());
    char *bytes = NULL;
    long length = 0;

    if (sink && PEM_write_bio_PrivateKey_traditional(sink, signer->key, NULL, NULL, 0, NULL, NULL) == 1)
        length = BIO_get_mem_data(sink, &bytes);
    if (length > 0)
        vl_buf_add(text, bytes, (size_t)length);
    BIO_free(sink);
    return length > 0 && !text->failed ? 0 : -1;
}

struct vl_signer *vl_signer_ecdsa(unsigned bits, struct vl_number point, struct vl_number scalar)
{
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    BIGNUM *number = number_of(scalar);
    EVP_PKEY *key = NULL;

    for (size_t i = 0; i < VL_COUNT(curves); i++)
        if (curves[i].bits == bits && parts && number &&
            OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, curves[i].group, 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point.bytes, point.length) == 1 &&
            OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_PRIV_KEY, number) == 1)
            key = from_parts("EC", parts);
    OSSL_PARAM_BLD_free(parts);
    BN_clear_free(number);
    return make(key, VL_SIGNER_ECDSA, bits);
}

static int add_number(struct vl_buf *buf, const BIGNUM *number)
{
    size_t length = number ? (size_t)BN_num_bytes(number) : 0;
    VL_FREE unsigned char *bytes = vl_malloc(length + 1);

    if (!number || !bytes || BN_bn2bin(number, bytes) < 0)
        return -1;
    vl_buf_add(buf, bytes, length);
    return buf->failed ? -1 : 0;
}

static int add_part(const EVP_PKEY *key, const char *name, struct vl_buf *buf)
{
    BIGNUM *number = NULL;
    int rc = EVP_PKEY_get_bn_param(key, name, &number) == 1 ? add_number(buf, number) : -1;

    BN_free(number);
    return rc;
}

int vl_signer_public(const struct vl_signer *signer, struct vl_buf *first, struct vl_buf *second)
{
    VL_FREE unsigned char *bytes = vl_malloc(SIGNATURE_LIMIT);
    size_t length = 0;

    if (signer->kind == VL_SIGNER_RSA)
        return add_part(signer->key, OSSL_PKEY_PARAM_RSA_E, first) < 0 ||
                       add_part(signer->key, OSSL_PKEY_PARAM_RSA_N, second) < 0
                   ? -1
                   : 0;
    if (!bytes ||
        EVP_PKEY_get_octet_string_param(signer->key, OSSL_PKEY_PARAM_PUB_KEY, bytes, SIGNATURE_LIMIT, &length) != 1)
        return -1;
    vl_buf_add(first, bytes, length);
    return first->failed ? -1 : 0;
}

static int add_signature(const struct vl_signer *signer, const unsigned char *bytes, size_t length,
                         struct vl_buf *first, struct vl_buf *second)
{
    ECDSA_SIG *both;
    int rc;

    if (signer->kind != VL_SIGNER_ECDSA) {
        vl_buf_add(first, bytes, length);
        return first->failed ? -1 : 0;
    }
    both = d2i_ECDSA_SIG(NULL, &bytes, (long)length);
    rc = both && add_number(first, ECDSA_SIG_get0_r(both)) == 0 ? add_number(second, ECDSA_SIG_get0_s(both)) : -1;
    ECDSA_SIG_free(both);
    return rc;
}

int vl_signer_sign(struct vl_signer *signer, const char *hash, const void *bytes, size_t length, struct vl_buf *first,
                   struct vl_buf *second)
{
    VL_OPENSSL_CONTEXT *context = EVP_MD_CTX_new();
    VL_FREE unsigned char *made = vl_malloc(SIGNATURE_LIMIT);
    size_t size = SIGNATURE_LIMIT;
    int rc = -1;

    for (size_t i = 0; i < VL_COUNT(curves); i++)
        if (signer->kind == VL_SIGNER_ECDSA && curves[i].bits == signer->bits)
            hash = curves[i].hash;
    if (context && made &&
        EVP_DigestSignInit_ex(context, NULL, signer->kind == VL_SIGNER_ED25519 ? NULL : hash, NULL, NULL, signer->key,
                              NULL) == 1 &&
        EVP_DigestSign(context, made, &size, bytes, length) == 1)
        rc = add_signature(signer, made, size, first, second);
    return rc;
}
