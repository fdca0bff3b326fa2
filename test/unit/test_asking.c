/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of an Asterisk over its control socket, by the programs that are sent to a PBX and by the perl of this
 * host, with a socket that answers as Asterisk does; in a mount namespace of the test's own.
 */
#include "support.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "machine/target.h"

#define SOCKET "/var/run/asterisk/asterisk.ctl"

enum { REGISTERED_AT = 3, ANSWER_S = 2 };

static pid_t asterisk;

static void say(int client, const char *text)
{
    assert_int_equal(write(client, text, strlen(text)), strlen(text));
}

/* Registered when it is asked for the third time. */
static void answer(int client, const char *command)
{
    static unsigned asked;

    if (!strcmp(command, "voiplab-end"))
        say(client, "No such command 'voiplab-end' (type 'core show help voiplab-end' for other possible commands)\n");
    else if (!strcmp(command, "sip show registry"))
        say(client, ++asked >= REGISTERED_AT ? "10.0.0.1:5060 N 7001 105 Registered Mon\n"
                                             : "10.0.0.1:5060 N 7001 120 Request Sent\n");
    else if (!strcmp(command, "of before")) /* registered all the time, and anew when it is asked for the third time */
        say(client, ++asked == REGISTERED_AT ? "10.0.0.1:5060 N 7001 105 Registered Tue\n"
                    : asked < REGISTERED_AT  ? "10.0.0.1:5060 N 7001 105 Registered Mon\n"
                                             : "10.0.0.1:5060 N 7001 105 Registered Wed\n");
    else if (!strcmp(command, "in between")) /* it was something else in between */
        say(client, ++asked == 2 ? "10.0.0.1:5060 N 7001 105 Request Sent Mon\n"
                    : asked <= 3 ? "10.0.0.1:5060 N 7001 105 Registered Mon\n"
                                 : "asked too often\n");
    else if (!strcmp(command, "the same"))
        say(client, ++asked < 8 ? "10.0.0.1:5060 N 7001 105 Registered Mon\n" : "asked too often\n");
    else if (!strcmp(command, "sip show peers"))
        say(client, "hub/7001 10.0.0.1 5060 OK (1 ms)\n");
    else if (!strcmp(command, "go away"))
        _exit(0);
    else if (strcmp(command, "hang") != 0)
        say(client, "answered\n");
    else
        (void)pause();
}

static void serve(int listening)
{
    char bytes[4096];
    size_t length = 0;
    int client = accept(listening, NULL, NULL);

    say(client, "host/1234/Asterisk 16.28.0\n");
    for (ssize_t got; (got = read(client, bytes + length, sizeof(bytes) - length)) > 0;) {
        char *end;

        length += (size_t)got;
        while ((end = memchr(bytes, '\0', length))) {
            answer(client, bytes);
            length -= (size_t)(end + 1 - bytes);
            memmove(bytes, end + 1, length);
        }
    }
    _exit(0);
}

static int set_up(void **state)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    if (geteuid() != 0)
        return 0;
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    assert_int_equal(mount("tmpfs", "/var/run", "tmpfs", 0, NULL), 0);
    assert_int_equal(mkdir("/var/run/asterisk", 0755), 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listening, 1), 0);
    asterisk = fork();
    if (asterisk == 0)
        serve(listening);
    (void)close(listening);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (asterisk > 0) {
        (void)kill(asterisk, SIGKILL);
        (void)waitpid(asterisk, NULL, 0);
        (void)umount2("/var/run", MNT_DETACH);
    }
    asterisk = 0;
    return 0;
}

static int execute_here(void *context, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                        int *ret_status, struct vl_buf *output, struct vl_buf *errors, struct vl_error *err)
{
    const struct vl_process_options options = { .input = input, .timeout_ms = timeout_ms, .output_limit = limit };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };

    (void)context;
    (void)errors;
    if (vl_process_run(argv, &options, &result, err) < 0)
        return -1;
    *ret_status = result.status;
    vl_buf_puts(output, result.output);
    assert_string_equal(result.errors, "");
    return 0;
}

static struct vl_target *open_here(void)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_target *target = vl_target_by("here", &(struct vl_executor){ .execute = execute_here }, &err);

    assert_non_null(target);
    target->answer_timeout_ms = ANSWER_S * 1000;
    return target;
}

