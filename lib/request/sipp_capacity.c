/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sipp capacity: the largest load that holds, and what gives beyond it.
 *
 * First SIPp calls itself, so that its own limit is known. Then each step of the search (sipp/search.h) is a load run
 * of its own: so many calls at once, begun at a rate that is not in question and all held together for a while; or so
 * many a second. While a step goes on the Asterisks on the way are looked at (limits.h); between two steps it is
 * waited for until they have let go of what the one before took.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "request/capacity.h"
#include "request/results.h"
#include "sipp/calibrate.h"

enum {
    MOST_AT_ONCE = 20000,
    MOST_RATE = 2000,
    SETTLE_S = 1,
    MEASURE_S = 3,
    END_S = 40, /* more than 64 × T1 for the last call to fail in */
    FAR_SPARE_S = 200,
};

static int is_cancelled(void *context)
{
    const struct vl_capacity *capacity = context;

    return vl_session_cancelled(capacity->run->session) || (capacity->far && vl_far_end_is_gone(capacity->far));
}

static void begun(void *context)
{
    struct vl_capacity *capacity = context;

    capacity->begun_ms = vl_now_ms();
    vl_far_end_mark(capacity->far);
    vl_run_listen_begin(capacity->listener);
}

static size_t guests_of(void *context, struct vl_load_guest guests[static VL_LOAD_GUESTS])
{
    const struct vl_capacity *capacity = context;

    return vl_run_watch_guests(capacity->watch, guests);
}

static struct vl_load_sound sound_of(void *context)
{
    const struct vl_capacity *capacity = context;

    return vl_run_listen_sound(capacity->listener);
}

static void show_sample(void *context, const struct vl_load_sample *sample)
{
    const struct vl_capacity *capacity = context;

    vl_run_show_figures(capacity->asked, &capacity->now, sample);
}

static struct vl_load load_of(const struct vl_capacity *capacity, unsigned number)
{
    struct vl_load load = capacity->load->load;

    load.rate = capacity->asked->by_rate ? number : vl_capacity_ramp_rate(capacity, number);
    load.calls = capacity->asked->by_rate ? number * VL_CAPACITY_SECONDS : number;
    load.concurrent = 0;
    if (!capacity->asked->by_rate)
        load.hold_ms = (number * 1000 + load.rate - 1) / load.rate + (SETTLE_S + MEASURE_S) * 1000;
    load.timeout_s = load.calls / load.rate + load.hold_ms / 1000 + END_S;
    return load;
}

static unsigned seconds_since(long long begun_ms)
{
    return (unsigned)((vl_now_ms() - begun_ms) / 1000) + 1;
}

/* A step that somebody else ended, or for which there was no room, says nothing of the PBX. */
static int check_step(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary)
{
    if (summary->far_ended)
        return vl_sipp_verdict(summary, capacity->run->err);
    if (summary->outcome == VL_LOAD_CANCELLED)
        return vl_fail(capacity->run->err, VL_ERROR_FAILED, "cancelled after %u steps", capacity->search.steps);
    if (summary->ended_by || summary->disk_full)
        return vl_sipp_verdict(summary, capacity->run->err);
    return 0;
}

/* How it sounded for SIPp and on all the way that is known. */
static struct vl_load_sound sound_of_step(const struct vl_capacity *capacity)
{
    struct vl_endpoint hosts[VL_CAPACITY_PLACES];

    for (size_t i = 0; i < capacity->place_count; i++)
        hosts[i] = vl_packet_ipv4_end(capacity->places[i].pbx->address, 0);
    return vl_run_listen_total(capacity->listener, hosts, capacity->place_count);
}

