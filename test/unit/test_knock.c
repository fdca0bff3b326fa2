/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said to a knock at the port of SIP, on addresses of the loopback of this test's own. */
#include "support.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/knock.h"

enum { SOMEBODY = 0x7f052301 /* 127.5.35.1 */, WAIT_MS = 2000, SHORT_MS = 100 };

static int listen_there(int type, unsigned port)
{
    const struct sockaddr_in here = { .sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)port),
                                      .sin_addr.s_addr = htonl(SOMEBODY) };
    int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_true(descriptor >= 0);
    assert_int_equal(bind(descriptor, (const struct sockaddr *)&here, sizeof(here)), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(descriptor, 1), 0);
    return descriptor;
}

static void test_refused(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_knocking knocking;

    (void)state;
    assert_int_equal(vl_knock_open(&knocking, SOMEBODY, &err), 0);
    assert_int_equal(vl_knock(&knocking, WAIT_MS), VL_KNOCK_REFUSED);
    vl_knock_close(&knocking);
}

/* The one who is knocked at says `text`. */
static enum vl_knock told(struct vl_knocking *knocking, int descriptor, const char *text)
{
    struct sockaddr_in from;
    socklen_t length = sizeof(from);
    char request[1024];
    ssize_t got;

    assert_int_equal(vl_knock(knocking, SHORT_MS), VL_KNOCK_SILENT);
    got = recvfrom(descriptor, request, sizeof(request) - 1, 0, (struct sockaddr *)&from, &length);
    assert_true(got > 0);
    request[got] = '\0';
    assert_non_null(strstr(request, "OPTIONS sip:127.5.35.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127."));
    assert_string_equal(request + got - 4, "\r\n\r\n");
    assert_true(sendto(descriptor, text, strlen(text), 0, (const struct sockaddr *)&from, length) > 0);
    return vl_knock(knocking, SHORT_MS);
}

/* Whatever SIP answers is an answer, and what is no SIP is none. */
static void test_answered(void **state)
{
    VL_CLOSE int descriptor = listen_there(SOCK_DGRAM, 5060);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_knocking knocking;

    (void)state;
    assert_int_equal(vl_knock_open(&knocking, SOMEBODY, &err), 0);
    assert_int_equal(told(&knocking, descriptor, "SIP/2.0 401 Unauthorized\r\n\r\n"), VL_KNOCK_ANSWERED);
    assert_true(recv(descriptor, (char[1024]){ 0 }, 1024, 0) > 0);
    assert_int_equal(told(&knocking, descriptor, "HTTP/1.1 400 Bad Request\r\n\r\n"), VL_KNOCK_SILENT);
    vl_knock_close(&knocking);
}

static void test_open(void **state)
{
    int descriptor = listen_there(SOCK_STREAM, 2222);

    (void)state;
    assert_true(vl_knock_is_open(SOMEBODY, 2222, WAIT_MS));
    (void)close(descriptor);
    assert_false(vl_knock_is_open(SOMEBODY, 2222, WAIT_MS));
    assert_false(vl_knock_is_open(0x7f052302, 2222, WAIT_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_answered),
        cmocka_unit_test(test_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
