/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The types of values in a lab file, and the reader that walks a table of keys (schema.c) once per section and stores
 * each value at its offset in a structure. References by name are resolved later, and defaults that hang on other
 * values are filled in by who builds the model (pbx.c, classes.c, …).
 */
#ifndef VL_LAB_VALUE_H
#define VL_LAB_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "lab/ini.h"

enum vl_value_type {
    VL_VALUE_TEXT,      /* const char *: printable, no quotes needed */
    VL_VALUE_NAME,      /* const char *: [a-z][a-z0-9-]{0,62} */
    VL_VALUE_INTERFACE, /* const char *: a network interface, 1 to 15 of [A-Za-z0-9._-], first a letter or a digit */
    VL_VALUE_DIGITS,    /* const char *: 0-9 only */
    VL_VALUE_SECRET,    /* const char *: letters and digits, at least 4 */
    VL_VALUE_MAC,       /* const char *: six hex pairs */
    VL_VALUE_ADDRESS,   /* uint32_t */
    VL_VALUE_NETWORK,   /* uint32_t, followed by unsigned prefix at offset2 */
    VL_VALUE_NETWORK_OR_DHCP, /* the same, or `dhcp`: both 0 */
    VL_VALUE_ADDRESS6,        /* const char *: an IPv6 address as it was written */
    VL_VALUE_ADDRESSES,       /* const char *const *: list of IPv4 and IPv6 addresses */
    VL_VALUE_NETWORKS,        /* const char *const *: list of IPv4 and IPv6 addresses with their prefix lengths */
    VL_VALUE_SIZE,            /* uint64_t bytes */
    VL_VALUE_NUMBER,          /* unsigned, between min and max */
    VL_VALUE_YES_NO,          /* bool */
    VL_VALUE_CHOICE,          /* int: index in choices */
    VL_VALUE_NUMBERS,         /* const char *const *: list of digit strings */
    VL_VALUE_PATTERNS,        /* const char *const *: list of extension patterns */
    VL_VALUE_NAMES,           /* const char *const *: list of names */
    VL_VALUE_PACKAGES,        /* const char *const *: list of names of Debian packages */
    VL_VALUE_LINES,           /* const char *const *: list of FXO channels and names of providers */
    VL_VALUE_CHOICES,         /* const char *const *: list of some of choices, each at most once */
};

struct vl_lab_key {
    const char *name;
    enum vl_value_type type;
    size_t offset, offset2;
    unsigned min, max;          /* VL_VALUE_NUMBER */
    const char *const *choices; /* VL_VALUE_CHOICE and _CHOICES, NULL-terminated */
    bool required;
    const char *stand_in; /* of one that is required: what stands for it while further mistakes are looked for */
    bool leads;           /* what other sections say hangs on it */
};

/* Store the values of `section` in `object`. All its mistakes are gathered. 0 with a mistake: without what is wrong,
 * which has no value any more, it is of use all the same. -1: it lacks what it cannot be without. */
int vl_value_read(struct vl_arena *arena, const struct vl_ini *ini, const struct vl_ini_section *section,
                  const struct vl_lab_key *keys, size_t key_count, void *object, struct vl_error *err);

#endif
