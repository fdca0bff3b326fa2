/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sipp capacity: the largest load that holds, and what gives beyond it.
 *
 * First SIPp calls itself, so that its own limit is known. Then each step of the search (sipp/search.h) is a load run
 * of its own: so many calls at once, begun at a rate that is not in question and all held together for a while; or so
 * many a second. While a step goes on the Asterisk that is called is looked at (limits.h); between two steps it is
 * waited for until it has let go of what the one before took.
 */
#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "request/limits.h"
#include "request/load.h"
#include "sipp/calibrate.h"
#include "sipp/judge.h"
#include "sipp/search.h"

enum {
    FIRST_STEP = 4,
    MOST_AT_ONCE = 20000,
    MOST_RATE = 2000,
    RAMP_RATE = 20, /* calls a second while their number is in question */
    SETTLE_S = 1,
    MEASURE_S = 3,
    RATE_SECONDS = 5, /* settle and measure */
    END_S = 40,       /* more than 64 × T1 for the last call to fail in */
    RELEASE_MS = 45000,
    LOOK_MS = 200,
    DEFAULT_P95_MS = 1000,
};

struct step {
    unsigned load;
    bool held;
    double rate;
    uint64_t made, failed, peak;
    double p95_ms;
    const char *why; /* it did not hold; "" */
};

struct capacity {
    const struct vl_run *run;
    const struct voiplab_sipp *asked;
    struct vl_load_asked *load;
    struct vl_load now; /* the step that goes on */
    struct vl_load_watch *watch;
    struct vl_limits_watch *limits;
    struct vl_limits idle; /* the least that was in use so far */
    struct vl_load_search search;
    double generator_rate; /* that SIPp reached with itself */
    bool generator_slow;   /* that was less than was wanted */
    struct step steps[VL_SIPP_SEARCH_STEPS];
    double ports_of_each, files_of_each; /* that a call took, at the most */
    const char *limit, *limit_name;      /* of the smallest step that did not hold */
    const char *log;                     /* what the PBX wrote meanwhile; NULL: nothing that tells */
    bool generator_gave;
};

static int is_cancelled(void *context)
{
    const struct capacity *capacity = context;

    return vl_session_cancelled(capacity->run->session);
}

static size_t guests_of(void *context, struct vl_load_guest guests[static VL_LOAD_GUESTS])
{
    const struct capacity *capacity = context;

    return vl_run_watch_guests(capacity->watch, guests);
}

static void show_sample(void *context, const struct vl_load_sample *sample)
{
    const struct capacity *capacity = context;

    vl_run_show_figures(capacity->asked, &capacity->now, sample);
}

/* Who watches a search may end it. The rate is what is searched: it stays as it is. */
static void steer(void *context, struct vl_load_steering *steering)
{
    const struct capacity *capacity = context;
    struct vl_load_steering unheard = *steering;

    vl_run_steer(capacity->asked, &unheard);
}

static const char *unit(const struct capacity *capacity)
{
    return capacity->asked->by_rate ? "calls a second" : "calls at once";
}

/* The rate at which calls are begun while their number is in question. */
static unsigned ramp_rate(const struct capacity *capacity)
{
    unsigned wanted = capacity->asked->rate ? capacity->asked->rate : RAMP_RATE;

    return capacity->generator_rate >= 1 && capacity->generator_rate < wanted ? (unsigned)capacity->generator_rate
                                                                              : wanted;
}

static struct vl_load load_of(const struct capacity *capacity, unsigned number)
{
    struct vl_load load = capacity->load->load;

    load.rate = capacity->asked->by_rate ? number : ramp_rate(capacity);
    load.calls = capacity->asked->by_rate ? number * RATE_SECONDS : number;
    load.concurrent = 0;
    if (!capacity->asked->by_rate)
        load.hold_ms = (number * 1000 + load.rate - 1) / load.rate + (SETTLE_S + MEASURE_S) * 1000;
    load.timeout_s = load.calls / load.rate + load.hold_ms / 1000 + END_S;
    return load;
}

