/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sipp/generator.h"

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

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/walk.h"
#include "machine/cage.h"
#include "machine/sandbox.h"
#include "sipp/scenario.h"

#define FIGURES "statistics.csv"

enum {
    FINE_ROWS_S = 600, /* runs up to this long get four rows of statistics a second */
    STDERR_KEPT = 8192,
    STATUS_CANNOT_BIND = 254,
    STATUS_UNKNOWN = 255,
    BOUND_MS = 10000,
    BOUND_STEP_MS = 20,
    SOCKETS_LIMIT = 4 << 20,
};

int vl_generator_free_port(const char *address, uint16_t *ret_port, struct vl_error *err)
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

static int write_file(const struct vl_generator *generator, const char *name, const void *bytes, size_t length,
                      mode_t mode, struct vl_error *err)
{
    VL_FREE char *path = NULL;

    if (vl_asprintf(&path, "%s/%s", generator->scratch.path, name) < 0)
        return vl_no_memory(err);
    return vl_file_write_shown(path, path, bytes, length, mode, geteuid() == 0 ? VL_SANDBOX_PROGRAM_USER : (gid_t)-1,
                               err);
}

/* Who SIPp is there need not be able to come to where the scenario lies, and the accounts are for it alone: its group
 * has no other member. */
static int write_files(const struct vl_generator *generator, struct vl_error *err)
{
    const struct vl_generator_task *task = generator->task;
    unsigned char tone[VL_SIPP_TONE_LENGTH];

    if (write_file(generator, VL_SIPP_SCENARIO, task->scenario, strlen(task->scenario), 0640, err) < 0 ||
        write_file(generator, VL_SIPP_ACCOUNTS, task->accounts, strlen(task->accounts), 0640, err) < 0)
        return -1;
    if (!task->sends)
        return 0;
    vl_sipp_tone(tone);
    return write_file(generator, VL_SIPP_TONE, tone, sizeof(tone), 0640, err);
}

static int prepare(struct vl_generator *generator, const char *work_directory, const char *local_address,
                   uint16_t local_port, struct vl_error *err)
{
    generator->local_port = local_port;
    if (vl_generator_free_port("127.0.0.1", &generator->control_port, err) < 0 ||
        (!local_port && vl_generator_free_port(local_address, &generator->local_port, err) < 0) ||
        vl_scratch_make(&generator->scratch, work_directory, err) < 0)
        return -1;
    if (generator->task && write_files(generator, err) < 0)
        return -1;
    if (generator->answer && generator->answer->scenario &&
        write_file(generator, VL_SIPP_SCENARIO, generator->answer->scenario, strlen(generator->answer->scenario), 0640,
                   err) < 0)
        return -1;
    if (geteuid() == 0)
        return vl_file_give_directory(generator->scratch.lock, VL_SANDBOX_PROGRAM_USER, err);
    return 0;
}

static const char *number(struct vl_arena *arena, unsigned long value, const char *unit)
{
    return vl_arena_printf(arena, "%lu%s", value, unit);
}

/* All files are in its working directory. The watchdog counts, but shall not end a run on a busy host. */
const char *const *vl_generator_command(struct vl_arena *arena, const struct vl_generator_task *task,
                                        unsigned local_port, unsigned control_port)
{
    const char *const argv[] = {
        "sipp",
        "-sf",
        VL_SIPP_SCENARIO,
        "-inf",
        VL_SIPP_ACCOUNTS,
        "-s",
        task->extension,
        "-t",
        task->tcp ? "t1" : "u1",
        "-i",
        task->local_address,
        "-p",
        number(arena, local_port, ""),
        "-mi",
        task->local_address,
        "-ci",
        "127.0.0.1",
        "-cp",
        number(arena, control_port, ""),
        "-nostdin",
        "-m",
        number(arena, task->calls, ""),
        "-r",
        vl_arena_printf(arena, "%.10g", task->rate),
        "-l",
        number(arena, task->concurrent ? task->concurrent : task->calls, ""),
        "-d",
        number(arena, task->hold_ms, "ms"),
        "-timeout",
        number(arena, task->timeout_s + 10UL, "s"),
        "-recv_timeout",
        number(arena, task->answer_ms, "ms"),
        "-trace_stat",
        "-stf",
        FIGURES,
        "-fd",
        task->timeout_s <= FINE_ROWS_S ? "250ms" : "1s",
        "-trace_rtt",
        "-rtt_freq",
        "1",
        "-trace_error_codes",
        "-watchdog_minor_maxtriggers",
        "1000000",
        "-watchdog_major_maxtriggers",
        "1000000",
        task->remote,
        task->expires ? "-key" : NULL,
        "expires",
        task->expires,
        NULL,
    };
    static const char *const none[] = { NULL };
    const char **copy = vl_arena_zalloc(arena, sizeof(argv));

    return copy ? memcpy(copy, argv, sizeof(argv)) : none;
}

