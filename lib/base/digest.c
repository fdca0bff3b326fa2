/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <openssl/evp.h>

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
