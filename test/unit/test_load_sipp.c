/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load runs with a real SIPp against a real SIPp: one that answers at once, one that challenges, nobody at all.
 *
 * ctest: COST 35
 */
#include "sipp_bed.h"

static void test_direct_answers(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(NULL, port);
    const struct vl_load load = a_load(20, 30, 300);
    const struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;

    (void)state;
    if (vl_sipp_run(&options, &summary, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    stop(pid);
    assert_int_equal(vl_sipp_verdict(&summary, &err), 0);
    assert_int_equal(summary.outcome, VL_LOAD_COMPLETE);
    assert_int_equal(summary.succeeded, 30);
    assert_int_equal(summary.failed, 0);
    assert_in_range(summary.peak, 3, 12);
    assert_true(summary.rate > 15 && summary.rate < 25);
    for (size_t i = 0; i < VL_SIPP_CLOCKS; i++)
        assert_int_equal(summary.times[i].count, 30);
    text = vl_sipp_summary_text(&summary);
    assert_non_null(strstr(text, "30 of 30"));
    assert_work_is_empty();
}

static void test_challenged(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(SOURCE_DIRECTORY "/test/unit/data/sipp/uas_auth.xml", port);
    const struct vl_load load = a_load(20, 30, 200);
    struct vl_sipp_options options = options_for(&load, port);
    static const struct vl_sipp_caller wrong = { .number = "1500", .secret = "wrongSecret" };
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 }, stranger = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    assert_int_equal(summary.succeeded, 27);
    assert_int_equal(summary.failed, 3);
    assert_int_equal(summary.reason_count, 1);
    assert_string_equal(summary.reasons[0].text, "503 Service Unavailable");
    assert_int_equal(summary.reasons[0].count, 3);
    assert_int_equal(summary.retransmissions, 0);
    assert_true(summary.times[VL_LOAD_CLOCK_ANSWER].p50 >= summary.times[VL_LOAD_CLOCK_REQUEST].p50 + 15);
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
    vl_error_clear(&err);

    options.callers = &wrong;
    assert_int_equal(vl_sipp_run(&options, &stranger, &err), 0);
    stop(pid);
    assert_false(stranger.proven);
    assert_string_equal(stranger.reasons[0].text, "403 Forbidden");
    assert_int_equal(vl_sipp_verdict(&stranger, &err), -1);
    assert_work_is_empty();
}

/* A copy of an earlier answer is no answer to what was sent since, in any scenario. */
static void take_late_copies(unsigned port, const struct vl_scenario *scenario)
{
    const struct vl_load load = a_load(10, 10, 200);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    options.scenario = scenario;
    options.keys = scenario->types ? KEYS : NULL;
    options.scenario_text = scenario_text(scenario->name);
    assert_true(vl_scenario_tells_copies(options.scenario_text));
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    if (summary.reason_count || summary.succeeded != 10)
        fail_msg("%s: %u succeeded; %s", scenario->name, (unsigned)summary.succeeded,
                 summary.reason_count ? summary.reasons[0].text : "no reason");
    assert_int_equal(summary.failed, 0);
    assert_true(summary.retransmissions >= 10); /* or nothing came late */
    assert_true(summary.times[VL_LOAD_CLOCK_REQUEST].p50 >= 850);
    if (!scenario->registers)
        assert_true(summary.times[VL_LOAD_CLOCK_HANGUP].p50 >= 250);
    assert_int_equal(vl_sipp_verdict(&summary, &err), 0);
    assert_work_is_empty();
}

static void test_late_copies(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_slow_answerer(port);

    (void)state;
    for (const struct vl_scenario *scenario = vl_scenarios; scenario->name; scenario++)
        if (!scenario->waits)
            take_late_copies(port, scenario);
    stop(pid);
    assert_false(vl_scenario_tells_copies("<scenario><send><recv response=\"200\"/></scenario>"));
}

static void test_nobody_answers(void **state)
{
    VL_CLOSE int silent = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof(name);
    struct vl_load load = a_load(10, 5, 100);
    struct vl_sipp_options options;
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_int_equal(bind(silent, (const struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&name, &length), 0);
    load.timeout_s = 3;
    options = options_for(&load, ntohs(name.sin_port));
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    assert_int_equal(summary.outcome, VL_LOAD_TIMED_OUT);
    assert_false(summary.proven);
    assert_true(summary.retransmissions > 0);
    assert_int_equal(summary.times[VL_LOAD_CLOCK_REQUEST].count, 0);
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "no call to '1999'"));
    assert_work_is_empty();
}