static struct vl_capacity_step judge_step(const struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                                          unsigned number)
{
    struct vl_capacity_step step = { .begun_s = (double)(capacity->begun_ms - capacity->started_ms) / 1000,
                                     .load = number,
                                     .rate = summary->rate,
                                     .made = summary->made,
                                     .failed = summary->failed,
                                     .peak = summary->peak,
                                     .p95_ms = summary->times[VL_LOAD_CLOCK_REQUEST].p95,
                                     .retransmissions = summary->retransmissions,
                                     .sound = sound_of_step(capacity),
                                     .missed = vl_run_listen_missed(capacity->listener) };

    step.broken = vl_capacity_broken_rule(capacity, summary, number, &step.sound, &step.why);
    step.held = step.broken == VL_CAPACITY_KEPT;
    if (!step.held)
        step.gave = vl_capacity_find_limit(capacity, summary, &step, seconds_since(capacity->begun_ms));
    return step;
}

/* The samples of a step go with its summary. */
static void keep_samples(struct vl_capacity *capacity, const struct vl_sipp_summary *summary, double begun_s)
{
    struct vl_arena *arena = &capacity->run->result->arena;

    for (size_t i = 0; i < summary->sample_count; i++) {
        const struct vl_load_sample *sample = &summary->samples[i];
        struct vl_load_guest *guests = vl_arena_zalloc(arena, (sample->guest_count + 1) * sizeof(*guests));
        struct vl_load_sample *grown =
            vl_arena_grow(arena, capacity->samples, capacity->sample_count, sizeof(*capacity->samples));

        if (!guests || !grown)
            return;
        if (sample->guest_count)
            memcpy(guests, sample->guests, sample->guest_count * sizeof(*guests));
        capacity->samples = grown;
        grown[capacity->sample_count] = *sample;
        grown[capacity->sample_count].guests = guests;
        grown[capacity->sample_count++].at_s += begun_s;
    }
}

static void take_step(struct vl_capacity *capacity, const struct vl_sipp_summary *summary,
                      const struct vl_capacity_step *step)
{
    capacity->steps[capacity->search.steps] = *step;
    keep_samples(capacity, summary, step->begun_s);
    vl_session_event(capacity->run->session, VOIPLAB_EVENT_STEP, capacity->now.name, "%u %s: %s%s", step->load,
                     vl_capacity_unit(capacity), step->held ? "holds" : "does not hold: ", step->held ? "" : step->why);
    vl_sipp_search_expect(&capacity->search, vl_capacity_expected(capacity, step->load));
    vl_sipp_search_take(&capacity->search,
                        &(struct vl_load_trial){ .load = step->load,
                                                 .held = step->held,
                                                 .sure = step->gave.full,
                                                 .carried = vl_capacity_carried(capacity, summary, step->load) });
}

/* Without sound there is nothing to listen to; of somebody else's scenario nobody knows. */
static bool may_sound(const struct vl_capacity *capacity)
{
    const struct vl_scenario *scenario = capacity->load->options.scenario;

    return !scenario || scenario->sends;
}

/* A search goes on without being listened to, unless that is what it is judged by. */
static int start_to_listen(struct vl_capacity *capacity)
{
    const char *why = NULL;

    if (!may_sound(capacity))
        return 0;
    capacity->listener = vl_run_listen_start(capacity->run, capacity->load, &why);
    if (!capacity->listener && vl_capacity_judges_sound(capacity))
        return vl_fail(capacity->run->err, VL_ERROR_FAILED, "the sound cannot be judged: %s", why);
    return 0;
}

static int make_calls(struct vl_capacity *capacity, struct vl_sipp_summary *summary)
{
    struct vl_sipp_options options = capacity->load->options;
    VL_FAR_END_AUTO far = VL_FAR_END_INIT;
    int rc;

    options.load = &capacity->now;
    options.trial = capacity->search.steps == 0;
    options.context = capacity;
    options.begun = begun;
    options.cancelled = is_cancelled;
    options.guests = guests_of;
    options.sound = sound_of;
    options.sample = capacity->asked->figures ? show_sample : NULL;
    options.steer = capacity->asked->steer ? vl_capacity_steer : NULL;
    capacity->far = &far;
    rc = vl_far_end_start(&far, &capacity->load->far, &options, capacity->run->err);
    if (rc == 0)
        rc = vl_sipp_run(&options, summary, capacity->run->err);
    if (rc == 0)
        rc = vl_far_end_count(&far, summary, capacity->run->err);
    capacity->far = NULL;
    return rc < 0 ? -1 : check_step(capacity, summary);
}

