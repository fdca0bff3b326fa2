/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an SSH server says before the first key: its version line and the lists of its SSH_MSG_KEXINIT (RFC 4253
 * sections 4.2 and 7.1), found again in the bytes that it sent. Only to say why nothing is in common: libssh2 reads
 * them for itself, and tells nobody. Whatever the bytes are, nothing but them is read.
 */
#ifndef VL_MACHINE_SSH_KEXINIT_H
#define VL_MACHINE_SSH_KEXINIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "machine/ssh_profile.h"

enum {
    VL_KEXINIT_LIMIT = 64 << 10, /* bytes that are kept of what a server sends first */
    VL_KEXINIT_QUOTED = 400,     /* characters that a message quotes of one of its lists */
};

/* Points into the bytes. */
struct vl_kexinit_text {
    const char *at;
    size_t length;
};

struct vl_kexinit {
    struct vl_kexinit_text version;             /* "OpenSSH_5.3" of "SSH-2.0-OpenSSH_5.3"; empty: none came */
    struct vl_kexinit_text lists[VL_SSH_LISTS]; /* of two directions that of what the server sends */
};

/* True when the lists are there. The version may be there without. */
bool vl_kexinit_find(const void *bytes, size_t length, struct vl_kexinit *ret_kexinit);

/* Who offers what, to say on which side something is missing. */
struct vl_kexinit_sides {
    const struct vl_kexinit *server;
    const char *const *offered; /* by us, as many as there are lists */
    const char *const *library; /* all that the library has */
    const char *version;        /* of the library: "libssh2 1.10.0" */
    const char *profile;        /* its name */
};

/* The algorithm of a list that both would agree on; NULL: none. */
const char *vl_kexinit_agreed(const struct vl_kexinit_sides *sides, enum vl_ssh_list list, size_t *ret_length);

/* Append what is in common nowhere, list for list, and on which side it is missing. Appends nothing when all agree. */
void vl_kexinit_explain(const struct vl_kexinit_sides *sides, struct vl_buf *text);

/* Append text of a server, on one line, printable and bounded. */
void vl_kexinit_quote(struct vl_buf *text, const struct vl_kexinit_text *said);

#endif
