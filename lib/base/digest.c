/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/openssl_part.h"

static void write_hex(const unsigned char *sum, char *hex)
{
    static const char digits[] = "0123456789abcdef";

    for (unsigned int i = 0; i < VL_DIGEST_SHA256_SIZE / 2; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    hex[VL_DIGEST_SHA256_SIZE - 1] = '\0';
}

int vl_digest_sha256(const void *bytes, size_t length, char ret_hex[static VL_DIGEST_SHA256_SIZE])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (EVP_Digest(bytes, length, sum, &size, EVP_sha256(), NULL) != 1 || size != 32)
        return -1;
    write_hex(sum, ret_hex);
    return 0;
}

struct vl_digest {
    EVP_MD_CTX *context;
    bool failed;
};

struct vl_digest *vl_digest_begin(void)
{
    struct vl_digest *digest = vl_calloc(1, sizeof(*digest));

    if (!digest)
        return NULL;
    digest->context = EVP_MD_CTX_new();
    if (digest->context && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1)
        return digest;
    (void)vl_digest_end(digest, NULL);
    return NULL;
}

void vl_digest_add(struct vl_digest *digest, const void *bytes, size_t length)
{
    digest->failed |= EVP_DigestUpdate(digest->context, bytes, length) != 1;
}

int vl_digest_end(struct vl_digest *digest, char *ret_hex)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    int rc = -1;

    if (ret_hex && !digest->failed && EVP_DigestFinal_ex(digest->context, sum, &size) == 1 && size == 32) {
        write_hex(sum, ret_hex);
        rc = 0;
    }
    EVP_MD_CTX_free(digest->context);
    vl_free(digest);
    return rc;
}

int vl_digest_descriptor(int descriptor, char ret_hex[static VL_DIGEST_SHA256_SIZE])
{
    struct vl_digest *digest = vl_digest_begin();
    char bytes[65536];
    ssize_t got = 0;

    while (digest && ((got = read(descriptor, bytes, sizeof(bytes))) > 0 || (got < 0 && errno == EINTR)))
        if (got > 0)
            vl_digest_add(digest, bytes, (size_t)got);
    if (!digest)
        return -1;
    return vl_digest_end(digest, got < 0 ? NULL : ret_hex);
}

int vl_digest_hmac(const char *key, const void *bytes, size_t length, unsigned char ret[static VL_DIGEST_HMAC_SIZE])
{
    unsigned int size = 0;

    if (!HMAC(EVP_sha256(), key, (int)strlen(key), bytes, length, ret, &size) || size != VL_DIGEST_HMAC_SIZE)
        return -1;
    return 0;
}

char *vl_digest_base64(const void *bytes, size_t length)
{
    char *text = length < INT_MAX / 2 ? vl_malloc(length / 3 * 4 + 5) : NULL;

    if (text)
        (void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    return text;
}

unsigned char *vl_digest_unbase64(const char *text, size_t length, size_t *ret_length)
{
    unsigned char *bytes = length && length % 4 == 0 && length < INT_MAX ? vl_malloc(length / 4 * 3 + 1) : NULL;
    int found = bytes ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : -1;

    if (found < 0) {
        vl_free(bytes);
        return NULL;
    }
    /* what the padding stands for is counted as bytes */
    *ret_length = (size_t)found - (text[length - 1] == '=') - (text[length - 2] == '=');
    return bytes;
}

/* Any RSA key does, as SubjectPublicKeyInfo: nothing is checked with it. */
static EVP_PKEY *make_rsa_key(void)
{
    static const unsigned char head[] = { 0x30, 0x81, 0x9f, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48,
                                          0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x81,
                                          0x8d, 0x00, 0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00 };
    static const unsigned char tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
    unsigned char der[sizeof(head) + 128 + sizeof(tail)];
    const unsigned char *at = der;

    memset(der, 0xc5, sizeof(der));
    memcpy(der, head, sizeof(head));
    memcpy(der + sizeof(der) - sizeof(tail), tail, sizeof(tail));
    return d2i_PUBKEY(NULL, &at, sizeof(der));
}

enum vl_digest_sha1 vl_digest_sha1(void)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_PKEY *key;
    VL_OPENSSL_CONTEXT *context = NULL;
    bool signs;

    if (EVP_Digest("", 0, sum, &length, EVP_sha1(), NULL) != 1)
        return VL_DIGEST_SHA1_MISSING;
    key = make_rsa_key();
    context = EVP_MD_CTX_new();
    signs = key && context && EVP_DigestVerifyInit(context, NULL, EVP_sha1(), NULL, key) == 1;
    EVP_PKEY_free(key);
    return signs ? VL_DIGEST_SHA1_WORKS : VL_DIGEST_SHA1_SIGNS_NOT;
}

int vl_digest_warm_up(void)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    if (RAND_bytes(bytes, 32) != 1 || EVP_Digest(bytes, 32, bytes, &length, EVP_sha512(), NULL) != 1)
        return -1;
    return 0;
}
