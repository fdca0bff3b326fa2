/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH target: logging in to good, old and hostile servers, and the cage of the worker that does it.
 *
 * ctest: THREADS yes
 */
#include "ssh_bed.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

#include "machine/sandbox.h"

static void test_wrong_host_key(void **state)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.hostkey = bed.other_hostkey;
    /* a key that would be refused too: the host key must come first */
    options.private_key = bed.other_key;
    refuse(&options, &err);
    assert_says(&err, "host key of 'virtual1' is not the one that this lab made");
    options.hostkey = "ssh-dss AAAA";
    refuse(&options, &err);
    assert_says(&err, "of no type that can be checked");
    options.hostkey = "ecdsa-sha2-nistp256 AAAA";
    refuse(&options, &err);
    assert_says(&err, "no type of host key in common: it offers 'ssh-ed25519', we 'ecdsa-sha2-nistp256'");
    options.hostkey = "ssh-ed25519 ";
    refuse(&options, &err);
    assert_says(&err, "is not the one");
}

static void test_wrong_user_key(void **state)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.private_key = bed.other_key;
    refuse(&options, &err);
    assert_says(&err, "refuses the lab's key");
    options.private_key = "no key at all";
    refuse(&options, &err);
    assert_true(err.code == VL_ERROR_FAILED);
}

static void test_nobody_there(void **state)
{
    unsigned port;
    VL_CLOSE int bound = bind_free(&port); /* taken, but nobody listens */
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_true(bound >= 0);
    refuse(&options, &err);
    assert_says(&err, "cannot reach 'virtual1' (127.0.0.1 port");
    options.address = "virtual1.example";
    refuse(&options, &err);
    assert_says(&err, "no address");
}

static void test_silent_server(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    double start = now();

    (void)state;
    assert_int_equal(listen(descriptor, 4), 0);
    options.connect_timeout_ms = 600;
    refuse(&options, &err);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_true(now() - start >= 0.6 && now() - start < 6);
    assert_int_equal(find_worker(), -1);
}

/* Whether a process has these bytes in memory that it can write to; one that is gone has nothing. */
static bool has_in_memory(pid_t pid, const char *bytes, size_t length)
{
    VL_FREE char *maps = NULL, *memory = NULL;
    char *line = NULL, *end = NULL, *file = NULL;
    size_t size = 0;
    bool found = false;
    FILE *list;
    int descriptor;

    assert_true(asprintf(&maps, "/proc/%ld/maps", (long)pid) > 0);
    assert_true(asprintf(&memory, "/proc/%ld/mem", (long)pid) > 0);
    list = fopen(maps, "re");
    descriptor = open(memory, O_RDONLY | O_CLOEXEC);
    while (list && descriptor >= 0 && !found && getline(&line, &size, list) > 0) {
        unsigned long from = strtoul(line, &end, 16), to = strtoul(end + 1, &file, 16);
        char *copy = file[2] == 'w' && to - from < (64UL << 20) ? malloc(to - from) : NULL;
        ssize_t got = copy ? pread(descriptor, copy, to - from, (off_t)from) : -1;

        found = got > 0 && memmem(copy, (size_t)got, bytes, length);
        free(copy);
    }
    free(line);
    if (list)
        (void)fclose(list);
    if (descriptor >= 0)
        (void)close(descriptor);
    return found;
}

static void *open_in_vain(void *argument)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    vl_target_close(vl_target_ssh(argument, &err));
    return NULL;
}

/* While the guest's first bytes are awaited, and after: the lab's private key is not where they are read. */
static void test_private_key_is_not_with_the_worker(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    const char *middle = strchr(bed.key + 40, '\n') + 71 * 2; /* the third line has the key's secret part */
    pthread_t thread;
    pid_t worker = -1;
    bool found, name = false;

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(listen(descriptor, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, open_in_vain, &options), 0);
    /* it is the one when it has been told what it shall know */
    for (int i = 0; i < 1000 && !name; i++) {
        (void)usleep(10000);
        worker = find_worker();
        name = worker > 0 && has_in_memory(worker, options.hostkey, strlen(options.hostkey));
    }
    (void)usleep(100000);
    found = has_in_memory(worker, middle, 40);
    name = name && has_in_memory(worker, options.hostkey, strlen(options.hostkey));
    (void)close(accept(descriptor, NULL, NULL));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(name);
    assert_false(found);
}

