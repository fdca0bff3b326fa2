/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SSH worker: one process that talks SSH to one guest on behalf of the program. The only file that knows libssh2.
 * It is split off (ssh_start.c says why) by a process that does nothing else and talks to no guest.
 *
 * It starts with the connection in hand, cages itself before the guest's first byte is read, logs in, and then serves
 * one command after another until the program closes the control socket. It keeps no deadline: the program does, and
 * kills it. Should the guest take it over, all it has is that guest's connection and a socket on which the program
 * believes nothing unchecked.
 *
 * It ends with the program because it watches the control socket whenever it waits. The death signal of prctl(2) would
 * not do: it goes off when the thread that started the worker ends, though the program still uses the target.
 *
 * libssh2 is used without blocking, but straight down: each call is repeated until it is through, waiting in between
 * for the guest's socket and at the same time for the end of the program. A call that stopped in the middle of sending
 * a packet must be the next one made, or libssh2 refuses; `unfinished()` sees to that where two calls take turns.
 */
#include <errno.h>
#include <libssh2.h>
#include <malloc.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"
#include "machine/sandbox.h"
#include "machine/target.h"
#include "machine/wire.h"

enum { CONTROL = 3 };

struct worker {
    int guest;       /* the TCP socket */
    size_t received; /* bytes read from it so far */
    LIBSSH2_SESSION *session;
    char *name, *user, *private_key, *hostkey;
};

/* What is offered to the guest. libssh2 1.10 has neither AEAD ciphers nor encrypt-then-MAC. AES-128 comes first because
 * emulated guests have to compute it without help from the processor. */
struct methods {
    const char *key_exchange, *ciphers, *macs;
};

static const struct methods modern = {
    .key_exchange = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,"
                    "ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256,"
                    "diffie-hellman-group-exchange-sha256",
    .ciphers = "aes128-ctr,aes256-ctr,aes192-ctr",
    .macs = "hmac-sha2-256,hmac-sha2-512",
};

/* The OpenSSH 4.3 of CentOS 5 has nothing better at the end of these lists. */
static const struct methods ancient = {
    .key_exchange = "diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1",
    .ciphers = "aes128-ctr,aes256-ctr,aes192-ctr",
    .macs = "hmac-sha2-256,hmac-sha2-512,hmac-sha1",
};

/* The types of host keys that libssh2 can check. A lab's own are Ed25519; only a guest of the first years has ssh-rsa,
 * which tells what else it lacks. */
static const struct {
    const char *type;
    const struct methods *methods;
} hostkey_types[] = {
    { "ssh-ed25519", &modern },
    { "ecdsa-sha2-nistp256", &modern },
    { "ecdsa-sha2-nistp384", &modern },
    { "ecdsa-sha2-nistp521", &modern },
    { "ssh-rsa", &ancient },
};

/* Numbers of the signals that RFC 4254 section 6.10 names, as Linux has them. */
static const struct {
    const char *name;
    uint32_t number;
} signals[] = {
    { "HUP", 1 },   { "INT", 2 },   { "QUIT", 3 },  { "ILL", 4 },   { "ABRT", 6 },  { "FPE", 8 },   { "KILL", 9 },
    { "USR1", 10 }, { "SEGV", 11 }, { "USR2", 12 }, { "PIPE", 13 }, { "ALRM", 14 }, { "TERM", 15 },
};

enum { STATUS_UNKNOWN = 255 };

/* Wait until libssh2 can go on. When the program is gone, so is the reason to live. */
static void wait_guest(struct worker *worker)
{
    int directions = libssh2_session_block_directions(worker->session);
    struct pollfd waits[2] = { { .fd = worker->guest }, { .fd = CONTROL, .events = POLLRDHUP } };

    if (directions & LIBSSH2_SESSION_BLOCK_OUTBOUND)
        waits[0].events |= POLLOUT;
    if (directions & LIBSSH2_SESSION_BLOCK_INBOUND || !directions)
        waits[0].events |= POLLIN;
    (void)poll(waits, 2, -1);
    if (waits[1].revents & (POLLRDHUP | POLLHUP | POLLERR))
        _exit(0);
}

/* True when a call has to be made again at once; it has waited then. */
static bool unfinished(struct worker *worker, ssize_t rc)
{
    if (rc != LIBSSH2_ERROR_EAGAIN ||
        !(libssh2_session_block_directions(worker->session) & LIBSSH2_SESSION_BLOCK_OUTBOUND))
        return false;
    wait_guest(worker);
    return true;
}

static bool must_wait(struct worker *worker, ssize_t rc)
{
    if (rc != LIBSSH2_ERROR_EAGAIN)
        return false;
    wait_guest(worker);
    return true;
}

