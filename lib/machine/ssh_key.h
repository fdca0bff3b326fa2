/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SSH keys as texts: what a host key line says, and of which type the file of a private key is.
 */
#ifndef VL_MACHINE_SSH_KEY_H
#define VL_MACHINE_SSH_KEY_H

#include <stdbool.h>

#include "base/arena.h"

/* The type of the key "TYPE BASE64 [comment]", of those that can be checked; NULL: it is none. Static. */
const char *vl_ssh_hostkey_type(const char *line);

/* "SHA256:..." as ssh-keygen -l prints it; NULL: the line is no key, or no memory. */
char *vl_ssh_fingerprint(struct vl_arena *arena, const char *line);

/* The two words of the line without a comment, when the first is the type that the second says; NULL else. */
char *vl_ssh_hostkey_plain(struct vl_arena *arena, const char *line);

/* Of which type the text of a private key file is: "ssh-rsa" ...; NULL: not known. Static. */
const char *vl_ssh_private_type(const char *text);

/* Whether a passphrase protects it. */
bool vl_ssh_private_is_locked(const char *text);

#endif
