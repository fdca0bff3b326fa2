/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One loop drives a child: poll() over its stdin, stdout and stderr and over the deadline. Started with posix_spawn,
 * which is safe in a program with threads, and with every descriptor above 2 closed.
 */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

extern char **environ;

enum { STATUS_UNKNOWN = 255 };
enum { ERRORS_KEPT = 65536, OUTPUT_KEPT = 1 << 20, LOOK_MS = 200, GRACE_MS = 10000 };

static bool overridden(const char *entry, const char *const *more)
{
    size_t name = strcspn(entry, "=") + 1;

    for (; more && *more; more++)
        if (!strncmp(entry, *more, name))
            return true;
    return false;
}

/* Our environment, `more` taking the place of entries of the same name: of two, getenv() takes the first and a shell
 * the last. The caller frees the array. */
static char **merged_environment(const char *const *more)
{
    size_t count = 0, extra = 0, next = 0;
    char **merged;

    while (environ[count])
        count++;
    while (more && more[extra])
        extra++;
    merged = vl_calloc(count + extra + 1, sizeof(*merged));
    if (!merged)
        return NULL;
    for (; next < extra; next++)
        memcpy(&merged[next], &more[next], sizeof(*merged));
    for (size_t i = 0; i < count; i++)
        if (!overridden(environ[i], more))
            merged[next++] = environ[i];
    return merged;
}

static int prepare_actions(posix_spawn_file_actions_t *actions, const int stdio[static 3], int keep,
                           const char *directory)
{
    for (int i = 0; i < 3; i++) {
        int rc = stdio[i] >= 0 ? posix_spawn_file_actions_adddup2(actions, stdio[i], i)
                               : posix_spawn_file_actions_addopen(actions, i, "/dev/null", i ? O_WRONLY : O_RDONLY, 0);

        if (rc)
            return rc;
    }
    if (directory && posix_spawn_file_actions_addchdir_np(actions, directory))
        return ENOMEM;
    if (keep >= 0 && posix_spawn_file_actions_adddup2(actions, keep, 3))
        return ENOMEM;
    return posix_spawn_file_actions_addclosefrom_np(actions, keep >= 0 ? 4 : 3);
}

static int prepare_attributes(posix_spawnattr_t *attributes, bool leads_group)
{
    short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    sigset_t none, all;

    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)posix_spawnattr_setsigmask(attributes, &none);
    (void)posix_spawnattr_setsigdefault(attributes, &all);
    if (leads_group)
        flags |= POSIX_SPAWN_SETPGROUP; /* the group is 0 unless it is set: a new one */
    return posix_spawnattr_setflags(attributes, flags);
}

static pid_t start(const char *path, const char *const *argv, const int stdio[static 3], int keep,
                   const struct vl_process_options *options, struct vl_error *err)
{
    VL_FREE char **merged = merged_environment(options->environment);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t pid = -1;
    int rc = ENOMEM;

    if (!merged)
        return vl_no_memory(err);
    if (posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attributes) == 0) {
        char *const *arguments;

        memcpy(&arguments, &argv, sizeof(arguments));
        rc = prepare_actions(&actions, stdio, keep, options->directory);
        if (rc == 0)
            rc = prepare_attributes(&attributes, options->cancelled != NULL);
        if (rc == 0)
            rc = path ? posix_spawn(&pid, path, &actions, &attributes, arguments, merged)
                      : posix_spawnp(&pid, argv[0], &actions, &attributes, arguments, merged);
        (void)posix_spawnattr_destroy(&attributes);
        (void)posix_spawn_file_actions_destroy(&actions);
    }
    if (rc) {
        errno = rc;
        return vl_fail_errno(err, "cannot start '%s'", path ? path : argv[0]);
    }
    return pid;
}

pid_t vl_process_start(const char *path, const char *const *argv, const int stdio[static 3], int keep,
                       const char *const *environment, struct vl_error *err)
{
    return start(path, argv, stdio, keep, &(struct vl_process_options){ .environment = environment }, err);
}

/* The parent's ends of the three pipes and what went through them. */
struct conversation {
    int stdio[3];
    const char *input;
    size_t input_left;
    struct vl_buf output, errors;
    size_t output_limit;
    size_t line_start; /* where in `errors` the line begins that is not reported yet */
    const struct vl_process_options *options;
    pid_t pid;
    long long deadline; /* 0: none */
    bool cancelled;
};

static void close_end(int *descriptor)
{
    if (*descriptor >= 0)
        (void)close(*descriptor);
    *descriptor = -1;
}

