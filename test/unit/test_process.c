/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Child processes: what goes in, what comes back, and that none outlives its deadline.
 */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_output(void **state)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "echo out; echo err >&2; exit 7"), NULL, &result, &err), 0);
    assert_int_equal(result.status, 7);
    assert_string_equal(result.output, "out\n");
    assert_string_equal(result.errors, "err\n");
    assert_false(result.timed_out);
}

/* No shell looks at the arguments. */
static void test_arguments(void **state)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_process_run(ARGV("printf", "%s|", "$(id)", "a b", ";", ""), NULL, &result, &err), 0);
    assert_string_equal(result.output, "$(id)|a b|;||");
}

static void test_input(void **state)
{
    struct vl_process_options options = { .output_limit = 4 << 20 };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_PROCESS_RESULT_AUTO empty = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO input = VL_BUF_INIT;

    (void)state;
    for (int i = 0; i < 100000; i++)
        vl_buf_printf(&input, "line %d\n", i);
    options.input = vl_buf_text(&input);
    assert_int_equal(vl_process_run(ARGV("cat"), &options, &result, &err), 0);
    assert_true(strlen(result.output) == input.length);
    assert_string_equal(result.output, vl_buf_text(&input));
    assert_int_equal(vl_process_run(ARGV("cat"), NULL, &empty, &err), 0);
    assert_string_equal(empty.output, "");
}

/* A child that does not read its input is no reason to die of SIGPIPE, nor to wait. */
static void test_input_unread(void **state)
{
    struct vl_process_options options = { .timeout_ms = 10000 };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO input = VL_BUF_INIT;

    (void)state;
    while (input.length < 1 << 20)
        vl_buf_puts(&input, "0123456789abcdef");
    options.input = vl_buf_text(&input);
    assert_int_equal(vl_process_run(ARGV("true"), &options, &result, &err), 0);
    assert_int_equal(result.status, 0);
}

static void test_output_limit(void **state)
{
    struct vl_process_options options = { .output_limit = 100 };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_process_run(ARGV("seq", "1", "100000"), &options, &result, &err), 0);
    assert_int_equal(result.status, 0);
    assert_int_equal(strlen(result.output), 100);
    assert_memory_equal(result.output, "1\n2\n3\n", 6);
}

static void test_signal(void **state)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "kill -TERM $$"), NULL, &result, &err), 0);
    assert_int_equal(result.status, 128 + SIGTERM);
    assert_false(result.timed_out);
    assert_int_equal(vl_process_check(ARGV("sh", "-c", "kill -KILL $$"), NULL, NULL, &err), -1);
    assert_string_equal(vl_error_text(&err), "'sh' was ended by signal 9");
}

/* Of what a program wrote last, the end, and nothing that a terminal would obey. */
static void test_long_reason(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text;

    (void)state;
    assert_int_equal(vl_process_check(ARGV("sh", "-c", "printf '%050000d\\033[2Jel fin \\303\\261\\n' 0 >&2; exit 3"),
                                      NULL, NULL, &err),
                     -1);
    text = vl_error_text(&err);
    assert_true(strlen(text) < 600);
    assert_true(vl_text_starts(text, "'sh' failed with status 3: 0"));
    assert_string_equal(text + strlen(text) - strlen("0 [2Jel fin \303\261"), "0 [2Jel fin \303\261");
}

static void check_timeout(const char *script)
{
    struct vl_process_options options = { .timeout_ms = 300 };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = seconds();

    assert_int_equal(vl_process_run(ARGV("sh", "-c", script), &options, &result, &err), 0);
    assert_true(result.timed_out);
    assert_int_equal(result.status, 128 + SIGKILL);
    assert_true(seconds() - start < 5);
    assert_true(seconds() - start >= 0.29);
}

/* Silent, with output already sent, without any output descriptor, and deaf to SIGTERM. */
static void test_timeout(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    check_timeout("exec sleep 60");
    check_timeout("echo half; exec sleep 60");
    check_timeout("exec sleep 60 >&- 2>&-");
    check_timeout("trap '' TERM; while :; do :; done");
    assert_int_equal(
        vl_process_check(ARGV("sleep", "60"), &(struct vl_process_options){ .timeout_ms = 100 }, NULL, &err), -1);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
}

