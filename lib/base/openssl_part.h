/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libcrypto, for the files of base/ that call it.
 */
#ifndef VL_BASE_OPENSSL_PART_H
#define VL_BASE_OPENSSL_PART_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

static inline void vl_openssl_free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

#define VL_OPENSSL_CONTEXT __attribute__((cleanup(vl_openssl_free_context))) EVP_MD_CTX

#endif
