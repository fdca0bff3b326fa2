/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/calibrate.h"

#include <math.h>

#include "base/text.h"
#include "sipp/generator.h"

enum { SECONDS = 3, HOLD_MS = 100, TIMEOUT_S = 15 };

int vl_sipp_calibrate(const struct vl_sipp_options *options, unsigned rate, double *ret_rate, struct vl_error *err)
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
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    int rc;

    (void)vl_text_ipv4(options->local_address, &answerer.address);
    own.load = &load;
    own.trial = own.tcp = false;
    own.begun = NULL;
    own.guests = NULL;
    own.sample = NULL;
    own.steer = NULL;
    rc = vl_generator_answer(&generator, options->work_directory, options->local_address, err);
    own.port = generator.local_port;
    if (rc == 0)
        rc = vl_sipp_run(&own, &summary, err);
    vl_generator_free(&generator);
    if (rc == 0)
        *ret_rate = isnan(summary.rate) ? 0 : summary.rate;
    return rc;
}
