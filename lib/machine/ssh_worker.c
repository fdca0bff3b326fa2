/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH worker: one process that talks SSH to one guest on behalf of the program. Its session is in ssh_session.h.
 * It is split off (ssh_start.c says why) by a process that does nothing else and talks to no guest.
 *
 * It starts with the connection in hand, cages itself before the guest's first byte is read, logs in, and then serves
 * one command after another until the program closes the control socket. It keeps no deadline: the program does, and
 * kills it. Should the guest take it over, all it has is that guest's connection and a socket on which the program
 * believes nothing unchecked.
 *
 * It ends with the program because it watches the control socket whenever it waits. The death signal of prctl(2) would
 * not do: it goes off when the thread that started the worker ends, though the program still uses the target.
 */
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "machine/sandbox.h"
#include "machine/ssh_session.h"
#include "machine/target.h"
#include "machine/wire.h"

/* Numbers of the signals that RFC 4254 section 6.10 names, as Linux has them. */
static const struct {
    const char *name;
    uint32_t number;
} signals[] = {
    { "HUP", 1 },   { "INT", 2 },   { "QUIT", 3 },  { "ILL", 4 },   { "ABRT", 6 },  { "FPE", 8 },   { "KILL", 9 },
    { "USR1", 10 }, { "SEGV", 11 }, { "USR2", 12 }, { "PIPE", 13 }, { "ALRM", 14 }, { "TERM", 15 },
};

enum { STATUS_UNKNOWN = 255, HEAP_KEPT = 16 << 20 };

/* Said in front of a command, so that what start-up files and forced shells print before it is not taken for its own.
 * It counts as a whole line only: whoever logs the command prints it too. */
#define MARK "voiplab-begins"

enum { NOISE_LIMIT = 64 << 10 };

/* One command: what goes in, what has come out. */
struct command {
    bool begun;          /* the mark has come */
    struct vl_buf noise; /* what was printed before it */
    LIBSSH2_CHANNEL *channel;
    const char *input;
    size_t input_left;
    bool input_ended;
    struct vl_buf output, errors;
    size_t output_limit;
    uint32_t status;
};

static int open_channel(struct vl_ssh_worker *worker, struct command *command, const char *line, struct vl_error *err)
{
    int rc;

    do
        command->channel = libssh2_channel_open_session(worker->session);
    while (!command->channel && vl_ssh_session_must_wait(worker, libssh2_session_last_errno(worker->session)));
    if (!command->channel)
        return vl_ssh_session_fail(worker, err, "cannot open a channel");
    do
        rc = libssh2_channel_exec(command->channel, line);
    while (vl_ssh_session_must_wait(worker, rc));
    return rc ? vl_ssh_session_fail(worker, err, "cannot start a command") : 0;
}

/* Give the command its input, then the end of it. 1: something moved, 0: not now, -1: the connection is broken. */
static int feed(struct vl_ssh_worker *worker, struct command *command)
{
    ssize_t rc;

    if (command->input_ended)
        return 0;
    do
        rc = command->input_left ? libssh2_channel_write(command->channel, command->input, command->input_left)
                                 : libssh2_channel_send_eof(command->channel);
    while (vl_ssh_session_unfinished(worker, rc));
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return 0;
    if (rc < 0)
        return -1;
    if (command->input_left == 0)
        command->input_ended = true;
    command->input += rc;
    command->input_left -= (size_t)rc;
    return rc > 0 || command->input_ended; /* 0 bytes: the guest takes no more for now */
}

/* Where the output of the command itself begins; NULL: it has not come. */
static const char *find_mark(const struct vl_buf *noise)
{
    const char *at = vl_buf_text(noise), *end = at + noise->length;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));

        if (!line_end)
            return NULL;
        if ((size_t)(line_end - at) == strlen(MARK) && memcmp(at, MARK, strlen(MARK)) == 0)
            return line_end + 1;
        at = line_end + 1;
    }
    return NULL;
}

static void keep(struct command *command, int stream, const char *chunk, size_t length);

/* Hold back what comes before the mark. */
static void await_mark(struct command *command, const char *chunk, size_t length)
{
    const char *begin;

    if (command->noise.length < NOISE_LIMIT)
        vl_buf_add(&command->noise, chunk, length);
    begin = find_mark(&command->noise);
    if (!begin)
        return;
    command->begun = true;
    keep(command, 0, begin, (size_t)(vl_buf_text(&command->noise) + command->noise.length - begin));
}

