/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Something was full when it was so for a third of the samples during which calls were begun: one sample may be chance.
 */
#include "sipp/judge.h"

#include <inttypes.h>
#include <math.h>

static const double full = 0.9, memory_full = 0.95, rate_kept = 0.95;

/* A packet that goes out late is of one call, and delays those that wait behind it. */
enum { FAILED_BY_LATE = 10 };

static const char *const limit_names[] = {
    [VL_LOAD_LIMIT_NONE] = "none",           [VL_LOAD_LIMIT_GENERATOR] = "generator",
    [VL_LOAD_LIMIT_HOST] = "host processor", [VL_LOAD_LIMIT_GUEST] = "guest processor",
    [VL_LOAD_LIMIT_MEMORY] = "memory",       [VL_LOAD_LIMIT_TARGET] = "target gone",
    [VL_LOAD_LIMIT_CALLS] = "failed calls",
};

const char *vl_sipp_limit_name(enum vl_load_limit limit)
{
    return limit_names[limit];
}

/* A figure of a sample: of this host, of SIPp, or of a guest. */
static double share_of(const struct vl_load_sample *sample, enum vl_load_limit what, size_t guest)
{
    const struct vl_load_guest *guests = sample->guests;

    switch (what) {
    case VL_LOAD_LIMIT_GENERATOR:
        return sample->host.generator;
    case VL_LOAD_LIMIT_HOST:
        return sample->host.processor;
    case VL_LOAD_LIMIT_GUEST:
        return guest < sample->guest_count ? guests[guest].processor : NAN;
    default:
        if (guest < sample->guest_count)
            return guests[guest].memory_total ? (double)guests[guest].memory_used / (double)guests[guest].memory_total
                                              : NAN;
        return sample->host.memory_total ? (double)sample->host.memory_used / (double)sample->host.memory_total : NAN;
    }
}

/* Whether it was full, and the largest figure. */
static bool was_full(const struct vl_sipp_summary *summary, enum vl_load_limit what, size_t guest, double *ret_most)
{
    double limit = what == VL_LOAD_LIMIT_MEMORY ? memory_full : full;
    size_t at_limit = 0, known = 0;

    *ret_most = NAN;
    for (size_t i = 0; i < summary->sample_count; i++) {
        double share = share_of(&summary->samples[i], what, guest);

        if (isnan(share) || !(summary->samples[i].rate_asked > 0))
            continue;
        known++;
        at_limit += share >= limit;
        *ret_most = *ret_most > share ? *ret_most : share;
    }
    return at_limit > 0 && at_limit * 3 >= known;
}

static int percent(double share)
{
    return isnan(share) ? 0 : (int)lround(share * 100);
}

static bool guest_was_full(const struct vl_sipp_summary *summary, enum vl_load_limit what, const char **ret_name,
                           double *ret_most)
{
    const struct vl_load_sample *last = summary->sample_count ? &summary->samples[summary->sample_count - 1] : NULL;

    for (size_t i = 0; last && i < last->guest_count; i++)
        if (was_full(summary, what, i, ret_most)) {
            *ret_name = last->guests[i].name;
            return true;
        }
    return false;
}

static bool fell_behind(const struct vl_sipp_summary *summary)
{
    return !summary->failed && !summary->concurrent_asked && summary->outcome == VL_LOAD_COMPLETE &&
           summary->made > summary->rate_asked * 3 && summary->rate < summary->rate_asked * rate_kept;
}

/* Whether it was SIPp that came too late for the calls that failed. What the other side refused in words of its own it
 * would have refused in time, too, and a packet or two that were late do not make hundreds of calls fail. */
static bool was_too_late(const struct vl_sipp_summary *summary)
{
    uint64_t unrefused = summary->failed - vl_sipp_summary_refused(summary);

    return summary->late && summary->failed > vl_sipp_summary_refused(summary) &&
           summary->late >= unrefused / FAILED_BY_LATE;
}

enum vl_load_limit vl_sipp_limit(const struct vl_sipp_summary *summary, struct vl_arena *arena, const char **ret_text)
{
    const char *name = NULL;
    double most, host;
    bool host_full = was_full(summary, VL_LOAD_LIMIT_HOST, SIZE_MAX, &host);

