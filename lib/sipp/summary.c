/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reasons of failure come from two sides that overlap: SIPp's Failed… columns and the codes of the responses. A code
 * says more, so the calls that have one are taken out of the two columns in which SIPp counted them.
 */
#include "sipp/summary.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define UNEXPECTED "an unexpected message"

static const struct {
    unsigned code;
    const char *phrase;
} phrases[] = {
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Moved Temporarily" },
    { 305, "Use Proxy" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 410, "Gone" },
    { 415, "Unsupported Media Type" },
    { 420, "Bad Extension" },
    { 480, "Temporarily Unavailable" },
    { 481, "Call/Transaction Does Not Exist" },
    { 482, "Loop Detected" },
    { 483, "Too Many Hops" },
    { 484, "Address Incomplete" },
    { 486, "Busy Here" },
    { 487, "Request Terminated" },
    { 488, "Not Acceptable Here" },
    { 491, "Request Pending" },
    { 500, "Server Internal Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Server Time-out" },
    { 600, "Busy Everywhere" },
    { 603, "Decline" },
    { 604, "Does Not Exist Anywhere" },
    { 606, "Not Acceptable" },
};

const char *vl_sip_phrase(unsigned code)
{
    for (size_t i = 0; i < VL_COUNT(phrases); i++)
        if (phrases[i].code == code)
            return phrases[i].phrase;
    return "";
}

/* SIPp's names for failures, in the words of a person at the PBX. A name that is not here is shown as it is. */
static const struct {
    const char *name, *text;
} failure_texts[] = {
    { "FailedCannotSendMessage", "a request could not be sent" },
    { "FailedMaxUDPRetrans", "no answer to a request (retransmissions used up)" },
    { "FailedUnexpectedMessage", UNEXPECTED },
    { "FailedCallRejected", "rejected by the scenario" },
    { "FailedOutboundCongestion", "too much to send at once" },
    { "FailedTimeoutOnRecv", "no answer in time" },
    { "FailedTimeoutOnSend", "a request could not be sent in time" },
    { "FailedTestDoesntMatch", "refused" },
};

static const char *failure_text(struct vl_arena *arena, const char *name)
{
    for (size_t i = 0; i < VL_COUNT(failure_texts); i++)
        if (strcmp(failure_texts[i].name, name) == 0)
            return failure_texts[i].text;
    return vl_arena_strdup(arena, name);
}

static void add_reason(struct vl_sipp_summary *summary, const char *text, unsigned code, uint64_t count)
{
    struct vl_load_reason *grown;

    if (count == 0)
        return;
    grown = vl_arena_grow(&summary->arena, summary->reasons, summary->reason_count, sizeof(*grown));
    if (!grown)
        return;
    grown[summary->reason_count++] = (struct vl_load_reason){ .text = text, .code = code, .count = count };
    summary->reasons = grown;
}

/* Add a reason for each code and return how many calls they stand for. An unexpected code of 1xx or 2xx is not why a
 * call fails; 401 in the error codes file is the challenge of a call whose scenario expected none. */
static uint64_t add_codes(struct vl_sipp_summary *summary, const uint64_t counts[static VL_SIP_CODES])
{
    uint64_t sum = 0;

    for (unsigned code = 300; code < VL_SIP_CODES; code++) {
        if (counts[code] == 0)
            continue;
        add_reason(summary, vl_arena_printf(&summary->arena, "%u %s", code, vl_sip_phrase(code)), code, counts[code]);
        sum += counts[code];
    }
    return sum;
}

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

static int more_frequent(const void *left, const void *right)
{
    const struct vl_load_reason *a = left, *b = right;

    if (a->count != b->count)
        return a->count < b->count ? 1 : -1;
    return strcmp(a->text, b->text);
}