/* The rule by which a step holds; NULL: it does, else why it does not. */
static const char *broken_rule(const struct capacity *capacity, const struct vl_sipp_summary *summary, unsigned number)
{
    struct vl_arena *arena = &capacity->run->result->arena;
    unsigned p95 = capacity->asked->p95_ms ? capacity->asked->p95_ms : DEFAULT_P95_MS;
    const struct vl_response_summary *times = &summary->times[VL_LOAD_CLOCK_REQUEST];

    if (summary->outcome != VL_LOAD_COMPLETE)
        return "it did not come to its end";
    if (summary->failed * 100 > (uint64_t)capacity->asked->failures_percent * summary->made)
        return vl_arena_printf(arena, "%" PRIu64 " of %" PRIu64 " failed: %s", summary->failed, summary->made,
                               summary->reason_count ? summary->reasons[0].text : "SIPp does not say why");
    if (times->count && times->p95 > p95)
        return vl_arena_printf(arena, "the first answer took %.0f ms, 95 of 100", times->p95);
    if (!capacity->asked->by_rate && summary->peak < number - summary->failed)
        return vl_arena_printf(arena, "only %" PRIu64 " were up at once", summary->peak);
    /* one call may always come late: SIPp needs a moment to start */
    if (capacity->asked->by_rate && summary->rate < 0.95 * number - 1.0 / RATE_SECONDS)
        return vl_arena_printf(arena, "only %.1f a second were begun", summary->rate);
    return NULL;
}

static bool is_used_up(unsigned peak, unsigned most)
{
    return most && peak * 10 >= most * 9;
}

static void blame_generator(struct capacity *capacity)
{
    capacity->generator_gave = true;
    capacity->limit_name = vl_sipp_limit_name(VL_LOAD_LIMIT_GENERATOR);
    capacity->limit = vl_arena_printf(&capacity->run->result->arena,
                                      "SIPp itself makes no more than %.1f calls a second here, without any PBX",
                                      capacity->generator_rate);
}

/* Whether a step asks more of SIPp than it may well carry: one that is slow answers late long before it falls behind,
 * and what it does not answer in time looks as if the PBX had not. */
static bool is_too_much(const struct capacity *capacity, unsigned number)
{
    return capacity->generator_slow && capacity->asked->by_rate && number >= capacity->generator_rate / 2;
}

/* What of the PBX was seen to be full; false: nothing. That it is so does not depend on how well SIPp ran. */
static bool find_full(struct capacity *capacity, const char *target, unsigned number)
{
    struct vl_arena *arena = &capacity->run->result->arena;
    const struct vl_limits now = vl_limits_now(capacity->limits);

    if (now.calls_most && !capacity->asked->by_rate && number > now.calls_most) {
        capacity->limit_name = "call limit";
        capacity->limit = vl_arena_printf(arena, "the account '%s' of '%s' may have %u calls at once (call-limit)",
                                          capacity->load->options.callers[0].number, target, now.calls_most);
    } else if (is_used_up(now.ports_peak, now.ports_most)) {
        capacity->limit_name = "RTP ports";
        capacity->limit = vl_arena_printf(arena, "the RTP ports of '%s' were used up: %u of %u (rtp.conf)", target,
                                          now.ports_peak, now.ports_most);
    } else if (is_used_up(now.files_peak, now.files_most)) {
        capacity->limit_name = "open files";
        capacity->limit =
            vl_arena_printf(arena, "the Asterisk of '%s' had %u of %u files open (ulimit -n)", target,
                            now.files_peak < now.files_most ? now.files_peak : now.files_most, now.files_most);
    } else {
        return false;
    }
    return true;
}

/* What gave in a step that did not hold: what can be seen to be full, before what is only said. */
static void find_limit(struct capacity *capacity, const struct vl_sipp_summary *summary, unsigned number)
{
    enum vl_load_limit limit;

    capacity->generator_gave = false;
    if (is_too_much(capacity, number)) {
        blame_generator(capacity);
    } else if (!find_full(capacity, summary->target, number)) {
        limit = vl_sipp_limit(summary, &capacity->run->result->arena, &capacity->limit);
        capacity->limit_name = vl_sipp_limit_name(limit);
        capacity->generator_gave = limit == VL_LOAD_LIMIT_GENERATOR;
    }
}