/* What the target says to `asterisk -rx COMMAND`, out of what was learnt ahead. */
static char *said(struct vl_target *target, const char *command, int *ret_status)
{
    const char *const argv[] = { "asterisk", "-rx", command, NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_command_result result = { .status = -1 };

    assert_int_equal(target->ops->run(target, argv, NULL, 1000, &result, &err), 0);
    *ret_status = result.status;
    return result.output;
}

static const char *const commands[] = { "core show version", "sip show registry", "sip show peers", NULL };

static void assert_registered(struct vl_target *target)
{
    int status;
    VL_FREE char *version = said(target, commands[0], &status), *registry = said(target, commands[1], &status),
                 *peers = said(target, commands[2], &status);

    assert_string_equal(version, "answered\n");
    assert_string_equal(registry, "10.0.0.1:5060 N 7001 105 Registered Mon\n");
    assert_string_equal(peers, "hub/7001 10.0.0.1 5060 OK (1 ms)\n");
    assert_int_equal(status, 0);
}

static void need_root(void)
{
    if (geteuid() != 0)
        skip();
}

static void test_awaited(void **state)
{
    struct vl_target *target = open_here();

    (void)state;
    need_root();
    vl_target_prefetch(
        target, &(struct vl_wanted){ .commands = commands, .awaited = "~\\sRegistered ~\\sOK\\s", .together = 2 });
    assert_registered(target);
    vl_target_close(target);
}

/* What was well before is waited for until it is another, and no longer: its first answer is of before. */
static void ask_twice(const char *command, const char *second)
{
    const char *const twice[] = { command, command, "sip show peers", NULL };
    struct vl_target *target = open_here();
    int status;

    need_root();
    vl_target_prefetch(
        target, &(struct vl_wanted){ .commands = twice, .awaited = "!= ~\\sRegistered ~\\sOK\\s", .together = 2 });
    for (int i = 0; i < 2; i++) {
        VL_FREE char *registry = said(target, command, &status);

        assert_string_equal(registry, i == 0 ? "10.0.0.1:5060 N 7001 105 Registered Mon\n" : second);
    }
    vl_target_close(target);
}

static void test_another(void **state)
{
    (void)state;
    ask_twice("of before", "10.0.0.1:5060 N 7001 105 Registered Tue\n");
}

static void test_another_of_then(void **state)
{
    (void)state;
    ask_twice("in between", "10.0.0.1:5060 N 7001 105 Registered Mon\n");
}

/* It may stay the same: without a time, or of the same second. */
static void test_no_other(void **state)
{
    (void)state;
    ask_twice("the same", "10.0.0.1:5060 N 7001 105 Registered Mon\n");
}

/* With a program that comes first. */
static void test_question(void **state)
{
    const struct vl_wanted wanted = { .commands = commands, .awaited = "~\\sRegistered", .together = 2 };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_command_result result = { .status = -1 };
    struct vl_target *target = open_here();
    const char *const *argv;
    unsigned long told = 0;

    (void)state;
    need_root();
    argv = target->ops->question(target, &wanted, "read(STDIN, $z, 5); $z eq q(given) or exit 3; $said = 47; ", &arena);
    assert_non_null(argv);
    assert_int_equal(target->ops->run(target, argv, "wrong", 5000, &result, &err), 0);
    assert_int_equal(result.status, 3);
    assert_int_equal(target->ops->take(target, &wanted, result.output, &told), VL_TAKEN_NOT);
    vl_command_result_free(&result);
    assert_int_equal(target->ops->run(target, argv, "given", 5000, &result, &err), 0);
    assert_int_equal(result.status, 0);
    assert_int_equal(target->ops->take(target, &wanted, result.output, &told), VL_TAKEN_LEARNT);
    assert_int_equal(told, 47);
    assert_registered(target);
    result.output[strlen(result.output) - 9] = '\0';
    assert_int_equal(target->ops->take(target, &wanted, result.output, &told), VL_TAKEN_DONE);
    vl_command_result_free(&result);
    vl_target_close(target);
}

/* One that hangs, or an Asterisk that goes away, is not the end of what was answered before it. */
static void cut_off(const char *by)
{
    const char *const cut[] = { "core show version", "sip show registry", by, NULL };
    struct vl_target *target = open_here();
    int status;

    need_root();
    vl_target_prefetch(target, &(struct vl_wanted){ .commands = cut, .awaited = "~\\sRegistered", .together = 2 });
    for (size_t i = 0; i < 3; i++) {
        VL_FREE char *text = said(target, cut[i], &status);

        assert_string_equal(text, i == 0 ? "answered\n" : i == 1 ? "10.0.0.1:5060 N 7001 120 Request Sent\n" : "");
        assert_int_equal(status, i == 2 ? 124 : 0);
    }
    vl_target_close(target);
}

static void test_hanging(void **state)
{
    (void)state;
    cut_off("hang");
}

static void test_gone(void **state)
{
    (void)state;
    cut_off("go away");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_awaited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_of_then, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_question, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hanging, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gone, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