static int start(struct vl_generator *generator, const char *const *argv, bool tcp, struct vl_error *err)
{
    int ends[2];

    if (vl_arena_check(&generator->arena, err) < 0)
        return -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return vl_fail_errno(err, "cannot make a pipe");
    generator->errors = ends[0];
    generator->pid = vl_cage_start(argv, tcp, generator->scratch.lock, ends[1], err);
    (void)close(ends[1]);
    return generator->pid > 0 ? 0 : -1;
}

int vl_generator_start(struct vl_generator *generator, const struct vl_generator_task *task, struct vl_error *err)
{
    generator->task = task;
    if (prepare(generator, task->work_directory, task->local_address, task->local_port, err) < 0)
        return -1;
    return start(generator,
                 vl_generator_command(&generator->arena, task, generator->local_port, generator->control_port),
                 task->tcp, err);
}

/* Looked up and not tried, since a try would take the port from SIPp. */
static bool is_bound(const char *address, uint16_t port)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *sockets = NULL, *wanted = NULL;
    struct in_addr name;

    if (inet_pton(AF_INET, address, &name) != 1 ||
        vl_asprintf(&wanted, " %08X:%04X ", (unsigned)name.s_addr, (unsigned)port) < 0)
        return false;
    return vl_file_read("/proc/net/udp", SOCKETS_LIMIT, &sockets, NULL, &ignored) == 0 && strstr(sockets, wanted);
}

/* At most so many words of a command line that have a value each. */
enum { ANSWER_WORDS = 32 };

/* With a scenario it writes figures, from which it is seen what came. */
const char *const *vl_generator_answer_command(struct vl_arena *arena, const struct vl_answer_task *task,
                                               unsigned local_port, unsigned control_port)
{
    const char *const always[] = { "sipp",
                                   task->scenario ? "-sf" : "-sn",
                                   task->scenario ? VL_SIPP_SCENARIO : "uas",
                                   "-i",
                                   task->local_address,
                                   "-p",
                                   number(arena, local_port, ""),
                                   "-mi",
                                   task->local_address,
                                   "-ci",
                                   "127.0.0.1",
                                   "-cp",
                                   number(arena, control_port, ""),
                                   "-nostdin" };
    const char *const figures[] = { "-s",          task->extension, "-d",    number(arena, task->hold_ms, "ms"),
                                    "-trace_stat", "-stf",          FIGURES, "-fd",
                                    "250ms" };
    const char **argv = vl_arena_zalloc(arena, ANSWER_WORDS * sizeof(*argv));
    size_t count = VL_COUNT(always);

    if (!argv)
        return NULL;
    memcpy(argv, always, sizeof(always));
    if (task->scenario) {
        memcpy(argv + count, figures, sizeof(figures));
        count += VL_COUNT(figures);
    }
    if (task->echoes)
        argv[count++] = "-rtp_echo";
    argv[count] = task->remote;
    return argv;
}

int vl_generator_answer(struct vl_generator *generator, const struct vl_answer_task *task, struct vl_error *err)
{
    const char *const *argv;
    long long deadline = vl_now_ms() + BOUND_MS;

    generator->answer = task;
    if (prepare(generator, task->work_directory, task->local_address, task->local_port, err) < 0)
        return -1;
    argv = vl_generator_answer_command(&generator->arena, task, generator->local_port, generator->control_port);
    if (start(generator, argv, false, err) < 0)
        return -1;
    while (!is_bound(task->local_address, generator->local_port)) {
        if (vl_generator_ended(generator, false) || vl_now_ms() > deadline) {
            vl_generator_hear(generator);
            return vl_generator_fail(generator, err);
        }
        (void)poll(NULL, 0, BOUND_STEP_MS);
    }
    return 0;
}

void vl_generator_hear(struct vl_generator *generator)
{
    char chunk[1024];
    ssize_t got;

    while ((got = read(generator->errors, chunk, sizeof(chunk))) > 0)
        if (generator->stderr_text.length < STDERR_KEPT)
            vl_buf_add(&generator->stderr_text, chunk, (size_t)got);
}

/* Open a file that SIPp wrote, which may by now be whatever it wants: a regular file of its own, or -1. */
static int open_its(const struct vl_generator *generator, const char *name)
{
    VL_FREE char *path = NULL;
    VL_WALK_AUTO walk = VL_WALK_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    int descriptor;

    if (vl_asprintf(&path, "/%s", name) < 0 ||
        vl_walk(&walk, generator->scratch.path, path, VL_WALK_FILE, &ignored) < 0 || walk.status.st_nlink != 1)
        return -1;
    descriptor = walk.descriptor;
    walk.descriptor = -1;
    return descriptor;
}