/* What the calls of a step have come to. */
static int conclude(struct vl_capacity *capacity, const struct vl_sipp_summary *summary, unsigned number)
{
    struct vl_capacity_step step;

    vl_run_listen_end(capacity->listener);
    vl_capacity_note_use(capacity, number);
    step = judge_step(capacity, summary, number);
    if (vl_capacity_check_sound(capacity, &step, capacity->run->err) < 0)
        return -1;
    vl_capacity_ramp_learn(capacity, summary, &step);
    if (!vl_capacity_ramp_blamed(capacity, &step)) {
        take_step(capacity, summary, &step);
        return 0;
    }
    keep_samples(capacity, summary, step.begun_s);
    vl_session_event(capacity->run->session, VOIPLAB_EVENT_STEP, capacity->now.name,
                     "%u %s, %u a second: it may have been the rate (%s), so once more and slowly", step.load,
                     vl_capacity_unit(capacity), capacity->now.rate, step.why);
    return 0;
}

static int make_step(struct vl_capacity *capacity)
{
    unsigned number = capacity->search.next;
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    int rc;

    capacity->now = load_of(capacity, number);
    vl_capacity_wait_for_release(capacity, number);
    capacity->begun_ms = vl_now_ms();
    rc = start_to_listen(capacity);
    if (rc == 0)
        rc = make_calls(capacity, &summary);
    if (rc == 0)
        rc = conclude(capacity, &summary, number);
    vl_run_listen_free(capacity->listener);
    capacity->listener = NULL;
    return rc;
}

/* SIPp with itself. What it cannot do there it cannot do with a PBX either. */
static int calibrate(struct vl_capacity *capacity)
{
    struct vl_sipp_options options = capacity->load->options;
    unsigned wanted = capacity->asked->by_rate ? (capacity->asked->rate ? capacity->asked->rate : MOST_RATE / 10)
                                               : vl_capacity_ramp_rate(capacity, 1);

    options.scenario = vl_scenarios;
    options.keys = NULL;
    options.scenario_text = vl_run_scenario(capacity->run, &capacity->run->result->arena, vl_scenarios, 0);
    options.context = capacity;
    options.cancelled = is_cancelled;
    if (!options.scenario_text)
        return -1;
    if (vl_sipp_calibrate(&options, wanted, &capacity->generator_rate, capacity->run->err) < 0)
        return vl_error_wrap(capacity->run->err, "SIPp cannot call itself");
    vl_session_event(capacity->run->session, VOIPLAB_EVENT_STEP, capacity->load->load.name,
                     "SIPp with itself: %.1f of %u calls a second", capacity->generator_rate, wanted);
    capacity->generator_slow = capacity->generator_rate < 0.9 * wanted;
    return 0;
}

static unsigned most_of(const struct vl_capacity *capacity)
{
    double rate = capacity->generator_rate;
    unsigned most = capacity->asked->rate ? capacity->asked->rate : MOST_RATE / 10;

    if (!capacity->asked->by_rate) {
        most = capacity->asked->concurrent ? capacity->asked->concurrent : MOST_AT_ONCE;
        /* a step of more takes longer than a telephone that answers stays registered */
        if (capacity->load->far.number && most > vl_capacity_ramp_rate(capacity, 1) * (VL_FAR_END_S - FAR_SPARE_S) / 2)
            most = vl_capacity_ramp_rate(capacity, 1) * (VL_FAR_END_S - FAR_SPARE_S) / 2;
        return most;
    }
    return capacity->generator_slow && rate < most ? (rate >= 1 ? (unsigned)rate : 1) : most;
}

