/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operating systems of guests, by family. Before `virtio_from` the installer or its initrd has no virtio drivers
 * that can be relied on (RHEL 5 and its children, on which Elastix 2 stands, got them in updates): such a guest gets an
 * IDE disk and an Intel e1000 card, which Linux has known since 2.4.
 */
#ifndef VL_LAB_SYSTEM_H
#define VL_LAB_SYSTEM_H

#include <stdbool.h>

#include "base/arena.h"

struct vl_system_family {
    const char *name;
    const char *url; /* with the version the identifier of the libosinfo data base; NULL: unknown to it */
    unsigned long virtio_from;
    unsigned long keys_from; /* its sshd knows Ed25519 keys from this version on; before that, RSA is what there is */
    bool asks;               /* at its first start, on the console, for the passwords of its web interface */
    unsigned long last;      /* no version above is to be expected: rhel54 is a slip for rhel5.4 */
};

/* All of them. */
const struct vl_system_family *vl_system_families(size_t *ret_count);

/* The family of `os`, whose name is the family's followed by a version; NULL when it is none that is known. */
const struct vl_system_family *vl_system_family(const char *os, const char **ret_version);

/* What is wrong with an `os` that no family has, with the nearest right name; NULL when it is known, or NULL. */
const char *vl_system_complaint(struct vl_arena *arena, const char *os);

/* The type of the SSH keys that a system can be given: "ed25519", or "rsa" in PEM files. */
const char *vl_system_key_type(const char *os);

/* Whether it gets virtio devices: also one that is not known. */
bool vl_system_is_virtio(const char *os);

/* Whether a system asks for the passwords of its web interface on the console at its first start. */
bool vl_system_asks(const char *os);

#endif
