/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run is one SIPp process or several that share the rate (generator.h), watched ten times a second: what they wrote
 * is taken, once a second a sample is made of it, and orders are handed on.
 *
 * An end before the end goes in steps: `q` on the control socket (no new calls, wait for those that are up), then `Q`
 * (hang them up), then SIGKILL. SIPp 3.6.1 hangs up after `Q` but then never ends, so the last step is no rare one.
 */
#include "sipp/run.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "sipp/task.h"

enum {
    TICK_MS = 100,
    SAMPLE_MS = 1000,
    HANGUP_MS = 1000,    /* between the order to hang up all calls and the kill */
    LONGEST_WAIT = 5000, /* for calls that are up to end by themselves, in ms */
    BIND_TRIES = 3,      /* a port that was free may be taken when SIPp asks for it */
    TRIAL_HOLD_MS = 100,
    TRIAL_S = 8,
    SILENCE_MS = 4000, /* without any answer, while calls fail: the target is gone */
    STALL_MS = 3000,   /* without any figures, which SIPp writes each second at least: it stands still */
};

enum stage { STAGE_RUNNING, STAGE_DRAINING, STAGE_HANGING_UP, STAGE_KILLED };

struct run {
    const struct vl_sipp_options *options;
    struct vl_arena arena;
    struct vl_generator_task tasks[VL_SIPP_PROCESSES];
    struct vl_generator generators[VL_SIPP_PROCESSES];
    size_t count;
    enum stage stage;
    enum vl_load_outcome outcome;
    uint64_t left_up, peak;
    long long started, deadline, sampled, answered; /* ms, monotonic */
    uint64_t made, answers;                         /* at the sample before */
    size_t requests[VL_SIPP_PROCESSES];             /* answers of the first clock that were in the sample before */
    size_t rows[VL_SIPP_PROCESSES];                 /* of figures, so far */
    long long written[VL_SIPP_PROCESSES];           /* when the last of them came */
    struct vl_load_steering steering;
    struct vl_host_meter meter;
    struct vl_load_sample *samples;
    size_t sample_count;
    bool full; /* no room was left where SIPp writes */
};

static int launch(struct run *run, struct vl_error *err)
{
    const struct vl_sipp_options *options = run->options;
    size_t count = vl_sipp_processes(options);

    for (size_t i = 0; i < count; i++) {
        run->tasks[i] = vl_sipp_task(options, &run->arena, i, count);
        run->generators[i] = (struct vl_generator)VL_GENERATOR_INIT;
        run->count = i + 1;
        if (vl_arena_check(&run->arena, err) < 0 || vl_generator_start(&run->generators[i], &run->tasks[i], err) < 0)
            return -1;
    }
    run->started = run->sampled = run->answered = vl_now_ms();
    for (size_t i = 0; i < count; i++)
        run->written[i] = run->started;
    run->deadline = run->started + (long long)options->load->timeout_s * 1000;
    run->steering.rate = options->load->rate;
    return 0;
}

static uint64_t sum_of(const struct run *run, enum vl_statistic statistic)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < run->count; i++)
        sum += run->generators[i].statistics.now[statistic];
    return sum;
}

static void order(const struct run *run, const char *what)
{
    for (size_t i = 0; i < run->count; i++)
        if (!run->generators[i].ended)
            vl_generator_order(&run->generators[i], what);
}

static void kill_now(struct run *run)
{
    run->left_up = sum_of(run, VL_STATISTIC_CURRENT);
    for (size_t i = 0; i < run->count; i++)
        if (!run->generators[i].ended)
            (void)kill(run->generators[i].pid, SIGKILL);
    run->stage = STAGE_KILLED;
}

/* Of the SIPp that was answered the slowest since the sample before. */
static void look_at_times(struct run *run, struct vl_load_sample *sample)
{
    sample->request_p50_ms = sample->request_p95_ms = NAN;

    for (size_t i = 0; i < run->count; i++) {
        struct vl_response_times *times = &run->generators[i].times[VL_LOAD_CLOCK_REQUEST];
        double p95 = vl_response_times_since(times, run->requests[i], 95);

        if (!isnan(p95) && !(sample->request_p95_ms > p95)) {
            sample->request_p95_ms = p95;
            sample->request_p50_ms = vl_response_times_since(times, run->requests[i], 50);
        }
        run->requests[i] = times->count;
    }
}

static void look_at_guests(struct run *run, struct vl_load_sample *sample)
{
    struct vl_load_guest found[VL_LOAD_GUESTS], *kept;
    size_t count = run->options->guests ? run->options->guests(run->options->context, found) : 0;

    kept = count ? vl_arena_zalloc(&run->arena, count * sizeof(*kept)) : NULL;
    if (!kept)
        return;
    memcpy(kept, found, count * sizeof(*kept));
    sample->guests = kept;
    sample->guest_count = count;
}

