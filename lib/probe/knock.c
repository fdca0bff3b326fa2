/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/knock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"

enum { SIP_PORT = 5060, ANSWER_MOST = 1024 };

/* -1: there is no way to it. Where that takes time it is not waited for. */
static int connect_to(uint32_t address, unsigned port, int type)
{
    const struct sockaddr_in there = { .sin_family = AF_INET,
                                       .sin_port = htons((uint16_t)port),
                                       .sin_addr.s_addr = htonl(address) };
    int descriptor = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&there, sizeof(there)) == 0 ||
        errno == EINPROGRESS)
        return descriptor;
    (void)close(descriptor);
    return -1;
}

/* Only of a socket that is connected the kernel says that it was refused. */
int vl_knock_open(struct vl_knocking *ret_knocking, uint32_t address, struct vl_error *err)
{
    *ret_knocking = (struct vl_knocking){ .address = address, .socket = connect_to(address, SIP_PORT, SOCK_DGRAM) };
    return ret_knocking->socket < 0 ? vl_fail_errno(err, "there is no way to it") : 0;
}

bool vl_knock_is_open(uint32_t address, unsigned port, int wait_ms)
{
    VL_CLOSE int descriptor = connect_to(address, port, SOCK_STREAM);
    struct pollfd opening = { .fd = descriptor, .events = POLLOUT };
    int failure = 0;
    socklen_t length = sizeof(failure);

    return descriptor >= 0 && poll(&opening, 1, wait_ms) > 0 &&
           getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &length) == 0 && !failure;
}

void vl_knock_close(struct vl_knocking *knocking)
{
    if (knocking->socket >= 0)
        (void)close(knocking->socket);
    knocking->socket = -1;
}

/* Each request is one of its own: an answer to one that was sent again would not be sent again. */
static int send_request(struct vl_knocking *knocking)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO request = VL_BUF_INIT;
    struct sockaddr_in here = { .sin_family = AF_INET };
    socklen_t length = sizeof(here);
    const char *from, *to = vl_text_from_ipv4(&arena, knocking->address);
    unsigned number = ++knocking->count, port;

    if (getsockname(knocking->socket, (struct sockaddr *)&here, &length) < 0)
        return -1;
    from = vl_text_from_ipv4(&arena, ntohl(here.sin_addr.s_addr));
    port = ntohs(here.sin_port);
    vl_buf_printf(&request, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK-%u-%u;rport\r\n", to, from,
                  port, port, number);
    vl_buf_printf(&request, "Max-Forwards: 1\r\nFrom: <sip:voiplab@%s>;tag=%u-%u\r\nTo: <sip:%s>\r\n", from, port,
                  number, to);
    vl_buf_printf(&request, "Call-ID: %u-%u@%s\r\nCSeq: 1 OPTIONS\r\nContact: <sip:voiplab@%s:%u>\r\n", port, number,
                  from, from, port);
    vl_buf_puts(&request, "Content-Length: 0\r\n\r\n");
    return request.failed || arena.failed ? -1
                                          : (int)send(knocking->socket, request.data, request.length, MSG_NOSIGNAL);
}

static bool is_answer(const char *bytes, ssize_t length)
{
    static const char version[] = "SIP/2.0 ";

    return length > (ssize_t)strlen(version) && !memcmp(bytes, version, strlen(version));
}

enum vl_knock vl_knock(struct vl_knocking *knocking, int wait_ms)
{
    struct pollfd descriptor = { .fd = knocking->socket, .events = POLLIN };
    char bytes[ANSWER_MOST];
    ssize_t length;

    /* what was said to the one before is told by the next, which does not go out then */
    if (send_request(knocking) < 0 && errno == ECONNREFUSED)
        return VL_KNOCK_REFUSED;
    if (poll(&descriptor, 1, wait_ms) <= 0)
        return VL_KNOCK_SILENT;
    length = recv(knocking->socket, bytes, sizeof(bytes), 0);
    if (length < 0)
        return errno == ECONNREFUSED ? VL_KNOCK_REFUSED : VL_KNOCK_SILENT;
    return is_answer(bytes, length) ? VL_KNOCK_ANSWERED : VL_KNOCK_SILENT;
}
