/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/media_sum.h"

#include <math.h>

#include "sipp/mos.h"

enum { USUAL_MS = 20 };

struct vl_load_sound vl_media_sum_between(const struct vl_media_sum *before, const struct vl_media_sum *now)
{
    struct vl_load_sound sound = { .loss_percent = NAN, .mos = NAN };
    uint64_t expected = now->expected - before->expected, came = now->came - before->came;
    struct vl_mos_inputs inputs = { .codec = vl_mos_codec(now->codec), .burst = 1 };
    struct vl_mos mos;

    if (!expected)
        return sound;
    /* what comes late may be of the time before */
    sound.loss_percent = came < expected ? 100.0 * (double)(expected - came) / (double)expected : 0;
    inputs.loss_percent = sound.loss_percent;
    inputs.delay_ms = 3 * (now->packet_ms > 0 ? now->packet_ms : USUAL_MS); /* as media.c has it */
    if (vl_mos_estimate(&inputs, &mos))
        sound.mos = mos.mos;
    return sound;
}
