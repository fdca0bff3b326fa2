/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Private keys that sign: made of their numbers, or of a PEM file. All numbers are bytes, the most significant first.
 */
#ifndef VL_BASE_SIGN_H
#define VL_BASE_SIGN_H

#include <stddef.h>

#include "base/buf.h"

enum vl_signer_kind { VL_SIGNER_ED25519, VL_SIGNER_RSA, VL_SIGNER_ECDSA };

struct vl_signer;

struct vl_number {
    const char *bytes;
    size_t length;
};

/* Each: NULL when it is no key, or no memory. vl_signer_free() wipes it. */
struct vl_signer *vl_signer_pem(const char *text);
struct vl_signer *vl_signer_ed25519(struct vl_number seed);
struct vl_signer *vl_signer_rsa(struct vl_number n, struct vl_number e, struct vl_number d);
/* `bits`: 256, 384 or 521, of the NIST curve. */
struct vl_signer *vl_signer_ecdsa(unsigned bits, struct vl_number point, struct vl_number scalar);
/* A new RSA key. */
struct vl_signer *vl_signer_make_rsa(unsigned bits);
void vl_signer_free(struct vl_signer *signer);

/* Append an RSA key as a PEM file of PKCS #1. */
int vl_signer_write_pem(const struct vl_signer *signer, struct vl_buf *text);

enum vl_signer_kind vl_signer_kind(const struct vl_signer *signer);
/* Of an ECDSA key, the bits of its curve. */
unsigned vl_signer_bits(const struct vl_signer *signer);

/* What is public: the key of Ed25519 or the point of ECDSA; of RSA the exponent, then the modulus. -1: it cannot be
 * had. */
int vl_signer_public(const struct vl_signer *signer, struct vl_buf *first, struct vl_buf *second);

/* Sign. `hash` is SHA1, SHA256 or SHA512 for RSA, and NULL for the others, which say by themselves. `second` is filled
 * for ECDSA, whose signature is two numbers. -1 when libcrypto does not, which may be a policy of the host. */
int vl_signer_sign(struct vl_signer *signer, const char *hash, const void *bytes, size_t length, struct vl_buf *first,
                   struct vl_buf *second);

#endif