static int cancel_when_up(void *context)
{
    const struct watcher *watcher = context;

    return watcher->up > 3;
}

/* While a run goes on: the account file is ours alone, and no process shows the secret. */
static void look_around(struct watcher *watcher)
{
    DIR *directory = opendir(work);
    const struct dirent *entry;

    while ((entry = readdir(directory)))
        if (strncmp(entry->d_name, "accounts", 8) == 0) {
            struct stat status;

            assert_int_equal(fstatat(dirfd(directory), entry->d_name, &status, 0), 0);
            assert_int_equal(status.st_mode & 0777, 0600);
        }
    (void)closedir(directory);
    directory = opendir("/proc");
    while ((entry = readdir(directory))) {
        char path[300], command[8192];
        VL_FCLOSE FILE *file = NULL;
        size_t got;

        (void)snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        file = fopen(path, "r");
        got = file ? fread(command, 1, sizeof(command), file) : 0;
        watcher->secret_seen |= memmem(command, got, "rightSecret123", 14) != NULL;
    }
    (void)closedir(directory);
}

static void watch(void *context, const struct vl_load_sample *now)
{
    struct watcher *watcher = context;

    watcher->progresses++;
    if (now->current > watcher->up)
        watcher->up = now->current;
    look_around(watcher);
}

static void cancelled_run(unsigned hold_ms, struct vl_sipp_summary *summary, struct watcher *watcher, double *took)
{
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(NULL, port);
    const struct vl_load load = a_load(20, 1000, hold_ms);
    struct vl_sipp_options options = options_for(&load, port);
    struct timespec before, after;
    VL_ERROR_AUTO err = { .code = VL_OK };

    options.cancelled = cancel_when_up;
    options.sample = watch;
    options.context = watcher;
    (void)clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(vl_sipp_run(&options, summary, &err), 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &after);
    stop(pid);
    *took = (double)(after.tv_sec - before.tv_sec);
    assert_int_equal(summary->outcome, VL_LOAD_CANCELLED);
    assert_true(summary->made < 200);
    assert_int_equal(vl_sipp_verdict(summary, &err), -1);
    assert_work_is_empty();
}

static void test_cancelled(void **state)
{
    struct watcher watcher = { .progresses = 0 };
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    double took;

    (void)state;
    cancelled_run(1500, &summary, &watcher, &took);
    assert_true(took <= 6);
    assert_true(summary.succeeded == summary.made);
    assert_int_equal(summary.left_up, 0);
    assert_true(watcher.progresses > 0);
    assert_false(watcher.secret_seen);
}

static void test_cancelled_with_long_calls(void **state)
{
    struct watcher watcher = { .progresses = 0 };
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    double took;

    (void)state;
    cancelled_run(600000, &summary, &watcher, &took);
    assert_true(took <= 12);
    assert_int_equal(summary.succeeded, 0);
    assert_int_equal(summary.left_up, summary.made);
}

static void test_two_at_once(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_answerer(NULL, port), other;
    const struct vl_load load = a_load(20, 20, 500);
    const struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    int status = -1;

    (void)state;
    other = fork();
    if (other == 0)
        _exit(vl_sipp_run(&options, &summary, &err) == 0 && vl_sipp_verdict(&summary, &err) == 0 ? 0 : 1);
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    assert_int_equal(summary.succeeded, 20);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_int_equal(status, 0);
    stop(pid);
    assert_work_is_empty();
}

/* The cage */

static unsigned long long status_of(pid_t pid, const char *key, int base)
{
    char path[64], line[256];
    unsigned long long value = ~0ULL;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtoull(line + strlen(key), NULL, base);
    if (file)
        (void)fclose(file);
    return value;
}

struct look {
    unsigned long long uid, gid, privileges, capabilities, filter;
    bool seen, apart;
};

static int look_at_sipp(void *context)
{
    struct look *look = context;
    pid_t pid = look->seen ? 0 : find_sipp(getpid());
    char path[64], place[256] = "";

    if (!pid)
        return 0;
    (void)snprintf(path, sizeof(path), "/proc/%ld/cwd", (long)pid);
    look->seen = true;
    look->uid = status_of(pid, "Uid:", 10);
    look->gid = status_of(pid, "Gid:", 10);
    look->privileges = status_of(pid, "NoNewPrivs:", 10);
    look->capabilities = status_of(pid, "CapEff:", 16) | status_of(pid, "CapPrm:", 16);
    look->filter = status_of(pid, "Seccomp:", 10);
    look->apart = readlink(path, place, sizeof(place) - 1) > 0 && strcmp(place, work) != 0;
    return 0;
}

