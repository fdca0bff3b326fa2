/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target that is a host over SSH, or by another way that runs commands there (vl_target_by()), seen from the
 * program.
 *
 * The program connects (ssh_connect.c) and hands the socket to a worker process (ssh_worker.c), which does everything
 * that a hostile guest could abuse. Here are the deadline, which is kept by killing the worker, and the check of all
 * that it answers. After any failure of the connection the worker is gone and every later call fails at once, saying
 * why: nothing is known then of what the guest did. Files are read and written by commands (ssh_file.c).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "machine/ssh_internal.h"
#include "machine/target.h"
#include "machine/wire.h"

enum { COMMAND_TIMEOUT_MS = 60000, LATE_MS = 500 };

static const char *worker_program = "/proc/self/exe";

void vl_ssh_set_worker_program(const char *path)
{
    worker_program = path;
}

/* The worker's life */

/* Kill the worker and wait for it. Returns its wait status. Also when it has ended by itself, its number stays taken
 * until here, so that no other process can be hit. */
static int end_worker(struct vl_ssh *ssh)
{
    int status = 0;

    if (ssh->control >= 0)
        (void)close(ssh->control);
    ssh->control = -1;
    if (ssh->worker > 0) {
        (void)kill(ssh->worker, SIGKILL);
        while (waitpid(ssh->worker, &status, 0) < 0 && errno == EINTR)
            ;
        vl_ssh_worker_ended();
    }
    ssh->worker = 0;
    return status;
}

/* End the worker because of `err`, which is remembered for later calls. Returns -1. */
static int give_up(struct vl_ssh *ssh, const struct vl_error *err)
{
    (void)end_worker(ssh);
    ssh->by.execute = NULL;
    free(ssh->gone);
    ssh->gone = vl_strdup(vl_error_text(err));
    return -1;
}

