/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH target: commands, what ends them, and many connections at once, against a real sshd.
 *
 * ctest: COST 12 THREADS yes
 */
#include "ssh_bed.h"

#include <pthread.h>

enum { THREADS = 20 };

static void test_arguments_arrive_intact(void **state)
{
    static const char *const argv[] = {
        "printf",      "%s\\n", "plain", "two words", "it's", "\"double\"", "$(id) `id` $HOME", "back\\slash", "", "*",
        "a;b&c|d>e<f", "!x",    "-n",    "#",         "~",    NULL
    };
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };
    VL_BUF_AUTO expected = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    for (size_t i = 2; argv[i]; i++)
        vl_buf_printf(&expected, "%s\n", argv[i]);
    assert_int_equal(run(target, argv, NULL, &result), 0);
    assert_string_equal(result.output, vl_buf_text(&expected));
    vl_command_result_free(&result);
    assert_int_equal(target->ops->run(target, (const char *const[]){ "echo", "a\rb", NULL }, NULL, 0, &result, &err),
                     -1);
    assert_says(&err, "line end");
    assert_int_equal(run_status(target, "exit 0"), 0);
}

static void test_exit_statuses(void **state)
{
    VL_TARGET_AUTO *target = open_target();

    (void)state;
    assert_int_equal(run_status(target, "exit 0"), 0);
    assert_int_equal(run_status(target, "exit 1"), 1);
    assert_int_equal(run_status(target, "exit 255"), 255);
    assert_int_equal(run_status(target, "kill -9 $$"), 128 + 9);
    assert_int_equal(run_status(target, "kill -15 $$"), 128 + 15);
    assert_int_equal(run_status(target, "kill -11 $$"), 128 + 11);
    assert_int_equal(run_status(target, "/no/such/program"), 127);
    /* closing the outputs early must not hide the status that comes later */
    assert_int_equal(run_status(target, "exec >&- 2>&-; sleep 1; exit 3"), 3);
}

static void test_input(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_BUF_AUTO input = VL_BUF_INIT;
    struct vl_command_result result = { .output = NULL };

    (void)state;
    while (input.length < 1000000)
        vl_buf_printf(&input, "line %zu\n", input.length);
    assert_int_equal(run(target, (const char *const[]){ "cat", NULL }, vl_buf_text(&input), &result), 0);
    assert_true(strcmp(result.output, vl_buf_text(&input)) == 0);
    vl_command_result_free(&result);
    /* a command that reads none of it */
    assert_int_equal(run(target, (const char *const[]){ "true", NULL }, vl_buf_text(&input), &result), 0);
    vl_command_result_free(&result);
    assert_int_equal(run(target, (const char *const[]){ "cat", NULL }, NULL, &result), 0);
    assert_string_equal(result.output, "");
    vl_command_result_free(&result);
}

static void test_floods(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };

    (void)state;
    assert_int_equal(
        run(target, (const char *const[]){ "sh", "-c", "yes | head -c 9000000; exit 4", NULL }, NULL, &result), 4);
    assert_int_equal(strlen(result.output), VL_TARGET_OUTPUT_LIMIT);
    vl_command_result_free(&result);
    assert_int_equal(
        run(target, (const char *const[]){ "sh", "-c", "yes | head -c 9000000 >&2; echo done", NULL }, NULL, &result),
        0);
    assert_string_equal(result.output, "done\n");
    vl_command_result_free(&result);
    assert_int_equal(
        run(target, (const char *const[]){ "sh", "-c", "(yes | head -c 5000000 >&2) & yes | head -c 100; wait", NULL },
            NULL, &result),
        0);
    assert_int_equal(strlen(result.output), 100);
    vl_command_result_free(&result);
}

/* Output, errors, the end and the status of a short command come in any order and grouping; none may be waited for
 * after it has arrived. */