void vl_sipp_summary_reasons(struct vl_sipp_summary *summary, const struct vl_statistics *statistics)
{
    uint64_t both[VL_SIP_CODES], refused = 0, unexpected = 0;
    struct vl_load_reason *reasons;

    for (unsigned code = 0; code < VL_SIP_CODES; code++) {
        both[code] = statistics->refused[code] + statistics->unexpected[code];
        refused += statistics->refused[code];
        unexpected += code >= 300 ? statistics->unexpected[code] : 0;
    }
    (void)add_codes(summary, both);
    for (size_t i = 0; i < statistics->failure_count; i++) {
        const struct vl_statistics_failure *failure = &statistics->failures[i];
        uint64_t count = failure->count;

        if (strcmp(failure->name, "FailedTestDoesntMatch") == 0)
            count = less(count, refused);
        else if (strcmp(failure->name, "FailedUnexpectedMessage") == 0)
            count = less(count, unexpected);
        add_reason(summary, failure_text(&summary->arena, failure->name), 0, count);
    }
    reasons = vl_arena_zalloc(&summary->arena, (summary->reason_count + 1) * sizeof(*reasons));
    if (!reasons || summary->reason_count == 0)
        return;
    memcpy(reasons, summary->reasons, summary->reason_count * sizeof(*reasons));
    qsort(reasons, summary->reason_count, sizeof(*reasons), more_frequent);
    summary->reasons = reasons;
}