/* A grandchild that keeps the pipe open must not keep us past the deadline. */
static void test_orphan(void **state)
{
    struct vl_process_options options = { .timeout_ms = 400 };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = seconds();

    (void)state;
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "sleep 3 & echo done"), &options, &result, &err), 0);
    assert_string_equal(result.output, "done\n");
    assert_true(seconds() - start < 2.5);
}

/* Says yes from the n-th time on. */
static bool cancel_later(void *context)
{
    int *left = context;

    return (*left)-- <= 0;
}

static void check_cancel(const char *script, int status)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = seconds();
    int left = 2;

    assert_int_equal(
        vl_process_run(ARGV("sh", "-c", script),
                       &(struct vl_process_options){ .cancelled = cancel_later, .cancelled_context = &left }, &result,
                       &err),
        0);
    assert_true(result.cancelled);
    assert_false(result.timed_out);
    assert_int_equal(result.status, status);
    assert_true(seconds() - start < 8);
}

/* The child, silent or not, and what it has started, which holds the pipe; and a child that cleans up first. */
static void test_cancel(void **state)
{
    struct vl_process_options options = { .cancelled = cancel_later };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    int left = 0;

    (void)state;
    check_cancel("exec sleep 60", 128 + SIGTERM);
    check_cancel("exec sleep 60 >&- 2>&-", 128 + SIGTERM);
    check_cancel("sleep 60 & sleep 60", 128 + SIGTERM);
    check_cancel("trap 'exit 3' TERM; sleep 60 & wait", 3);
    options.cancelled_context = &left;
    assert_int_equal(vl_process_check(ARGV("sleep", "60"), &options, NULL, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "cancelled"));
    left = 1000;
    assert_int_equal(vl_process_run(ARGV("echo", "yes"), &options, &result, &err), 0);
    assert_false(result.cancelled);
    assert_string_equal(result.output, "yes\n");
}

static void collect(void *context, const char *line)
{
    struct vl_buf *buf = context;

    vl_buf_printf(buf, "<%s>", line);
}

static void test_lines(void **state)
{
    VL_BUF_AUTO lines = VL_BUF_INIT;
    struct vl_process_options options = { .on_line = collect, .on_line_context = &lines };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "printf 'one\\ntw' >&2; sleep 0.1; printf 'o\\n\\nrest' >&2"),
                                    &options, &result, &err),
                     0);
    assert_string_equal(vl_buf_text(&lines), "<one><two><>");
    assert_string_equal(result.errors, "one\ntwo\n\nrest");
}

/* Of much on stderr the end is kept, and every line is still reported once. */
static void test_many_errors(void **state)
{
    VL_BUF_AUTO lines = VL_BUF_INIT;
    struct vl_process_options options = { .on_line = collect, .on_line_context = &lines };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t reported = 0;

    (void)state;
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "seq 1 60000 >&2"), &options, &result, &err), 0);
    for (const char *p = vl_buf_text(&lines); *p; p++)
        reported += *p == '<';
    assert_int_equal(reported, 60000);
    assert_true(strlen(result.errors) >= 65536);
    assert_true(strlen(result.errors) <= 2 * 65536);
    assert_string_equal(result.errors + strlen(result.errors) - 13, "\n59999\n60000\n");
}

/* The shell is asked while it has no pipe of its own open, which a pipeline would give it for a moment. */
static void test_descriptors(void **state)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    int open_ones[2];

    (void)state;
    assert_int_equal(pipe(open_ones), 0);
    assert_true(dup2(open_ones[0], 40) == 40);
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "ls /proc/$$/fd; :"), NULL, &result, &err), 0);
    assert_string_equal(result.output, "0\n1\n2\n");
    (void)close(40);
    (void)close(open_ones[0]);
    (void)close(open_ones[1]);
}

