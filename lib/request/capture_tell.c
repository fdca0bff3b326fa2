/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was heard, said: the calls with their legs, the ladder of one, the streams of sound as a table, and what the
 * figures cannot tell. All of it came from the network: texts were made printable where they were read.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "request/capture.h"
#include "request/foretell.h"
#include "sipp/ladder.h"

enum { WIDTH = 80, CALLS_SHOWN = 30 };

/* The PBX of the lab that has this address; NULL: none. */
static const struct vl_pbx *pbx_at(const struct vl_lab *lab, const struct vl_endpoint *host)
{
    for (size_t i = 0; lab && i < lab->pbx_count; i++) {
        const struct vl_endpoint end = vl_packet_ipv4_end(lab->pbxs[i].address, 0);

        if (lab->pbxs[i].address && vl_packet_same_host(&end, host))
            return &lab->pbxs[i];
    }
    return NULL;
}

static const char *name_of(void *context, struct vl_arena *arena, const struct vl_endpoint *host)
{
    const struct vl_lab *lab = context;
    const struct vl_pbx *pbx = pbx_at(lab, host);
    struct vl_endpoint end;

    if (pbx)
        return pbx->name;
    if (!lab || !lab->bridge.address)
        return NULL;
    end = vl_packet_ipv4_end(lab->bridge.address, 0);
    return vl_packet_same_host(&end, host) ? vl_arena_strdup(arena, "this host") : NULL;
}

struct vl_ladder_names vl_run_host_names(const struct vl_run *run)
{
    return (struct vl_ladder_names){ .name = name_of, .context = run->session->lab };
}

static const char *end_name(const struct vl_run *run, const struct vl_endpoint *end, bool port)
{
    struct vl_arena *arena = &run->result->arena;
    const char *name = name_of(run->session->lab, arena, end);

    name = name ? name : vl_packet_host(arena, end);
    return port ? vl_arena_printf(arena, "%s:%u", name, end->port) : name;
}

/* The first leg of a call; NULL: there is no such call. */
static const struct vl_capture_leg *first_leg(const struct vl_capture *capture, uint32_t call)
{
    for (size_t i = 0; i < capture->leg_count; i++)
        if (capture->legs[i].call == call)
            return &capture->legs[i];
    return NULL;
}

static const char *state_of(const struct vl_capture_leg *leg)
{
    if (leg->answered_ns)
        return leg->ended ? "answered, ended" : "answered";
    if (leg->failed)
        return leg->why;
    if (leg->encrypted)
        return "encrypted, how it went on is not seen";
    return leg->ended ? "ended before an answer" : "no answer";
}

static void tell_leg(const struct vl_run *run, const struct vl_capture_leg *leg, struct vl_buf *text)
{
    vl_buf_printf(text, "  %s %s > %s, %s to %s: %s", leg->iax ? "IAX2" : "SIP ", end_name(run, &leg->from, false),
                  end_name(run, &leg->to, false), leg->caller[0] ? leg->caller : "-",
                  leg->called[0] ? leg->called : "-", state_of(leg));
    if (leg->answered_ns)
        vl_buf_printf(text, ", after %.2f s", (double)(leg->answered_ns - leg->first_ns) / 1e9);
    vl_buf_putc(text, '\n');
}

static void tell_calls(const struct vl_run *run, const struct vl_capture *capture, struct vl_buf *text)
{
    uint32_t told = UINT32_MAX;

    for (size_t i = 0; i < capture->leg_count; i++) {
        uint32_t call = capture->legs[i].call;

        if (call >= CALLS_SHOWN || (told != UINT32_MAX && call <= told))
            continue;
        vl_buf_printf(text, "call %u\n", call + 1);
        for (size_t k = i; k < capture->leg_count; k++)
            if (capture->legs[k].call == call)
                tell_leg(run, &capture->legs[k], text);
        told = call;
    }
    if (capture->call_count > CALLS_SHOWN)
        vl_buf_printf(text, "and %zu more calls\n", capture->call_count - CALLS_SHOWN);
}

/* The call that a ladder is wanted of: the first that came to nothing, else the first. */
static uint32_t chosen_call(const struct vl_run *run, const struct vl_capture *capture)
{
    unsigned wanted = run->request->parameters.capture->call;

    if (wanted)
        return wanted - 1;
    for (size_t i = 0; i < capture->leg_count; i++)
        if (capture->legs[i].failed && !capture->legs[i].answered_ns)
            return capture->legs[i].call;
    return 0;
}

/* The first leg of a call that comes to a PBX of the lab; NULL: none does. */
static const struct vl_capture_leg *leg_to_pbx(const struct vl_run *run, const struct vl_capture *capture,
                                               uint32_t call)
{
    for (size_t i = 0; i < capture->leg_count; i++) {
        const struct vl_capture_leg *leg = &capture->legs[i];

        if (leg->call == call && *leg->called && pbx_at(run->session->lab, &leg->to))
            return leg;
    }
    return NULL;
}

