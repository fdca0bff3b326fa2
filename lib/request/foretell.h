/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the dialplan of a PBX says of a number that was called there: beside what was said on the wire, for who wants to
 * know why a call came to nothing.
 */
#ifndef VL_REQUEST_FORETELL_H
#define VL_REQUEST_FORETELL_H

#include "request/request.h"

struct vl_foretold {
    const struct vl_pbx *pbx; /* NULL: nobody was asked */
    const char *number;
    const char *context; /* where the call begins; NULL: not known */
    const char *text;    /* as `dialplan show` prints it; NULL: it is not known, and `why` says why */
    const char *why;
};

/* Read what the PBX has, over a connection of its own, and follow the number from where the call begins there: where
 * its telephones dial, of whom this one calls, or where calls come in from another PBX, `from`. In the run's arena. */
struct vl_foretold vl_run_foretell(const struct vl_run *run, const struct vl_pbx *pbx, const char *number,
                                   const char *caller, const struct vl_pbx *from);

/* "what the dialplan of 'pbx1' says of 2999 in from-internal", without its end. In the run's arena. */
const char *vl_run_foretold_title(const struct vl_run *run, const struct vl_foretold *foretold);

/* As an object; null when nobody was asked. */
void vl_run_foretold_json(const struct vl_foretold *foretold, struct vl_json *json, const char *key);

#endif