static int search(struct vl_capacity *capacity)
{
    int rc = calibrate(capacity);

    if (rc < 0)
        return -1;
    vl_capacity_wait_for_idle(capacity);
    vl_sipp_search_begin(&capacity->search, VL_CAPACITY_FIRST, most_of(capacity));
    while (rc == 0 && capacity->search.next)
        rc = make_step(capacity);
    capacity->gave = vl_capacity_what_gave(capacity);
    capacity->share = vl_capacity_share(capacity);
    return rc;
}

/* Of a search that was broken off, what it had seen. Results that cannot be kept are printed all the same, and hold up
 * no other search. */
static void tell(struct vl_capacity *capacity, const char *directory, long long begun, struct vl_buf *text,
                 size_t *unkept)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };

    vl_capacity_tell(capacity, text);
    vl_capacity_tell_json(capacity, capacity->run->result->document, NULL);
    if (vl_capacity_keep(capacity, directory, begun, &cause) == 0) {
        vl_buf_printf(text, "  %-22s %s/report.html\n", "report", directory);
        return;
    }
    ++*unkept;
    vl_session_event(capacity->run->session, VOIPLAB_EVENT_WARNING, capacity->load->load.name,
                     "the results are not kept: %s", vl_error_text(&cause));
}

static int search_and_tell(struct vl_capacity *capacity, struct vl_buf *text, size_t *unkept)
{
    const char *name = vl_arena_printf(&capacity->run->result->arena, "capacity-%s", capacity->load->load.name);
    long long begun_at = (long long)time(NULL);
    const char *directory = vl_run_begin_results(capacity->run, capacity->load, name, begun_at, capacity->run->err);
    int rc;

    if (!directory)
        return -1;
    capacity->watch = vl_run_watch_start(capacity->run);
    vl_capacity_look(capacity);
    capacity->started_ms = vl_now_ms();
    rc = search(capacity);
    vl_run_watch_stop(capacity->watch);
    if (capacity->search.steps || rc == 0)
        tell(capacity, directory, begun_at, text, unkept);
    else
        vl_run_drop_results(directory);
    vl_capacity_look_away(capacity);
    return rc;
}

static int find_capacity(const struct vl_run *run, struct vl_load_asked *load, struct vl_buf *text, size_t *unkept)
{
    struct vl_capacity capacity = { .run = run, .asked = run->request->parameters.sipp, .load = load };

    if (load->options.scenario && load->options.scenario->registers && !capacity.asked->by_rate)
        return vl_fail(run->err, VL_ERROR_USAGE, "registrations are not up at once: search by their rate");
    if (vl_capacity_judges_sound(&capacity) && !may_sound(&capacity))
        return vl_fail(run->err, VL_ERROR_USAGE, "scenario '%s' has no sound to be judged: one that has is media",
                       load->options.scenario->name);
    return search_and_tell(&capacity, text, unkept);
}

int vl_run_sipp_capacity(const struct vl_run *run)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_load_asked *loads;
    size_t count, done = 0, unkept = 0;
    int rc = 0;

    if (run->request->mode != VOIPLAB_APPLY)
        return vl_fail(run->err, VL_ERROR_USAGE, "a search makes calls, so that there is no dry run of it");
    if (vl_run_loads(run, &run->result->arena, &loads, &count) < 0)
        return -1;
    vl_json_array(run->result->document, "capacities");
    for (; rc == 0 && done < count; done++)
        rc = find_capacity(run, &loads[done], &text, &unkept);
    vl_json_end(run->result->document);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    if (rc == 0 && unkept)
        rc = vl_fail(run->err, unkept < done ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                     "the results of %zu of %zu searches are not kept", unkept, done);
    if (rc == 0)
        vl_result_summary(run->result, "%zu search%s made", done, done == 1 ? "" : "es");
    return text.failed ? vl_no_memory(run->err) : rc;
}