static int fail_ssh(struct worker *worker, struct vl_error *err, const char *what)
{
    char *text = NULL;
    int rc = libssh2_session_last_error(worker->session, &text, NULL, 0);

    return vl_fail(err, VL_ERROR_FAILED, "%s: %s (libssh2 %d)", what, text && *text ? text : "no reason given", rc);
}

static size_t find_hostkey_type(const char *hostkey, size_t length)
{
    size_t i = 0;

    while (i < VL_COUNT(hostkey_types) &&
           !(strlen(hostkey_types[i].type) == length && memcmp(hostkey_types[i].type, hostkey, length) == 0))
        i++;
    return i;
}

/* Offer nothing but the type of key that is known, or a guest that has several would show another one. */
static int set_methods(struct worker *worker, struct vl_error *err)
{
    size_t type = find_hostkey_type(worker->hostkey, strcspn(worker->hostkey, " "));
    const struct methods *methods;

    if (type == VL_COUNT(hostkey_types))
        return vl_fail(err, VL_ERROR_FAILED, "the host key recorded for '%s' is of no type that can be checked",
                       worker->name);
    methods = hostkey_types[type].methods;
    if (libssh2_session_method_pref(worker->session, LIBSSH2_METHOD_HOSTKEY, hostkey_types[type].type) ||
        libssh2_session_method_pref(worker->session, LIBSSH2_METHOD_KEX, methods->key_exchange) ||
        libssh2_session_method_pref(worker->session, LIBSSH2_METHOD_CRYPT_CS, methods->ciphers) ||
        libssh2_session_method_pref(worker->session, LIBSSH2_METHOD_CRYPT_SC, methods->ciphers) ||
        libssh2_session_method_pref(worker->session, LIBSSH2_METHOD_MAC_CS, methods->macs) ||
        libssh2_session_method_pref(worker->session, LIBSSH2_METHOD_MAC_SC, methods->macs))
        return fail_ssh(worker, err, "cannot set the methods of SSH");
    return 0;
}

static int shake_hands(struct worker *worker, struct vl_error *err)
{
    int rc;

    do
        rc = libssh2_session_handshake(worker->session, worker->guest);
    while (must_wait(worker, rc));
    if (rc == LIBSSH2_ERROR_KEX_FAILURE)
        return vl_fail(err, VL_ERROR_FAILED,
                       "'%s' has no '%.*s' host key, which this lab gave it, or no cipher in common with us; "
                       "check that its address is right, and its sshd_config",
                       worker->name, (int)strcspn(worker->hostkey, " "), worker->hostkey);
    return rc ? fail_ssh(worker, err, "cannot begin an SSH session") : 0;
}

/* The key that the guest proved to own, against the one in `hostkey`: "TYPE BASE64 [comment]". */
static int check_hostkey(struct worker *worker, struct vl_error *err)
{
    const char *expected = worker->hostkey + strcspn(worker->hostkey, " ");
    size_t length = 0;
    int type;
    const char *blob = libssh2_session_hostkey(worker->session, &length, &type);
    VL_FREE char *text = NULL;

    expected += strspn(expected, " ");
    if (!blob || length == 0 || length > 65536)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' showed no host key", worker->name);
    text = vl_digest_base64(blob, length);
    if (!text)
        return vl_no_memory(err);
    if (strcspn(expected, " \r\n") != strlen(text) || memcmp(expected, text, strlen(text)) != 0)
        return vl_fail(err, VL_ERROR_FAILED,
                       "host key of '%s' is not the one that this lab made; another machine may be answering at its "
                       "address: check the address, and if the guest was installed anew, make it again with "
                       "'voiplab create-vm'",
                       worker->name);
    return 0;
}

static int authenticate(struct worker *worker, struct vl_error *err)
{
    int rc;

    do
        rc = libssh2_userauth_publickey_frommemory(worker->session, worker->user, strlen(worker->user), NULL, 0,
                                                   worker->private_key, strlen(worker->private_key), NULL);
    while (must_wait(worker, rc));
    if (rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED || rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED)
        return vl_fail(err, VL_ERROR_FAILED,
                       "'%s' refuses the lab's key for the user '%s'; put the lab's public key into that user's "
                       "authorized_keys",
                       worker->name, worker->user);
    return rc ? fail_ssh(worker, err, "cannot log in") : 0;
}

/* libssh2 copies the private key about and frees the copies as they are. Wiped, they cannot be found by a guest that
 * takes this process over after the login. The functions have the types that libssh2_session_init_ex(3) asks for. */
static void *wiping_alloc(size_t size, void **abstract)
{
    (void)abstract;
    return vl_malloc(size);
}

static void wiping_free(void *block, void **abstract)
{
    (void)abstract;
    if (block)
        explicit_bzero(block, malloc_usable_size(block));
    free(block);
}