/* The worker closed its end without a word: say what became of it. */
static int fail_vanished(struct vl_ssh *ssh, struct vl_error *err)
{
    siginfo_t info = { .si_pid = 0 };
    struct pollfd pause = { .fd = -1 };

    /* its socket closes a moment before it can be waited for */
    for (int i = 0; i < 100 && info.si_pid == 0; i++) {
        if (waitid(P_PID, (id_t)ssh->worker, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            break;
        if (info.si_pid == 0)
            (void)poll(&pause, 1, 5);
    }
    if (info.si_pid != 0 && info.si_code != CLD_EXITED)
        return vl_fail(err, VL_ERROR_FAILED,
                       "the process that talks to '%s' was ended by signal %d; what the guest sent may be broken or "
                       "an attack",
                       ssh->name, info.si_status);
    return vl_fail(err, VL_ERROR_FAILED, "the process that talks to '%s' ended before it answered", ssh->name);
}

/* What the worker says went wrong, made safe for a terminal: its words may be the guest's. Those of its own are longer
 * than what is quoted elsewhere. */
static int fail_told(int type, struct vl_ssh_fields *fields, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *text = vl_ssh_take_text(fields);

    if (!text || !vl_ssh_fields_done(fields))
        return vl_fail(err, VL_ERROR_FAILED, "the process that talks to the guest failed without a reason");
    return vl_fail(err, type == VL_SSH_REFUSED ? VL_ERROR_REFUSED : VL_ERROR_FAILED, "%s",
                   vl_text_quote(&arena, text, VL_SSH_ERRORS_LIMIT));
}

int vl_ssh_ask(struct vl_ssh *ssh, const struct vl_buf *request, size_t limit, int timeout_ms, long long deadline,
               struct vl_buf *message, struct vl_ssh_fields *ret_fields, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    int type = vl_ssh_wire_send(ssh->control, request, deadline, &cause);

    /* a worker that failed before it read everything has left its reason in the socket */
    if (type == 0 || cause.code == VL_ERROR_FAILED)
        type = vl_ssh_wire_receive(ssh->control, limit, deadline, message, ret_fields, &cause);
    if (type > 0 && type != VL_SSH_FAILED && type != VL_SSH_REFUSED)
        return type;
    if (type == 0)
        (void)fail_vanished(ssh, err);
    else if (type < 0 && cause.code == VL_ERROR_TIMEOUT)
        (void)vl_fail(err, VL_ERROR_TIMEOUT, "'%s' did not answer within %.1f s", ssh->name, timeout_ms / 1000.0);
    else if (type > 0)
        (void)fail_told(type, ret_fields, err);
    else
        (void)vl_fail(err, cause.code, "the process that talks to '%s': %s", ssh->name, vl_error_text(&cause));
    return give_up(ssh, err);
}

int vl_ssh_improper(struct vl_ssh *ssh, struct vl_error *err)
{
    (void)vl_fail(err, VL_ERROR_FAILED, "the process that talks to '%s' gave no proper answer", ssh->name);
    return give_up(ssh, err);
}

int vl_ssh_start_worker(struct vl_ssh *ssh, int guest, struct vl_error *err)
{
    int ends[2];
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return vl_fail_errno(err, "cannot make a socket pair");
    pid = vl_ssh_worker_start(worker_program, ends[1], err);
    (void)close(ends[1]);
    ssh->control = ends[0];
    if (pid < 0)
        return -1;
    ssh->worker = pid;
    return vl_ssh_wire_send_descriptor(ssh->control, guest, err);
}

/* Commands */

/* The remote login shell splits and expands what it gets, so each argument is put in single quotes; one inside is
 * written '\''. A line end would end the command in some shells, so it is refused. */
static int quote(struct vl_buf *line, const char *argument, struct vl_error *err)
{
    if (strpbrk(argument, "\r\n"))
        return vl_fail(err, VL_ERROR_FAILED, "an argument with a line end cannot be sent: '%s'", argument);
    vl_buf_puts(line, line->length ? " '" : "'");
    for (const char *at = argument; *at; at++) {
        if (*at == '\'')
            vl_buf_puts(line, "'\\''");
        else
            vl_buf_putc(line, *at);
    }
    vl_buf_putc(line, '\'');
    return 0;
}

static int compose_run(struct vl_buf *request, const char *const *argv, const char *input, size_t limit,
                       struct vl_error *err)
{
    VL_BUF_AUTO line = VL_BUF_INIT;

    for (size_t i = 0; argv[i]; i++)
        if (quote(&line, argv[i], err) < 0)
            return -1;
    if (line.length == 0 || line.length > VL_SSH_COMMAND_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "a command of %zu bytes cannot be sent", line.length);
    if (input && strlen(input) > VL_SSH_INPUT_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "%zu bytes of input are more than a command may get", strlen(input));
    vl_ssh_wire_begin(request, VL_SSH_RUN);
    vl_ssh_wire_number(request, (uint32_t)limit);
    vl_ssh_wire_bytes(request, vl_buf_text(&line), line.length);
    vl_ssh_wire_text(request, input ? input : "");
    vl_ssh_wire_end(request);
    if (line.failed || request->failed)
        return vl_no_memory(err);
    return 0;
}

/* A guest that answers each question just before its time is up would hold a run, and the lab's lock, for as long as it
 * is asked; so all that it takes comes off one account. What may take longer than that is what the lab file asks for,
 * such as an import into a database, and has a time of its own. */
struct account {
    int timeout_ms; /* of this question */
    int left;       /* of all, before it */
    bool bound, last;
    long long begun;
};

static struct account open_account(const struct vl_ssh *ssh, int timeout_ms)
{
    struct account account = { .timeout_ms = timeout_ms, .left = ssh->base.patience_ms, .begun = vl_now_ms() };

    account.bound = account.left > 0 && timeout_ms <= VL_TARGET_PATIENCE_MS;
    account.last = account.bound && account.left < timeout_ms;
    if (account.last)
        account.timeout_ms = account.left;
    return account;
}

/* `rc`: what the question came to. Returns it. */
static int close_account(struct vl_ssh *ssh, const struct account *account, int rc, struct vl_error *err)
{
    long long taken = vl_now_ms() - account->begun;

    if (account->bound)
        ssh->base.patience_ms = taken < account->left ? account->left - (int)taken : 1;
    if (rc >= 0 || !account->last || err->code != VL_ERROR_TIMEOUT)
        return rc;
    vl_error_clear(err);
    return vl_fail(err, VL_ERROR_TIMEOUT, "'%s' has kept voiplab waiting for as long as it may in all", ssh->name);
}

static int execute_by(struct vl_ssh *ssh, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                      struct vl_ssh_reply *reply, struct vl_error *err)
{
    const struct account account = open_account(ssh, timeout_ms);
    int rc = ssh->by.execute(ssh->by.context, argv, input, limit, account.timeout_ms, &reply->status, &reply->output,
                             &reply->errors, err);

    /* one that comes late would never end its patience */
    if (rc == 0 && vl_now_ms() - account.begun > account.timeout_ms + LATE_MS)
        rc =
            vl_fail(err, VL_ERROR_TIMEOUT, "'%s' did not answer within %.1f s", ssh->name, account.timeout_ms / 1000.0);
    if (close_account(ssh, &account, rc, err) < 0)
        return give_up(ssh, err);
    return reply->output.failed || reply->errors.failed ? vl_no_memory(err) : 0;
}

int vl_ssh_execute(struct vl_ssh *ssh, const char *const *argv, const char *input, size_t limit, int timeout_ms,
                   struct vl_ssh_reply *reply, struct vl_error *err)
{
    VL_BUF_AUTO request = VL_BUF_INIT;
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    const char *output, *errors;
    size_t output_length, errors_length;
    struct account account;
    uint32_t status;
    int type;

    if (!vl_ssh_is_open(ssh))
        return vl_fail(err, VL_ERROR_FAILED, "'%s' is left alone since it failed before: %s", ssh->name,
                       ssh->gone ? ssh->gone : "out of memory");
    timeout_ms = timeout_ms > 0 ? timeout_ms : ssh->command_timeout_ms;
    if (ssh->by.execute)
        return execute_by(ssh, argv, input, limit, timeout_ms, reply, err);
    if (compose_run(&request, argv, input, limit, err) < 0)
        return -1;
    account = open_account(ssh, timeout_ms);
    type = vl_ssh_ask(ssh, &request, limit + VL_SSH_ERRORS_LIMIT + 12, account.timeout_ms,
                      account.begun + account.timeout_ms, &message, &fields, err);
    if (close_account(ssh, &account, type, err) < 0)
        return -1;
    if (type != VL_SSH_RESULT)
        return vl_ssh_improper(ssh, err);
    status = vl_ssh_take_number(&fields);
    output = vl_ssh_take_bytes(&fields, &output_length);
    errors = vl_ssh_take_bytes(&fields, &errors_length);
    if (!vl_ssh_fields_done(&fields) || status > 255 || output_length > limit || errors_length > VL_SSH_ERRORS_LIMIT)
        return vl_ssh_improper(ssh, err);
    reply->status = (int)status;
    vl_buf_add(&reply->output, output, output_length);
    vl_buf_add(&reply->errors, errors, errors_length);
    return reply->output.failed || reply->errors.failed ? vl_no_memory(err) : 0;
}

/* The answer of Asterisk, when it was asked for ahead. */
static bool take_ahead(struct vl_ssh *ssh, const char *const *argv, struct vl_command_result *ret_result)
{
    struct vl_ahead_command *known = NULL;

    if (argv[0] && !strcmp(argv[0], "asterisk") && argv[1] && !strcmp(argv[1], "-rx") && argv[2] && !argv[3])
        known = vl_ahead_find_command(ssh->ahead, argv[2], vl_now_ms());
    if (!known)
        return false;
    *ret_result = (struct vl_command_result){ .status = known->status,
                                              .output = vl_strdup(known->output),
                                              .answered = known->answered };
    known->output = NULL;
    return ret_result->output != NULL;
}

static int ssh_run(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                   struct vl_command_result *ret_result, struct vl_error *err)
{
    VL_SSH_REPLY_AUTO reply = { .status = -1 };
    char *output;

    if (take_ahead(vl_ssh_of(target), argv, ret_result))
        return 0;
    vl_ahead_drop(&vl_ssh_of(target)->ahead);
    if (vl_ssh_execute(vl_ssh_of(target), argv, input, VL_TARGET_OUTPUT_LIMIT, timeout_ms, &reply, err) < 0)
        return -1;
    output = vl_buf_take(&reply.output);
    if (!output)
        return vl_no_memory(err);
    ret_result->status = reply.status;
    ret_result->output = output;
    return 0;
}

static void ssh_close(struct vl_target *target)
{
    struct vl_ssh *ssh = vl_ssh_of(target);

    (void)end_worker(ssh);
    if (ssh->via)
        ssh_close(&ssh->via->base);
    vl_ahead_drop(&ssh->ahead);
    if (ssh->by.close)
        ssh->by.close(ssh->by.context);
    free(ssh->name);
    free(ssh->gone);
    free(ssh);
}

static const struct vl_target_ops ssh_ops = {
    .read = vl_ssh_read,
    .write = vl_ssh_write,
    .remove = vl_ssh_remove,
    .facts = vl_ssh_facts,
    .gives_to = vl_ssh_gives_to,
    .prefetch = vl_ssh_prefetch,
    .question = vl_ssh_question,
    .take = vl_ssh_take,
    .batch = vl_ssh_batch,
    .run = ssh_run,
    .close = ssh_close,
};

struct vl_ssh *vl_ssh_new(const char *name, int command_timeout_ms)
{
    struct vl_ssh *ssh = vl_calloc(1, sizeof(*ssh));

    if (ssh)
        ssh->name = vl_strdup(name);
    if (!ssh || !ssh->name) {
        free(ssh);
        return NULL;
    }
    ssh->base = (struct vl_target){ .ops = &ssh_ops, .name = ssh->name };
    ssh->control = -1;
    ssh->command_timeout_ms = command_timeout_ms > 0 ? command_timeout_ms : COMMAND_TIMEOUT_MS;
    return ssh;
}

struct vl_target *vl_target_by(const char *name, const struct vl_executor *executor, struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_new(name, 0);

    if (!ssh) {
        (void)vl_no_memory(err);
        if (executor->close)
            executor->close(executor->context);
        return NULL;
    }
    ssh->by = *executor;
    return &ssh->base;
}