    if (!isnan(summary->stalled_since_s)) {
        *ret_text =
            vl_arena_printf(arena, "SIPp gave, not the PBX: it stood still after %.1f s", summary->stalled_since_s);
        return VL_LOAD_LIMIT_GENERATOR;
    }
    if (was_full(summary, VL_LOAD_LIMIT_GENERATOR, SIZE_MAX, &most) || (was_too_late(summary) && !host_full) ||
        fell_behind(summary)) {
        *ret_text = vl_arena_printf(arena,
                                    "SIPp gave first, not the PBX: it took up to %d %% of a processor and was late "
                                    "%" PRIu64 " time%s",
                                    percent(most), summary->late, summary->late == 1 ? "" : "s");
        return VL_LOAD_LIMIT_GENERATOR;
    }
    if (!isnan(summary->silent_since_s)) {
        *ret_text = vl_arena_printf(arena, "'%s' gave: nothing came from it after %.1f s", summary->target,
                                    summary->silent_since_s);
        return VL_LOAD_LIMIT_TARGET;
    }
    if (host_full) {
        *ret_text = vl_arena_printf(arena, "the processor of this host was full: up to %d %%%s", percent(host),
                                    was_too_late(summary) ? ", so that SIPp itself was late" : "");
        return VL_LOAD_LIMIT_HOST;
    }
    if (guest_was_full(summary, VL_LOAD_LIMIT_GUEST, &name, &most)) {
        *ret_text = vl_arena_printf(arena, "the processor of '%s' was full: up to %d %%", name, percent(most));
        return VL_LOAD_LIMIT_GUEST;
    }
    if (was_full(summary, VL_LOAD_LIMIT_MEMORY, SIZE_MAX, &most) ||
        guest_was_full(summary, VL_LOAD_LIMIT_MEMORY, &name, &most)) {
        *ret_text = vl_arena_printf(arena, "the memory of %s was full: up to %d %%",
                                    name ? vl_arena_printf(arena, "'%s'", name) : "this host", percent(most));
        return VL_LOAD_LIMIT_MEMORY;
    }
    if (summary->failed) {
        *ret_text = vl_arena_printf(arena, "calls failed before any processor was full: %s",
                                    summary->reason_count ? summary->reasons[0].text : "SIPp does not say why");
        return VL_LOAD_LIMIT_CALLS;
    }
    if (vl_sipp_summary_astray(summary)) {
        *ret_text = vl_arena_printf(arena, "%" PRIu64 " calls were answered, but not by telephone %s of '%s'",
                                    vl_sipp_summary_astray(summary), summary->answered_by, summary->answered_on);
        return VL_LOAD_LIMIT_CALLS;
    }
    *ret_text = isnan(host) ? "nothing gave"
                            : vl_arena_printf(arena, "nothing gave: this host's processor was at most %d %% busy",
                                              percent(host));
    return VL_LOAD_LIMIT_NONE;
}

const char *vl_sipp_answer(const struct vl_sipp_summary *summary, bool registers, struct vl_arena *arena)
{
    if (registers)
        return vl_arena_printf(arena, "%" PRIu64 " registrations at %.1f a second, %" PRIu64 " failed", summary->made,
                               isnan(summary->rate) ? 0 : summary->rate, summary->failed);
    return vl_arena_printf(arena, "%" PRIu64 " calls at once, %" PRIu64 " of %" PRIu64 " failed%s", summary->peak,
                           summary->failed, summary->made,
                           summary->answered_by
                               ? vl_arena_printf(arena, ", %" PRIu64 " came to telephone %s of '%s'", summary->arrived,
                                                 summary->answered_by, summary->answered_on)
                               : "");
}

static uint64_t answered_with(const struct vl_sipp_summary *summary, const unsigned *codes)
{
    uint64_t count = 0;

    for (size_t i = 0; i < summary->reason_count; i++)
        for (const unsigned *code = codes; *code; code++)
            count += summary->reasons[i].code == *code ? summary->reasons[i].count : 0;
    return count;
}

static void put_ratio(struct vl_json *json, const char *key, bool defined, uint64_t part, uint64_t whole)
{
    if (defined && whole)
        vl_json_real(json, key, 100.0 * (double)part / (double)whole);
    else
        vl_json_null(json, key);
}

static void put_mean(struct vl_json *json, const char *key, bool defined, const struct vl_response_summary *times)
{
    if (defined && times->count)
        vl_json_real(json, key, times->mean);
    else
        vl_json_null(json, key);
}

void vl_sipp_metrics_json(const struct vl_sipp_summary *summary, bool registers, struct vl_json *json, const char *key)
{
    static const unsigned effective[] = { 480, 486, 600, 603, 0 }, ineffective[] = { 408, 500, 503, 504, 0 },
                          redirected[] = { 300, 301, 302, 305, 0 };
    uint64_t counted = summary->made - answered_with(summary, redirected);
    uint64_t answered = summary->times[VL_LOAD_CLOCK_ANSWER].count;

    vl_json_object(json, key);
    put_mean(json, "registration_request_delay_ms", registers, &summary->times[VL_LOAD_CLOCK_REQUEST]);
    put_ratio(json, "ineffective_registration_attempts_percent", registers, summary->failed, summary->made);
    put_mean(json, "session_request_delay_ms", !registers, &summary->times[VL_LOAD_CLOCK_REQUEST]);
    put_mean(json, "session_disconnect_delay_ms", !registers, &summary->times[VL_LOAD_CLOCK_HANGUP]);
    vl_json_null(json, "session_duration_time_s");
    put_ratio(json, "session_establishment_ratio_percent", !registers, answered, counted);
    put_ratio(json, "session_establishment_effectiveness_ratio_percent", !registers,
              answered + answered_with(summary, effective), counted);
    put_ratio(json, "ineffective_session_attempts_percent", !registers, answered_with(summary, ineffective),
              summary->made);
    put_ratio(json, "session_completion_ratio_percent", !registers, summary->succeeded, summary->made);
    vl_json_end(json);
}

