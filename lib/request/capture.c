/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture: what is on the wire between the PBXs of the lab, seen from this host: on the bridge, which every frame of
 * theirs passes once. Nothing is needed in the guests, and nothing is changed; only beside a ladder a PBX is asked for
 * its dialplan. Or a capture file, looked at the same way. Listening ends by time, by size or by Ctrl-C, and each of
 * them is a good end.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "probe/tap.h"
#include "request/capture.h"
#include "sipp/pcapng.h"

enum { SECONDS = 300, CHUNK = 1 << 20, WHOLE_FRAME = 65535, LOOK_EVERY = 4096 };
#define MOST_BYTES ((uint64_t)64 << 20)

struct listening {
    const struct vl_run *run;
    const struct voiplab_capture *parameters;
    struct vl_heard *heard;
    struct vl_tap *tap;
    const char *filter;
    int file; /* -1: none */
    struct vl_buf out;
    uint64_t most, kept; /* bytes */
    long long until_ms, told_ms;
};

/* The PBX of this name, of `length` characters; NULL: there is none. */
static const struct vl_pbx *find_pbx(const struct vl_run *run, const char *name, size_t length)
{
    VL_ARENA_AUTO arena = { .failed = false };

    return vl_lab_pbx(run->session->lab, vl_arena_strndup(&arena, name, length));
}

int vl_run_capture_names(const struct vl_run *run)
{
    const char *const *names = run->request->names;

    if (names && names[0] && !run->session->lab)
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' needs a lab file, which says where it is", names[0]);
    for (size_t i = 0; names && names[i]; i++) {
        const char *colon = strchr(names[i], ':');
        const char *one[] = { names[i], NULL };

        if (colon && find_pbx(run, names[i], (size_t)(colon - names[i])) && find_pbx(run, colon + 1, strlen(colon + 1)))
            continue;
        if (colon)
            return vl_fail(run->err, VL_ERROR_USAGE, "'%s' does not name two PBXs of this lab, as 'A:B' does",
                           names[i]);
        if (vl_fleet_check_names(run->session->lab, one, run->err) < 0)
            return -1;
    }
    return 0;
}

static void add_host(struct vl_buf *filter, const struct vl_pbx *pbx)
{
    struct vl_endpoint end = vl_packet_ipv4_end(pbx->address, 0);
    VL_ARENA_AUTO arena = { .failed = false };

    vl_buf_printf(filter, "host %s", vl_packet_host(&arena, &end));
}

/* In the words of pcap-filter(7); NULL: all. */
static const char *make_filter(const struct vl_run *run)
{
    const char *const *names = run->request->names;
    VL_BUF_AUTO filter = VL_BUF_INIT;

    for (size_t i = 0; names && names[i]; i++) {
        const char *colon = strchr(names[i], ':');

        vl_buf_puts(&filter, i ? " or " : "");
        if (colon) {
            vl_buf_puts(&filter, "(");
            add_host(&filter, find_pbx(run, names[i], (size_t)(colon - names[i])));
            vl_buf_puts(&filter, " and ");
            add_host(&filter, find_pbx(run, colon + 1, strlen(colon + 1)));
            vl_buf_puts(&filter, ")");
        } else {
            add_host(&filter, find_pbx(run, names[i], strlen(names[i])));
        }
    }
    run->result->arena.failed |= filter.failed;
    return filter.length ? vl_arena_strdup(&run->result->arena, vl_buf_text(&filter)) : NULL;
}

/* A lab's own words to its PBXs, over SSH, are not what is looked for. */
static const char *telephony(const struct vl_run *run, const char *hosts)
{
    return hosts ? vl_arena_printf(&run->result->arena, "(%s) and not (tcp port 22)", hosts) : "not (tcp port 22)";
}

static int write_out(struct listening *listening)
{
    int rc;

    if (listening->out.failed)
        return vl_no_memory(listening->run->err);
    rc = listening->file < 0 ? 0
                             : vl_file_append(listening->file, listening->parameters->write,
                                              vl_buf_text(&listening->out), listening->out.length, listening->run->err);
    vl_buf_reset(&listening->out);
    return rc;
}

static int keep(struct listening *listening, const struct vl_tap_frame *frame)
{
    listening->kept += frame->captured;
    if (listening->file < 0)
        return 0;
    vl_pcapng_packet(&listening->out, frame->time_ns, frame->bytes, (uint32_t)frame->captured, (uint32_t)frame->length);
    listening->heard->written++;
    return listening->out.length < CHUNK ? 0 : write_out(listening);
}

static void tell_progress(struct listening *listening)
{
    const struct vl_capture *capture = listening->heard->capture;
    long long now = vl_now_ms();

    if (now - listening->told_ms < 1000)
        return;
    listening->told_ms = now;
    vl_session_event(listening->run->session, VOIPLAB_EVENT_PROGRESS, NULL,
                     "%llu frames, %zu legs of calls, %zu streams of sound; Ctrl-C ends it",
                     (unsigned long long)capture->counts.frames, capture->leg_count,
                     vl_media_streams(capture->media, NULL));
}

/* Whether to go on. */
static bool within_bounds(struct listening *listening)
{
    if (vl_session_cancelled(listening->run->session))
        return false;
    if (!listening->heard->live)
        return true;
    tell_progress(listening);
    if (listening->kept >= listening->most) {
        listening->heard->limit = "the size that was allowed";
        return false;
    }
    return vl_now_ms() < listening->until_ms;
}