/* Whether what is in use leaves room for `number` calls, each of which takes as much as those of the steps before. */
static bool has_room(unsigned now, unsigned most, double of_each, unsigned number)
{
    return !most || now + of_each * number * 1.25 < most;
}

/* How it is now; what a search before this one left goes in the course of this one. */
static struct vl_limits look_at_idle(struct capacity *capacity)
{
    const struct vl_limits now = vl_limits_now(capacity->limits);

    if (now.known && (!capacity->idle.known || now.ports < capacity->idle.ports))
        capacity->idle.ports = now.ports;
    if (now.known && (!capacity->idle.known || now.files < capacity->idle.files))
        capacity->idle.files = now.files;
    capacity->idle.known |= now.known;
    return now;
}

static bool is_half_full(unsigned now, unsigned most)
{
    return most && now * 2 > most;
}

/* A search that begins where another has just ended finds its leavings: they are waited for, or the first step would
 * be judged by them. */
static void wait_for_idle(struct capacity *capacity)
{
    static const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000L };
    long long deadline = vl_now_ms() + RELEASE_MS;
    struct vl_limits now = look_at_idle(capacity);

    while ((is_half_full(now.ports, now.ports_most) || is_half_full(now.files, now.files_most)) &&
           vl_now_ms() < deadline && !vl_session_cancelled(capacity->run->session)) {
        (void)nanosleep(&moment, NULL);
        now = look_at_idle(capacity);
    }
}

/* Until the PBX has let go of enough of the ports and files of the step before: chan_sip keeps them for half a minute.
 * Nobody can be sure of a step that finds others' leavings, but waiting when there is room for both would take hours.
 */
static void wait_for_release(struct capacity *capacity, unsigned number)
{
    static const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000L };
    long long deadline = vl_now_ms() + RELEASE_MS;

    while (vl_now_ms() < deadline && !vl_session_cancelled(capacity->run->session)) {
        const struct vl_limits now = look_at_idle(capacity);
        bool released = now.ports <= capacity->idle.ports && now.files <= capacity->idle.files + FIRST_STEP;

        if (!now.known || released ||
            (has_room(now.ports, now.ports_most, capacity->ports_of_each, number) &&
             has_room(now.files, now.files_most, capacity->files_of_each, number)))
            break;
        if (capacity->asked->steer)
            steer(capacity, &(struct vl_load_steering){ .rate = capacity->now.rate });
        (void)nanosleep(&moment, NULL);
    }
    vl_limits_forget(capacity->limits);
}

/* How much more than before: what is still held of an earlier step may have gone meanwhile. */
static double added(unsigned before, unsigned peak)
{
    return peak > before ? (double)(peak - before) : 0;
}

/* What a call takes, by the step that has just been made. */
static void note_use(struct capacity *capacity, const struct vl_limits *before, unsigned number)
{
    const struct vl_limits now = vl_limits_now(capacity->limits);
    double ports = added(before->ports, now.ports_peak) / number;
    double files = added(before->files, now.files_peak) / number;

    capacity->ports_of_each = ports > capacity->ports_of_each ? ports : capacity->ports_of_each;
    capacity->files_of_each = files > capacity->files_of_each ? files : capacity->files_of_each;
}

static unsigned seconds_since(long long begun_ms)
{
    return (unsigned)((vl_now_ms() - begun_ms) / 1000) + 1;
}

