/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How load runs are tried, steered and ended: by a first call, by who watches, by a stray signal, by a target that is
 * gone.
 *
 * ctest: COST 35
 */
#include "sipp_bed.h"

/* A number that nobody answers is told before the load is made; what a target says once it is gone, as well. */
static void test_trial(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(SOURCE_DIRECTORY "/test/unit/data/sipp/uas_auth.xml", port);
    static const struct vl_sipp_caller wrong = { .number = "1500", .secret = "wrongSecret" };
    const struct vl_load load = a_load(20, 3000, 1000);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.trial = true;
    options.callers = &wrong;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), -1);
    stop(pid);
    assert_non_null(strstr(vl_error_text(&err), "403 Forbidden; no other was made"));
    assert_int_equal(summary.made, 0);
    assert_work_is_empty();
}

/* Several processes share rate, calls and limit, and what they did is one. */
static void test_processes(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(NULL, port);
    struct vl_load load = a_load(50, 101, 300);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.processes = 3;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    stop(pid);
    assert_int_equal(summary.processes, 3);
    assert_int_equal(summary.succeeded, 101);
    assert_int_equal(summary.failed, 0);
    assert_in_range(summary.peak, 10, 25);
    assert_true(summary.rate > 40 && summary.rate < 60);
    assert_int_equal(summary.times[VL_LOAD_CLOCK_ANSWER].count, 101);
    assert_true(summary.sample_count >= 2);
    assert_true(summary.samples[1].host.processor >= 0 && summary.samples[1].host.processor <= 1);
    assert_true(summary.samples[1].host.memory_total > summary.samples[1].host.memory_used);
    assert_work_is_empty();
}

static void raise_and_pause(void *context, struct vl_load_steering *steering)
{
    unsigned *ticks = context;

    steering->rate = ++*ticks > 20 ? 60 : 10;
    steering->paused = *ticks > 40;
}

/* The rate follows what is asked for while the run goes on. */
static void test_steering(void **state)
{
    unsigned port = free_udp_port(), ticks = 0;
    bool raised = false, paused = false;
    pid_t pid = start_answerer(NULL, port);
    struct vl_load load = a_load(10, 1000, 100);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    load.timeout_s = 8; /* 2 s at 10 a second, 2 s at 60, and none */
    options.steer = raise_and_pause;
    options.context = &ticks;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    stop(pid);
    assert_int_equal(summary.outcome, VL_LOAD_TIMED_OUT);
    assert_int_equal(summary.failed, 0);
    for (size_t i = 0; i < summary.sample_count; i++) {
        raised |= summary.samples[i].rate > 30;
        paused |= raised && summary.samples[i].rate < 5;
    }
    if (!raised || !paused)
        fail_msg("%u calls, raised %d, paused %d", (unsigned)summary.made, raised, paused);
    assert_work_is_empty();
}

/* Who ends SIPp, and that it was not the target. */
static int end_sipp(void *context)
{
    int *signal_number = context;
    pid_t pid = *signal_number ? find_sipp(getpid()) : 0;
    static int ticks;

    if (pid && ++ticks % 20 == 0) {
        (void)kill(pid, *signal_number);
        *signal_number = 0;
    }
    return 0;
}

static void test_stray_signal(void **state)
{
    static const int signals[] = { SIGKILL, SIGTERM };
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(NULL, port);
    const struct vl_load load = a_load(20, 200, 100);

    (void)state;
    for (size_t i = 0; i < VL_COUNT(signals); i++) {
        struct vl_sipp_options options = options_for(&load, port);
        VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
        VL_ERROR_AUTO err = { .code = VL_OK };
        int number = signals[i];

        options.cancelled = end_sipp;
        options.context = &number;
        assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
        assert_int_equal(summary.outcome, VL_LOAD_BROKEN);
        assert_true(summary.succeeded > 10); /* what was until then is there */
        assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
        assert_non_null(strstr(vl_error_text(&err), "somebody"));
        assert_work_is_empty();
    }
    stop(pid);
}

/* What stops in the middle is not told as so many failures without a reason. */
static int stop_answerer(void *context)
{
    struct watcher *watcher = context;

    if (++watcher->progresses == 20)
        (void)kill(watcher->answerer, SIGSTOP);
    return watcher->progresses > 120;
}

static void test_target_stopped(void **state)
{
    unsigned port = free_udp_port();
    struct watcher watcher = { .answerer = start_answerer(NULL, port) };
    const struct vl_load load = a_load(20, 1000, 100);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.cancelled = stop_answerer;
    options.context = &watcher;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    stop(watcher.answerer);
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "nothing came from 'pbx1' (127.0.0.1) any more after"));
    assert_in_range((unsigned)summary.silent_since_s, 1, 4);
    assert_true(summary.succeeded > 10);
    assert_work_is_empty();
}

/* A SIPp that is halted hears nobody, and that is not the target's silence. */
static int halt_sipp(void *context)
{
    struct watcher *watcher = context;

    if (++watcher->progresses == 20)
        (void)kill(find_sipp(getpid()), SIGSTOP);
    return 0;
}

static void test_sipp_halted(void **state)
{
    unsigned port = free_udp_port();
    struct watcher watcher = { .answerer = start_answerer(NULL, port) };
    struct vl_load load = a_load(20, 1000, 100);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    load.timeout_s = 5;
    options.cancelled = halt_sipp;
    options.context = &watcher;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    stop(watcher.answerer);
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "SIPp itself stood still after"));
    assert_true(isnan(summary.silent_since_s));
    assert_in_range((unsigned)summary.stalled_since_s, 0, 5);
    assert_true(summary.succeeded > 10);
    assert_work_is_empty();
}

/* What the scenario does not have in its place is said to be that. */
static void test_never_matches(void **state)
{
    static const char scenario[] =
        "<?xml version=\"1.0\"?><scenario name=\"never\"><send><![CDATA[\nOPTIONS sip:x@[remote_ip] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\nFrom: <sip:x@x>;tag=[call_number]\n"
        "To: <sip:x@x>\nCall-ID: [call_id]\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n]]></send>"
        "<recv response=\"299\"/></scenario>";
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(SOURCE_DIRECTORY "/test/unit/data/sipp/uas_options.xml", port);
    const struct vl_load load = a_load(20, 10, 100);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.scenario = NULL;
    options.scenario_text = scenario;
    options.scenario_name = "never.xml";
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    stop(pid);
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
    assert_non_null(
        strstr(vl_error_text(&err), "an unexpected message, which the scenario does not have in this place"));
    assert_work_is_empty();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_trial),          cmocka_unit_test(test_processes),
                                        cmocka_unit_test(test_steering),       cmocka_unit_test(test_stray_signal),
                                        cmocka_unit_test(test_target_stopped), cmocka_unit_test(test_never_matches),
                                        cmocka_unit_test(test_sipp_halted) };
    int rc, status;

    if (vl_cage_is_meant(argc, argv, &status))
        return status;

    if (!vl_process_found("sipp")) {
        (void)fprintf(stderr, "sipp is not installed\n");
        return getenv("CI") && strcmp(getenv("CI"), "true") == 0 ? 1 : 77;
    }
    if (!mkdtemp(work))
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(work);
    return rc;
}