static void fill_request(struct vl_sipp_summary *summary, const struct vl_load *load)
{
    struct vl_arena *arena = &summary->arena;
    uint32_t address = load->target->address;

    summary->name = vl_arena_strdup(arena, load->name);
    summary->target = vl_arena_strdup(arena, load->target->name);
    summary->address =
        vl_arena_printf(arena, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
    summary->caller = vl_arena_strdup(arena, load->caller);
    summary->extension = vl_arena_strdup(arena, load->extension);
    summary->rate_asked = load->rate;
    summary->calls_asked = load->calls;
    summary->hold_ms = load->hold_ms;
    summary->concurrent_asked = load->concurrent;
}

static void fill_series(struct vl_sipp_summary *summary, const struct vl_statistics *statistics)
{
    uint32_t *series = vl_arena_zalloc(&summary->arena, (statistics->series_count + 1) * sizeof(*series));

    if (!series || statistics->series_count == 0)
        return;
    memcpy(series, statistics->series, statistics->series_count * sizeof(*series));
    summary->series = series;
    summary->series_count = statistics->series_count;
}

int vl_sipp_summary_fill(struct vl_sipp_summary *summary, const struct vl_load *load,
                         const struct vl_statistics *statistics, struct vl_response_times times[static VL_SIPP_CLOCKS],
                         struct vl_error *err)
{
    const uint64_t *now = statistics->now;
    double begun_for = statistics->last_begun - statistics->start;

    fill_request(summary, load);
    summary->made = now[VL_STATISTIC_MADE];
    summary->succeeded = now[VL_STATISTIC_SUCCEEDED];
    summary->failed = now[VL_STATISTIC_FAILED];
    summary->proven = summary->succeeded > 0;
    summary->peak = statistics->peak;
    summary->retransmissions = now[VL_STATISTIC_RETRANSMISSIONS];
    summary->late = now[VL_STATISTIC_WATCHDOG_MAJOR] + now[VL_STATISTIC_WATCHDOG_MINOR];
    summary->current = now[VL_STATISTIC_CURRENT];
    summary->silent_since_s = summary->stalled_since_s = NAN;
    summary->processes = 1;
    summary->duration_s = statistics->rows ? statistics->last - statistics->start : 0;
    summary->rate = summary->made && begun_for > 0 ? (double)summary->made / begun_for : NAN;
    vl_sipp_summary_reasons(summary, statistics);
    fill_series(summary, statistics);
    for (size_t i = 0; i < VL_SIPP_CLOCKS; i++)
        vl_response_times_summarize(&times[i], &summary->times[i]);
    return vl_arena_check(&summary->arena, err);
}

uint64_t vl_sipp_summary_refused(const struct vl_sipp_summary *summary)
{
    uint64_t refused = 0;

    for (size_t i = 0; i < summary->reason_count; i++)
        refused += summary->reasons[i].code >= 300 ? summary->reasons[i].count : 0;
    return refused;
}

uint64_t vl_sipp_summary_unanswered(const struct vl_sipp_summary *summary)
{
    return summary->current + less(summary->failed, vl_sipp_summary_refused(summary));
}

uint64_t vl_sipp_summary_astray(const struct vl_sipp_summary *summary)
{
    return summary->answered_by ? less(summary->succeeded, summary->arrived) : 0;
}

void vl_sipp_summary_free(struct vl_sipp_summary *summary)
{
    vl_arena_free(&summary->arena);
    *summary = (struct vl_sipp_summary){ .made = 0 };
}

static const char *const outcome_names[] = {
    [VL_LOAD_COMPLETE] = "complete",
    [VL_LOAD_CANCELLED] = "cancelled",
    [VL_LOAD_TIMED_OUT] = "timed out",
    [VL_LOAD_BROKEN] = "broken off",
};

/* What ends a program that reads something broken, and not somebody who wants it to end. */
static bool is_crash(int signal_number)
{
    return signal_number == SIGSEGV || signal_number == SIGBUS || signal_number == SIGABRT || signal_number == SIGILL ||
           signal_number == SIGFPE;
}

/* An end that neither the target's answers nor anybody who asked for it brought about. */
static int verdict_of_end(const struct vl_sipp_summary *summary, struct vl_error *err)
{
    if (summary->ended_by && is_crash(summary->ended_by))
        return vl_fail(err, VL_ERROR_FAILED,
                       "load '%s': SIPp was ended by signal %d; what '%s' sent may be broken, or an attack",
                       summary->name, summary->ended_by, summary->target);
    if (summary->ended_by)
        return vl_fail(err, VL_ERROR_FAILED,
                       "load '%s': somebody ended SIPp by signal %d%s after %" PRIu64 " of %u calls", summary->name,
                       summary->ended_by,
                       summary->ended_by == SIGKILL ? " (the kernel does when memory runs out; see dmesg)" : "",
                       summary->made, summary->calls_asked);
    if (summary->disk_full)
        return vl_fail(err, VL_ERROR_FAILED,
                       "load '%s': the disk is full after %" PRIu64 " of %u calls, and SIPp cannot write its figures: "
                       "make room where the state of the lab is",
                       summary->name, summary->made, summary->calls_asked);
    if (summary->far_ended)
        return vl_fail(err, VL_ERROR_FAILED,
                       "load '%s': the SIPp that answers as telephone %s of '%s' has ended (%s) after %" PRIu64
                       " calls, and the run with it",
                       summary->name, summary->answered_by, summary->answered_on, summary->far_ended, summary->arrived);
    if (!isnan(summary->stalled_since_s))
        return vl_fail(err, VL_ERROR_FAILED,
                       "load '%s': SIPp itself stood still after %.1f s, and was killed: somebody stopped it "
                       "(SIGSTOP), or this host did not let it run; of %u calls it had made %" PRIu64,
                       summary->name, summary->stalled_since_s, summary->calls_asked, summary->made);
    if (!isnan(summary->silent_since_s))
        return vl_fail(
            err, VL_ERROR_FAILED,
            "load '%s': nothing came from '%s' (%s) any more after %.1f s: it stopped, or cannot be reached; "
            "%" PRIu64 " calls had succeeded",
            summary->name, summary->target, summary->address, summary->silent_since_s, summary->succeeded);
    return 0;
}

int vl_sipp_verdict(const struct vl_sipp_summary *summary, struct vl_error *err)
{
    const char *why = summary->reason_count ? summary->reasons[0].text : "SIPp does not say why";

    if (verdict_of_end(summary, err) < 0)
        return -1;
    if (!summary->proven)
        return vl_fail(err, VL_ERROR_FAILED, "load '%s': no call to '%s' at %s succeeded: %s%s", summary->name,
                       summary->extension, summary->address, summary->made ? why : "none was made",
                       summary->made && !strcmp(why, UNEXPECTED) ? ", which the scenario does not have in this place"
                                                                 : "");
    if (summary->failed)
        return vl_fail(err, VL_ERROR_FAILED, "load '%s': %" PRIu64 " of %" PRIu64 " calls failed: %s", summary->name,
                       summary->failed, summary->made, why);
    if (vl_sipp_summary_astray(summary))
        return vl_fail(err, VL_ERROR_FAILED,
                       "load '%s': %" PRIu64 " of %" PRIu64 " calls that were answered did not come to telephone %s of "
                       "'%s': somebody else took them, such as a mailbox or a question for a PIN",
                       summary->name, vl_sipp_summary_astray(summary), summary->succeeded, summary->answered_by,
                       summary->answered_on);
    if (summary->outcome == VL_LOAD_COMPLETE)
        return 0;
    return vl_fail(err, summary->outcome == VL_LOAD_TIMED_OUT ? VL_ERROR_TIMEOUT : VL_ERROR_FAILED,
                   "load '%s': %s after %" PRIu64 " of %u calls%s", summary->name, outcome_names[summary->outcome],
                   summary->made, summary->calls_asked,
                   summary->outcome == VL_LOAD_BROKEN ? ": somebody stopped SIPp" : "");
}

static const struct {
    const char *title, *key;
} clocks[VL_SIPP_CLOCKS] = {
    [VL_LOAD_CLOCK_REQUEST] = { "to the first response", "session_request_delay_ms" },
    [VL_LOAD_CLOCK_ANSWER] = { "to the answer", "answer_delay_ms" },
    [VL_LOAD_CLOCK_HANGUP] = { "to hang up", "disconnect_delay_ms" },
};

static void put_times(struct vl_buf *buf, const struct vl_sipp_summary *summary)
{
    vl_buf_printf(buf, "  %-22s %8s %8s %8s %8s %8s %8s   (ms)\n", "response times", "min", "mean", "p50", "p95", "p99",
                  "max");
    for (size_t i = 0; i < VL_SIPP_CLOCKS; i++) {
        const struct vl_response_summary *times = &summary->times[i];
        const double figures[] = { times->minimum, times->mean, times->p50, times->p95, times->p99, times->maximum };

        vl_buf_printf(buf, "  %-22s", clocks[i].title);
        for (size_t f = 0; f < VL_COUNT(figures); f++)
            if (times->count)
                vl_buf_printf(buf, " %8.1f", figures[f]);
            else
                vl_buf_printf(buf, " %8s", "n/a");
        vl_buf_puts(buf, "\n");
    }
}

static void put_warnings(struct vl_buf *buf, const struct vl_sipp_summary *summary)
{
    if (summary->late)
        vl_buf_printf(buf, "  note: SIPp itself was late %" PRIu64 " times, so this host was the limit\n",
                      summary->late);
    if (summary->left_up)
        vl_buf_printf(buf, "  note: %" PRIu64 " calls were up when SIPp was killed and may still be up on '%s'\n",
                      summary->left_up, summary->target);
}

char *vl_sipp_summary_text(const struct vl_sipp_summary *summary)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    vl_buf_printf(&buf, "load '%s': %s calls %s on '%s' (%s): %s\n", summary->name, summary->caller, summary->extension,
                  summary->target, summary->address, outcome_names[summary->outcome]);
    vl_buf_printf(&buf, "  %-22s %" PRIu64 " of %u\n", "calls made", summary->made, summary->calls_asked);
    if (summary->made)
        vl_buf_printf(&buf, "  %-22s %" PRIu64 " (%.1f %%)\n", "succeeded", summary->succeeded,
                      100.0 * (double)summary->succeeded / (double)summary->made);
    else
        vl_buf_printf(&buf, "  %-22s %s\n", "succeeded", "n/a");
    vl_buf_printf(&buf, "  %-22s %" PRIu64 "\n", "failed", summary->failed);
    for (size_t i = 0; i < summary->reason_count; i++)
        vl_buf_printf(&buf, "    %s: %" PRIu64 "\n", summary->reasons[i].text, summary->reasons[i].count);
    if (summary->answered_by)
        vl_buf_printf(&buf, "  %-22s %" PRIu64 ", at telephone %s of '%s'\n", "arrived", summary->arrived,
                      summary->answered_by, summary->answered_on);
    if (isnan(summary->rate))
        vl_buf_printf(&buf, "  %-22s n/a\n", "rate");
    else
        vl_buf_printf(&buf, "  %-22s %.1f calls a second (asked: %u)\n", "rate", summary->rate, summary->rate_asked);
    vl_buf_printf(&buf, "  %-22s %" PRIu64 "\n", "peak of calls at once", summary->peak);
    vl_buf_printf(&buf, "  %-22s %" PRIu64 "\n", "retransmissions", summary->retransmissions);
    vl_buf_printf(&buf, "  %-22s %.1f s\n", "duration", summary->duration_s);
    put_times(&buf, summary);
    put_warnings(&buf, summary);
    return vl_buf_take(&buf);
}