static void keep_sample(struct run *run, const struct vl_load_sample *sample)
{
    struct vl_load_sample *grown = vl_arena_grow(&run->arena, run->samples, run->sample_count, sizeof(*run->samples));

    if (!grown)
        return;
    run->samples = grown;
    grown[run->sample_count++] = *sample;
}

/* With why calls failed so far: a sample that is kept needs no such list. */
static void hand_on(const struct run *run, struct vl_load_sample *sample)
{
    struct vl_statistics sum = { .rows = 0 };
    VL_SIPP_SUMMARY_AUTO summary = { .name = NULL };
    VL_ERROR_AUTO unknown = { .code = VL_OK };
    int rc = 0;

    for (size_t i = 0; rc == 0 && sample->failed && i < run->count; i++)
        rc = vl_statistics_add(&sum, &run->generators[i].statistics, &unknown);
    if (rc == 0 && sample->failed)
        vl_sipp_summary_reasons(&summary, &sum);
    sample->reasons = summary.reasons;
    sample->reason_count = summary.reason_count;
    run->options->sample(run->options->context, sample);
    vl_statistics_free(&sum);
}

static void take_sample(struct run *run, long long now)
{
    double elapsed = (double)(now - run->sampled) / 1000;
    struct vl_load_sample sample = {
        .at_s = (double)(now - run->started) / 1000,
        .made = sum_of(run, VL_STATISTIC_MADE),
        .current = sum_of(run, VL_STATISTIC_CURRENT),
        .succeeded = sum_of(run, VL_STATISTIC_SUCCEEDED),
        .failed = sum_of(run, VL_STATISTIC_FAILED),
        .retransmissions = sum_of(run, VL_STATISTIC_RETRANSMISSIONS),
        .late = sum_of(run, VL_STATISTIC_WATCHDOG_MAJOR) + sum_of(run, VL_STATISTIC_WATCHDOG_MINOR),
    };
    pid_t processes[VL_SIPP_PROCESSES];

    for (size_t i = 0; i < run->count; i++)
        processes[i] = run->generators[i].pid;
    if (!run->steering.paused && run->stage == STAGE_RUNNING && run->made < run->options->load->calls)
        sample.rate_asked = run->steering.rate;
    sample.rate = (double)(sample.made - run->made) / elapsed;
    look_at_times(run, &sample);
    sample.sound = run->options->sound ? run->options->sound(run->options->context)
                                       : (struct vl_load_sound){ .loss_percent = NAN, .mos = NAN };
    vl_host_look(&run->meter, processes, run->count, &sample.host);
    look_at_guests(run, &sample);
    run->made = sample.made;
    run->sampled = now;
    keep_sample(run, &sample);
    if (run->options->sample)
        hand_on(run, &sample);
}

/* Take what they wrote, and see whether the target still says anything. */
static int take(struct run *run, long long now, struct vl_error *err)
{
    uint64_t answers = 0, current;

    for (size_t i = 0; i < run->count; i++) {
        vl_generator_hear(&run->generators[i]);
        if (vl_generator_take(&run->generators[i], err) < 0)
            return -1;
        for (size_t clock = 0; clock < VL_SIPP_CLOCKS; clock++)
            answers += run->generators[i].times[clock].count;
        if (run->generators[i].statistics.rows != run->rows[i])
            run->written[i] = now;
        run->rows[i] = run->generators[i].statistics.rows;
    }
    current = sum_of(run, VL_STATISTIC_CURRENT);
    run->peak = current > run->peak ? current : run->peak;
    if (answers != run->answers)
        run->answered = now;
    run->answers = answers;
    return 0;
}

static void steer(struct run *run)
{
    const struct vl_sipp_options *options = run->options;
    struct vl_load_steering wanted = run->steering;
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (!options->steer || run->stage != STAGE_RUNNING)
        return;
    options->steer(options->context, &wanted);
    if (wanted.rate > 0 && fabs(wanted.rate - run->steering.rate) > 0)
        order(run, vl_arena_printf(&arena, "set rate %.10g", wanted.rate / (double)run->count));
    if (wanted.paused != run->steering.paused)
        order(run, "p");
    run->steering = wanted;
}

static unsigned wait_ms(const struct vl_load *load)
{
    return (load->hold_ms < LONGEST_WAIT ? load->hold_ms : LONGEST_WAIT) + HANGUP_MS;
}

