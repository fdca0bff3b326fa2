/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From options to a target over SSH: the connection, straight or through the session of another worker, and the login.
 *
 * A host that is not there, or says nothing, is told after the time for connecting; a server that has shown its host
 * key gets a time of its own for the login, since one that asks a name server in vain is not dead. What is signed is
 * signed from here (agent.h): the worker has no private key.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "machine/agent.h"
#include "machine/ssh_internal.h"
#include "machine/ssh_key.h"

enum { CONNECT_TIMEOUT_MS = 30000, LAST_WORD_MS = 300 };

/* What a session is wanted for, besides its commands. */
struct purpose {
    const struct vl_ssh_options *options;
    bool look;           /* at the host key, into `seen` */
    const char *forward; /* stand between here and this host; NULL: do not */
    unsigned forward_port;
    int stream;         /* our end of that */
    long long deadline; /* of the handshake */
    char *seen;
};

static int connect_timeout(const struct vl_ssh_options *options)
{
    return options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
}

static int login_timeout(const struct vl_ssh_options *options)
{
    return options->login_timeout_ms > 0 ? options->login_timeout_ms : connect_timeout(options);
}

static int finish_connect(int descriptor, long long deadline, struct vl_error *err)
{
    int reason = 0;
    socklen_t size = sizeof(reason);

    if (vl_ssh_wait(descriptor, POLLOUT, deadline, err) < 0)
        return -1;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size) < 0)
        reason = errno;
    errno = reason;
    return reason ? vl_fail_errno(err, "connect") : 0;
}

/* The connected, non-blocking TCP socket, or -1. */
static int connect_address(const struct vl_ssh_options *options, long long deadline, struct vl_error *err)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options->port) };
    int descriptor, on = 1;

    if (options->port < 1 || options->port > 65535 || inet_pton(AF_INET, options->address, &address.sin_addr) != 1)
        return vl_fail(err, VL_ERROR_FAILED, "'%s' port %u is no address to connect to", options->address,
                       options->port);
    descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return vl_fail_errno(err, "cannot make a socket");
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return descriptor;
    if (errno != EINPROGRESS ? vl_fail_errno(err, "connect") : finish_connect(descriptor, deadline, err)) {
        (void)close(descriptor);
        return -1;
    }
    return descriptor;
}

static int connect_guest(const struct vl_ssh_options *options, long long deadline, struct vl_error *err)
{
    int timeout_ms = connect_timeout(options);
    int guest = connect_address(options, deadline, err);

    if (guest >= 0)
        return guest;
    if (err->code == VL_ERROR_TIMEOUT)
        return vl_fail(err, VL_ERROR_TIMEOUT, "'%s' (%s port %u) did not answer within %.1f s; is it up?",
                       options->name, options->address, options->port, timeout_ms / 1000.0);
    return vl_error_wrap(err, "cannot reach '%s' (%s port %u)", options->name, options->address, options->port);
}

/* The hello: see take_hello() of ssh_worker.c. */
static int compose_hello(const struct purpose *purpose, const struct vl_agent *agent, struct vl_buf *hello,
                         struct vl_error *err)
{
    const struct vl_ssh_options *options = purpose->options;
    const char *const texts[] = { options->name,   options->user,     options->hostkey, options->profile,
                                  options->remedy, options->password, purpose->forward };

    vl_ssh_wire_begin(hello, VL_SSH_HELLO);
    vl_ssh_wire_number(hello, purpose->look);
    vl_ssh_wire_number(hello, agent->own.signer != NULL);
    vl_ssh_wire_number(hello, purpose->forward_port);
    for (size_t i = 0; i < VL_COUNT(texts); i++)
        vl_ssh_wire_text(hello, texts[i] ? texts[i] : "");
    vl_ssh_wire_number(hello, (uint32_t)agent->count);
    for (size_t i = 0; i < agent->count; i++)
        vl_ssh_wire_bytes(hello, vl_buf_text(&agent->keys[i]), agent->keys[i].length);
    vl_ssh_wire_end(hello);
    if (hello->length > VL_SSH_HELLO_LIMIT)
        return vl_fail(err, VL_ERROR_FAILED, "what is to be told of '%s' is too long", options->name);
    return 0;
}

/* The worker wants a login signed. Without the agent's consent it gets an empty signature, and goes on without. */
static void answer_sign(const struct vl_ssh_options *options, struct vl_agent *agent, struct vl_ssh_fields *fields,
                        long long deadline, struct vl_buf *answer)
{
    VL_BUF_AUTO signature = VL_BUF_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    size_t length, index = vl_ssh_take_number(fields);
    const char *data = vl_ssh_take_bytes(fields, &length);

    if (vl_ssh_fields_done(fields))
        (void)vl_agent_sign(agent, index, options->user, data, length, deadline, &signature, &ignored);
    vl_ssh_wire_begin(answer, VL_SSH_SIGNED);
    vl_ssh_wire_bytes(answer, vl_buf_text(&signature), signature.length);
    vl_ssh_wire_end(answer);
}

static int take_seen(struct vl_ssh *ssh, struct vl_ssh_fields *fields, struct purpose *purpose, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *line = vl_ssh_take_text(fields);
    const char *plain = line && vl_ssh_fields_done(fields) ? vl_ssh_hostkey_plain(&arena, line) : NULL;

    if (!plain)
        return vl_ssh_improper(ssh, err);
    purpose->seen = vl_strdup(plain);
    return purpose->seen ? 0 : vl_no_memory(err);
}

static int send_hello(struct vl_ssh *ssh, const struct purpose *purpose, const struct vl_agent *agent,
                      struct vl_error *err)
{
    VL_BUF_AUTO hello = VL_BUF_INIT;

