/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/access.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "network/netlink_part.h"

enum { PAUSE_MS = 50 };

static bool read_end(const char *address, const char *port, int family, struct vl_access_end *ret)
{
    long number;

    if (inet_pton(family, address, ret->bytes) != 1 || !vl_text_number(port, 1, 65535, &number))
        return false;
    (void)snprintf(ret->text, sizeof(ret->text), "%s", address);
    ret->port = (uint16_t)number;
    return true;
}

struct vl_access vl_access_of(const char *connection)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *const *words = connection ? vl_text_split(&arena, connection, " ") : NULL;
    struct vl_access access = { .family = words && words[0] && strchr(words[0], ':') ? AF_INET6 : AF_INET };
    unsigned char bytes[16];
    size_t count = 0;

    while (words && words[count])
        count++;
    if (!count || inet_pton(access.family, words[0], bytes) != 1)
        return access;
    (void)snprintf(access.peer, sizeof(access.peer), "%s", words[0]);
    access.is_connection = count == 4 && read_end(words[0], words[1], access.family, &access.there) &&
                           read_end(words[2], words[3], access.family, &access.here);
    return access;
}

static int note_count(const struct nlmsghdr *header, void *context)
{
    const struct nlattr *info = vl_net_attribute(header, sizeof(struct inet_diag_msg), INET_DIAG_INFO);
    struct vl_access_count *count = context;
    struct tcp_info tcp = { .tcpi_state = 0 };

    /* older kernels say less: what this needs is counted since Linux 4.1 */
    if (!info || mnl_attr_get_payload_len(info) < offsetof(struct tcp_info, tcpi_bytes_received))
        return MNL_CB_OK;
    memcpy(&tcp, mnl_attr_get_payload(info),
           mnl_attr_get_payload_len(info) < sizeof(tcp) ? mnl_attr_get_payload_len(info) : sizeof(tcp));
    *count = (struct vl_access_count){ .known = true, .acked = tcp.tcpi_bytes_acked, .on_their_way = tcp.tcpi_unacked };
    return MNL_CB_OK;
}

static void ask(struct mnl_socket *diag, const struct vl_access *access, struct vl_access_count *count)
{
    size_t size = access->family == AF_INET ? 4 : 16;
    char room[8192];
    struct inet_diag_req_v2 *request;
    struct nlmsghdr *header;
    ssize_t got;

    header = vl_net_begin(room, SOCK_DIAG_BY_FAMILY, 0, sizeof(*request), &request);
    header->nlmsg_flags = NLM_F_REQUEST; /* the answer is the one message, or an error */
    request->sdiag_family = (uint8_t)access->family;
    request->sdiag_protocol = IPPROTO_TCP;
    request->idiag_ext = 1 << (INET_DIAG_INFO - 1);
    request->idiag_states = ~0U;
    request->id.idiag_sport = htons(access->here.port);
    request->id.idiag_dport = htons(access->there.port);
    memcpy(request->id.idiag_src, access->here.bytes, size);
    memcpy(request->id.idiag_dst, access->there.bytes, size);
    request->id.idiag_cookie[0] = request->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (mnl_socket_sendto(diag, header, header->nlmsg_len) < 0)
        return;
    got = mnl_socket_recvfrom(diag, room, sizeof(room));
    if (got > 0)
        (void)mnl_cb_run(room, (size_t)got, 0, 0, note_count, count);
}

struct vl_access_count vl_access_look(const struct vl_access *access)
{
    struct vl_access_count count = { .known = false };
    struct mnl_socket *diag = access->is_connection ? mnl_socket_open(NETLINK_SOCK_DIAG) : NULL;

    if (!diag)
        return count;
    ask(diag, access, &count);
    (void)mnl_socket_close(diag);
    return count;
}

enum vl_access_verdict vl_access_wait(const struct vl_access *access, const struct vl_access_count *before,
                                      int timeout_ms)
{
    long long deadline = vl_boot_ms() + timeout_ms;
    struct vl_access_count now = *before;

    while (before->known && vl_boot_ms() < deadline) {
        now = vl_access_look(access);
        if (!now.known)
            return VL_ACCESS_SILENT; /* it has ended */
        if (now.acked > before->acked)
            return VL_ACCESS_GOES_ON;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    return now.known && now.on_their_way ? VL_ACCESS_SILENT : VL_ACCESS_UNKNOWN;
}

static socklen_t socket_address(const struct vl_access *access, uint16_t port, struct sockaddr_storage *ret)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 address6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

    memcpy(&address.sin_addr, access->here.bytes, sizeof(address.sin_addr));
    memcpy(&address6.sin6_addr, access->here.bytes, sizeof(address6.sin6_addr));
    if (access->family == AF_INET)
        memcpy(ret, &address, sizeof(address));
    else
        memcpy(ret, &address6, sizeof(address6));
    return access->family == AF_INET ? sizeof(address) : sizeof(address6);
}

bool vl_access_greets(const struct vl_access *access, int timeout_ms)
{
    VL_CLOSE int descriptor = socket(access->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct pollfd wait = { .fd = descriptor, .events = POLLIN };
    struct sockaddr_storage own, server;
    socklen_t size = socket_address(access, 0, &own);
    char greeting[4];

    (void)socket_address(access, access->here.port, &server);
    /* from that address, which is the bridge's now */
    if (!access->is_connection || descriptor < 0 || bind(descriptor, (const struct sockaddr *)&own, size) < 0)
        return false;
    (void)connect(descriptor, (const struct sockaddr *)&server, size);
    return poll(&wait, 1, timeout_ms) > 0 && recv(descriptor, greeting, sizeof(greeting), 0) == sizeof(greeting) &&
           !memcmp(greeting, "SSH-", sizeof(greeting));
}
