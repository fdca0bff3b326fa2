/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What of a capture belongs into the results of a load run: how it sounded in each direction, and for each kind of
 * failed call the ladder of one such call. Pure.
 */
#ifndef VL_SIPP_HEARD_H
#define VL_SIPP_HEARD_H

#include "base/json.h"
#include "sipp/capture.h"
#include "sipp/ladder.h"
#include "sipp/summary.h"

/* An object: `rows` has one for each direction (from, to and codec) with the sums of its streams, the lowest MOS among
 * them and what it was reckoned from; `mos`, `mos_lowest` and `loss_percent` are of all. Null without any stream. */
void vl_heard_media_json(const struct vl_capture *capture, const struct vl_ladder_names *names, struct vl_json *json,
                         const char *key);

/* An array with an object for each reason that a call was found for, which SIPp at `caller` made: `reason`, the words
 * of the summary, and `ladder`, text. After vl_capture_calls(). */
void vl_heard_ladders_json(const struct vl_capture *capture, const struct vl_ladder_names *names,
                           const struct vl_endpoint *caller, const struct vl_sipp_summary *summary,
                           struct vl_json *json, const char *key);

#endif