static int make_step(struct capacity *capacity)
{
    unsigned number = capacity->search.next;
    struct vl_sipp_options options = capacity->load->options;
    struct step *step = &capacity->steps[capacity->search.steps];
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    struct vl_limits before;
    long long begun_ms;
    const char *why;

    capacity->now = load_of(capacity, number);
    options.load = &capacity->now;
    options.trial = capacity->search.steps == 0;
    options.context = capacity;
    options.cancelled = is_cancelled;
    options.guests = guests_of;
    options.sample = capacity->asked->figures ? show_sample : NULL;
    options.steer = capacity->asked->steer ? steer : NULL;
    wait_for_release(capacity, number);
    before = vl_limits_now(capacity->limits);
    begun_ms = vl_now_ms();
    if (vl_sipp_run(&options, &summary, capacity->run->err) < 0)
        return -1;
    if (summary.outcome == VL_LOAD_CANCELLED)
        return vl_fail(capacity->run->err, VL_ERROR_FAILED, "cancelled after %u steps", capacity->search.steps);
    why = broken_rule(capacity, &summary, number);
    note_use(capacity, &before, number);
    *step = (struct step){ .load = number,
                           .held = !why,
                           .rate = summary.rate,
                           .made = summary.made,
                           .failed = summary.failed,
                           .peak = summary.peak,
                           .p95_ms = summary.times[VL_LOAD_CLOCK_REQUEST].p95,
                           .why = why ? why : "" };
    if (why && (!capacity->search.failed || number <= capacity->search.failed)) {
        find_limit(capacity, &summary, number);
        capacity->log = !capacity->limits || capacity->generator_gave
                            ? NULL
                            : vl_limits_log(capacity->run, capacity->load->load.target, seconds_since(begun_ms));
    }
    vl_session_event(capacity->run->session, VOIPLAB_EVENT_STEP, capacity->now.name, "%u %s: %s%s", number,
                     unit(capacity), why ? "does not hold: " : "holds", why ? why : "");
    vl_sipp_search_take(&capacity->search, !why);
    return 0;
}

/* SIPp with itself. What it cannot do there it cannot do with a PBX either. */
static int calibrate(struct capacity *capacity)
{
    struct vl_sipp_options options = capacity->load->options;
    unsigned wanted = capacity->asked->by_rate ? (capacity->asked->rate ? capacity->asked->rate : MOST_RATE / 10)
                                               : ramp_rate(capacity);

    options.scenario = vl_scenarios;
    options.scenario_text = vl_run_scenario(capacity->run, &capacity->run->result->arena, vl_scenarios);
    options.context = capacity;
    options.cancelled = is_cancelled;
    if (!options.scenario_text)
        return -1;
    if (vl_sipp_calibrate(&options, wanted, &capacity->generator_rate, capacity->run->err) < 0)
        return vl_error_wrap(capacity->run->err, "SIPp cannot call itself");
    vl_session_event(capacity->run->session, VOIPLAB_EVENT_STEP, capacity->load->load.name,
                     "SIPp with itself: %.1f of %u calls a second", capacity->generator_rate, wanted);
    if (capacity->generator_rate < 0.95 * wanted) {
        capacity->generator_slow = true;
        blame_generator(capacity);
    }
    return 0;
}

static unsigned most_of(const struct capacity *capacity)
{
    double rate = capacity->generator_rate;
    unsigned most = capacity->asked->rate ? capacity->asked->rate : MOST_RATE / 10;

    if (!capacity->asked->by_rate)
        return capacity->asked->concurrent ? capacity->asked->concurrent : MOST_AT_ONCE;
    return capacity->generator_slow && rate < most ? (rate >= 1 ? (unsigned)rate : 1) : most;
}

static int search(struct capacity *capacity)
{
    if (calibrate(capacity) < 0)
        return -1;
    wait_for_idle(capacity);
    vl_sipp_search_begin(&capacity->search, FIRST_STEP, most_of(capacity));
    while (capacity->search.next)
        if (make_step(capacity) < 0)
            return -1;
    if (!capacity->limit) {
        capacity->limit_name = vl_sipp_limit_name(VL_LOAD_LIMIT_NONE);
        capacity->limit = "nothing gave, and no more was tried";
    }
    return 0;
}