static void feed(struct conversation *talk)
{
    ssize_t put = write(talk->stdio[0], talk->input, talk->input_left);

    if (put < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (put > 0) {
        talk->input += put;
        talk->input_left -= (size_t)put;
    }
    if (put < 0 || talk->input_left == 0)
        close_end(&talk->stdio[0]);
}

static void report_lines(struct conversation *talk)
{
    char *text = talk->errors.data, *end;

    if (!talk->options->on_line || !text)
        return;
    while ((end = memchr(text + talk->line_start, '\n', talk->errors.length - talk->line_start))) {
        *end = '\0';
        talk->options->on_line(talk->options->on_line_context, text + talk->line_start);
        *end = '\n';
        talk->line_start = (size_t)(end - text) + 1;
    }
}

static void keep_tail(struct conversation *talk)
{
    struct vl_buf *errors = &talk->errors;
    size_t drop;

    if (errors->length <= 2 * ERRORS_KEPT)
        return;
    drop = errors->length - ERRORS_KEPT;
    memmove(errors->data, errors->data + drop, errors->length - drop + 1);
    errors->length -= drop;
    talk->line_start = talk->line_start > drop ? talk->line_start - drop : 0;
}

static void hear(struct conversation *talk, int which)
{
    char chunk[4096];
    ssize_t got = read(talk->stdio[which], chunk, sizeof(chunk));

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        close_end(&talk->stdio[which]);
        return;
    }
    if (which == 1) {
        size_t room = talk->output_limit - talk->output.length;

        vl_buf_add(&talk->output, chunk, (size_t)got < room ? (size_t)got : room);
        return;
    }
    vl_buf_add(&talk->errors, chunk, (size_t)got);
    report_lines(talk);
    keep_tail(talk);
}

static void look_for_cancel(struct conversation *talk)
{
    const struct vl_process_options *options = talk->options;

    if (talk->cancelled || !options->cancelled || !options->cancelled(options->cancelled_context))
        return;
    talk->cancelled = true;
    talk->deadline = vl_now_ms() + GRACE_MS;
    (void)kill(-talk->pid, SIGTERM);
}

static bool is_late(const struct conversation *talk)
{
    return talk->deadline && vl_now_ms() >= talk->deadline;
}

/* How long to sleep at most: until the deadline or the next look whether the child is still wanted. */
static int wait_ms(const struct conversation *talk)
{
    long long left = talk->deadline ? talk->deadline - vl_now_ms() : -1;

    if (talk->options->cancelled && (left < 0 || left > LOOK_MS))
        return LOOK_MS;
    return left > 60000 ? 60000 : (int)left;
}

/* Move bytes until the child has closed both outputs. False when the deadline passed first. */
static bool converse(struct conversation *talk)
{
    while (talk->stdio[1] >= 0 || talk->stdio[2] >= 0) {
        struct pollfd waits[3] = {
            { .fd = talk->stdio[0], .events = POLLOUT },
            { .fd = talk->stdio[1], .events = POLLIN },
            { .fd = talk->stdio[2], .events = POLLIN },
        };

        look_for_cancel(talk);
        if (is_late(talk))
            return false;
        if (poll(waits, 3, wait_ms(talk)) <= 0)
            continue;
        if (waits[0].revents)
            feed(talk);
        for (int i = 1; i < 3; i++)
            if (waits[i].revents)
                hear(talk, i);
    }
    return true;
}

/* The child, and all that it started where it leads a group. It is not waited for yet, so the number is still its. */
static void kill_child(const struct conversation *talk)
{
    (void)kill(talk->options->cancelled ? -talk->pid : talk->pid, SIGKILL);
}

/* Wait for the child; past the deadline it is killed. Returns its wait status. */
static int reap(struct conversation *talk, bool *late)
{
    bool polls = talk->deadline || talk->options->cancelled;
    int status = STATUS_UNKNOWN << 8; /* of a child that somebody else waited for: it is no success */

    for (;;) {
        pid_t got = waitpid(talk->pid, &status, *late || !polls ? 0 : WNOHANG);

        if (got == talk->pid || (got < 0 && errno != EINTR))
            return status;
        look_for_cancel(talk);
        if (got == 0 && is_late(talk)) {
            *late = true;
            kill_child(talk);
        } else if (got == 0) {
            (void)poll(NULL, 0, 5);
        }
    }
}

static int open_pipes(int pipes[3][2], bool input, struct vl_error *err)
{
    for (int i = 0; i < 3; i++)
        if ((i > 0 || input) && pipe2(pipes[i], O_CLOEXEC) < 0)
            return vl_fail_errno(err, "cannot make a pipe");
    return 0;
}

