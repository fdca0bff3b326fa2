/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A variable that no step on the way has set: who else could have.
 *
 * Asterisk takes one that nobody has set for empty. What some channel driver or the core gives to a call is another
 * matter, and differs from call to call. In between is everything else: `setvar` of an account, a call file or a
 * manager may have set it, which seldom happens, so that it is taken for empty, and said to be.
 */
#ifndef VL_DIALPLAN_ORIGIN_H
#define VL_DIALPLAN_ORIGIN_H

enum vl_origin {
    VL_ORIGIN_STEPS,   /* only steps: without them it is empty */
    VL_ORIGIN_ANYBODY, /* nobody in particular: most likely it is empty */
    VL_ORIGIN_CALL,    /* the channel driver or the core: not known */
};

enum vl_origin vl_variable_origin(const char *name);

#endif