/* Keep the first bytes of stdout up to the limit, and the last of stderr; the rest is read and dropped. */
static void keep(struct command *command, int stream, const char *chunk, size_t length)
{
    struct vl_buf *errors = &command->errors;
    size_t room = command->output_limit - command->output.length;

    if (stream == 0 && !command->begun) {
        await_mark(command, chunk, length);
        return;
    }
    if (stream == 0) {
        vl_buf_add(&command->output, chunk, length < room ? length : room);
        return;
    }
    vl_buf_add(errors, chunk, length);
    if (!errors->failed && errors->length > VL_SSH_ERRORS_LIMIT) {
        memmove(errors->data, errors->data + errors->length - VL_SSH_ERRORS_LIMIT, VL_SSH_ERRORS_LIMIT);
        errors->length = VL_SSH_ERRORS_LIMIT;
        errors->data[errors->length] = '\0';
    }
}

static int drain(struct vl_ssh_worker *worker, struct command *command, int stream)
{
    char chunk[16384];
    ssize_t rc;

    do
        rc = libssh2_channel_read_ex(command->channel, stream, chunk, sizeof(chunk));
    while (vl_ssh_session_unfinished(worker, rc));
    if (rc == 0 || rc == LIBSSH2_ERROR_EAGAIN)
        return 0;
    if (rc < 0)
        return -1;
    keep(command, stream, chunk, (size_t)rc);
    return 1;
}

/* Both outputs are read each turn: the end of a channel does not show while one of them holds anything. Each call may
 * take from the socket what another one waits for, so there is nothing to wait for only after a turn in which nothing
 * moved and nothing came in. */
static int converse(struct vl_ssh_worker *worker, struct command *command)
{
    while (!libssh2_channel_eof(command->channel)) {
        size_t received = worker->received;
        int fed = feed(worker, command);
        int out = fed < 0 ? -1 : drain(worker, command, 0);
        int errors = out < 0 ? -1 : drain(worker, command, SSH_EXTENDED_DATA_STDERR);

        if (errors < 0)
            return -1;
        if (!fed && !out && !errors && received == worker->received)
            vl_ssh_session_wait(worker, -1, 0);
    }
    return 0;
}

/* libssh2 says status 0 for a command that a signal ended, so the signal is asked for first. */
static uint32_t find_status(struct vl_ssh_worker *worker, struct command *command)
{
    char *name = NULL;
    int status = libssh2_channel_get_exit_status(command->channel);
    uint32_t found = status < 0 || status > 255 ? STATUS_UNKNOWN : (uint32_t)status;

    if (libssh2_channel_get_exit_signal(command->channel, &name, NULL, NULL, NULL, NULL, NULL) || !name)
        return found;
    found = STATUS_UNKNOWN;
    for (size_t i = 0; i < VL_COUNT(signals); i++)
        if (strcmp(signals[i].name, name) == 0)
            found = 128 + signals[i].number;
    libssh2_free(worker->session, name);
    return found;
}

/* The other side closes first, after it told the exit status; only then do we. */
static int finish(struct vl_ssh_worker *worker, struct command *command, struct vl_error *err)
{
    int rc;

    do
        rc = libssh2_channel_wait_closed(command->channel);
    while (vl_ssh_session_must_wait(worker, rc));
    if (rc)
        return vl_ssh_session_fail(worker, err, "the connection broke before the command's end was known");
    command->status = find_status(worker, command);
    do
        rc = libssh2_channel_free(command->channel);
    while (vl_ssh_session_must_wait(worker, rc));
    command->channel = NULL;
    return rc ? vl_ssh_session_fail(worker, err, "cannot close a channel") : 0;
}

/* A shell that takes no commands, or another command than ours was run. */
static int fail_other(const struct vl_ssh_worker *worker, struct command *command, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *said = command->noise.length ? vl_buf_text(&command->noise) : vl_buf_text(&command->errors);

    return vl_fail(
        err, VL_ERROR_FAILED,
        "'%s' does not run what it is asked to: it said '%s' and ended with %u; is the login shell of '%s' a "
        "shell, and does its sshd force a command (ForceCommand, authorized_keys) that runs no other?",
        worker->name, vl_text_quote(&arena, said, VL_TEXT_QUOTED / 2), command->status, worker->user);
}