/* A guest that runs this instead of Asterisk: SIPp 3.6.1 dies of a challenge whose parameter is that long. */
static void answer_with_a_long_challenge(int descriptor)
{
    static char request[65536], answer[65536], opaque[24001];
    static const char *const copied[] = { "Via", "From", "Call-ID", "CSeq" };

    memset(opaque, 'A', sizeof(opaque) - 1);
    for (;;) {
        struct sockaddr_in from;
        socklen_t size = sizeof(from);
        ssize_t got = recvfrom(descriptor, request, sizeof(request) - 1, 0, (struct sockaddr *)&from, &size);
        size_t length = (size_t)snprintf(answer, sizeof(answer), "SIP/2.0 407 P\r\n");
        char key[16];

        if (got <= 0 || strncmp(request, "INVITE", 6) != 0)
            continue;
        request[got] = '\0';
        for (size_t i = 0; i < VL_COUNT(copied); i++) {
            const char *line;

            (void)snprintf(key, sizeof(key), "\n%s:", copied[i]);
            line = strstr(request, key);
            if (line)
                length += (size_t)snprintf(answer + length, sizeof(answer) - length, "%.*s\r\n",
                                           (int)strcspn(line + 1, "\r"), line + 1);
        }
        length += (size_t)snprintf(answer + length, sizeof(answer) - length,
                                   "To: <sip:1999@127.0.0.1>;tag=a\r\nProxy-Authenticate: Digest realm=\"x\", "
                                   "nonce=\"y\", opaque=\"%s\"\r\nContent-Length: 0\r\n\r\n",
                                   opaque);
        (void)sendto(descriptor, answer, length, 0, (const struct sockaddr *)&from, size);
    }
}

static pid_t start_attacker(unsigned port)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    pid_t pid;

    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&name, sizeof(name)), 0);
    pid = fork();
    if (pid == 0)
        answer_with_a_long_challenge(descriptor);
    (void)close(descriptor);
    return pid;
}

/* What reads a guest's bytes can do nothing but that, and its death is told. */
static void test_caged(void **state)
{
    unsigned port = free_udp_port();
    pid_t pid = start_attacker(port);
    const struct vl_load load = a_load(1, 3, 1000);
    struct vl_sipp_options options = options_for(&load, port);
    struct look look = { .seen = false };
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 }, longer = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    int rc;

    (void)state;
    options.cancelled = look_at_sipp;
    options.context = &look;
    rc = vl_sipp_run(&options, &summary, &err);
    stop(pid);
    assert_true(rc < 0 || vl_sipp_verdict(&summary, &err) < 0);
    assert_non_null(strstr(vl_error_text(&err), "signal 11"));
    assert_work_is_empty();
    /* one that lives long enough to be looked at */
    pid = start_answerer(NULL, port = free_udp_port());
    options.port = port;
    assert_int_equal(vl_sipp_run(&options, &longer, &err), 0);
    stop(pid);
    assert_true(look.seen);
    if (geteuid() == 0) {
        assert_int_not_equal(look.uid, 0);
        assert_int_not_equal(look.gid, 0);
    }
    assert_int_equal(look.privileges, 1);
    assert_int_equal(look.capabilities, 0);
    assert_true(look.apart);
    if (vl_sandbox_filters())
        assert_int_equal(look.filter, 2);
}