    if (compose_hello(purpose, agent, &hello, err) < 0 ||
        vl_ssh_wire_send(ssh->control, &hello, purpose->deadline, err) < 0)
        return -1;
    return purpose->forward ? vl_ssh_wire_send_descriptor(ssh->control, purpose->stream, err) : 0;
}

static int talk(struct vl_ssh *ssh, struct purpose *purpose, struct vl_agent *agent, struct vl_error *err)
{
    VL_BUF_AUTO request = VL_BUF_INIT;
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    int timeout_ms = connect_timeout(purpose->options), type;
    long long deadline = purpose->deadline;
    bool met = false;

    if (send_hello(ssh, purpose, agent, err) < 0)
        return -1;
    for (;;) {
        type = vl_ssh_ask(ssh, &request, VL_SSH_HELLO_LIMIT, timeout_ms, deadline, &message, &fields, err);
        if (type == VL_SSH_MET && !met) {
            met = true;
            timeout_ms = login_timeout(purpose->options);
            deadline = vl_now_ms() + timeout_ms;
            vl_buf_reset(&request); /* it goes on by itself */
        } else if (type == VL_SSH_SIGN && met) {
            answer_sign(purpose->options, agent, &fields, deadline, &request);
        } else {
            break;
        }
    }
    if (type == VL_SSH_SEEN && purpose->look)
        return take_seen(ssh, &fields, purpose, err);
    if (type == VL_SSH_READY && met)
        return 0;
    if (type < 0 && err->code == VL_ERROR_TIMEOUT && met)
        return vl_fail(
            err, VL_ERROR_TIMEOUT,
            "'%s' showed its host key and let nobody in within %.1f s; when its sshd asks a name server that "
            "does not answer, 'UseDNS no' in its sshd_config helps, or more time with --wait",
            purpose->options->name, timeout_ms / 1000.0);
    return type < 0 ? -1 : vl_ssh_improper(ssh, err);
}

static int log_in(struct vl_ssh *ssh, struct purpose *purpose, struct vl_error *err)
{
    VL_AGENT_AUTO agent = { .socket = -1 };

    if (purpose->options->agent && !purpose->look &&
        vl_agent_open(&agent, vl_now_ms() + login_timeout(purpose->options), err) < 0)
        return -1;
    if (purpose->options->private_key && !purpose->look && vl_agent_be(&agent, purpose->options->private_key, err) < 0)
        return vl_error_wrap(err, "%s", purpose->options->name);
    return talk(ssh, purpose, &agent, err);
}

static struct vl_ssh *open_session(struct purpose *purpose, struct vl_error *err);

/* Have a worker log in at the host in between, which then holds the other end of *ret_guest. */
static struct vl_ssh *open_via(const struct vl_ssh_options *options, int *ret_guest, struct vl_error *err)
{
    int ends[2];
    struct vl_ssh *via;
    struct purpose purpose = { .options = options->via, .forward = options->address, .forward_port = options->port };

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0) {
        (void)vl_fail_errno(err, "cannot make a socket pair");
        return NULL;
    }
    purpose.stream = ends[1];
    via = open_session(&purpose, err);
    (void)close(ends[1]);
    if (via)
        *ret_guest = ends[0];
    else
        (void)close(ends[0]);
    return via;
}

/* When what a session goes through has failed, its words say more than "broken". */
static void ask_via(const struct vl_ssh *ssh, struct vl_error *err)
{
    VL_BUF_AUTO message = VL_BUF_INIT;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_ssh_fields fields;

    if (!ssh->via || ssh->via->control < 0 ||
        vl_ssh_wire_receive(ssh->via->control, VL_SSH_ERRORS_LIMIT + 4, vl_now_ms() + LAST_WORD_MS, &message, &fields,
                            &ignored) != VL_SSH_FAILED)
        return;
    (void)vl_error_wrap(err, "through '%s', which failed", ssh->via->name);
}

static int open_with(struct vl_ssh *ssh, struct purpose *purpose, struct vl_error *err)
{
    VL_CLOSE int guest = -1;

    if (purpose->options->via)
        ssh->via = open_via(purpose->options, &guest, err);
    purpose->deadline = vl_now_ms() + connect_timeout(purpose->options);
    if (!purpose->options->via)
        guest = connect_guest(purpose->options, purpose->deadline, err);
    if (guest < 0)
        return -1;
    if (purpose->options->there) {
        purpose->options->there->call(purpose->options->there->context);
        purpose->deadline = vl_now_ms() + connect_timeout(purpose->options);
    }
    if (vl_ssh_start_worker(ssh, guest, err) < 0)
        return -1;
    if (log_in(ssh, purpose, err) == 0)
        return 0;
    ask_via(ssh, err);
    return -1;
}

static struct vl_ssh *open_session(struct purpose *purpose, struct vl_error *err)
{
    struct vl_ssh *ssh = vl_ssh_new(purpose->options->name, purpose->options->command_timeout_ms);

    if (!ssh) {
        (void)vl_no_memory(err);
        return NULL;
    }
    if (open_with(ssh, purpose, err) == 0)
        return ssh;
    vl_target_close(&ssh->base);
    return NULL;
}

struct vl_target *vl_target_ssh(const struct vl_ssh_options *options, struct vl_error *err)
{
    struct purpose purpose = { .options = options };
    struct vl_ssh *ssh = open_session(&purpose, err);

    return ssh ? &ssh->base : NULL;
}

char *vl_target_ssh_look(const struct vl_ssh_options *options, struct vl_error *err)
{
    struct purpose purpose = { .options = options, .look = true };
    struct vl_ssh *ssh = open_session(&purpose, err);

    vl_target_close(ssh ? &ssh->base : NULL);
    return purpose.seen;
}