static void *wiping_realloc(void *block, size_t size, void **abstract)
{
    size_t old = block ? malloc_usable_size(block) : 0;
    void *larger = vl_malloc(size);

    if (larger && block) {
        memcpy(larger, block, old < size ? old : size);
        wiping_free(block, abstract);
    }
    return larger;
}

/* What libssh2 reads with, as libssh2_session_callback_set(3) asks for it: counting. */
static ssize_t receive(int socket, void *buffer, size_t length, int flags, void **abstract)
{
    struct worker *worker = *abstract;
    ssize_t got = recv(socket, buffer, length, flags);

    if (got < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    worker->received += (size_t)got;
    return got;
}

static void set_receive(LIBSSH2_SESSION *session)
{
#if LIBSSH2_VERSION_NUM >= 0x010b01 /* 1.11.1: the other one is deprecated */
    (void)libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV, (libssh2_cb_generic *)receive);
#else
    ssize_t (*function)(int, void *, size_t, int, void **) = receive;
    void *pointer;

    /* ISO C knows no cast from a function to an object, POSIX guarantees the same size */
    memcpy(&pointer, &function, sizeof(pointer));
    (void)libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, pointer);
#endif
}

static int log_in(struct worker *worker, struct vl_error *err)
{
    worker->session = libssh2_session_init_ex(wiping_alloc, wiping_free, wiping_realloc, worker);
    if (!worker->session)
        return vl_no_memory(err);
    set_receive(worker->session);
    libssh2_session_set_blocking(worker->session, 0);
    if (set_methods(worker, err) < 0 || shake_hands(worker, err) < 0 || check_hostkey(worker, err) < 0)
        return -1;
    return authenticate(worker, err);
}

/* One command: what goes in, what has come out. */
struct command {
    LIBSSH2_CHANNEL *channel;
    const char *input;
    size_t input_left;
    bool input_ended;
    struct vl_buf output, errors;
    size_t output_limit;
    uint32_t status;
};

static int open_channel(struct worker *worker, struct command *command, const char *line, struct vl_error *err)
{
    int rc;

    do
        command->channel = libssh2_channel_open_session(worker->session);
    while (!command->channel && must_wait(worker, libssh2_session_last_errno(worker->session)));
    if (!command->channel)
        return fail_ssh(worker, err, "cannot open a channel");
    do
        rc = libssh2_channel_exec(command->channel, line);
    while (must_wait(worker, rc));
    return rc ? fail_ssh(worker, err, "cannot start a command") : 0;
}