static void json_real(struct vl_json *json, const char *key, double number, bool defined)
{
    if (defined && isfinite(number))
        vl_json_real(json, key, number);
    else
        vl_json_null(json, key);
}

static void json_times(struct vl_json *json, const char *key, const struct vl_response_summary *times)
{
    bool defined = times->count > 0;

    vl_json_object(json, key);
    vl_json_number(json, "samples", (int64_t)times->count);
    json_real(json, "min", times->minimum, defined);
    json_real(json, "mean", times->mean, defined);
    json_real(json, "p50", times->p50, defined);
    json_real(json, "p95", times->p95, defined);
    json_real(json, "p99", times->p99, defined);
    json_real(json, "max", times->maximum, defined);
    vl_json_end(json);
}

static void json_request(const struct vl_sipp_summary *summary, struct vl_json *json)
{
    vl_json_string(json, "name", summary->name);
    vl_json_string(json, "target", summary->target);
    vl_json_string(json, "address", summary->address);
    vl_json_string(json, "caller", summary->caller);
    vl_json_string(json, "extension", summary->extension);
    vl_json_number(json, "rate_asked", summary->rate_asked);
    vl_json_number(json, "calls_asked", summary->calls_asked);
    vl_json_number(json, "hold_ms", summary->hold_ms);
}