static int answer(const struct command *command, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;

    if (command->output.failed || command->errors.failed)
        return vl_no_memory(err);
    vl_ssh_wire_begin(&message, VL_SSH_RESULT);
    vl_ssh_wire_number(&message, command->status);
    vl_ssh_wire_bytes(&message, vl_buf_text(&command->output), command->output.length);
    vl_ssh_wire_bytes(&message, vl_buf_text(&command->errors), command->errors.length);
    vl_ssh_wire_end(&message);
    return vl_ssh_wire_send(VL_SSH_CONTROL, &message, -1, err);
}

static int serve_command(struct vl_ssh_worker *worker, struct vl_ssh_fields *fields, struct vl_error *err)
{
    struct command command = { .output_limit = vl_ssh_take_number(fields) };
    VL_FREE char *asked = vl_ssh_take_text(fields), *line = NULL;
    int rc = -1;

    command.input = vl_ssh_take_bytes(fields, &command.input_left);
    if (!asked || !vl_ssh_fields_done(fields))
        return vl_fail(err, VL_ERROR_FAILED, "the program sent a request that is not whole");
    if (vl_asprintf(&line, "echo " MARK "; %s", asked) < 0)
        return vl_no_memory(err);
    if (open_channel(worker, &command, line, err) == 0) {
        if (converse(worker, &command) < 0)
            rc = vl_ssh_session_fail(worker, err, "the connection broke while a command ran");
        else
            rc = finish(worker, &command, err);
    }
    if (rc == 0)
        rc = command.begun ? answer(&command, err) : fail_other(worker, &command, err);
    vl_buf_free(&command.noise);
    vl_buf_free(&command.output);
    vl_buf_free(&command.errors);
    return rc;
}

static int serve(struct vl_ssh_worker *worker, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;

    for (;;) {
        struct vl_ssh_fields fields;
        int type = vl_ssh_wire_receive(VL_SSH_CONTROL, VL_SSH_RUN_LIMIT, -1, &message, &fields, err);

        if (type <= 0)
            return type;
        if (type != VL_SSH_RUN)
            return vl_fail(err, VL_ERROR_FAILED, "the program sent a message of the wrong type");
        if (serve_command(worker, &fields, err) < 0)
            return -1;
    }
}

/* In the order of the hello. */
static bool take_hello(struct vl_ssh_worker *worker, struct vl_ssh_fields *fields)
{
    char **const texts[] = { &worker->name,   &worker->user,     &worker->hostkey, &worker->profile_name,
                             &worker->remedy, &worker->password, &worker->forward };

    worker->look = vl_ssh_take_number(fields) != 0;
    worker->lab_key = vl_ssh_take_number(fields) != 0;
    worker->forward_port = vl_ssh_take_number(fields);
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        *texts[i] = vl_ssh_take_text(fields);
        if (!*texts[i])
            return false;
    }
    worker->agent_key_count = vl_ssh_take_number(fields);
    for (uint32_t i = 0; i < worker->agent_key_count && i < VL_SSH_AGENT_KEYS; i++) {
        struct vl_ssh_agent_key *key = &worker->agent_keys[i];
        const char *blob = vl_ssh_take_bytes(fields, &key->length);

        key->blob = vl_malloc(key->length + 1);
        if (!key->blob)
            return false;
        memcpy(key->blob, blob, key->length);
    }
    return worker->agent_key_count <= VL_SSH_AGENT_KEYS && (!worker->lab_key || worker->agent_key_count == 1) &&
           vl_ssh_fields_done(fields);
}

static int receive_hello(struct vl_ssh_worker *worker, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields = { .failed = true };

    worker->guest = vl_ssh_wire_receive_descriptor(VL_SSH_CONTROL, err);
    if (worker->guest < 0)
        return -1;
    if (vl_ssh_wire_receive(VL_SSH_CONTROL, VL_SSH_HELLO_LIMIT, -1, &message, &fields, err) != VL_SSH_HELLO)
        return vl_fail(err, VL_ERROR_FAILED, "the program did not say hello");
    if (!take_hello(worker, &fields))
        return vl_fail(err, VL_ERROR_FAILED, "the program's hello is not whole");
    if (*worker->forward)
        worker->stream = vl_ssh_wire_receive_descriptor(VL_SSH_CONTROL, err);
    return *worker->forward && worker->stream < 0 ? -1 : 0;
}

