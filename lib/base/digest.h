/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checksums of what is sent elsewhere or built from a recipe: the sum that `sha256sum` prints.
 */
#ifndef VL_BASE_DIGEST_H
#define VL_BASE_DIGEST_H

#include <stddef.h>

enum { VL_DIGEST_SHA256_SIZE = 65 };

/* SHA-256 (FIPS 180-4) of `length` bytes as 64 lower-case hexadecimal digits and a NUL. -1 when libcrypto cannot do it
 * (no memory, or a policy of the host that leaves SHA-256 out). */
int vl_digest_sha256(const void *bytes, size_t length, char ret_hex[static VL_DIGEST_SHA256_SIZE]);

/* The same of bytes that come in parts: begin (NULL: libcrypto cannot), add as often as you like, and end, which frees
 * it; to free it without an end, end it with `ret_hex` NULL. What went wrong on the way comes out at the end as -1. */
struct vl_digest;
struct vl_digest *vl_digest_begin(void);
void vl_digest_add(struct vl_digest *digest, const void *bytes, size_t length);
int vl_digest_end(struct vl_digest *digest, char *ret_hex);

/* The same of all that an open file has from where it stands. -1 also when it cannot be read, with errno. */
int vl_digest_descriptor(int descriptor, char ret_hex[static VL_DIGEST_SHA256_SIZE]);

enum { VL_DIGEST_HMAC_SIZE = 32 };

/* HMAC-SHA-256 (RFC 2104) of `length` bytes with a key that is text. -1 as above. */
int vl_digest_hmac(const char *key, const void *bytes, size_t length, unsigned char ret[static VL_DIGEST_HMAC_SIZE]);

/* The bytes in base64 (RFC 4648), without line ends. The caller frees it; NULL: no memory. */
char *vl_digest_base64(const void *bytes, size_t length);

/* What base64 of `length` characters says, without line ends in it. The caller frees it; NULL: it is none, or no
 * memory.
 */
unsigned char *vl_digest_unbase64(const char *text, size_t length, size_t *ret_length);

/* How far this host's libcrypto goes with SHA-1: a policy of the host may leave it out, or not let it sign. */
enum vl_digest_sha1 { VL_DIGEST_SHA1_WORKS, VL_DIGEST_SHA1_SIGNS_NOT, VL_DIGEST_SHA1_MISSING };
enum vl_digest_sha1 vl_digest_sha1(void);

/* Have libcrypto open, read and load now what it would want later, for a process that may not then. -1 when it cannot.
 */
int vl_digest_warm_up(void);

#endif