/* SIPp names these files after its scenario and its process. */
static int open_named(struct vl_generator *generator, const char *kind)
{
    VL_FREE char *name = NULL;

    if (vl_asprintf(&name, "call_%ld_%s.csv", (long)generator->pid, kind) < 0)
        return -1;
    return open_its(generator, name);
}

int vl_generator_take(struct vl_generator *generator, struct vl_error *err)
{
    char chunk[16384];
    ssize_t got = 0;

    if (generator->rows < 0)
        generator->rows = open_its(generator, FIGURES);
    if (generator->samples < 0)
        generator->samples = open_named(generator, "rtt");
    while (generator->rows >= 0 && (got = read(generator->rows, chunk, sizeof(chunk))) > 0)
        if (vl_statistics_feed(&generator->statistics, chunk, (size_t)got, err) < 0)
            return -1;
    if (got < 0 && errno != EINTR)
        return vl_fail_errno(err, "cannot read the figures of sipp");
    while (generator->samples >= 0 && (got = read(generator->samples, chunk, sizeof(chunk))) > 0)
        if (vl_response_times_feed(&generator->pending, chunk, (size_t)got, generator->times, err) < 0)
            return -1;
    return got < 0 && errno != EINTR ? vl_fail_errno(err, "cannot read the response times of sipp") : 0;
}

bool vl_generator_ended(struct vl_generator *generator, bool wait)
{
    pid_t got;

    if (generator->ended || generator->pid <= 0)
        return true;
    got = waitpid(generator->pid, &generator->status, wait ? 0 : WNOHANG);
    if (got < 0 && errno != EINTR)
        generator->status = STATUS_UNKNOWN << 8; /* somebody else waited for it */
    generator->ended = got == generator->pid || (got < 0 && errno != EINTR);
    return generator->ended;
}

void vl_generator_order(const struct vl_generator *generator, const char *what)
{
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in name = {
        .sin_family = AF_INET,
        .sin_port = htons(generator->control_port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    VL_FREE char *command = NULL;
    int length = vl_asprintf(&command, "%s%s", what[1] ? "c" : "", what); /* a command has a letter in front */

    if (descriptor >= 0 && length > 0)
        (void)sendto(descriptor, command, (size_t)length, MSG_NOSIGNAL, (const struct sockaddr *)&name, sizeof(name));
}

int vl_generator_read_codes(struct vl_generator *generator, struct vl_error *err)
{
    int descriptor = open_named(generator, "error_codes");
    VL_FCLOSE FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;

    if (!file && descriptor >= 0)
        (void)close(descriptor);
    return file ? vl_statistics_read_codes(&generator->statistics, file, err) : 0;
}

bool vl_generator_lost_port(const struct vl_generator *generator)
{
    return generator->ended && WIFEXITED(generator->status) && WEXITSTATUS(generator->status) == STATUS_CANNOT_BIND;
}

/* The first message that SIPp wrote: DATE<tab>TIME<tab>EPOCH: TEXT. */
int vl_generator_fail(struct vl_generator *generator, struct vl_error *err)
{
    const char *text = vl_buf_text(&generator->stderr_text), *at = text;
    char *said;

    if (WIFSIGNALED(generator->status))
        return vl_fail(err, VL_ERROR_FAILED, "sipp was ended by signal %d before a call", WTERMSIG(generator->status));
    while (*at && !(isdigit((unsigned char)*at) && (at == text || at[-1] == '\n')))
        at++;
    if (*at && strchr(at, '\t') && strstr(at, ": "))
        at = strstr(at, ": ") + 2;
    else
        at = text;
    said = vl_arena_strndup(&generator->arena, at, strcspn(at, "\n"));
    return vl_fail(err, VL_ERROR_FAILED, "sipp could not run (status %d)%s%s", WEXITSTATUS(generator->status),
                   *said ? ": " : "", vl_text_quote(&generator->arena, said, VL_TEXT_QUOTED));
}

void vl_generator_free(struct vl_generator *generator)
{
    if (!vl_generator_ended(generator, false)) {
        (void)kill(generator->pid, SIGKILL);
        (void)vl_generator_ended(generator, true);
    }
    vl_scratch_remove(&generator->scratch);
    for (const int *descriptor = (const int[]){ generator->errors, generator->rows, generator->samples, -2 };
         *descriptor != -2; descriptor++)
        if (*descriptor >= 0)
            (void)close(*descriptor);
    vl_buf_free(&generator->stderr_text);
    vl_buf_free(&generator->pending);
    vl_statistics_free(&generator->statistics);
    vl_response_times_free(generator->times);
    vl_arena_free(&generator->arena);
}