/* A peer that sends `bytes` and goes. */
static void *send_garbage(void *argument)
{
    int listener = *(int *)argument;
    VL_CLOSE int peer = accept(listener, NULL, NULL);
    VL_FREE char *bytes = malloc(100000);

    assert_non_null(bytes);
    for (size_t i = 0; i < 100000; i++)
        bytes[i] = (char)(i * 7919 % 251);
    memcpy(bytes, "SSH-2.0-garbage\r\n", 17);
    (void)send(peer, bytes, 100000, MSG_NOSIGNAL);
    return NULL;
}

static void test_garbage_server(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    pthread_t thread;

    (void)state;
    assert_int_equal(listen(descriptor, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_garbage, &descriptor), 0);
    options.connect_timeout_ms = 5000;
    refuse(&options, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(find_worker(), -1);
}

/* Add a list of names: its length, then itself. */
static void put_names(struct vl_buf *packet, const char *names)
{
    size_t length = strlen(names);

    for (int shift = 24; shift >= 0; shift -= 8)
        vl_buf_putc(packet, (char)(length >> shift & 0xff));
    vl_buf_puts(packet, names);
}

/* A peer that begins the exchange of keys again and again (RFC 4253 section 7.1), with 20,000 characters each time. */
static void *send_beginnings(void *argument)
{
    static const char *const lists[] = {
        "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""
    };
    int listener = *(int *)argument;
    VL_CLOSE int peer = accept(listener, NULL, NULL);
    VL_BUF_AUTO names = VL_BUF_INIT, body = VL_BUF_INIT, packet = VL_BUF_INIT;
    size_t padding, length;

    vl_buf_puts(&names, "curve25519-sha256,ecdh-sha2-nistp256,");
    for (int i = 0; i < 20000; i++)
        vl_buf_putc(&names, 'x');
    vl_buf_add(&body, "\x14sixteen bytes...", 17);
    put_names(&body, vl_buf_text(&names));
    for (size_t i = 0; i < VL_COUNT(lists); i++)
        put_names(&body, lists[i]);
    vl_buf_add(&body, "\0\0\0\0\0", 5);
    padding = 8 - (body.length + 5) % 8 + (8 - (body.length + 5) % 8 < 4 ? 8 : 0);
    length = body.length + padding + 1;
    for (int shift = 24; shift >= 0; shift -= 8)
        vl_buf_putc(&packet, (char)(length >> shift & 0xff));
    vl_buf_putc(&packet, (char)padding);
    vl_buf_add(&packet, body.data, body.length);
    for (size_t i = 0; i < padding; i++)
        vl_buf_putc(&packet, '\0');
    (void)send(peer, "SSH-2.0-x\r\n", 11, MSG_NOSIGNAL);
    while (send(peer, packet.data, packet.length, MSG_NOSIGNAL) > 0)
        ;
    return NULL;
}

/* What a guest sends before it has shown who it is costs no more than the cage allows. */
static void test_flood_of_beginnings(void **state)
{
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);
    struct vl_ssh_options options = options_for(port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct rusage usage;
    pthread_t thread;

    (void)state;
    assert_int_equal(listen(descriptor, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, send_beginnings, &descriptor), 0);
    options.connect_timeout_ms = 5000;
    refuse(&options, &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(find_worker(), -1);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    if (vl_sandbox_filters())
        assert_in_range(usage.ru_maxrss, 0, 200 << 10); /* KiB */
}

static void test_old_guest(void **state)
{
    static const char *const old[] = { "KexAlgorithms=diffie-hellman-group14-sha1",
                                       "HostKeyAlgorithms=ssh-rsa",
                                       "PubkeyAcceptedAlgorithms=ssh-rsa",
                                       "Ciphers=aes128-ctr",
                                       "MACs=hmac-sha1",
                                       NULL };
    const char *key = make_key("rsa_user", "rsa", "");
    struct vl_ssh_options options = options_for(0);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_target *target;
    pid_t sshd;

    (void)state;
    options.private_key = key;
    options.hostkey = make_key("rsa_host", "rsa", ".pub");
    sshd = start_sshd("rsa_host", old, &options.port);
    target = vl_target_ssh(&options, &err);
    if (target)
        assert_int_equal(run_status(target, "exit 5"), 5);
    vl_target_close(target);
    stop(sshd);
    if (!target)
        fail_msg("%s", vl_error_text(&err));
}

static void test_ecdsa_user_key(void **state)
{
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *target = NULL;

    (void)state;
    options.private_key = make_key("ecdsa_user", "ecdsa", "");
    target = vl_target_ssh(&options, &err);
    if (!target)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(run_status(target, "exit 6"), 6);
}

/* Who has to wait for its turn at the door has all of its time after that; where nobody is there, nobody waits. */
static void wait_there(void *context)
{
    int *calls = context;

    (*calls)++;
    assert_int_equal(find_worker(), -1);
    (void)poll(NULL, 0, 2200);
}

static void test_there(void **state)
{
    int calls = 0;
    const struct vl_ssh_there there = { .call = wait_there, .context = &calls };
    struct vl_ssh_options options = options_for(bed.port);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *target = NULL;
    unsigned port;
    VL_CLOSE int descriptor = bind_free(&port);

    (void)state;
    options.connect_timeout_ms = 2000;
    options.there = &there;
    target = vl_target_ssh(&options, &err);
    if (!target)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(run_status(target, "exit 7"), 7);
    assert_int_equal(calls, 1);
    assert_true(descriptor >= 0);
    options.port = port; /* where nobody listens */
    refuse(&options, &err);
    assert_int_equal(calls, 1);
}

/* The cage */

static void test_worker_is_caged(void **state)
{
    static const char canary[] = "VOIPLAB_TEST_CANARY=seen";
    VL_TARGET_AUTO *target = NULL;
    VL_FREE char *status = NULL, *arguments = NULL, *environment = NULL, *limits = NULL;
    pid_t worker;

    (void)state;
    assert_int_equal(setenv("VOIPLAB_TEST_CANARY", "seen", 1), 0);
    target = open_target();
    worker = find_worker();
    assert_true(worker > 0);
    status = read_process(worker, "status");
    arguments = read_process(worker, "cmdline");
    limits = read_process(worker, "limits");
    assert_string_equal(arguments, "voiplab " VL_SSH_WORKER_ARGUMENT " ");
    assert_non_null(strstr(status, "NoNewPrivs:\t1"));
    if (vl_sandbox_filters())
        assert_non_null(strstr(status, "Seccomp:\t2"));
    assert_non_null(strstr(limits, "Max file size             0                    0"));
    assert_non_null(strstr(limits, "Max processes             0                    0"));
    if (geteuid() == 0) {
        environment = read_process(worker, "environ");
        assert_null(strstr(environment, canary));
        assert_null(strstr(arguments, "PRIVATE KEY"));
        assert_null(strstr(environment, "PRIVATE KEY"));
        assert_non_null(strstr(status, "Uid:\t65534\t65534\t65534\t65534"));
        assert_non_null(strstr(status, "Gid:\t65534\t65534\t65534\t65534"));
        assert_non_null(strstr(status, "Groups:\t \n"));
        assert_non_null(strstr(status, "CapEff:\t0000000000000000"));
    }
    assert_int_equal(run_status(target, "exit 0"), 0);
}

static void test_worker_ends_with_the_program(void **state)
{
    VL_TARGET_AUTO *target = NULL;
    int pipes[2];
    pid_t pid, worker = -1;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct vl_command_result result = { .output = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };

        target = open_target();
        worker = find_worker();
        (void)!write(pipes[1], &worker, sizeof(worker));
        (void)target->ops->run(target, (const char *const[]){ "sleep", "60", NULL }, NULL, 0, &result, &err);
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &worker, sizeof(worker)), sizeof(worker));
    assert_true(worker > 0);
    (void)usleep(200000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 100; i++) {
        VL_FREE char *path = NULL;
        VL_FREE char *text = NULL;
        VL_ERROR_AUTO err = { .code = VL_OK };

        assert_true(asprintf(&path, "/proc/%d/status", (int)worker) > 0);
        /* somebody else has to take the dead one away; dead is enough */
        if (vl_file_read(path, 65536, &text, NULL, &err) < 0 || strstr(text, "State:\tZ"))
            break;
        assert_true(i < 99);
        (void)usleep(20000);
    }
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there),           cmocka_unit_test(test_wrong_host_key),
        cmocka_unit_test(test_wrong_user_key),  cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_silent_server),   cmocka_unit_test(test_private_key_is_not_with_the_worker),
        cmocka_unit_test(test_garbage_server),  cmocka_unit_test(test_flood_of_beginnings),
        cmocka_unit_test(test_old_guest),       cmocka_unit_test(test_ecdsa_user_key),
        cmocka_unit_test(test_worker_is_caged), cmocka_unit_test(test_worker_ends_with_the_program),
    };
    int status;

    return is_bed_possible(argc, argv, &status) ? cmocka_run_group_tests(tests, set_up, tear_down) : status;
}