/* Give the command its input, then the end of it. 1: something moved, 0: not now, -1: the connection is broken. */
static int feed(struct worker *worker, struct command *command)
{
    ssize_t rc;

    if (command->input_ended)
        return 0;
    do
        rc = command->input_left ? libssh2_channel_write(command->channel, command->input, command->input_left)
                                 : libssh2_channel_send_eof(command->channel);
    while (unfinished(worker, rc));
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

/* Keep the first bytes of stdout up to the limit, and the last of stderr; the rest is read and dropped. */
static void keep(struct command *command, int stream, const char *chunk, size_t length)
{
    struct vl_buf *errors = &command->errors;
    size_t room = command->output_limit - command->output.length;

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

static int drain(struct worker *worker, struct command *command, int stream)
{
    char chunk[16384];
    ssize_t rc;

    do
        rc = libssh2_channel_read_ex(command->channel, stream, chunk, sizeof(chunk));
    while (unfinished(worker, rc));
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
static int converse(struct worker *worker, struct command *command)
{
    while (!libssh2_channel_eof(command->channel)) {
        size_t received = worker->received;
        int fed = feed(worker, command);
        int out = fed < 0 ? -1 : drain(worker, command, 0);
        int errors = out < 0 ? -1 : drain(worker, command, SSH_EXTENDED_DATA_STDERR);

        if (errors < 0)
            return -1;
        if (!fed && !out && !errors && received == worker->received)
            wait_guest(worker);
    }
    return 0;
}

/* libssh2 says status 0 for a command that a signal ended, so the signal is asked for first. */
static uint32_t find_status(struct worker *worker, struct command *command)
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
static int finish(struct worker *worker, struct command *command, struct vl_error *err)
{
    int rc;

    do
        rc = libssh2_channel_wait_closed(command->channel);
    while (must_wait(worker, rc));
    if (rc)
        return fail_ssh(worker, err, "the connection broke before the command's end was known");
    command->status = find_status(worker, command);
    do
        rc = libssh2_channel_free(command->channel);
    while (must_wait(worker, rc));
    command->channel = NULL;
    return rc ? fail_ssh(worker, err, "cannot close a channel") : 0;
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
    return vl_ssh_wire_send(CONTROL, &message, -1, err);
}

static int serve_command(struct worker *worker, struct vl_ssh_fields *fields, struct vl_error *err)
{
    struct command command = { .output_limit = vl_ssh_take_number(fields) };
    VL_FREE char *line = vl_ssh_take_text(fields);
    int rc = -1;

    command.input = vl_ssh_take_bytes(fields, &command.input_left);
    if (!line || !vl_ssh_fields_done(fields))
        return vl_fail(err, VL_ERROR_FAILED, "the program sent a request that is not whole");
    if (open_channel(worker, &command, line, err) == 0) {
        if (converse(worker, &command) < 0)
            rc = fail_ssh(worker, err, "the connection broke while a command ran");
        else
            rc = finish(worker, &command, err);
    }
    if (rc == 0)
        rc = answer(&command, err);
    vl_buf_free(&command.output);
    vl_buf_free(&command.errors);
    return rc;
}

static int serve(struct worker *worker, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;

    for (;;) {
        struct vl_ssh_fields fields;
        int type = vl_ssh_wire_receive(CONTROL, VL_SSH_RUN_LIMIT, -1, &message, &fields, err);

        if (type <= 0)
            return type;
        if (type != VL_SSH_RUN)
            return vl_fail(err, VL_ERROR_FAILED, "the program sent a message of the wrong type");
        if (serve_command(worker, &fields, err) < 0)
            return -1;
    }
}

static int receive_hello(struct worker *worker, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields = { .failed = true };

    worker->guest = vl_ssh_wire_receive_descriptor(CONTROL, err);
    if (worker->guest < 0)
        return -1;
    if (vl_ssh_wire_receive(CONTROL, VL_SSH_HELLO_LIMIT, -1, &message, &fields, err) != VL_SSH_HELLO)
        return vl_fail(err, VL_ERROR_FAILED, "the program did not say hello");
    worker->name = vl_ssh_take_text(&fields);
    worker->user = vl_ssh_take_text(&fields);
    worker->private_key = vl_ssh_take_text(&fields);
    worker->hostkey = vl_ssh_take_text(&fields);
    if (!worker->name || !worker->user || !worker->private_key || !worker->hostkey || !vl_ssh_fields_done(&fields))
        return vl_fail(err, VL_ERROR_FAILED, "the program's hello is not whole");
    return 0;
}

/* Have the libraries open, read and load now what they would want later, when they no longer may. */
static int warm_up(struct vl_error *err)
{
    if (libssh2_init(0) != 0 || vl_digest_warm_up() < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot start the cryptographic library");
    return 0;
}

static int send_ready(struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;

    vl_ssh_wire_begin(&message, VL_SSH_READY);
    vl_ssh_wire_end(&message);
    return vl_ssh_wire_send(CONTROL, &message, -1, err);
}

static void send_failure(const struct vl_error *failure)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text = vl_error_text(failure);

    vl_ssh_wire_begin(&message, VL_SSH_FAILED);
    vl_ssh_wire_bytes(&message, text, strnlen(text, VL_SSH_ERRORS_LIMIT));
    vl_ssh_wire_end(&message);
    (void)vl_ssh_wire_send(CONTROL, &message, -1, &err);
}

static void forget_key(struct worker *worker)
{
    if (worker->private_key)
        explicit_bzero(worker->private_key, strlen(worker->private_key));
    free(worker->private_key);
    worker->private_key = NULL;
}

static int work(struct worker *worker, struct vl_error *err)
{
    int rc;

    if (receive_hello(worker, err) < 0 || warm_up(err) < 0 || vl_sandbox_enter(CONTROL, worker->guest, err) < 0)
        return -1;
    rc = log_in(worker, err);
    forget_key(worker);
    if (rc < 0 || send_ready(err) < 0)
        return -1;
    return serve(worker, err);
}

/* One worker's life. Returns the exit status. */
static int live(void)
{
    struct worker worker = { .guest = -1 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    int rc;

    rc = work(&worker, &err);
    if (rc < 0)
        send_failure(&err);
    forget_key(&worker);
    free(worker.name);
    free(worker.user);
    free(worker.hostkey);
    if (worker.session)
        (void)libssh2_session_free(worker.session);
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
    return vl_ssh_wire_send(CONTROL, &message, -1, &ignored);
}

int vl_ssh_worker_main(void)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    int control;

    vl_sandbox_hide();
    (void)warm_up(&ignored); /* a worker does it again and says what is wrong: its random numbers must be its own */
    while ((control = vl_ssh_wire_receive_descriptor(CONTROL, &ignored)) >= 0) {
        pid_t pid = split_off();

        if (pid == 0) {
            if (dup2(control, CONTROL) < 0)
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