static void test_short_commands_never_stall(void **state)
{
    static const char *const argv[] = { "sh", "-c", "head -c 100000; echo x >&2; echo y; exit 7", NULL };
    VL_TARGET_AUTO *target = open_target();
    VL_BUF_AUTO input = VL_BUF_INIT;

    (void)state;
    while (input.length < 100000)
        vl_buf_putc(&input, 'i');
    for (int i = 0; i < 150; i++) {
        struct vl_command_result result = { .output = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };

        if (target->ops->run(target, argv, vl_buf_text(&input), 5000, &result, &err) < 0)
            fail_msg("round %d: %s", i, vl_error_text(&err));
        assert_int_equal(result.status, 7);
        assert_int_equal(strlen(result.output), 100002);
        vl_command_result_free(&result);
    }
}

static void assert_gone(struct vl_target *target)
{
    struct vl_command_result result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();

    assert_int_equal(target->ops->run(target, (const char *const[]){ "true", NULL }, NULL, 0, &result, &err), -1);
    assert_says(&err, "failed before");
    assert_true(now() - start < 1); /* no second wait */
    assert_int_equal(find_worker(), -1);
}

static void test_hanging_command_is_ended_at_the_deadline(void **state)
{
    static const char *const scripts[] = { "sleep 60", "yes", "yes >&2", "exec >&- 2>&-; sleep 60" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(scripts); i++) {
        VL_TARGET_AUTO *target = open_target();
        struct vl_command_result result = { .output = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        double start = now();

        assert_int_equal(
            target->ops->run(target, (const char *const[]){ "sh", "-c", scripts[i], NULL }, NULL, 700, &result, &err),
            -1);
        assert_int_equal(err.code, VL_ERROR_TIMEOUT);
        assert_says(&err, "'virtual1' did not answer within 0.7 s");
        assert_true(now() - start >= 0.7 && now() - start < 6);
        assert_gone(target);
    }
}

/* One that answers each question just before its time is up has a bound all the same. */
static void test_patience_ends(void **state)
{
    static const char *const late[] = { "sh", "-c", "sleep 0.6", NULL };
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();
    int answers = 0;

    (void)state;
    target->patience_ms = 1500;
    for (int i = 0; i < 8 && !err.code; i++) {
        struct vl_command_result result = { .output = NULL };

        answers += target->ops->run(target, late, NULL, 1400, &result, &err) == 0;
        vl_command_result_free(&result);
    }
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_says(&err, "'virtual1' has kept voiplab waiting for as long as it may in all");
    assert_in_range(answers, 1, 2);
    assert_true(now() - start >= 1.5 && now() - start < 6);
    assert_gone(target);
}

/* Nor is one that is slow, and of which more is asked than was known when its patience began, left alone for that. */
static void test_patience_grows(void **state)
{
    static const char *const late[] = { "sh", "-c", "sleep 0.4", NULL };
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    double begun;

    (void)state;
    target->patience_ms = 1500;
    begun = now();
    for (int i = 0; i < 5; i++) {
        struct vl_command_result result = { .output = NULL };

        vl_target_grant(target, 600);
        assert_int_equal(target->ops->run(target, late, NULL, 1400, &result, &err), 0);
        vl_command_result_free(&result);
    }
    assert_true(target->patience_ms <= 1500 + 5 * (600 - 400));
    assert_true(target->patience_ms >= 1500 + 5 * 600 - (int)(1000 * (now() - begun)) - 5);
    vl_target_grant(target, 1LL << 40);
    assert_int_equal(target->patience_ms, VL_TARGET_PATIENCE_MS);
    vl_target_grant(target, 1);
    assert_int_equal(target->patience_ms, VL_TARGET_PATIENCE_MS);
    target->patience_ms = 0;
    vl_target_grant(target, 600);
    assert_int_equal(target->patience_ms, 0); /* where there is no bound none comes */
}

static void test_connection_lost(void **state)
{
    /* up from the shell to the sshd of this session */
    static const char script[] = "p=$$; while ! grep -q sshd /proc/$p/comm; do "
                                 "p=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$p/status); done; kill -9 $p; sleep 60";
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();

    (void)state;
    assert_int_equal(
        target->ops->run(target, (const char *const[]){ "sh", "-c", script, NULL }, NULL, 0, &result, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_says(&err, "connection broke");
    assert_true(now() - start < 5);
    assert_gone(target);
}

static void test_worker_killed(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    struct vl_command_result result = { .output = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(kill(find_worker(), SIGKILL), 0);
    assert_int_equal(target->ops->run(target, (const char *const[]){ "true", NULL }, NULL, 0, &result, &err), -1);
    assert_says(&err, "signal 9");
    assert_gone(target);
}

static void *use_target(void *argument)
{
    struct vl_ssh_options options = options_for(bed.port);
    struct vl_error err = { .code = VL_OK };
    struct vl_target *target = vl_target_ssh(&options, &err);
    const char *path = argument;
    char *text = NULL;
    mode_t mode;

    if (!target || target->ops->write(target, path, path, 0600, NULL, &err) < 0 ||
        target->ops->read(target, path, &text, &mode, &err) < 0 || strcmp(text, path) != 0 ||
        target->ops->remove(target, path, &err) < 0)
        argument = NULL;
    if (!argument)
        (void)fprintf(stderr, "%s\n", vl_error_text(&err));
    free(text);
    vl_error_clear(&err);
    vl_target_close(target);
    return argument;
}

static void test_many_targets_at_once(void **state)
{
    pthread_t threads[THREADS];
    char *paths[THREADS];
    int good = 0;
    double start = now();

    (void)state;
    for (int i = 0; i < THREADS; i++) {
        paths[i] = vl_arena_printf(&bed.arena, "%s/many%d", bed.directory, i);
        assert_int_equal(pthread_create(&threads[i], NULL, use_target, paths[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;

        assert_int_equal(pthread_join(threads[i], &result), 0);
        good += result != NULL;
    }
    assert_int_equal(good, THREADS);
    print_message("%d targets at once: %.2f s\n", THREADS, now() - start);
}

static void test_measure(void **state)
{
    enum { ROUNDS = 10 };
    double times[5] = { now() };
    VL_TARGET_AUTO *target = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        vl_target_close(target);
        target = open_target();
    }
    times[1] = now();
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(run_status(target, "exit 0"), 0);
    times[2] = now();
    for (int i = 0; i < ROUNDS; i++)
        assert_int_equal(target->ops->write(target, in_bed("measure"), "[general]\n", 0640, NULL, &err), 0);
    times[3] = now();
    for (int i = 0; i < ROUNDS; i++) {
        VL_FREE char *text = NULL;
        mode_t mode;

        assert_int_equal(target->ops->read(target, in_bed("measure"), &text, &mode, &err), 0);
    }
    times[4] = now();
    print_message("one connect %.1f ms, run %.1f ms, write %.1f ms, read %.1f ms\n",
                  (times[1] - times[0]) * 1000 / (double)ROUNDS, (times[2] - times[1]) * 1000 / (double)ROUNDS,
                  (times[3] - times[2]) * 1000 / (double)ROUNDS, (times[4] - times[3]) * 1000 / (double)ROUNDS);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments_arrive_intact),
        cmocka_unit_test(test_exit_statuses),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_short_commands_never_stall),
        cmocka_unit_test(test_hanging_command_is_ended_at_the_deadline),
        cmocka_unit_test(test_patience_ends),
        cmocka_unit_test(test_patience_grows),
        cmocka_unit_test(test_connection_lost),
        cmocka_unit_test(test_worker_killed),
        cmocka_unit_test(test_many_targets_at_once),
        cmocka_unit_test(test_measure),
    };
    int status;

    return is_bed_possible(argc, argv, &status) ? cmocka_run_group_tests(tests, set_up, tear_down) : status;
}