/* The next step towards the end, when it is due. */
static void step(struct run *run, long long now)
{
    const struct vl_sipp_options *options = run->options;
    bool cancelled = run->stage == STAGE_RUNNING && options->cancelled && options->cancelled(options->context);

    if (!cancelled && now < run->deadline)
        return;
    if (run->stage == STAGE_RUNNING) {
        run->outcome = cancelled ? VL_LOAD_CANCELLED : VL_LOAD_TIMED_OUT;
        order(run, "q");
        run->stage = STAGE_DRAINING;
        run->deadline = now + wait_ms(options->load);
    } else if (run->stage == STAGE_DRAINING) {
        order(run, "Q");
        run->stage = STAGE_HANGING_UP;
        run->deadline = now + HANGUP_MS;
    } else if (run->stage == STAGE_HANGING_UP) {
        kill_now(run);
    }
}

static bool have_ended(struct run *run)
{
    bool all = true;

    for (size_t i = 0; i < run->count; i++)
        all &= vl_generator_ended(&run->generators[i], run->stage == STAGE_KILLED);
    return all;
}

static void wait_a_tick(const struct run *run)
{
    struct pollfd waits[VL_SIPP_PROCESSES];
    nfds_t count = 0;

    for (size_t i = 0; i < run->count; i++)
        if (!run->generators[i].ended)
            waits[count++] = (struct pollfd){ .fd = run->generators[i].errors, .events = POLLIN };
    if (poll(waits, count, TICK_MS) > 0)
        (void)poll(NULL, 0, TICK_MS / 5); /* one who talks without end shall not keep us busy */
}

/* A disk that is full is seen before SIPp, which goes on without its figures, would say so. */
static bool is_full(const struct run *run)
{
    struct statvfs room;

    return statvfs(run->options->work_directory, &room) == 0 && room.f_bavail == 0;
}

static int watch(struct run *run, struct vl_error *err)
{
    int rc = 0;

    while (!have_ended(run)) {
        long long now;

        wait_a_tick(run);
        now = vl_now_ms();
        if (rc == 0)
            rc = take(run, now, err);
        if (rc < 0 && run->stage != STAGE_KILLED)
            kill_now(run);
        if (now - run->sampled >= SAMPLE_MS) {
            take_sample(run, now);
            run->full |= is_full(run);
            if (run->full && run->stage == STAGE_RUNNING) {
                run->outcome = VL_LOAD_BROKEN;
                kill_now(run);
            }
        }
        steer(run);
        step(run, now);
    }
    if (run->stage != STAGE_KILLED)
        run->left_up = 0;
    if (rc == 0 && (rc = take(run, run->answered, err)) == 0 && vl_now_ms() - run->sampled >= SAMPLE_MS / 4)
        take_sample(run, vl_now_ms());
    return rc;
}

static int add_times(struct run *run, struct vl_response_times times[static VL_SIPP_CLOCKS], struct vl_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < run->count; i++)
        for (size_t clock = 0; rc == 0 && clock < VL_SIPP_CLOCKS; clock++)
            rc = vl_response_times_add(&times[clock], &run->generators[i].times[clock], err);
    return rc;
}

/* How the SIPps ended, when nobody had told them to. */
static void judge_end(const struct run *run, struct vl_sipp_summary *summary)
{
    summary->outcome = run->outcome;
    summary->left_up = run->left_up;
    summary->disk_full = run->full;
    for (size_t i = 0; i < run->count; i++)
        if (run->stage == STAGE_RUNNING && WIFSIGNALED(run->generators[i].status))
            summary->ended_by = WTERMSIG(run->generators[i].status);
    if (run->outcome == VL_LOAD_COMPLETE &&
        (summary->ended_by || summary->succeeded + summary->failed < run->options->load->calls)) {
        summary->outcome = VL_LOAD_BROKEN;
        summary->left_up = sum_of(run, VL_STATISTIC_CURRENT);
    }
}

static double since_start(const struct run *run, long long ms)
{
    return (double)(ms - run->started) / 1000;
}

/* When the last sample was taken. */
static long long last_look(const struct run *run)
{
    return run->sample_count ? run->started + (long long)(run->samples[run->sample_count - 1].at_s * 1000) : 0;
}

/* Since when nothing came back, if that is so. A call or two that were forgotten while all others went on, and have
 * ended since, are no silence. */
static double silent_since(const struct run *run, const struct vl_sipp_summary *summary)
{
    bool meant_to = vl_sipp_summary_unanswered(summary) * 2 >= (summary->peak ? summary->peak : 1);

    return run->answers && meant_to && last_look(run) - run->answered > SILENCE_MS ? since_start(run, run->answered)
                                                                                   : NAN;
}

/* Since when a SIPp wrote nothing, if that is so: one that is stopped answers nobody, and is not the target. */
static double stalled_since(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (last_look(run) - run->written[i] > STALL_MS && WIFSIGNALED(run->generators[i].status))
            return since_start(run, run->written[i]);
    return NAN;
}