/* What runs in the cage finds nothing of the lab, starts nothing and kills nobody. */
static void test_cage_from_inside(void **state)
{
    static const char script[] = "read word <../secret; echo \"[$word]\"; read word </etc/shadow; echo \"[$word]\"; "
                                 "read word <own; echo \"[$word]\"; kill -0 $PPID && echo killed; /bin/true && "
                                 "echo started";
    VL_SCRATCH_AUTO scratch = VL_SCRATCH_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    char said[4096] = "", path[256];
    int ends[2];
    size_t length = 0;
    ssize_t got;
    pid_t pid;

    (void)state;
    if (geteuid() != 0 || !vl_sandbox_filters())
        skip();
    (void)snprintf(path, sizeof(path), "%s/secret", work);
    assert_int_equal(vl_file_write(path, "SECRET\n", 7, 0644, &err), 0);
    assert_int_equal(vl_scratch_make(&scratch, work, &err), 0);
    (void)snprintf(path, sizeof(path), "%s/own", scratch.path);
    assert_int_equal(vl_file_write(path, "OWN\n", 4, 0644, &err), 0);
    assert_int_equal(vl_file_give_directory(scratch.lock, VL_SANDBOX_PROGRAM_USER, &err), 0);
    assert_int_equal(pipe(ends), 0);
    pid = vl_cage_start((const char *const[]){ "sh", "-c", "exec sh -c \"$0\" 1>&2", script, NULL }, false,
                        scratch.lock, ends[1], &err);
    assert_true(pid > 0);
    (void)close(ends[1]);
    while (length < sizeof(said) - 1 && (got = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0)
        length += (size_t)got;
    (void)close(ends[0]);
    stop(pid);
    if (strstr(said, "SECRET") || strstr(said, "root:") || strstr(said, "killed") || strstr(said, "started") ||
        !strstr(said, "[]") || !strstr(said, "[OWN]") || !strstr(said, "Cannot fork"))
        fail_msg("%s", said);
    (void)snprintf(path, sizeof(path), "%s/secret", work);
    assert_int_equal(unlink(path), 0);
}

/* A process that has ended is there until somebody waits for it, which the first one of a container may never do. */
static bool runs(pid_t pid)
{
    char path[32], line[256] = "";
    VL_FCLOSE FILE *file = NULL;
    const char *name_end;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file || !fgets(line, sizeof(line), file))
        return false;
    name_end = strrchr(line, ')');
    return name_end && strncmp(name_end, ") Z", 3) != 0;
}

/* Killed, we leave no SIPp; and what it leaves in files goes with the next run. */
static void test_killed(void **state)
{
    unsigned port = free_udp_port();
    pid_t other = start_answerer(NULL, port), runner, sipp = 0;
    const struct vl_load load = a_load(10, 200, 60000), short_load = a_load(10, 5, 100);
    struct vl_sipp_options options = options_for(&load, port);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    runner = fork();
    if (runner == 0)
        _exit(vl_sipp_run(&options, &summary, &err));
    for (int i = 0; i < 100 && !sipp; i++) {
        (void)poll(NULL, 0, 50);
        sipp = find_sipp(runner);
    }
    assert_int_not_equal(sipp, 0);
    (void)poll(NULL, 0, 500);
    stop(runner);
    for (int i = 0; i < 100 && runs(sipp); i++)
        (void)poll(NULL, 0, 20);
    if (runs(sipp)) {
        (void)kill(sipp, SIGKILL);
        fail_msg("a SIPp outlived who started it");
    }
    options.load = &short_load;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), 0);
    stop(other);
    assert_work_is_empty();
}

static void test_cannot_run(void **state)
{
    const struct vl_load load = a_load(10, 5, 100);
    struct vl_sipp_options options = options_for(&load, 5060);
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    static const struct vl_sipp_caller unsafe = { .number = "1500", .secret = "a]b;c" };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    options.local_address = "192.0.2.77";
    assert_int_equal(vl_sipp_run(&options, &summary, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "cannot send from '192.0.2.77'"));
    vl_error_clear(&err);
    options = options_for(&load, 5060);
    options.callers = &unsafe;
    assert_int_equal(vl_sipp_run(&options, &summary, &err), -1);
    assert_null(strstr(vl_error_text(&err), "a]b;c"));
    vl_error_clear(&err);
    options = options_for(&load, 5060);
    options.scenario_text = "<scenario>";
    assert_int_equal(vl_sipp_run(&options, &summary, &err), -1); /* SIPp says so */
    assert_non_null(strstr(vl_error_text(&err), "sipp could not run"));
    assert_work_is_empty();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct_answers),   cmocka_unit_test(test_challenged),
        cmocka_unit_test(test_late_copies),      cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_cancelled),        cmocka_unit_test(test_cancelled_with_long_calls),
        cmocka_unit_test(test_two_at_once),      cmocka_unit_test(test_caged),
        cmocka_unit_test(test_cage_from_inside), cmocka_unit_test(test_killed),
        cmocka_unit_test(test_cannot_run),
    };
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
