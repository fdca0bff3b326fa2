/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A worker that stands between: what comes in on its stream goes through the SSH server to the host behind it, and
 * back. What passes is another session, whose worker believes the server in the middle as little as the network.
 */
#include "machine/ssh_session.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* One direction: bytes that were read and not yet handed on. */
struct lane {
    char bytes[32768];
    size_t at, length;
    bool ended, told; /* no more will be read; the other side knows */
};

int vl_ssh_session_open_way(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL **ret_channel, struct vl_error *err)
{
    LIBSSH2_CHANNEL *channel;
    char *text = NULL;

    do
        channel = libssh2_channel_direct_tcpip_ex(worker->session, worker->forward, (int)worker->forward_port,
                                                  "127.0.0.1", 22);
    while (!channel && vl_ssh_session_must_wait(worker, libssh2_session_last_errno(worker->session)));
    *ret_channel = channel;
    if (channel)
        return 0;
    (void)libssh2_session_last_error(worker->session, &text, NULL, 0);
    return vl_fail(err, VL_ERROR_FAILED,
                   "'%s' makes no connection to %s port %u for us (%s); see that this is its address from there, and "
                   "AllowTcpForwarding in the sshd_config of '%s'",
                   worker->name, worker->forward, worker->forward_port, text && *text ? text : "no reason given",
                   worker->name);
}

/* From the stream into the channel. 1: something moved, 0: not now, -1: the way is broken. */
static int move_there(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL *channel, struct lane *lane)
{
    ssize_t rc;

    if (lane->at == lane->length && !lane->ended) {
        rc = recv(worker->stream, lane->bytes, sizeof(lane->bytes), MSG_DONTWAIT);
        if (rc < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        lane->ended = rc == 0;
        lane->at = 0;
        lane->length = (size_t)rc;
        return 1;
    }
    if (lane->at == lane->length && lane->told)
        return 0;
    do
        rc = lane->at < lane->length ? libssh2_channel_write(channel, lane->bytes + lane->at, lane->length - lane->at)
                                     : libssh2_channel_send_eof(channel);
    while (vl_ssh_session_unfinished(worker, rc));
    if (rc == LIBSSH2_ERROR_EAGAIN)
        return 0;
    if (rc < 0)
        return -1;
    lane->told = lane->at == lane->length;
    lane->at += (size_t)rc;
    return rc > 0 || lane->told;
}

/* From the channel into the stream. */
static int move_back(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL *channel, struct lane *lane)
{
    ssize_t rc;

    if (lane->at < lane->length) {
        rc = send(worker->stream, lane->bytes + lane->at, lane->length - lane->at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (rc < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        lane->at += (size_t)rc;
        return 1;
    }
    do
        rc = libssh2_channel_read(channel, lane->bytes, sizeof(lane->bytes));
    while (vl_ssh_session_unfinished(worker, rc));
    if (rc == LIBSSH2_ERROR_EAGAIN || rc == 0)
        return 0;
    if (rc < 0)
        return -1;
    lane->at = 0;
    lane->length = (size_t)rc;
    return 1;
}

int vl_ssh_session_relay(struct vl_ssh_worker *worker, LIBSSH2_CHANNEL *channel, struct vl_error *err)
{
    struct lane there = { .length = 0 }, back = { .length = 0 };

    while (!libssh2_channel_eof(channel) || back.at < back.length) {
        size_t received = worker->received;
        int went = move_there(worker, channel, &there);
        int came = went < 0 ? -1 : move_back(worker, channel, &back);
        short events =
            (short)((there.at == there.length && !there.ended ? POLLIN : 0) | (back.at < back.length ? POLLOUT : 0));

        if (came < 0)
            return vl_ssh_session_fail(worker, err, "the connection through it broke");
        if (!went && !came && received == worker->received)
            vl_ssh_session_wait(worker, events ? worker->stream : -1, events);
    }
    return 0;
}
