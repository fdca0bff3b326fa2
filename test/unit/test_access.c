/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether a connection goes on, by what the kernel counts of a real one over the loopback interface, in IPv4 and IPv6;
 * and whether an SSH server greets.
 *
 * ctest: THREADS yes
 */
#include "support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "network/access.h"

static void test_parse(void **state)
{
    static const struct {
        const char *text, *peer;
        bool is_connection;
    } rows[] = {
        { NULL, "", false },
        { "", "", false },
        { "nobody", "", false },
        { "192.0.2.1", "192.0.2.1", false },
        { "192.0.2.1 50000 192.0.2.10 22", "192.0.2.1", true },
        { "192.0.2.1 50000 192.0.2.10", "192.0.2.1", false },
        { "192.0.2.1 0 192.0.2.10 22", "192.0.2.1", false },
        { "192.0.2.1 50000 192.0.2.10 65536", "192.0.2.1", false },
        { "192.0.2.1 50000 2001:db8::1 22", "192.0.2.1", false },
        { "2001:db8::7 50000 2001:db8::1 22", "2001:db8::7", true },
        { "fe80::1%eth0 50000 fe80::2%eth0 22", "", false },
        { "192.0.2.1 50000 192.0.2.10 22 more", "192.0.2.1", false },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        struct vl_access access = vl_access_of(rows[i].text);

        assert_string_equal(access.peer, rows[i].peer);
        assert_int_equal(access.is_connection, rows[i].is_connection);
    }
}

struct ends {
    int listener, client, server;
    char text[256]; /* as SSH_CONNECTION has it */
};

static void name_of(int descriptor, bool peer, char *text, size_t size)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);
    char address[INET6_ADDRSTRLEN];
    const struct sockaddr_in *in = (const void *)&name;
    const struct sockaddr_in6 *in6 = (const void *)&name;

    assert_int_equal(
        peer ? getpeername(descriptor, (void *)&name, &length) : getsockname(descriptor, (void *)&name, &length), 0);
    assert_non_null(inet_ntop(name.ss_family,
                              name.ss_family == AF_INET ? (const void *)&in->sin_addr : (const void *)&in6->sin6_addr,
                              address, sizeof(address)));
    (void)snprintf(text, size, "%s %u", address, ntohs(name.ss_family == AF_INET ? in->sin_port : in6->sin6_port));
}

static struct ends connect_both(int family)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr *address = family == AF_INET ? (void *)&in : (void *)&in6;
    socklen_t length = family == AF_INET ? sizeof(in) : sizeof(in6);
    struct ends ends = { .listener = socket(family, SOCK_STREAM, 0), .client = socket(family, SOCK_STREAM, 0) };
    char there[128], here[128];

    assert_int_equal(bind(ends.listener, address, length), 0);
    assert_int_equal(listen(ends.listener, 4), 0);
    assert_int_equal(getsockname(ends.listener, address, &length), 0);
    assert_int_equal(connect(ends.client, address, length), 0);
    ends.server = accept(ends.listener, NULL, NULL);
    assert_true(ends.server >= 0);
    name_of(ends.server, true, there, sizeof(there));
    name_of(ends.server, false, here, sizeof(here));
    (void)snprintf(ends.text, sizeof(ends.text), "%s %s", there, here);
    return ends;
}

static void close_both(const struct ends *ends)
{
    (void)close(ends->listener);
    (void)close(ends->client);
    (void)close(ends->server);
}

static void check_connection(int family)
{
    struct ends ends = connect_both(family);
    struct vl_access access = vl_access_of(ends.text);
    struct vl_access_count before = vl_access_look(&access);

    assert_true(access.is_connection);
    if (!before.known) { /* a kernel that does not tell */
        close_both(&ends);
        return;
    }
    assert_int_equal(vl_access_wait(&access, &before, 60), VL_ACCESS_UNKNOWN);
    assert_int_equal(send(ends.server, "word", 4, 0), 4);
    assert_int_equal(vl_access_wait(&access, &before, 2000), VL_ACCESS_GOES_ON);
    /* nothing more was said */
    before = vl_access_look(&access);
    assert_int_equal(vl_access_wait(&access, &before, 60), VL_ACCESS_UNKNOWN);
    close_both(&ends);
    access.there.port ^= 1; /* of nobody */
    assert_false(vl_access_look(&access).known);
}

static void test_connection(void **state)
{
    (void)state;
    check_connection(AF_INET);
    if (access("/proc/sys/net/ipv6/conf/lo/disable_ipv6", F_OK) == 0)
        check_connection(AF_INET6);
}

struct server {
    int listener;
    const char *greeting;
};

static void *greet(void *argument)
{
    const struct server *server = argument;
    int descriptor = accept(server->listener, NULL, NULL);

    (void)send(descriptor, server->greeting, strlen(server->greeting), MSG_NOSIGNAL);
    (void)close(descriptor);
    return NULL;
}

static void test_greeting(void **state)
{
    static const char *const greetings[] = { "SSH-2.0-OpenSSH_9.2p1\r\n", "220 smtp\r\n", "" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(greetings); i++) {
        struct ends ends = connect_both(AF_INET);
        struct vl_access access = vl_access_of(ends.text);
        struct server server = { ends.listener, greetings[i] };
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, greet, &server), 0);
        assert_int_equal(vl_access_greets(&access, 2000), i == 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        close_both(&ends);
        assert_false(vl_access_greets(&access, 200)); /* nobody listens any more */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_greeting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
