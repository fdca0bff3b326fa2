/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A private key of a file, which signs here: the process that talks to a guest never has it.
 */
#ifndef VL_MACHINE_SSH_PRIVATE_H
#define VL_MACHINE_SSH_PRIVATE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/sign.h"

struct vl_ssh_private {
    struct vl_signer *signer;
    struct vl_buf blob; /* the public key, as it goes over the wire */
};

/* From the text of the file, PEM or OpenSSH's own format, without a passphrase. */
int vl_ssh_private_read(struct vl_ssh_private *ret_key, const char *text, struct vl_error *err);
void vl_ssh_private_free(struct vl_ssh_private *key);

/* A new Ed25519 key, as ssh-keygen(1) writes it: the text of its file, and of that of its public half. `random` fills
 * in bytes and returns 0, or -1 with errno. */
int vl_ssh_private_make(int (*random)(void *bytes, size_t length), const char *comment, struct vl_buf *ret_private,
                        struct vl_buf *ret_public, struct vl_error *err);

/* The same of an RSA key of 2048 bits, in PEM (PKCS #1), which OpenSSH has read since its beginning: for systems that
 * know no other. */
int vl_ssh_private_make_rsa(const char *comment, struct vl_buf *ret_private, struct vl_buf *ret_public,
                            struct vl_error *err);

/* Sign for an algorithm of RFC 4252, 5656, 8332 or 8709 ("ssh-rsa", "rsa-sha2-256" ...), which must be one of this key:
 * what stands in the signature behind the name of the algorithm. */
int vl_ssh_private_sign(const struct vl_ssh_private *key, const char *algorithm, const void *data, size_t length,
                        struct vl_buf *ret_signature, struct vl_error *err);

#endif
