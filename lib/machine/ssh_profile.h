/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is offered to an SSH server: a row per profile, which the key `ssh` of a PBX names.
 */
#ifndef VL_MACHINE_SSH_PROFILE_H
#define VL_MACHINE_SSH_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum vl_ssh_list {
    VL_SSH_KEX,
    VL_SSH_HOSTKEYS,
    VL_SSH_CIPHERS,
    VL_SSH_MACS,
    VL_SSH_LISTS,
};

struct vl_ssh_profile {
    const char *name;
    const char *lists[VL_SSH_LISTS]; /* names with commas between, the best first */
    bool whole;                      /* of no use unless the library has every name of it */
    const char *config;              /* the same for ssh(1): lines of ssh_config(5), indented */
};

/* The row of this name; NULL: that of `auto`. NULL when there is none. */
const struct vl_ssh_profile *vl_ssh_profile(const char *name);
/* All rows, ended by one without a name. */
extern const struct vl_ssh_profile vl_ssh_profiles[];

/* What a list is called in a message: "key exchange". */
const char *vl_ssh_list_title(enum vl_ssh_list list);

/* Whether a list of names with commas between has this one. */
bool vl_ssh_list_has(const char *list, size_t length, const char *name, size_t name_length);

/* Append a name to a list of names with commas between. */
void vl_ssh_list_add(struct vl_buf *list, const char *name, size_t length);

/* Step through such a list: the next name at *at, which moves on; NULL at its end. */
const char *vl_ssh_list_next(const char **at, const char *end, size_t *ret_length);

/* The type of key ("ssh-rsa") that an algorithm for host keys ("rsa-sha2-256") signs with. */
bool vl_ssh_signs_with(const char *algorithm, size_t length, const char *type, size_t type_length);

/* Whether an algorithm rests on SHA-1, which a host may forbid. */
bool vl_ssh_needs_sha1(const char *algorithm, size_t length);

#endif