static void tell(const struct capacity *capacity, struct vl_buf *text)
{
    const struct vl_load *load = &capacity->load->load;
    unsigned answer = vl_sipp_search_answer(&capacity->search);

    vl_buf_printf(text, "load '%s': %u %s to '%s' on '%s' hold%s\n", load->name, answer, unit(capacity),
                  load->extension, load->target->name, capacity->search.confirmed ? ", seen twice" : ", seen once");
    vl_buf_printf(text, "  %-22s %s\n", "what gave first",
                  capacity->limit ? capacity->limit : "the search was ended before it was seen");
    if (capacity->log)
        vl_buf_printf(text, "  %-22s %s\n", "its log", capacity->log);
    vl_buf_printf(text, "  %-22s %.1f calls a second\n", "SIPp with itself", capacity->generator_rate);
    vl_buf_printf(text, "  %-22s %8s %8s %8s %8s %8s\n", "steps", "asked", "at once", "a second", "failed", "p95 (ms)");
    for (unsigned i = 0; i < capacity->search.steps; i++) {
        const struct step *step = &capacity->steps[i];

        vl_buf_printf(text, "  %2u %-19s %8u %8" PRIu64 " %8.1f %8" PRIu64 " %8.1f\n", i + 1,
                      step->held ? "held" : "did not hold", step->load, step->peak, isnan(step->rate) ? 0 : step->rate,
                      step->failed, step->p95_ms);
    }
}

static void tell_json(const struct capacity *capacity, struct vl_json *json)
{
    vl_json_object(json, NULL);
    vl_json_string(json, "name", capacity->load->load.name);
    vl_json_string(json, "target", capacity->load->load.target->name);
    vl_json_string(json, "extension", capacity->load->load.extension);
    vl_json_string(json, "by", capacity->asked->by_rate ? "rate" : "calls");
    vl_json_number(json, "capacity", vl_sipp_search_answer(&capacity->search));
    vl_json_bool(json, "confirmed", capacity->search.confirmed);
    vl_json_string(json, "limit", capacity->limit_name);
    vl_json_string(json, "limit_text", capacity->limit);
    vl_json_string(json, "log", capacity->log);
    vl_json_real(json, "generator_rate", capacity->generator_rate);
    vl_json_array(json, "steps");
    for (unsigned i = 0; i < capacity->search.steps; i++) {
        const struct step *step = &capacity->steps[i];

        vl_json_object(json, NULL);
        vl_json_number(json, "load", step->load);
        vl_json_bool(json, "held", step->held);
        vl_json_string(json, "why", *step->why ? step->why : NULL);
        vl_json_number(json, "made", (int64_t)step->made);
        vl_json_number(json, "failed", (int64_t)step->failed);
        vl_json_number(json, "peak", (int64_t)step->peak);
        vl_json_real(json, "rate", step->rate);
        vl_json_real(json, "request_p95_ms", step->p95_ms);
        vl_json_end(json);
    }
    vl_json_end(json);
    vl_json_end(json);
}

static int find_capacity(const struct vl_run *run, struct vl_load_asked *load, struct vl_buf *text)
{
    struct capacity capacity = { .run = run, .asked = run->request->parameters.sipp, .load = load };
    int rc;

    if (load->options.scenario && load->options.scenario->registers && !capacity.asked->by_rate)
        return vl_fail(run->err, VL_ERROR_USAGE, "registrations are not up at once: search by their rate");
    capacity.watch = vl_run_watch_start(run);
    capacity.limits = load->foreign ? NULL : vl_limits_start(run, load->load.target, load->load.caller);
    rc = search(&capacity);
    vl_limits_stop(capacity.limits);
    vl_run_watch_stop(capacity.watch);
    if (capacity.search.steps || rc == 0) {
        tell(&capacity, text);
        tell_json(&capacity, run->result->document);
    }
    return rc;
}

int vl_run_sipp_capacity(const struct vl_run *run)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_load_asked *loads;
    size_t count, done = 0;
    int rc = 0;

    if (run->request->mode != VOIPLAB_APPLY)
        return vl_fail(run->err, VL_ERROR_USAGE, "a search makes calls, so that there is no dry run of it");
    if (vl_run_loads(run, &run->result->arena, &loads, &count) < 0)
        return -1;
    vl_json_array(run->result->document, "capacities");
    for (; rc == 0 && done < count; done++)
        rc = find_capacity(run, &loads[done], &text);
    vl_json_end(run->result->document);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    if (rc == 0)
        vl_result_summary(run->result, "%zu search%s made", done, done == 1 ? "" : "es");
    return text.failed ? vl_no_memory(run->err) : rc;
}
