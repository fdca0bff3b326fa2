/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/calibrate.h"

#include <math.h>

#include "base/text.h"
#include "sipp/generator.h"

enum { SECONDS = 3, HOLD_MS = 100, TIMEOUT_S = 15 };

static const double kept = 0.9; /* of what is asked */

/* Calls begun a second while they were begun, or done a second in the whole, whichever is less: a SIPp that is slow may
 * begin calls in time and leave the rest of them for later. */
static double rate_of(const struct vl_sipp_summary *summary)
{
    double busy_s = summary->duration_s - HOLD_MS / 1000.0;
    double done = busy_s > 0 ? (double)summary->succeeded / busy_s : 0;

    if (isnan(summary->rate))
        return 0;
    return done < summary->rate ? done : summary->rate;
}

static int call_itself(const struct vl_sipp_options *options, unsigned rate, double *ret_rate, struct vl_error *err)
{
    struct vl_sipp_options own = *options;
    struct vl_pbx answerer = { .name = "sipp" };
    struct vl_generator generator = VL_GENERATOR_INIT;
    const struct vl_load load = { .name = "calibration",
                                  .target = &answerer,
                                  .caller = options->load->caller,
                                  .extension = options->load->extension,
                                  .rate = rate,
                                  .calls = rate * SECONDS,
                                  .hold_ms = HOLD_MS,
                                  .timeout_s = TIMEOUT_S };
    const struct vl_answer_task answer = { .work_directory = options->work_directory,
                                           .local_address = options->local_address };
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    int rc;

    (void)vl_text_ipv4(options->local_address, &answerer.address);
    own.load = &load;
    own.trial = own.tcp = false;
    own.begun = NULL;
    own.guests = NULL;
    own.sound = NULL;
    own.sample = NULL;
    own.steer = NULL;
    rc = vl_generator_answer(&generator, &answer, err);
    own.port = generator.local_port;
    if (rc == 0)
        rc = vl_sipp_run(&own, &summary, err);
    vl_generator_free(&generator);
    if (rc == 0)
        *ret_rate = rate_of(&summary);
    return rc;
}

/* What a SIPp that is asked too much reaches says little of what it carries: it is asked less, until it keeps up, and
 * then half as much again. */
int vl_sipp_calibrate(const struct vl_sipp_options *options, unsigned rate, double *ret_rate, struct vl_error *err)
{
    double reached = 0, more = 0;
    unsigned asked = rate;

    if (call_itself(options, asked, &reached, err) < 0)
        return -1;
    while (reached < kept * asked && asked > 1 && !(options->cancelled && options->cancelled(options->context)))
        if (call_itself(options, asked /= 2, &reached, err) < 0)
            return -1;
    if (asked < rate && reached >= kept * asked && asked > 1) {
        if (call_itself(options, asked + asked / 2, &more, err) < 0)
            return -1;
        reached = more >= kept * (asked + asked / 2) ? more : reached;
    }
    *ret_rate = reached;
    return 0;
}