/* From which PBX it comes; NULL: from a telephone, also where SIPp is one on the host that is the hub itself. */
static const struct vl_pbx *origin_of(const struct vl_lab *lab, const struct vl_capture_leg *leg)
{
    const struct vl_pbx *from = pbx_at(lab, &leg->from);

    if (from && from->place == VL_PLACE_LOCAL && vl_lab_extension_owner(lab, leg->caller) == pbx_at(lab, &leg->to))
        return NULL;
    return from;
}

/* Beside what was said of a call that has just been heard, what the dialplan says where it began. */
static void foretell(const struct vl_run *run, const struct vl_heard *heard, uint32_t call, struct vl_buf *text)
{
    const struct vl_lab *lab = run->session->lab;
    const struct vl_capture_leg *leg = heard->live ? leg_to_pbx(run, heard->capture, call) : NULL;
    struct vl_foretold foretold = { .pbx = NULL };

    if (leg) {
        foretold = vl_run_foretell(run, pbx_at(lab, &leg->to), leg->called, leg->caller, origin_of(lab, leg));
        vl_buf_printf(text, "%s%s\n%s\n", vl_run_foretold_title(run, &foretold),
                      foretold.text ? "" : " is not known:", foretold.text ? foretold.text : foretold.why);
    }
    vl_run_foretold_json(&foretold, run->result->document, "foretold");
}

static int tell_ladder(const struct vl_run *run, const struct vl_heard *heard, struct vl_buf *text)
{
    const struct vl_capture *capture = heard->capture;
    const struct voiplab_capture *parameters = run->request->parameters.capture;
    struct vl_ladder_names names = vl_run_host_names(run);
    uint32_t call = chosen_call(run, capture);

    if (!parameters->ladder && !parameters->svg)
        return 0;
    if (!first_leg(capture, call))
        return vl_fail(run->err, VL_ERROR_FAILED, "no call %u was seen: there %s %zu", call + 1,
                       capture->call_count == 1 ? "is" : "are", capture->call_count);
    if (parameters->ladder) {
        vl_buf_printf(text, "%sthe ladder of call %u, in seconds\n", text->length ? "\n" : "", call + 1);
        vl_ladder_text(capture, call, &names, WIDTH, text);
        vl_buf_putc(text, '\n');
        foretell(run, heard, call, text);
    }
    if (parameters->svg) {
        VL_FREE char *svg = vl_ladder_svg(capture, call, &names, run->err);

        if (!svg || vl_file_write(parameters->svg, svg, strlen(svg), 0644, run->err) < 0)
            return -1;
    }
    return 0;
}

static void leg_json(const struct vl_run *run, struct vl_json *json, const struct vl_capture_leg *leg)
{
    vl_json_object(json, NULL);
    vl_json_number(json, "call", (int64_t)leg->call + 1);
    vl_json_string(json, "protocol", leg->iax ? "IAX2" : "SIP");
    vl_json_string(json, "from", end_name(run, &leg->from, true));
    vl_json_string(json, "to", end_name(run, &leg->to, true));
    vl_json_string(json, "caller", leg->caller);
    vl_json_string(json, "called", leg->called);
    vl_json_bool(json, "answered", leg->answered_ns != 0);
    if (leg->answered_ns)
        vl_json_real(json, "answered_after_s", (double)(leg->answered_ns - leg->first_ns) / 1e9);
    else
        vl_json_null(json, "answered_after_s");
    vl_json_bool(json, "encrypted", leg->encrypted);
    vl_json_bool(json, "failed", leg->failed);
    vl_json_string(json, "why", leg->failed ? leg->why : NULL);
    vl_json_number(json, "steps", (int64_t)leg->steps);
    vl_json_end(json);
}

static void steps_json(const struct vl_run *run, struct vl_json *json, const struct vl_capture *capture, uint32_t call)
{
    vl_json_array(json, "ladder");
    for (size_t i = 0; i < capture->step_count; i++) {
        const struct vl_capture_step *step = &capture->steps[i];

        if (capture->legs[step->leg].call != call)
            continue;
        vl_json_object(json, NULL);
        vl_json_real(json, "s", (double)(step->time_ns - first_leg(capture, call)->first_ns) / 1e9);
        vl_json_string(json, "from", end_name(run, &step->from, false));
        vl_json_string(json, "to", end_name(run, &step->to, false));
        vl_json_string(json, "what", step->label);
        vl_json_bool(json, "again", step->again);
        vl_json_end(json);
    }
    vl_json_end(json);
}

static void calls_json(const struct vl_run *run, const struct vl_capture *capture)
{
    struct vl_json *json = run->result->document;
    bool ladder = run->request->parameters.capture->ladder;

    vl_json_array(json, "legs");
    for (size_t i = 0; i < capture->leg_count; i++)
        leg_json(run, json, &capture->legs[i]);
    vl_json_end(json);
    if (ladder && capture->leg_count)
        steps_json(run, json, capture, chosen_call(run, capture));
}

