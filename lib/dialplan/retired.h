/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a version of Asterisk no longer has, or will not have: applications, functions, channels.
 */
#ifndef VL_DIALPLAN_RETIRED_H
#define VL_DIALPLAN_RETIRED_H

#include <stddef.h>

#include "dialplan/provided.h"

struct vl_retired {
    enum vl_provides kind;
    const char *name;
    int deprecated, removed; /* versions; removed 0: still there */
    const char *instead;
    const char *rename; /* the same under another name: can be put right by a machine; NULL: no */
};

extern const struct vl_retired vl_retired[];
extern const size_t vl_retired_count;

/* The row of this name, whatever the case of its letters; NULL: there is none. */
const struct vl_retired *vl_retired_find(enum vl_provides kind, const char *name);

/* The application of this number that a version has given up, or will; NULL: there are no more. */
const char *vl_retired_application(size_t number);

#endif
