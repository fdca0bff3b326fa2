/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIPp as a child. Its exit status says little (0 also when it was killed without one good call, 1 also for a wrong
 * option), so what happened is taken from the statistics that it writes four times a second, and from who ended it.
 *
 * What the target sends is read by SIPp, and the target is a guest's root: SIPp 3.6.1 can be made to crash, and maybe
 * worse. So it runs in the cage (machine/cage.h) in a directory of its own, where nothing else of the lab is to be
 * found, and what it writes there is read as what somebody else wrote.
 *
 * An end before the end goes in steps: `q` on its control socket (no new calls, wait for those that are up), then `Q`
 * (hang them up), then SIGKILL. SIPp 3.6.1 hangs up after `Q` but then never ends, so the last step is no rare one.
 * The control socket takes orders from anyone who can reach it: it is bound to 127.0.0.1.
 */
#include "sipp/run.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/own.h"
#include "base/process.h"
#include "base/scratch.h"
#include "base/text.h"
#include "base/walk.h"
#include "machine/cage.h"
#include "machine/sandbox.h"

#define SCENARIO VL_SIPP_SCENARIO
#define ACCOUNTS VL_SIPP_ACCOUNTS
#define FIGURES "statistics.csv"

enum {
    SCENARIO_LIMIT = 1 << 20,
    TICK_MS = 100,
    PROGRESS_MS = 1000,
    HANGUP_MS = 1000,    /* between the order to hang up all calls and the kill */
    LONGEST_WAIT = 5000, /* for calls that are up to end by themselves, in ms */
    ANSWER_MS = 32000,   /* 64 × T1 (RFC 3261): a call without an answer after this long has failed */
    FINE_ROWS_S = 600,   /* runs up to this long get four rows of statistics a second */
    STDERR_KEPT = 8192,
    BIND_TRIES = 3, /* a port that was free may be taken when SIPp asks for it */
    STATUS_CANNOT_BIND = 254,
    STATUS_UNKNOWN = 255,
    SIP_PORT = 5060,
};

enum stage { STAGE_RUNNING, STAGE_DRAINING, STAGE_HANGING_UP, STAGE_KILLED, STAGE_ENDED };

struct run {
    const struct vl_sipp_options *options;
    struct vl_arena arena;
    struct vl_scratch scratch; /* its directory */
    uint16_t control_port, local_port;
    pid_t pid;
    int status; /* as from waitpid */
    int errors; /* our end of its stderr */
    int rows;   /* the statistics file, once it exists */
    struct vl_buf stderr_text;
    struct vl_statistics statistics;
    enum stage stage;
    enum vl_load_outcome outcome;
    uint64_t left_up;
    long long started, deadline, next_progress; /* ms, monotonic */
    uint64_t progress_made;
};

static bool is_safe(const char *text)
{
    if (!text || !*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("-._~!$%&*+/:=?@^", *text))
            return false;
    return true;
}

/* SIPp expands what stands in the account file: only characters that mean nothing to it may come there. */
static int check_options(const struct vl_sipp_options *options, struct vl_error *err)
{
    const struct vl_load *load = options->load;
    struct in_addr address;

    if (!is_safe(options->secret))
        return vl_fail(err, VL_ERROR_LAB,
                       "the secret of '%s' is empty or has a character that SIPp cannot take: use letters and digits",
                       load->caller);
    if (!is_safe(load->caller) || !is_safe(load->extension))
        return vl_fail(err, VL_ERROR_LAB, "load '%s': '%s' cannot call '%s': use digits", load->name, load->caller,
                       load->extension);
    if (load->rate == 0 || load->calls == 0 || load->timeout_s == 0)
        return vl_fail(err, VL_ERROR_LAB, "load '%s': rate, calls and timeout must be at least 1", load->name);
    if (inet_pton(AF_INET, options->local_address, &address) != 1)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is not an IPv4 address", options->local_address);
    if (!vl_process_found("sipp"))
        return vl_fail(err, VL_ERROR_NOTFOUND, "'sipp' is not installed: install the package sip-tester");
    return 0;
}

