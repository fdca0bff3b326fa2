/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/memory.h"

int vl_digest_sha256(const void *bytes, size_t length, char ret_hex[static VL_DIGEST_SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (EVP_Digest(bytes, length, sum, &size, EVP_sha256(), NULL) != 1 || size != 32)
        return -1;
    for (unsigned int i = 0; i < size; i++) {
        ret_hex[2 * i] = digits[sum[i] >> 4];
        ret_hex[2 * i + 1] = digits[sum[i] & 15];
    }
    ret_hex[64] = '\0';
    return 0;
}

char *vl_digest_base64(const void *bytes, size_t length)
{
    char *text = length < INT_MAX / 2 ? vl_malloc(length / 3 * 4 + 5) : NULL;

    if (text)
        (void)EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    return text;
}

int vl_digest_warm_up(void)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    if (RAND_bytes(bytes, 32) != 1 || EVP_Digest(bytes, 32, bytes, &length, EVP_sha512(), NULL) != 1)
        return -1;
    return 0;
}