static void finish(struct conversation *talk, struct vl_process_result *result)
{
    bool late = !converse(talk);
    int status;

    if (late)
        kill_child(talk);
    status = reap(talk, &late);
    result->cancelled = talk->cancelled;
    result->timed_out = late && !talk->cancelled;
    result->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    result->output = vl_buf_take(&talk->output);
    result->errors = vl_buf_take(&talk->errors);
}

int vl_process_run(const char *const *argv, const struct vl_process_options *options,
                   struct vl_process_result *ret_result, struct vl_error *err)
{
    static const struct vl_process_options plain = { .timeout_ms = 0 };
    int pipes[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
    struct conversation talk = { .options = options ? options : &plain };
    pid_t pid = -1;

    options = talk.options;
    talk.deadline = options->timeout_ms ? vl_now_ms() + options->timeout_ms : 0;
    talk.output_limit = options->output_limit ? options->output_limit : OUTPUT_KEPT;
    talk.input = options->input;
    talk.input_left = options->input ? strlen(options->input) : 0;
    if (open_pipes(pipes, options->input != NULL, err) == 0)
        pid = start(NULL, argv, (int[]){ pipes[0][0], pipes[1][1], pipes[2][1] }, -1, options, err);
    close_end(&pipes[0][0]);
    close_end(&pipes[1][1]);
    close_end(&pipes[2][1]);
    if (pid > 0) {
        memcpy(talk.stdio, (int[]){ pipes[0][1], pipes[1][0], pipes[2][0] }, sizeof(talk.stdio));
        if (talk.stdio[0] >= 0)
            (void)fcntl(talk.stdio[0], F_SETFL, O_NONBLOCK);
        talk.pid = pid;
        finish(&talk, ret_result);
        pipes[0][1] = talk.stdio[0];
        pipes[1][0] = talk.stdio[1];
        pipes[2][0] = talk.stdio[2];
    }
    close_end(&pipes[0][1]);
    close_end(&pipes[1][0]);
    close_end(&pipes[2][0]);
    if (pid > 0 && (!ret_result->output || !ret_result->errors)) {
        vl_process_result_free(ret_result);
        return vl_no_memory(err);
    }
    return pid > 0 ? 0 : -1;
}

/* The end of the last line, in the program's own language, without what a terminal would obey. */
static const char *last_line(char *errors)
{
    size_t length = strlen(errors);
    const char *start;

    while (length && errors[length - 1] == '\n')
        errors[--length] = '\0';
    for (char *p = errors; *p; p++)
        if (((unsigned char)*p < ' ' && *p != '\n') || *p == 0x7f)
            *p = ' ';
    start = strrchr(errors, '\n');
    return vl_text_tail(start ? start + 1 : errors, VL_TEXT_QUOTED);
}

int vl_process_check(const char *const *argv, const struct vl_process_options *options, char **ret_output,
                     struct vl_error *err)
{
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    const char *reason;

    if (vl_process_run(argv, options, &result, err) < 0)
        return -1;
    if (result.cancelled)
        return vl_fail(err, VL_ERROR_FAILED, "cancelled; run the same command again to go on");
    if (result.timed_out)
        return vl_fail(err, VL_ERROR_TIMEOUT, "'%s' did not end within %d s", argv[0], options->timeout_ms / 1000);
    reason = last_line(result.errors);
    if (result.status > 128)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' was ended by signal %d%s%s", argv[0], result.status - 128,
                       *reason ? ": " : "", reason);
    if (result.status)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' failed with status %d%s%s", argv[0], result.status,
                       *reason ? ": " : "", reason);
    if (ret_output) {
        *ret_output = result.output;
        result.output = NULL;
    }
    return 0;
}

void vl_process_result_free(struct vl_process_result *result)
{
    free(result->output);
    free(result->errors);
    result->output = result->errors = NULL;
}

bool vl_process_found(const char *program)
{
    const char *path = getenv("PATH");

    if (strchr(program, '/'))
        return access(program, X_OK) == 0;
    for (path = path ? path : "/usr/sbin:/usr/bin:/sbin:/bin"; *path; path += *path == ':') {
        size_t length = strcspn(path, ":");
        VL_BUF_AUTO buf = VL_BUF_INIT;

        vl_buf_add(&buf, path, length);
        vl_buf_printf(&buf, "/%s", program);
        if (length && access(vl_buf_text(&buf), X_OK) == 0)
            return true;
        path += length;
    }
    return false;
}
