/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The side of the program: it makes the socket, starts the server and gives it the files, and hears what was fetched.
 */
#include "machine/provision.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/process.h"
#include "machine/wire.h"

enum { BACKLOG = 16, START_MS = 10000, MESSAGE_MS = 1000, MESSAGE_LIMIT = 64 };

struct vl_provision {
    struct vl_provision_file *files;
    size_t count;
    unsigned port;
    int control;
    pid_t server;
};

/* A listening socket on this address and no other, or -1. */
static int listen_on(uint32_t address, unsigned *ret_port, struct vl_error *err)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };
    socklen_t length = sizeof(name);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&name, length) < 0 || listen(listener, BACKLOG) < 0 ||
        getsockname(listener, (struct sockaddr *)&name, &length) < 0) {
        (void)vl_fail_errno(err, "cannot listen on the address of the bridge");
        if (listener >= 0)
            (void)close(listener);
        return -1;
    }
    *ret_port = ntohs(name.sin_port);
    return listener;
}

static int start_server(struct vl_provision *provision, int listener, struct vl_error *err)
{
    static const char *const argv[] = { "voiplab", VL_PROVISION_WORKER_ARGUMENT, NULL };
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return vl_fail_errno(err, "cannot make a socket pair");
    provision->server =
        vl_process_start("/proc/self/exe", argv, (const int[3]){ listener, -1, -1 }, ends[1], NULL, err);
    (void)close(ends[1]);
    provision->control = ends[0];
    return provision->server < 0 ? -1 : 0;
}

/* Hand the files over, and wait until the server says that it is ready. */
static int hand_over(const struct vl_provision *provision, struct vl_error *err)
{
    long long deadline = vl_now_ms() + START_MS;
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    int type;

    vl_ssh_wire_begin(&message, VL_PROVISION_FILES);
    vl_ssh_wire_number(&message, (uint32_t)provision->count);
    for (size_t i = 0; i < provision->count; i++) {
        vl_ssh_wire_text(&message, provision->files[i].path);
        vl_ssh_wire_text(&message, provision->files[i].text);
    }
    vl_ssh_wire_end(&message);
    if (vl_ssh_wire_send(provision->control, &message, deadline, err) < 0)
        return -1;
    type = vl_ssh_wire_receive(provision->control, VL_SSH_ERRORS_LIMIT, deadline, &message, &fields, err);
    if (type == VL_SSH_FAILED) {
        VL_FREE char *text = vl_ssh_take_text(&fields);

        return vl_fail(err, VL_ERROR_FAILED, "%s", text ? text : "the HTTP server does not start");
    }
    return type == VL_SSH_READY ? 0 : vl_fail(err, VL_ERROR_FAILED, "the HTTP server does not start");
}

struct vl_provision *vl_provision_open(uint32_t address, struct vl_provision_file *files, size_t count,
                                       struct vl_error *err)
{
    struct vl_provision *provision = vl_calloc(1, sizeof(*provision));
    VL_CLOSE int listener = -1;

    if (!provision) {
        (void)vl_no_memory(err);
        return NULL;
    }
    *provision = (struct vl_provision){ .files = files, .count = count, .control = -1, .server = -1 };
    listener = listen_on(address, &provision->port, err);
    if (listener >= 0 && start_server(provision, listener, err) == 0 && hand_over(provision, err) == 0)
        return provision;
    vl_provision_close(provision);
    return NULL;
}

unsigned vl_provision_port(const struct vl_provision *provision)
{
    return provision->port;
}

/* One message of the server. Returns 1, 0 when none came in time, -1 when the server is not to be believed or gone. */
static int hear(const struct vl_provision *provision, long long deadline, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    uint32_t index, address;
    int type;

    if (vl_ssh_wait(provision->control, POLLIN, deadline, &cause) < 0) {
        if (cause.code == VL_ERROR_TIMEOUT)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    type = vl_ssh_wire_receive(provision->control, MESSAGE_LIMIT, vl_now_ms() + MESSAGE_MS, &message, &fields, err);
    if (type < 0)
        return -1;
    index = type ? vl_ssh_take_number(&fields) : 0;
    address = type ? vl_ssh_take_number(&fields) : 0;
    if (type != VL_PROVISION_FETCHED || !vl_ssh_fields_done(&fields) || index >= provision->count)
        return vl_fail(err, VL_ERROR_FAILED, "the HTTP server has ended before its time");
    provision->files[index].fetched = true;
    provision->files[index].fetched_by = address;
    return 1;
}

int vl_provision_look(struct vl_provision *provision, int timeout_ms, struct vl_error *err)
{
    long long deadline = vl_now_ms() + timeout_ms;
    int rc;

    /* after the first, only what has come already */
    while ((rc = hear(provision, deadline, err)) > 0)
        deadline = vl_now_ms() + 1;
    return rc;
}

void vl_provision_close(struct vl_provision *provision)
{
    if (!provision)
        return;
    if (provision->control >= 0)
        (void)close(provision->control);
    if (provision->server > 0) {
        (void)kill(provision->server, SIGKILL);
        while (waitpid(provision->server, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    free(provision);
}