static void counts_json(struct vl_json *json, const struct vl_heard *heard)
{
    const struct vl_capture_counts *counts = &heard->capture->counts;

    vl_json_string(json, "source", heard->source);
    vl_json_number(json, "frames", (int64_t)counts->frames);
    vl_json_number(json, "bytes", (int64_t)counts->bytes);
    vl_json_number(json, "sip", (int64_t)counts->sip);
    vl_json_number(json, "iax2", (int64_t)counts->iax);
    vl_json_number(json, "rtp", (int64_t)counts->rtp);
    vl_json_number(json, "fragments", (int64_t)counts->fragments);
    vl_json_number(json, "broken", (int64_t)counts->broken);
    if (heard->live)
        vl_json_number(json, "dropped", (int64_t)heard->dropped);
    vl_json_string(json, "limit", heard->limit);
}

static void tell_stream(const struct vl_run *run, const struct vl_media_figures *figures)
{
    struct vl_arena *arena = &run->result->arena;
    struct vl_json *json = run->result->document;
    const char *from = end_name(run, &figures->from, true), *to = end_name(run, &figures->to, true);

    vl_result_row(run->result,
                  (const char *const[]){
                      from, to, figures->codec, vl_arena_printf(arena, "%llu", (unsigned long long)figures->packets),
                      vl_arena_printf(arena, "%llu", (unsigned long long)figures->lost),
                      vl_arena_printf(arena, "%.2f%%", figures->loss_percent),
                      vl_arena_printf(arena, "%.1f/%.1f", figures->jitter_mean_ms, figures->jitter_max_ms),
                      vl_arena_printf(arena, "%llu/%llu", (unsigned long long)figures->reordered,
                                      (unsigned long long)figures->duplicates),
                      figures->estimated ? vl_arena_printf(arena, "%.2f", figures->mos.mos) : NULL });
    vl_json_object(json, NULL);
    vl_json_string(json, "from", from);
    vl_json_string(json, "to", to);
    vl_media_json(json, figures);
    vl_json_end(json);
}

/* Returns how many streams there are. */
static size_t tell_media(const struct vl_run *run, const struct vl_capture *capture)
{
    struct vl_media_figures figures;
    size_t cursor = 0, count = 0;

    if (!vl_media_streams(capture->media, NULL)) {
        vl_json_array(run->result->document, "streams");
        vl_json_end(run->result->document);
        return 0;
    }
    vl_result_headings(run->result, "FROM", "TO", "CODEC", "PACKETS", "LOST", "LOSS", "JITTER", "LATE/TWICE", "MOS",
                       NULL);
    vl_json_array(run->result->document, "streams");
    for (; vl_media_next(capture->media, &cursor, &figures); count++)
        tell_stream(run, &figures);
    vl_json_end(run->result->document);
    return count;
}

static void tell_limits(const struct vl_heard *heard, size_t streams, struct vl_buf *text)
{
    const struct vl_capture_counts *counts = &heard->capture->counts;
    uint64_t uncounted;

    (void)vl_media_streams(heard->capture->media, &uncounted);
    if (heard->dropped)
        vl_buf_printf(text, "the kernel dropped %llu of %llu frames: what is missing here may have been on the wire\n",
                      (unsigned long long)heard->dropped, (unsigned long long)heard->received);
    if (counts->fragments)
        vl_buf_printf(text, "%llu later fragments of datagrams were left out: what they carry is not seen\n",
                      (unsigned long long)counts->fragments);
    if (counts->legs_over || counts->steps_over || uncounted)
        vl_buf_printf(text,
                      "more was heard than is kept: %llu legs, %llu steps and %llu packets of sound are left out\n",
                      (unsigned long long)counts->legs_over, (unsigned long long)counts->steps_over,
                      (unsigned long long)uncounted);
    if (heard->limit)
        vl_buf_printf(text, "it ended at %s\n", heard->limit);
    if (streams)
        vl_buf_puts(text, "jitter: mean/highest in ms, by RFC 3550. MOS: by ITU-T G.107, from loss and\n"
                          "codec, for a receiver that conceals losses; delay is not seen from here\n");
}

int vl_run_tell_heard(const struct vl_run *run, const struct vl_heard *heard)
{
    const struct vl_capture *capture = heard->capture;
    struct vl_json *json = run->result->document;
    VL_BUF_AUTO text = VL_BUF_INIT;
    size_t streams;

    counts_json(json, heard);
    tell_calls(run, capture, &text);
    if (tell_ladder(run, heard, &text) < 0)
        return -1;
    calls_json(run, capture);
    streams = tell_media(run, capture);
    tell_limits(heard, streams, &text);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    vl_result_summary(run->result, "%llu frames, %zu call%s, %zu stream%s of sound",
                      (unsigned long long)capture->counts.frames, capture->call_count, vl_plural(capture->call_count),
                      streams, vl_plural(streams));
    return text.failed ? vl_no_memory(run->err) : vl_arena_check(&run->result->arena, run->err);
}
