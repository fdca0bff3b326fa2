/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operating systems of guests, by family. Before `virtio_from` the installer or its initrd has no virtio drivers
 * that can be relied on (RHEL 5 and its children, on which Elastix 2 stands, got them in updates): such a guest gets an
 * IDE disk and an Intel e1000 card, which Linux has known since 2.4.
 */
#ifndef VL_LAB_SYSTEM_H
#define VL_LAB_SYSTEM_H

#include "base/arena.h"

struct vl_system_family {
    const char *name;
    const char *url; /* with the version the identifier of the libosinfo data base; NULL: unknown to it */
    unsigned long virtio_from;
    unsigned long last; /* no version above is to be expected: rhel54 is a slip for rhel5.4 */
};

/* The family of `os`, whose name is the family's followed by a version; NULL when it is none that is known. */
const struct vl_system_family *vl_system_family(const char *os, const char **ret_version);

/* What is wrong with an `os` that no family has, with the nearest right name; NULL when it is known, or NULL. */
const char *vl_system_complaint(struct vl_arena *arena, const char *os);

#endif