static int summarize(struct run *run, struct vl_sipp_summary *summary, struct vl_error *err)
{
    struct vl_statistics sum = { .rows = 0 };
    struct vl_response_times times[VL_SIPP_CLOCKS] = { { .count = 0 } };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < run->count; i++) {
        rc = vl_generator_read_codes(&run->generators[i], err);
        if (rc == 0)
            rc = vl_statistics_add(&sum, &run->generators[i].statistics, err);
    }
    if (rc == 0)
        rc = add_times(run, times, err);
    if (run->count > 1)
        sum.peak = run->peak;
    if (rc == 0)
        rc = vl_sipp_summary_fill(summary, run->options->load, &sum, times, err);
    vl_response_times_free(times);
    vl_statistics_free(&sum);
    if (rc < 0)
        return -1;
    judge_end(run, summary);
    summary->stalled_since_s = stalled_since(run);
    summary->silent_since_s = isnan(summary->stalled_since_s) ? silent_since(run, summary) : NAN;
    summary->processes = run->count;
    summary->samples = run->samples;
    summary->sample_count = run->sample_count;
    vl_arena_adopt(&summary->arena, &run->arena);
    return vl_arena_check(&summary->arena, err);
}

static void run_free(struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        vl_generator_free(&run->generators[i]);
    vl_arena_free(&run->arena);
}

/* The first SIPp that made no call, where all should have; NULL: each has. */
static struct vl_generator *idle(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct vl_statistics *statistics = &run->generators[i].statistics;

        if (statistics->rows == 0 || (statistics->now[VL_STATISTIC_MADE] == 0 && run->outcome == VL_LOAD_COMPLETE))
            return &run->generators[i];
    }
    return NULL;
}

/* One try. `*again` says that a port was taken in the meantime. */
static int run_once(const struct vl_sipp_options *options, bool *again, struct vl_sipp_summary *summary,
                    struct vl_error *err)
{
    __attribute__((cleanup(run_free))) struct run run = { .options = options };
    struct vl_generator *broken;

    *again = false;
    if (launch(&run, err) < 0 || watch(&run, err) < 0)
        return -1;
    broken = idle(&run);
    if (broken && run.full)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is full, and SIPp writes its figures there: make room",
                       options->work_directory);
    if (broken) {
        *again = vl_generator_lost_port(broken);
        return vl_generator_fail(broken, err);
    }
    return summarize(&run, summary, err);
}

static int run_tried(const struct vl_sipp_options *options, struct vl_sipp_summary *summary, struct vl_error *err)
{
    bool again = true;
    int rc = -1;

    for (int i = 0; i < BIND_TRIES && again; i++) {
        if (i)
            vl_error_clear(err);
        rc = run_once(options, &again, summary, err);
    }
    return rc;
}

/* One call, so that a number that nobody has is told at once. A call that was answered and is still up is a good one.
 */
static int try_one(const struct vl_sipp_options *options, struct vl_error *err)
{
    struct vl_load load = *options->load;
    struct vl_sipp_options one = *options;
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    int rc;

    load.rate = load.calls = 1;
    load.concurrent = 0;
    load.hold_ms = load.hold_ms < TRIAL_HOLD_MS ? load.hold_ms : TRIAL_HOLD_MS;
    load.timeout_s = TRIAL_S;
    one.load = &load;
    one.sample = NULL;
    one.steer = NULL;
    one.guests = NULL;
    one.sound = NULL;
    rc = run_tried(&one, &summary, err);
    if (rc < 0 || summary.outcome == VL_LOAD_CANCELLED)
        return rc;
    if (summary.succeeded || (!summary.failed && summary.times[VL_LOAD_CLOCK_ANSWER].count))
        return 0;
    return vl_fail(err, VL_ERROR_FAILED, "a first call to '%s' at '%s' (%s) came to nothing: %s; no other was made",
                   load.extension, load.target->name, summary.address,
                   summary.reason_count ? summary.reasons[0].text : "nobody answers");
}

int vl_sipp_run(const struct vl_sipp_options *options, struct vl_sipp_summary *ret_summary, struct vl_error *err)
{
    struct vl_sipp_summary summary = { .made = 0 };
    int rc = vl_sipp_check_options(options, err);

    if (rc == 0 && options->trial)
        rc = try_one(options, err);
    if (rc == 0 && options->begun)
        options->begun(options->context);
    if (rc == 0)
        rc = run_tried(options, &summary, err);
    if (rc < 0) {
        vl_sipp_summary_free(&summary);
        return vl_error_wrap(err, "load '%s'", options->load->name);
    }
    *ret_summary = summary;
    return 0;
}