/* Have the libraries open, read and load now what they would want later, when they no longer may. */
static int warm_up(struct vl_error *err)
{
    (void)vl_digest_sha1();
    if (libssh2_init(0) != 0 || vl_digest_warm_up() < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot start the cryptographic library");
    return 0;
}

/* `seen`: the host key, of a worker that looks. */
static int send_ready(const char *seen, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;

    vl_ssh_wire_begin(&message, seen ? VL_SSH_SEEN : VL_SSH_READY);
    if (seen)
        vl_ssh_wire_text(&message, seen);
    vl_ssh_wire_end(&message);
    return vl_ssh_wire_send(VL_SSH_CONTROL, &message, -1, err);
}

static void send_failure(const struct vl_error *failure)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text = vl_error_text(failure);

    vl_ssh_wire_begin(&message, failure->code == VL_ERROR_REFUSED ? VL_SSH_REFUSED : VL_SSH_FAILED);
    vl_ssh_wire_bytes(&message, text, strnlen(text, VL_SSH_ERRORS_LIMIT));
    vl_ssh_wire_end(&message);
    (void)vl_ssh_wire_send(VL_SSH_CONTROL, &message, -1, &err);
}

static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(*secret);
    *secret = NULL;
}

static void forget_secrets(struct vl_ssh_worker *worker)
{
    forget(&worker->password);
}

/* Of a worker that stands between the way is open before it is ready. */
static int log_in(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL **ret_channel, struct vl_error *err)
{
    VL_FREE char *seen = NULL;
    int rc = vl_ssh_session_log_in(worker, &seen, err);

    forget_secrets(worker);
    if (rc == 0 && *worker->forward && !worker->look)
        rc = vl_ssh_session_open_way(worker, ret_channel, err);
    return rc < 0 ? -1 : send_ready(seen, err);
}

static int work(struct vl_ssh_worker *worker, struct vl_error *err)
{
    LIBSSH2_CHANNEL *channel = NULL;

    if (receive_hello(worker, err) < 0 || warm_up(err) < 0 ||
        vl_sandbox_enter((const int[]){ VL_SSH_CONTROL, worker->guest, worker->stream, -1 }, err) < 0 ||
        vl_ssh_session_begin(worker, err) < 0 || log_in(worker, &channel, err) < 0)
        return -1;
    if (worker->look)
        return 0;
    return channel ? vl_ssh_session_relay(worker, channel, err) : serve(worker, err);
}

/* One worker's life. Returns the exit status. */
static int live(void)
{
    struct vl_ssh_worker worker = { .guest = -1, .stream = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    int rc;

    rc = work(&worker, &err);
    if (rc < 0)
        send_failure(&err);
    forget_secrets(&worker);
    vl_ssh_session_end(&worker);
    return rc < 0 ? 1 : 0;
}

/* A child of our own parent (CLONE_PARENT of clone(2)): 0 in it, its number here. */
static pid_t split_off(void)
{
    return vl_sandbox_filters() ? (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, NULL) : 0;
}

static int tell_started(pid_t pid)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    vl_ssh_wire_begin(&message, VL_SSH_STARTED);
    vl_ssh_wire_number(&message, pid > 0 ? (uint32_t)pid : 0);
    vl_ssh_wire_end(&message);
    return vl_ssh_wire_send(VL_SSH_CONTROL, &message, -1, &ignored);
}

int vl_ssh_worker_main(void)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    int control;

    vl_sandbox_hide();
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_KEPT); /* the next answer goes where the last one was */
    (void)mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
    if (vl_sandbox_be_nobody(&ignored) < 0)
        return 1;
    (void)warm_up(&ignored); /* a worker does it again and says what is wrong: its random numbers must be its own */
    while ((control = vl_ssh_wire_receive_descriptor(VL_SSH_CONTROL, &ignored)) >= 0) {
        pid_t pid = split_off();

        if (pid == 0) {
            if (dup2(control, VL_SSH_CONTROL) < 0)
                return 1;
            (void)close(control);
            return live();
        }
        (void)close(control);
        if (tell_started(pid) < 0)
            return 1;
    }
    return 0;
}