static void json_reasons(const struct vl_sipp_summary *summary, struct vl_json *json)
{
    vl_json_array(json, "reasons");
    for (size_t i = 0; i < summary->reason_count; i++) {
        vl_json_object(json, NULL);
        vl_json_string(json, "reason", summary->reasons[i].text);
        if (summary->reasons[i].code)
            vl_json_number(json, "code", summary->reasons[i].code);
        else
            vl_json_null(json, "code");
        vl_json_number(json, "count", (int64_t)summary->reasons[i].count);
        vl_json_end(json);
    }
    vl_json_end(json);
}

void vl_sipp_summary_json(const struct vl_sipp_summary *summary, struct vl_json *json, const char *key)
{
    vl_json_object(json, key);
    json_request(summary, json);
    vl_json_string(json, "outcome", outcome_names[summary->outcome]);
    vl_json_bool(json, "proven", summary->proven);
    vl_json_number(json, "made", (int64_t)summary->made);
    vl_json_number(json, "succeeded", (int64_t)summary->succeeded);
    vl_json_number(json, "failed", (int64_t)summary->failed);
    json_reasons(summary, json);
    vl_json_string(json, "answered_by", summary->answered_by);
    vl_json_string(json, "answered_on", summary->answered_on);
    if (summary->answered_by)
        vl_json_number(json, "arrived", (int64_t)summary->arrived);
    else
        vl_json_null(json, "arrived");
    json_real(json, "rate", summary->rate, true);
    vl_json_number(json, "peak", (int64_t)summary->peak);
    vl_json_number(json, "retransmissions", (int64_t)summary->retransmissions);
    vl_json_number(json, "generators", (int64_t)summary->processes);
    vl_json_number(json, "generator_late", (int64_t)summary->late);
    vl_json_number(json, "left_up", (int64_t)summary->left_up);
    json_real(json, "duration_s", summary->duration_s, summary->duration_s > 0);
    for (size_t i = 0; i < VL_SIPP_CLOCKS; i++)
        json_times(json, clocks[i].key, &summary->times[i]);
    vl_json_array(json, "calls_begun_per_second");
    for (size_t i = 0; i < summary->series_count; i++)
        vl_json_number(json, NULL, summary->series[i]);
    vl_json_end(json);
    vl_json_end(json);
}
