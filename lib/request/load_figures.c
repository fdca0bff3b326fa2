/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between a load run and who watches it through the public interface: what is seen goes out, what is wanted comes in.
 */
#include "request/load.h"

enum { REASONS = 16 };

static size_t guests_of(const struct vl_load_sample *sample, struct voiplab_load_guest guests[static VL_LOAD_GUESTS])
{
    for (size_t i = 0; i < sample->guest_count; i++)
        guests[i] = (struct voiplab_load_guest){
            .name = sample->guests[i].name,
            .processor = sample->guests[i].processor,
            .memory = (double)sample->guests[i].memory_used,
            .memory_most = (double)sample->guests[i].memory_total,
        };
    return sample->guest_count;
}

static size_t reasons_of(const struct vl_load_sample *sample, struct voiplab_load_reason reasons[static REASONS])
{
    size_t count = sample->reason_count < REASONS ? sample->reason_count : REASONS;

    for (size_t i = 0; i < count; i++)
        reasons[i] = (struct voiplab_load_reason){ .text = sample->reasons[i].text,
                                                   .code = sample->reasons[i].code,
                                                   .count = sample->reasons[i].count };
    return count;
}

void vl_run_show_figures(const struct voiplab_sipp *asked, const struct vl_load *load,
                         const struct vl_load_sample *sample)
{
    struct voiplab_load_guest guests[VL_LOAD_GUESTS];
    struct voiplab_load_reason reasons[REASONS];
    const struct voiplab_load_figures figures = {
        .load = load->name,
        .at_s = sample->at_s,
        .rate_asked = sample->rate_asked,
        .rate = sample->rate,
        .made = sample->made,
        .asked = load->calls,
        .up = sample->current,
        .succeeded = sample->succeeded,
        .failed = sample->failed,
        .retransmissions = sample->retransmissions,
        .late = sample->late,
        .request_p50_ms = sample->request_p50_ms,
        .request_p95_ms = sample->request_p95_ms,
        .loss_percent = sample->sound.loss_percent,
        .mos = sample->sound.mos,
        .processor = sample->host.processor,
        .generator = sample->host.generator,
        .memory = (double)sample->host.memory_used,
        .memory_most = (double)sample->host.memory_total,
        .guests = guests,
        .guest_count = guests_of(sample, guests),
        .reasons = reasons,
        .reason_count = reasons_of(sample, reasons),
    };

    asked->figures(asked->context, &figures);
}

void vl_run_steer(const struct voiplab_sipp *asked, struct vl_load_steering *steering)
{
    struct voiplab_load_steering wanted = { .rate = steering->rate, .paused = steering->paused };

    asked->steer(asked->context, &wanted);
    steering->rate = wanted.rate;
    steering->paused = wanted.paused;
}
