/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A provider for OpenSSL 3 whose SHA-1 works for nobody. With `default_properties = ?provider=nosha1` its SHA-1 is the
 * one that is taken: a host whose crypto policy forbids it, on systems whose OpenSSL has no word for that.
 */
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/params.h>

static void *refuse(void *context)
{
    (void)context;
    return NULL;
}

static void let_go(void *digest)
{
    (void)digest;
}

static int describe(OSSL_PARAM params[])
{
    OSSL_PARAM *at = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_BLOCK_SIZE);

    if (at && !OSSL_PARAM_set_size_t(at, 64))
        return 0;
    at = OSSL_PARAM_locate(params, OSSL_DIGEST_PARAM_SIZE);
    return !at || OSSL_PARAM_set_size_t(at, 20);
}

static int start(void *digest, const OSSL_PARAM params[])
{
    (void)digest;
    (void)params;
    return 0;
}

static int add(void *digest, const unsigned char *bytes, size_t length)
{
    (void)digest;
    (void)bytes;
    (void)length;
    return 0;
}

static int finish(void *digest, unsigned char *sum, size_t *length, size_t size)
{
    (void)digest;
    (void)sum;
    (void)length;
    (void)size;
    return 0;
}

static const OSSL_DISPATCH sha1[] = {
    { OSSL_FUNC_DIGEST_NEWCTX, (void (*)(void))refuse },
    { OSSL_FUNC_DIGEST_FREECTX, (void (*)(void))let_go },
    { OSSL_FUNC_DIGEST_INIT, (void (*)(void))start },
    { OSSL_FUNC_DIGEST_UPDATE, (void (*)(void))add },
    { OSSL_FUNC_DIGEST_FINAL, (void (*)(void))finish },
    { OSSL_FUNC_DIGEST_GET_PARAMS, (void (*)(void))describe },
    { 0, NULL },
};

static const OSSL_ALGORITHM digests[] = {
    { "SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26", "provider=nosha1", sha1, NULL },
    { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_DIGEST ? digests : NULL;
}

static const OSSL_DISPATCH provider[] = {
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
    { 0, NULL },
};

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                       void **context);

int OSSL_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out,
                       void **context)
{
    (void)handle;
    (void)in;
    *out = provider;
    *context = NULL;
    return 1;
}
