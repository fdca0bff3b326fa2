/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "machine/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"

static void put_number(unsigned char bytes[static 4], uint32_t number)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(number >> (24 - 8 * i));
}

static uint32_t get_number(const unsigned char bytes[static 4])
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void vl_ssh_wire_begin(struct vl_buf *message, enum vl_ssh_type type)
{
    vl_buf_reset(message);
    vl_buf_putc(message, (char)type);
    vl_ssh_wire_number(message, 0);
}

void vl_ssh_wire_number(struct vl_buf *message, uint32_t number)
{
    unsigned char bytes[4];

    put_number(bytes, number);
    vl_buf_add(message, bytes, sizeof(bytes));
}

void vl_ssh_wire_bytes(struct vl_buf *message, const void *bytes, size_t length)
{
    if (length > INT32_MAX) {
        message->failed = true;
        return;
    }
    vl_ssh_wire_number(message, (uint32_t)length);
    vl_buf_add(message, bytes, length);
}

void vl_ssh_wire_text(struct vl_buf *message, const char *text)
{
    vl_ssh_wire_bytes(message, text, strlen(text));
}

void vl_ssh_wire_end(struct vl_buf *message)
{
    size_t length = message->length - VL_SSH_WIRE_HEADER;
    unsigned char bytes[4];

    if (message->failed || length > INT32_MAX) {
        message->failed = true;
        return;
    }
    put_number(bytes, (uint32_t)length);
    memcpy(message->data + 1, bytes, sizeof(bytes));
}

uint32_t vl_ssh_take_number(struct vl_ssh_fields *fields)
{
    uint32_t number;

    if (fields->failed || fields->left < 4) {
        fields->failed = true;
        return 0;
    }
    number = get_number(fields->at);
    fields->at += 4;
    fields->left -= 4;
    return number;
}

const char *vl_ssh_take_bytes(struct vl_ssh_fields *fields, size_t *ret_length)
{
    uint32_t length = vl_ssh_take_number(fields);
    const char *bytes = (const char *)fields->at;

    *ret_length = 0;
    if (fields->failed || length > fields->left) {
        fields->failed = true;
        return "";
    }
    fields->at += length;
    fields->left -= length;
    *ret_length = length;
    return bytes;
}

char *vl_ssh_take_text(struct vl_ssh_fields *fields)
{
    size_t length;
    const char *bytes = vl_ssh_take_bytes(fields, &length);

    if (memchr(bytes, '\0', length))
        fields->failed = true;
    return fields->failed ? NULL : vl_strndup(bytes, length);
}

bool vl_ssh_fields_done(const struct vl_ssh_fields *fields)
{
    return !fields->failed && fields->left == 0;
}

int vl_ssh_wait(int descriptor, short events, long long deadline, struct vl_error *err)
{
    for (;;) {
        struct pollfd wait = { .fd = descriptor, .events = events };
        long long left = deadline < 0 ? -1 : deadline - vl_now_ms();
        int rc;

        if (deadline >= 0 && left <= 0)
            return vl_fail(err, VL_ERROR_TIMEOUT, "the deadline passed");
        rc = poll(&wait, 1, left < 0 ? -1 : (int)(left > 60000 ? 60000 : left));
        if (rc > 0)
            return 0;
        if (rc < 0 && errno != EINTR)
            return vl_fail_errno(err, "cannot wait for a socket");
    }
}

int vl_ssh_wire_send(int socket, const struct vl_buf *message, long long deadline, struct vl_error *err)
{
    const char *at = message->data;
    size_t left = message->length;

    if (message->failed)
        return vl_no_memory(err);
    while (left > 0) {
        ssize_t put = send(socket, at, left, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (put > 0) {
            at += put;
            left -= (size_t)put;
        } else if (put < 0 && errno == EAGAIN) {
            if (vl_ssh_wait(socket, POLLOUT, deadline, err) < 0)
                return -1;
        } else if (put == 0 || errno != EINTR) {
            return vl_fail_errno(err, "cannot send to the SSH worker");
        }
    }
    return 0;
}

/* Append exactly `length` bytes. 1, 0 when the other end closed first, or -1. */
static int receive_bytes(int socket, size_t length, long long deadline, struct vl_buf *message, struct vl_error *err)
{
    char chunk[16384];
    int rc = 1;

    while (length > 0 && rc > 0) {
        ssize_t got = recv(socket, chunk, length < sizeof(chunk) ? length : sizeof(chunk), MSG_DONTWAIT);

        if (got > 0) {
            vl_buf_add(message, chunk, (size_t)got);
            length -= (size_t)got;
        } else if (got == 0 || errno == ECONNRESET) {
            rc = 0;
        } else if (errno == EAGAIN) {
            rc = vl_ssh_wait(socket, POLLIN, deadline, err) < 0 ? -1 : 1;
        } else if (errno != EINTR) {
            rc = vl_fail_errno(err, "cannot read from the SSH worker");
        }
    }
    explicit_bzero(chunk, sizeof(chunk));
    return rc;
}

int vl_ssh_wire_receive(int socket, size_t limit, long long deadline, struct vl_buf *message,
                        struct vl_ssh_fields *ret_fields, struct vl_error *err)
{
    unsigned char type;
    size_t length;
    int rc;

    vl_buf_reset(message);
    rc = receive_bytes(socket, VL_SSH_WIRE_HEADER, deadline, message, err);
    if (rc <= 0)
        return rc;
    if (message->failed)
        return vl_no_memory(err);
    type = (unsigned char)message->data[0];
    length = get_number((const unsigned char *)message->data + 1);
    if (type < VL_SSH_HELLO || type >= VL_SSH_TYPES || length > limit)
        return vl_fail(err, VL_ERROR_FAILED, "message of type %u with %zu bytes refused", type, length);
    vl_buf_reset(message);
    (void)vl_buf_reserve(message, length); /* all at once, instead of growing again and again */
    rc = receive_bytes(socket, length, deadline, message, err);
    if (rc <= 0)
        return rc;
    if (message->failed)
        return vl_no_memory(err);
    *ret_fields = (struct vl_ssh_fields){ .at = (const unsigned char *)vl_buf_text(message), .left = length };
    return type;
}

/* Room for one descriptor, aligned as cmsg(3) asks for. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

int vl_ssh_wire_send_descriptor(int socket, int descriptor, struct vl_error *err)
{
    union control control = { .room = { 0 } };
    char byte = 0;
    struct iovec part = { .iov_base = &byte, .iov_len = 1 };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(descriptor));
    if (sendmsg(socket, &message, MSG_NOSIGNAL) != 1)
        return vl_fail_errno(err, "cannot hand the connection to the SSH worker");
    return 0;
}

int vl_ssh_wire_receive_descriptor(int socket, struct vl_error *err)
{
    union control control = { .room = { 0 } };
    char byte;
    struct iovec part = { .iov_base = &byte, .iov_len = 1 };
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof(control.room)
    };
    struct cmsghdr *header;
    ssize_t got;
    int descriptor;

    do
        got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    header = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(sizeof(int)))
        return vl_fail(err, VL_ERROR_FAILED, "no connection was handed over");
    memcpy(&descriptor, CMSG_DATA(header), sizeof(descriptor));
    return descriptor;
}