static int listen_on(struct listening *listening)
{
    unsigned kind = vl_tap_kind(listening->tap);
    struct vl_tap_frame frame;
    enum vl_tap_next next = VL_TAP_NOTHING;

    for (uint64_t count = 0; next != VL_TAP_END; count++) {
        if ((next == VL_TAP_NOTHING || count % LOOK_EVERY == 0 || listening->kept >= listening->most) &&
            !within_bounds(listening))
            break;
        next = vl_tap_next(listening->tap, &frame, listening->run->err);
        if (next == VL_TAP_FAILED)
            return -1;
        if (next != VL_TAP_FRAME)
            continue;
        vl_capture_frame(listening->heard->capture, kind, frame.bytes, frame.captured, frame.length, frame.time_ns);
        if (keep(listening, &frame) < 0)
            return -1;
    }
    return 0;
}

static int begin_file(struct listening *listening)
{
    if (!listening->parameters->write)
        return 0;
    listening->file = vl_file_begin(listening->parameters->write, 0600, listening->run->err);
    if (listening->file < 0)
        return -1;
    vl_pcapng_begin(&listening->out, listening->heard->source, listening->filter, vl_tap_kind(listening->tap),
                    WHOLE_FRAME);
    return 0;
}

static int end_file(struct listening *listening)
{
    const struct vl_heard *heard = listening->heard;

    if (listening->file >= 0)
        vl_pcapng_end(&listening->out, heard->capture->counts.last_ns, heard->received, heard->dropped);
    return write_out(listening);
}

static int hear(struct listening *listening)
{
    struct vl_heard *heard = listening->heard;
    struct vl_tap_counts counts;
    int rc;

    if (begin_file(listening) < 0)
        return -1;
    rc = listen_on(listening);
    if (vl_tap_count(listening->tap, &counts)) {
        heard->received = counts.received;
        heard->dropped = counts.dropped;
    }
    if (rc == 0)
        rc = end_file(listening);
    /* what went wrong on the way takes nothing away from what was heard before */
    vl_capture_calls(heard->capture);
    return vl_run_tell_heard(listening->run, heard) < 0 ? -1 : rc;
}

static int show(const struct listening *listening)
{
    const struct vl_run *run = listening->run;
    unsigned seconds = listening->parameters->seconds ? listening->parameters->seconds : SECONDS;

    run->result->text = vl_arena_printf(&run->result->arena,
                                        "would listen on '%s' for %u s or %llu bytes at most, for: %s\n"
                                        "the same by hand: timeout %u tcpdump -i %s -w FILE '%s'\n",
                                        listening->heard->source, seconds, (unsigned long long)listening->most,
                                        listening->filter, seconds, listening->heard->source, listening->filter);
    vl_result_summary(run->result, "nothing was listened to");
    return vl_arena_check(&run->result->arena, run->err);
}

static int check(struct listening *listening)
{
    const struct voiplab_capture *parameters = listening->parameters;
    const struct vl_run *run = listening->run;
    const struct vl_lab *lab = run->session->lab;

    listening->most = MOST_BYTES;
    if (parameters->most && !vl_text_size(parameters->most, &listening->most))
        return vl_fail(run->err, VL_ERROR_USAGE, "'%s' is no size; one is 64M or 1G", parameters->most);
    if (parameters->read && (parameters->write || parameters->interface))
        return vl_fail(run->err, VL_ERROR_USAGE, "a file is read, or a link is listened to; not both");
    if (!parameters->read && !parameters->interface && !lab)
        return vl_fail(run->err, VL_ERROR_USAGE,
                       "there is no lab file whose bridge is meant; give one with -f, a link with -i, or a capture "
                       "with --read");
    listening->heard->source = parameters->read        ? parameters->read
                               : parameters->interface ? parameters->interface
                                                       : lab->bridge.name;
    listening->heard->live = !parameters->read;
    listening->filter = make_filter(run);
    if (!parameters->read)
        listening->filter = telephony(run, listening->filter);
    return vl_arena_check(&run->result->arena, run->err);
}

static int listen_or_read(struct listening *listening)
{
    const struct vl_run *run = listening->run;
    VL_CAPTURE_AUTO *capture = vl_capture_new();
    VL_TAP_AUTO *tap = listening->parameters->read
                           ? vl_tap_file(listening->heard->source, listening->filter, run->err)
                           : vl_tap_link(listening->heard->source, listening->filter, WHOLE_FRAME, run->err);
    unsigned seconds = listening->parameters->seconds ? listening->parameters->seconds : SECONDS;

    if (!tap)
        return -1;
    if (!capture)
        return vl_no_memory(run->err);
    listening->tap = tap;
    listening->heard->capture = capture;
    listening->until_ms = vl_now_ms() + (long long)seconds * 1000;
    if (listening->heard->live)
        vl_session_event(run->session, VOIPLAB_EVENT_STEP, NULL, "listening on '%s' for %u s at most; Ctrl-C ends it",
                         listening->heard->source, seconds);
    return hear(listening);
}

int vl_run_capture(const struct vl_run *run)
{
    struct vl_heard heard = { .live = false };
    struct listening listening = {
        .run = run, .parameters = run->request->parameters.capture, .heard = &heard, .file = -1
    };
    int rc;

    if (check(&listening) < 0)
        return -1;
    if (vl_run_is_dry(run) && heard.live)
        return show(&listening);
    rc = listen_or_read(&listening);
    vl_cleanup_close(&listening.file);
    vl_buf_free(&listening.out);
    return rc;
}