/* What is not known is no 0: a line in a picture would fall to the ground. */
static void put_memory(struct vl_json *json, const char *key, uint64_t bytes, uint64_t total)
{
    if (total)
        vl_json_number(json, key, (int64_t)bytes);
    else
        vl_json_null(json, key);
}

static void put_guests_json(const struct vl_load_sample *sample, struct vl_json *json)
{
    vl_json_array(json, "guests");
    for (size_t i = 0; i < sample->guest_count; i++) {
        vl_json_object(json, NULL);
        vl_json_string(json, "name", sample->guests[i].name);
        vl_json_real(json, "processor", sample->guests[i].processor);
        put_memory(json, "memory_used", sample->guests[i].memory_used, sample->guests[i].memory_total);
        put_memory(json, "memory_total", sample->guests[i].memory_total, sample->guests[i].memory_total);
        vl_json_end(json);
    }
    vl_json_end(json);
}

void vl_sipp_samples_json(const struct vl_sipp_summary *summary, struct vl_json *json, const char *key)
{
    vl_json_array(json, key);
    for (size_t i = 0; i < summary->sample_count; i++) {
        const struct vl_load_sample *sample = &summary->samples[i];

        vl_json_object(json, NULL);
        vl_json_real(json, "at_s", sample->at_s);
        vl_json_real(json, "rate_asked", sample->rate_asked);
        vl_json_real(json, "rate", sample->rate);
        vl_json_number(json, "made", (int64_t)sample->made);
        vl_json_number(json, "up", (int64_t)sample->current);
        vl_json_number(json, "succeeded", (int64_t)sample->succeeded);
        vl_json_number(json, "failed", (int64_t)sample->failed);
        vl_json_number(json, "retransmissions", (int64_t)sample->retransmissions);
        vl_json_number(json, "generator_late", (int64_t)sample->late);
        vl_json_real(json, "request_p95_ms", sample->request_p95_ms);
        vl_json_real(json, "loss_percent", sample->sound.loss_percent);
        vl_json_real(json, "mos", sample->sound.mos);
        vl_json_real(json, "processor", sample->host.processor);
        vl_json_real(json, "generator", sample->host.generator);
        vl_json_number(json, "memory_used", (int64_t)sample->host.memory_used);
        vl_json_number(json, "memory_total", (int64_t)sample->host.memory_total);
        put_guests_json(sample, json);
        vl_json_end(json);
    }
    vl_json_end(json);
}

/* An empty field where nothing is known. */
static void put_field(struct vl_buf *buf, double value, int digits)
{
    vl_buf_putc(buf, ',');
    if (!isnan(value))
        vl_buf_printf(buf, "%.*f", digits, value);
}

void vl_sipp_samples_csv(const struct vl_sipp_summary *summary, struct vl_buf *buf)
{
    const struct vl_load_sample *first = summary->sample_count ? &summary->samples[0] : NULL;

    vl_buf_puts(buf, "at_s,rate_asked,rate,made,up,succeeded,failed,retransmissions,generator_late,request_p95_ms,"
                     "loss_percent,mos,processor,generator,memory_used,memory_total");
    for (size_t i = 0; first && i < first->guest_count; i++)
        vl_buf_printf(buf, ",%s_processor,%s_memory_used,%s_memory_total", first->guests[i].name, first->guests[i].name,
                      first->guests[i].name);
    vl_buf_puts(buf, "\r\n");
    for (size_t row = 0; row < summary->sample_count; row++) {
        const struct vl_load_sample *sample = &summary->samples[row];

        vl_buf_printf(buf, "%.3f,%.3f,%.3f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
                      sample->at_s, sample->rate_asked, sample->rate, sample->made, sample->current, sample->succeeded,
                      sample->failed, sample->retransmissions, sample->late);
        put_field(buf, sample->request_p95_ms, 3);
        put_field(buf, sample->sound.loss_percent, 3);
        put_field(buf, sample->sound.mos, 2);
        put_field(buf, sample->host.processor, 3);
        put_field(buf, sample->host.generator, 3);
        put_field(buf, (double)sample->host.memory_used, 0);
        put_field(buf, (double)sample->host.memory_total, 0);
        for (size_t i = 0; first && i < first->guest_count && i < sample->guest_count; i++) {
            put_field(buf, sample->guests[i].processor, 3);
            put_field(buf, sample->guests[i].memory_total ? (double)sample->guests[i].memory_used : NAN, 0);
            put_field(buf, sample->guests[i].memory_total ? (double)sample->guests[i].memory_total : NAN, 0);
        }
        vl_buf_puts(buf, "\r\n");
    }
}
