/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What Asterisk's modules bring into a dialplan (dialplan/provided.h), by name; and which of them modules.conf beside
 * the plan does not load.
 */
#ifndef VL_LINT_MODULES_H
#define VL_LINT_MODULES_H

#include <stdbool.h>

#include "dialplan/provided.h"

struct vl_provided {
    enum vl_provides kind;
    const char *name;
    bool read_only;     /* a function that cannot be set */
    const char *module; /* the first one that brings it; "": Asterisk itself; NULL: it is not known which */
    bool lacking;       /* modules.conf is there, and loads none of those that bring it */
};

struct vl_lint;

/* What has this name, in whatever case of its letters; NULL: nothing of that kind has. */
const struct vl_provided *vl_lint_provided(struct vl_lint *lint, enum vl_provides kind, const char *name);

/* The application or function that was meant by a name that none has; NULL: none is near. */
const char *vl_lint_nearest_provided(struct vl_lint *lint, enum vl_provides kind, const char *name);

/* Whether modules.conf beside the plan is there and does not load the module; whether its noload says so. */
bool vl_lint_lacks_module(const struct vl_lint *lint, const char *module);
bool vl_lint_bars_module(const struct vl_lint *lint, const char *module);

#endif