/* A UDP port of `address` that is free at this moment. */
static int free_port(const char *address, uint16_t *ret_port, struct vl_error *err)
{
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in name = { .sin_family = AF_INET };
    socklen_t length = sizeof(name);

    (void)inet_pton(AF_INET, address, &name.sin_addr);
    if (descriptor < 0 || bind(descriptor, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
        getsockname(descriptor, (struct sockaddr *)&name, &length) < 0)
        return vl_fail_errno(err, "cannot send from '%s'", address);
    *ret_port = ntohs(name.sin_port);
    return 0;
}

/* Copy the scenario: who SIPp is there need not be able to come to where it lies. */
static int copy_scenario(const struct run *run, struct vl_arena *arena, struct vl_error *err)
{
    VL_FREE char *text = NULL;

    if (vl_own_read(vl_arena_printf(arena, "%s/" SCENARIO, run->options->scenario_directory), SCENARIO_LIMIT,
                    VL_OWN_WORD, &text, NULL, err) < 0)
        return vl_error_wrap(err, "sipp could not run");
    return vl_file_write(vl_arena_printf(arena, "%s/" SCENARIO, run->scratch.path), text, strlen(text), 0644, err);
}

const char *vl_sipp_accounts(struct vl_arena *arena, const struct vl_sipp_options *options)
{
    const char *caller = options->load->caller;

    return vl_arena_printf(arena, "SEQUENTIAL\n%s;[authentication username=%s password=%s]\n", caller, caller,
                           options->secret);
}

/* Readable for SIPp alone, whose group has no other member. */
static int write_accounts(const struct run *run, struct vl_arena *arena, struct vl_error *err)
{
    const char *path = vl_arena_printf(arena, "%s/" ACCOUNTS, run->scratch.path);
    const char *accounts = vl_sipp_accounts(arena, run->options);

    if (arena->failed)
        return vl_no_memory(err);
    return vl_file_write_shown(path, path, accounts, strlen(accounts), 0640,
                               geteuid() == 0 ? VL_SANDBOX_PROGRAM_USER : (gid_t)-1, err);
}

static int prepare(struct run *run, struct vl_error *err)
{
    const struct vl_sipp_options *options = run->options;

    if (free_port("127.0.0.1", &run->control_port, err) < 0 ||
        free_port(options->local_address, &run->local_port, err) < 0)
        return -1;
    if (vl_scratch_make(&run->scratch, options->work_directory, err) < 0 || copy_scenario(run, &run->arena, err) < 0 ||
        write_accounts(run, &run->arena, err) < 0)
        return -1;
    if (geteuid() == 0)
        return vl_file_give_directory(run->scratch.lock, VL_SANDBOX_PROGRAM_USER, err);
    return 0;
}

static unsigned wait_ms(const struct vl_load *load)
{
    return (load->hold_ms < LONGEST_WAIT ? load->hold_ms : LONGEST_WAIT) + HANGUP_MS;
}

static const char *number(struct vl_arena *arena, unsigned long value, const char *unit)
{
    return vl_arena_printf(arena, "%lu%s", value, unit);
}

/* All files are in its working directory. The watchdog counts, but shall not end a run on a busy host. */
const char *const *vl_sipp_command(struct vl_arena *arena, const struct vl_sipp_options *options, unsigned local_port,
                                   unsigned control_port)
{
    const struct vl_load *load = options->load;
    const char *const argv[] = {
        "sipp",
        "-sf",
        SCENARIO,
        "-inf",
        ACCOUNTS,
        "-s",
        load->extension,
        "-i",
        options->local_address,
        "-p",
        number(arena, local_port, ""),
        "-mi",
        options->local_address,
        "-ci",
        "127.0.0.1",
        "-cp",
        number(arena, control_port, ""),
        "-nostdin",
        "-m",
        number(arena, load->calls, ""),
        "-r",
        number(arena, load->rate, ""),
        "-l",
        number(arena, load->concurrent ? load->concurrent : load->calls, ""),
        "-d",
        number(arena, load->hold_ms, "ms"),
        "-timeout",
        number(arena, load->timeout_s + 10UL, "s"),
        "-recv_timeout",
        number(arena, ANSWER_MS, "ms"),
        "-trace_stat",
        "-stf",
        FIGURES,
        "-fd",
        load->timeout_s <= FINE_ROWS_S ? "250ms" : "1s",
        "-trace_rtt",
        "-rtt_freq",
        "1",
        "-trace_error_codes",
        "-watchdog_minor_maxtriggers",
        "1000000",
        "-watchdog_major_maxtriggers",
        "1000000",
        vl_arena_printf(arena, "%u.%u.%u.%u:%u", load->target->address >> 24, load->target->address >> 16 & 255,
                        load->target->address >> 8 & 255, load->target->address & 255,
                        options->port ? options->port : SIP_PORT),
        NULL,
    };
    static const char *const none[] = { NULL };
    const char **copy = vl_arena_zalloc(arena, sizeof(argv));

    return copy ? memcpy(copy, argv, sizeof(argv)) : none;
}

/* Start SIPp with `errors` as its stderr. */
static int start(struct run *run, int errors, struct vl_error *err)
{
    const char *const *argv = vl_sipp_command(&run->arena, run->options, run->local_port, run->control_port);

    if (run->arena.failed)
        return vl_no_memory(err);
    run->pid = vl_cage_start(argv, run->scratch.lock, errors, err);
    return run->pid > 0 ? 0 : -1;
}

static int launch(struct run *run, struct vl_error *err)
{
    int ends[2], rc;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return vl_fail_errno(err, "cannot make a pipe");
    run->errors = ends[0];
    rc = start(run, ends[1], err);
    (void)close(ends[1]);
    run->started = vl_now_ms();
    run->deadline = run->started + (long long)run->options->load->timeout_s * 1000;
    run->next_progress = run->started + PROGRESS_MS;
    return rc;
}

/* Keep the beginning of what SIPp says (the first message is the cause), drop the rest. */
static void hear(struct run *run)
{
    char chunk[1024];
    ssize_t got;

    while ((got = read(run->errors, chunk, sizeof(chunk))) > 0)
        if (run->stderr_text.length < STDERR_KEPT)
            vl_buf_add(&run->stderr_text, chunk, (size_t)got);
}

/* Open a file that SIPp wrote, which may by now be whatever it wants: a regular file of its own, or -1. */
static int open_its(const struct run *run, const char *name)
{
    VL_FREE char *path = NULL;
    VL_WALK_AUTO walk = VL_WALK_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    int descriptor;

    if (vl_asprintf(&path, "/%s", name) < 0 || vl_walk(&walk, run->scratch.path, path, VL_WALK_FILE, &ignored) < 0 ||
        walk.status.st_nlink != 1)
        return -1;
    descriptor = walk.descriptor;
    walk.descriptor = -1;
    return descriptor;
}

static int take_rows(struct run *run, struct vl_error *err)
{
    char chunk[16384];
    ssize_t got;

    if (run->rows < 0)
        run->rows = open_its(run, FIGURES);
    if (run->rows < 0)
        return 0;
    while ((got = read(run->rows, chunk, sizeof(chunk))) > 0)
        if (vl_statistics_feed(&run->statistics, chunk, (size_t)got, err) < 0)
            return -1;
    return got < 0 && errno != EINTR ? vl_fail_errno(err, "cannot read the figures of sipp") : 0;
}

static void report(struct run *run, long long now)
{
    const uint64_t *figures = run->statistics.now;
    struct vl_load_progress progress = {
        .elapsed_s = (double)(now - run->started) / 1000,
        .made = figures[VL_STATISTIC_MADE],
        .total = run->options->load->calls,
        .current = figures[VL_STATISTIC_CURRENT],
        .succeeded = figures[VL_STATISTIC_SUCCEEDED],
        .failed = figures[VL_STATISTIC_FAILED],
    };

    if (!run->options->progress || now < run->next_progress)
        return;
    progress.rate =
        (double)(progress.made - run->progress_made) * 1000 / (double)(now - run->next_progress + PROGRESS_MS);
    run->progress_made = progress.made;
    run->next_progress = now + PROGRESS_MS;
    run->options->progress(run->options->context, &progress);
}

static void order(const struct run *run, char what)
{
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in name = {
        .sin_family = AF_INET,
        .sin_port = htons(run->control_port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    if (descriptor >= 0) /* an order that is lost is followed by the next step */
        (void)sendto(descriptor, &what, 1, MSG_NOSIGNAL, (const struct sockaddr *)&name, sizeof(name));
}

static void kill_now(struct run *run)
{
    run->left_up = run->statistics.now[VL_STATISTIC_CURRENT];
    (void)kill(run->pid, SIGKILL);
    run->stage = STAGE_KILLED;
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
        order(run, 'q');
        run->stage = STAGE_DRAINING;
        run->deadline = now + wait_ms(options->load);
    } else if (run->stage == STAGE_DRAINING) {
        order(run, 'Q');
        run->stage = STAGE_HANGING_UP;
        run->deadline = now + HANGUP_MS;
    } else if (run->stage == STAGE_HANGING_UP) {
        kill_now(run);
    }
}

static bool has_ended(struct run *run)
{
    pid_t got = waitpid(run->pid, &run->status, run->stage == STAGE_KILLED ? 0 : WNOHANG);

    if (got < 0 && errno != EINTR)
        run->status = STATUS_UNKNOWN << 8; /* somebody else waited for it */
    return got == run->pid || (got < 0 && errno != EINTR);
}

static int watch(struct run *run, struct vl_error *err)
{
    int rc = 0;

    while (!has_ended(run)) {
        struct pollfd wait = { .fd = run->errors, .events = POLLIN };
        long long now;

        if (poll(&wait, 1, TICK_MS) > 0) {
            hear(run);
            (void)poll(NULL, 0, TICK_MS / 5); /* one who talks without end shall not keep us busy */
        }
        now = vl_now_ms();
        if (rc == 0)
            rc = take_rows(run, err);
        if (rc < 0 && run->stage != STAGE_KILLED)
            kill_now(run);
        report(run, now);
        step(run, now);
    }
    if (run->stage != STAGE_KILLED)
        run->left_up = 0;
    run->stage = STAGE_ENDED;
    hear(run);
    return rc < 0 ? -1 : take_rows(run, err);
}

/* SIPp names these files after its scenario and its process. */
static FILE *open_own_file(struct run *run, const char *kind)
{
    int descriptor = open_its(run, vl_arena_printf(&run->arena, "call_%ld_%s.csv", (long)run->pid, kind));
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;

    if (!file && descriptor >= 0)
        (void)close(descriptor);
    return file;
}

static int summarize(struct run *run, struct vl_sipp_summary *summary, struct vl_error *err)
{
    VL_FCLOSE FILE *codes = open_own_file(run, "error_codes"), *samples = open_own_file(run, "rtt");
    struct vl_response_times times[VL_SIPP_CLOCKS] = { { .count = 0 } };
    int rc = 0;

    if (codes)
        rc = vl_statistics_read_codes(&run->statistics, codes, err);
    if (rc == 0 && samples)
        rc = vl_response_times_read(samples, times, err);
    if (rc == 0)
        rc = vl_sipp_summary_fill(summary, run->options->load, &run->statistics, times, err);
    vl_response_times_free(times);
    summary->outcome = run->outcome;
    summary->left_up = run->left_up;
    if (rc == 0 && run->outcome == VL_LOAD_COMPLETE &&
        (WIFSIGNALED(run->status) || summary->succeeded + summary->failed < run->options->load->calls)) {
        summary->outcome = VL_LOAD_BROKEN;
        summary->ended_by = WIFSIGNALED(run->status) ? WTERMSIG(run->status) : 0;
        summary->left_up = run->statistics.now[VL_STATISTIC_CURRENT];
    }
    return rc;
}

/* The first message that SIPp wrote: DATE<tab>TIME<tab>EPOCH: TEXT. */
static int fail_to_run(struct run *run, struct vl_error *err)
{
    const char *text = vl_buf_text(&run->stderr_text), *at = text;
    char *said;

    if (WIFSIGNALED(run->status))
        return vl_fail(err, VL_ERROR_FAILED, "sipp was ended by signal %d before a call", WTERMSIG(run->status));
    while (*at && !(isdigit((unsigned char)*at) && (at == text || at[-1] == '\n')))
        at++;
    if (*at && strchr(at, '\t') && strstr(at, ": "))
        at = strstr(at, ": ") + 2;
    else
        at = text;
    said = vl_arena_strndup(&run->arena, at, strcspn(at, "\n"));
    return vl_fail(err, VL_ERROR_FAILED, "sipp could not run (status %d)%s%s", WEXITSTATUS(run->status),
                   *said ? ": " : "", vl_text_quote(&run->arena, said, VL_TEXT_QUOTED));
}

static void run_free(struct run *run)
{
    vl_scratch_remove(&run->scratch);
    if (run->errors >= 0)
        (void)close(run->errors);
    if (run->rows >= 0)
        (void)close(run->rows);
    vl_buf_free(&run->stderr_text);
    vl_statistics_free(&run->statistics);
    vl_arena_free(&run->arena);
}

/* One try. `*again` says that a port was taken in the meantime. */
static int run_once(const struct vl_sipp_options *options, bool *again, struct vl_sipp_summary *summary,
                    struct vl_error *err)
{
    __attribute__((cleanup(
        run_free))) struct run run = { .options = options, .scratch = VL_SCRATCH_INIT, .errors = -1, .rows = -1 };

    *again = false;
    if (prepare(&run, err) < 0 || launch(&run, err) < 0 || watch(&run, err) < 0)
        return -1;
    if (run.statistics.rows == 0 || (run.statistics.now[VL_STATISTIC_MADE] == 0 && run.outcome == VL_LOAD_COMPLETE)) {
        *again = WIFEXITED(run.status) && WEXITSTATUS(run.status) == STATUS_CANNOT_BIND;
        return fail_to_run(&run, err);
    }
    return summarize(&run, summary, err);
}

int vl_sipp_run(const struct vl_sipp_options *options, struct vl_sipp_summary *ret_summary, struct vl_error *err)
{
    struct vl_sipp_summary summary = { .made = 0 };
    bool again = true;
    int rc = -1;

    if (check_options(options, err) < 0)
        return -1;
    for (int i = 0; i < BIND_TRIES && again; i++) {
        if (i)
            vl_error_clear(err);
        rc = run_once(options, &again, &summary, err);
    }
    if (rc < 0) {
        vl_sipp_summary_free(&summary);
        return vl_error_wrap(err, "load '%s'", options->load->name);
    }
    *ret_summary = summary;
    return 0;
}
