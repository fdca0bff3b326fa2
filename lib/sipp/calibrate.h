/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIPp calls itself: what it does not carry there is its own limit, or this host's, and no PBX's.
 */
#ifndef VL_SIPP_CALIBRATE_H
#define VL_SIPP_CALIBRATE_H

#include "base/error.h"
#include "sipp/run.h"

/* Have a SIPp that answers called for some seconds with `rate` calls a second, from the address of `options` and with
 * its scenario, which must be one of calls that the caller ends; *ret_rate is how many a second it makes, or, where
 * that are less than nine tenths, about how many it could. */
int vl_sipp_calibrate(const struct vl_sipp_options *options, unsigned rate, double *ret_rate, struct vl_error *err);

#endif