static void test_start_keeps_one(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    int out[2], kept[2], status;
    char text[64] = "";
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(kept, O_CLOEXEC), 0);
    pid = vl_process_start("/bin/sh", ARGV("sh", "-c", "ls /proc/$$/fd; echo here >&3"), (int[]){ -1, out[1], -1 },
                           kept[1], NULL, &err);
    assert_true(pid > 0);
    (void)close(out[1]);
    (void)close(kept[1]);
    assert_true(waitpid(pid, &status, 0) == pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(out[0], text, sizeof(text) - 1), 8);
    assert_string_equal(text, "0\n1\n2\n3\n");
    memset(text, 0, sizeof(text));
    assert_int_equal(read(kept[0], text, sizeof(text) - 1), 5);
    assert_string_equal(text, "here\n");
    (void)close(out[0]);
    (void)close(kept[0]);
}

/* Signals that we ignore or block are not ignored or blocked in the child. */
static void test_signals_at_default(void **state)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    sigset_t blocked, before;

    (void)state;
    (void)signal(SIGTERM, SIG_IGN);
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "kill -TERM $$; exit 0"), NULL, &result, &err), 0);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    (void)signal(SIGTERM, SIG_DFL);
    assert_int_equal(result.status, 128 + SIGTERM);
}

static void test_directory_and_environment(void **state)
{
    struct vl_process_options options = { .directory = "/", .environment = ARGV("VOIPLAB_TEST=yes") };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(setenv("VOIPLAB_TEST", "no", 1), 0);
    assert_int_equal(vl_process_run(ARGV("sh", "-c", "pwd; echo $VOIPLAB_TEST"), &options, &result, &err), 0);
    assert_int_equal(unsetenv("VOIPLAB_TEST"), 0);
    assert_string_equal(result.output, "/\nyes\n");
}

static void test_missing(void **state)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_process_run(ARGV("voiplab-no-such-program"), NULL, &result, &err), -1);
    assert_string_equal(vl_error_text(&err), "cannot start 'voiplab-no-such-program': No such file or directory");
    assert_false(vl_process_found("voiplab-no-such-program"));
    assert_false(vl_process_found("/no/such/program"));
    assert_true(vl_process_found("sh"));
    assert_true(vl_process_found("/bin/sh"));
}

static void test_check(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *output = NULL;

    (void)state;
    assert_int_equal(vl_process_check(ARGV("echo", "yes"), NULL, &output, &err), 0);
    assert_string_equal(output, "yes\n");
    assert_int_equal(vl_process_check(ARGV("true"), NULL, NULL, &err), 0);
    assert_int_equal(err.code, VL_OK);
    assert_int_equal(vl_process_check(ARGV("sh", "-c", "echo first >&2; echo 'no room' >&2; exit 3"), NULL, NULL, &err),
                     -1);
    assert_string_equal(vl_error_text(&err), "'sh' failed with status 3: no room");
    assert_int_equal(vl_process_check(ARGV("false"), NULL, NULL, &err), -1);
    assert_string_equal(vl_error_text(&err), "'false' failed with status 1");
}

static size_t open_descriptors(void)
{
    size_t count = 0;

    for (int i = 0; i < 1024; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static void test_nothing_left_open(void **state)
{
    size_t before = open_descriptors();

    (void)state;
    for (int i = 0; i < 20; i++) {
        VL_PROCESS_RESULT_AUTO result = { .status = -1 };
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_process_options options = { .input = "x", .timeout_ms = i % 2 ? 20 : 0 };

        (void)vl_process_run(i % 3 ? ARGV("sleep", "0.05") : ARGV("voiplab-no-such-program"), &options, &result, &err);
    }
    assert_int_equal(open_descriptors(), before);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_input_unread),
        cmocka_unit_test(test_output_limit),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_long_reason),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_orphan),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_start_keeps_one),
        cmocka_unit_test(test_signals_at_default),
        cmocka_unit_test(test_directory_and_environment),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_nothing_left_open),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* as voiplab.h asks of every program */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
