/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/reach.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "network/netlink.h"

void vl_reach_add(struct vl_reach *reach, const char *address, bool is_neighbour)
{
    struct vl_reach_target target = { .is_neighbour = is_neighbour };

    if (!address || !*address || reach->count == VL_REACH_TARGETS)
        return;
    target.family = strchr(address, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(target.family, address, target.bytes) != 1)
        return;
    (void)snprintf(target.text, sizeof(target.text), "%s", address);
    reach->targets[reach->count++] = target;
}

static uint16_t checksum(const unsigned char *bytes, size_t length)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < length; i += 2)
        sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static uint16_t identifier(void)
{
    return (uint16_t)getpid();
}

static void send_echo(int descriptor, const struct vl_reach_target *target, uint16_t sequence)
{
    unsigned char packet[16] = { target->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST };
    struct sockaddr_in to = { .sin_family = AF_INET };
    struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
    uint16_t numbers[2] = { htons(identifier()), htons(sequence) }, sum;

    memcpy(packet + 4, numbers, sizeof(numbers));
    if (target->family == AF_INET6) { /* the kernel fills in the checksum */
        memcpy(&to6.sin6_addr, target->bytes, 16);
        (void)sendto(descriptor, packet, sizeof(packet), MSG_DONTWAIT, (void *)&to6, sizeof(to6));
        return;
    }
    sum = checksum(packet, sizeof(packet));
    memcpy(packet + 2, &sum, sizeof(sum));
    memcpy(&to.sin_addr, target->bytes, 4);
    (void)sendto(descriptor, packet, sizeof(packet), MSG_DONTWAIT, (void *)&to, sizeof(to));
}

/* True when the packet is an answer to an echo of ours of this round. */
static bool is_answer(const unsigned char *packet, size_t length, int family, uint16_t sequence)
{
    size_t skip = family == AF_INET && length ? (size_t)(packet[0] & 15) * 4 : 0;
    uint16_t numbers[2];

    if (length < skip + 8 || packet[skip] != (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY))
        return false;
    memcpy(numbers, packet + skip + 4, sizeof(numbers));
    return ntohs(numbers[0]) == identifier() && ntohs(numbers[1]) == sequence;
}

static void hear(int descriptor, int family, uint16_t sequence, struct vl_reach *reach)
{
    unsigned char packet[1500];
    struct sockaddr_in6 from = { .sin6_family = AF_UNSPEC };
    socklen_t from_length = sizeof(from);
    ssize_t got = recvfrom(descriptor, packet, sizeof(packet), MSG_DONTWAIT, (void *)&from, &from_length);
    const void *source = family == AF_INET ? (const void *)&((struct sockaddr_in *)(void *)&from)->sin_addr
                                           : (const void *)&from.sin6_addr;

    if (got <= 0 || !is_answer(packet, (size_t)got, family, sequence))
        return;
    for (size_t i = 0; i < reach->count; i++) {
        struct vl_reach_target *target = &reach->targets[i];

        if (target->family != family || memcmp(target->bytes, source, family == AF_INET ? 4 : 16) != 0)
            continue;
        target->answered = true;
        target->last_ms = vl_boot_ms();
    }
}

static size_t answered_since(const struct vl_reach *reach, long long begun)
{
    size_t count = 0;

    for (size_t i = 0; i < reach->count; i++)
        count += reach->targets[i].answered && reach->targets[i].last_ms >= begun;
    return count;
}

static void ask_neighbours(struct vl_reach *reach, long long begun)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_NET_AUTO *net = vl_net_open(&ignored);

    for (size_t i = 0; net && i < reach->count; i++) {
        struct vl_reach_target *target = &reach->targets[i];
        bool known = false;

        if (!target->is_neighbour || (target->answered && target->last_ms >= begun) ||
            vl_net_neighbour(net, target->family, target->bytes, &known, &ignored) < 0 || !known)
            continue;
        target->answered = true;
        target->last_ms = vl_boot_ms();
    }
}

size_t vl_reach_round(struct vl_reach *reach, int timeout_ms)
{
    VL_CLOSE int socket4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    VL_CLOSE int socket6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    struct pollfd waits[2] = { { .fd = socket4, .events = POLLIN }, { .fd = socket6, .events = POLLIN } };
    long long begun = vl_boot_ms(), left;
    uint16_t sequence = (uint16_t)++reach->sequence;

    for (size_t i = 0; i < reach->count; i++)
        send_echo(reach->targets[i].family == AF_INET ? socket4 : socket6, &reach->targets[i], sequence);
    while (answered_since(reach, begun) < reach->count && (left = begun + timeout_ms - vl_boot_ms()) > 0) {
        if (poll(waits, 2, (int)left) <= 0)
            continue;
        if (waits[0].revents)
            hear(socket4, AF_INET, sequence, reach);
        if (waits[1].revents)
            hear(socket6, AF_INET6, sequence, reach);
    }
    if (answered_since(reach, begun) < reach->count)
        ask_neighbours(reach, begun);
    return answered_since(reach, begun);
}

bool vl_reach_lost(const struct vl_reach *reach, int silence_ms)
{
    long long now = vl_boot_ms();

    for (size_t i = 0; i < reach->count; i++)
        if (reach->targets[i].answered && now - reach->targets[i].last_ms < silence_ms)
            return false;
    return vl_reach_known(reach) > 0;
}

size_t vl_reach_known(const struct vl_reach *reach)
{
    size_t count = 0;

    for (size_t i = 0; i < reach->count; i++)
        count += reach->targets[i].answered;
    return count;
}
