/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files handed out once over HTTP: by a client that speaks the protocol by hand, on the loopback network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "machine/provision.h"
#include "machine/sandbox.h"

enum { HERE = 0x7f4d0001 /* 127.77.0.1 */ };

static int dial(uint32_t address, unsigned port)
{
    const struct sockaddr_in name = { .sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)port),
                                      .sin_addr.s_addr = htonl(address) };
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(client >= 0);
    if (connect(client, (const struct sockaddr *)&name, sizeof(name)) == 0)
        return client;
    (void)close(client);
    return -1;
}

/* Send `request` and read the whole answer. */
static void talk(const struct vl_provision *provision, const char *request, char *answer, size_t size)
{
    VL_CLOSE int client = dial(HERE, vl_provision_port(provision));
    size_t length = 0;
    ssize_t got;

    assert_true(client >= 0);
    assert_int_equal(send(client, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    while (length + 1 < size && (got = read(client, answer + length, size - 1 - length)) > 0)
        length += (size_t)got;
    answer[length] = '\0';
}

static void expect(const struct vl_provision *provision, const char *request, const char *status)
{
    char answer[4096];

    talk(provision, request, answer, sizeof(answer));
    if (strncmp(answer, status, strlen(status)) != 0)
        fail_msg("'%s' was answered '%.40s' instead of '%s'", request, answer, status);
    if (strstr(status, "200"))
        assert_non_null(strstr(answer, "\r\n\r\n<secret/>"));
    else
        assert_null(strstr(answer, "<secret/>"));
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* How many are left, once `wanted` or after two seconds. */
static size_t look(struct vl_provision *provision, const struct vl_provision_file *files, size_t count, size_t wanted)
{
    size_t left = count;

    for (int i = 0; i < 20; i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };

        if (vl_provision_look(provision, 100, &err) < 0)
            fail_msg("%s", vl_error_text(&err));
        left = 0;
        for (size_t file = 0; file < count; file++)
            left += !files[file].fetched;
        if (left == wanted)
            break;
    }
    return left;
}

static void test_once(void **unused)
{
    struct vl_provision_file files[] = { { .path = "/1234/a.cfg", .text = "<secret/>" },
                                         { .path = "/5678/b.cfg", .text = "<secret/>" } };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PROVISION_AUTO *provision = vl_provision_open(HERE, files, VL_COUNT(files), &err);

    (void)unused;
    if (!provision)
        fail_msg("%s", vl_error_text(&err));
    expect(provision, GET("/"), "HTTP/1.1 404");
    expect(provision, GET("/1234/"), "HTTP/1.1 404");
    expect(provision, GET("/1234/a.cfgx"), "HTTP/1.1 404");
    expect(provision, GET("//1234/a.cfg"), "HTTP/1.1 404");
    expect(provision, GET("/etc/passwd"), "HTTP/1.1 404");
    expect(provision, GET("/../../etc/passwd"), "HTTP/1.1 404");
    expect(provision, "HEAD /1234/a.cfg HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405");
    expect(provision, "POST /1234/a.cfg HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405");
    assert_int_equal(look(provision, files, 2, 2), 2);
    expect(provision, GET("/1234/a.cfg"), "HTTP/1.1 200");
    assert_int_equal(look(provision, files, 2, 1), 1);
    assert_true(files[0].fetched && !files[1].fetched);
    assert_int_equal(files[0].fetched_by, INADDR_LOOPBACK);
    expect(provision, GET("/1234/a.cfg"), "HTTP/1.1 404");
    expect(provision, GET("/5678/b.cfg"), "HTTP/1.1 200");
    assert_int_equal(look(provision, files, 2, 0), 0);
}

/* One address and no other, and nothing more when it is closed. */
static void test_address(void **unused)
{
    struct vl_provision_file file = { .path = "/a", .text = "<secret/>" };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_provision *provision = vl_provision_open(HERE, &file, 1, &err);
    unsigned port;

    (void)unused;
    assert_non_null(provision);
    port = vl_provision_port(provision);
    assert_int_equal(dial(HERE + 1, port), -1);
    assert_int_equal(dial(INADDR_LOOPBACK, port), -1);
    vl_provision_close(provision);
    assert_int_equal(dial(HERE, port), -1);
    assert_null(vl_provision_open(0xc0000201 /* 192.0.2.1, of nobody */, &file, 1, &err));
    assert_non_null(strstr(vl_error_text(&err), "cannot listen"));
}

/* A client that goes away before the end leaves the file for another try. */
static void test_cut_off(void **unused)
{
    enum { LARGE = 32 << 20 };
    VL_FREE char *text = malloc(LARGE + 1);
    struct vl_provision_file file = { .path = "/a", .text = text };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_provision *provision;
    char first[64];
    int client;

    (void)unused;
    assert_non_null(text);
    memset(text, 'x', LARGE);
    text[LARGE] = '\0';
    provision = vl_provision_open(HERE, &file, 1, &err);
    assert_non_null(provision);
    client = dial(HERE, vl_provision_port(provision));
    assert_true(send(client, GET("/a"), sizeof(GET("/a")) - 1, MSG_NOSIGNAL) > 0);
    assert_true(read(client, first, sizeof(first)) > 0);
    expect(provision, GET("/a"), "HTTP/1.1 404"); /* under way */
    (void)close(client);
    for (int i = 0; i < 100; i++) {
        char answer[64];

        talk(provision, GET("/a"), answer, sizeof(answer));
        if (!strncmp(answer, "HTTP/1.1 200", 12))
            break;
        assert_true(i < 99);
        (void)usleep(20000);
    }
    assert_int_equal(look(provision, &file, 1, 1), 1);
    vl_provision_close(provision);
}

/* Few connections from one host: those over the limit are closed. */
static void test_crowd(void **unused)
{
    struct vl_provision_file file = { .path = "/a", .text = "<secret/>" };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PROVISION_AUTO *provision = vl_provision_open(HERE, &file, 1, &err);
    int clients[4];
    char answer[64];

    (void)unused;
    assert_non_null(provision);
    for (size_t i = 0; i < VL_COUNT(clients); i++)
        clients[i] = dial(HERE, vl_provision_port(provision));
    (void)usleep(200000);
    {
        VL_CLOSE int fifth = dial(HERE, vl_provision_port(provision));

        assert_int_equal(read(fifth, answer, sizeof(answer)), 0);
    }
    for (size_t i = 0; i < VL_COUNT(clients); i++)
        (void)close(clients[i]);
    (void)usleep(200000);
    expect(provision, GET("/a"), "HTTP/1.1 200");
}

/* A header that does not end takes no more memory than a connection may have. */
static void test_large_header(void **unused)
{
    struct vl_provision_file file = { .path = "/a", .text = "<secret/>" };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PROVISION_AUTO *provision = vl_provision_open(HERE, &file, 1, &err);
    VL_CLOSE int client = -1;
    char line[1024], answer[64];
    ssize_t got;
    size_t sent = 0;

    (void)unused;
    assert_non_null(provision);
    memset(line, 'a', sizeof(line));
    client = dial(HERE, vl_provision_port(provision));
    assert_true(send(client, "GET /a HTTP/1.1\r\nX: ", 20, MSG_NOSIGNAL) == 20);
    while (sent < (64 << 10) && (got = send(client, line, sizeof(line), MSG_NOSIGNAL)) > 0)
        sent += (size_t)got;
    got = read(client, answer, sizeof(answer) - 1);
    assert_true(got <= 0 || !strncmp(answer, "HTTP/1.1 4", 10));
    expect(provision, GET("/a"), "HTTP/1.1 200");
}

/* The child of this process, or 0. */
static pid_t find_server(void)
{
    VL_FCLOSE FILE *children = fopen("/proc/thread-self/children", "re");
    int child = 0;

    if (!children || fscanf(children, "%d", &child) != 1)
        return 0;
    return child;
}

/* The line KEY of /proc/PID/status. */
static void status_of(pid_t pid, const char *key, char *value, size_t size)
{
    VL_FREE char *path = NULL;
    VL_FCLOSE FILE *file = NULL;
    char line[256];

    assert_true(asprintf(&path, "/proc/%d/status", (int)pid) > 0);
    file = fopen(path, "re");
    assert_non_null(file);
    *value = '\0';
    while (fgets(line, sizeof(line), file))
        if (!strncmp(line, key, strlen(key)))
            (void)snprintf(value, size, "%s", line + strlen(key));
}

/* The server has given up root and most system calls; its end is noticed. */
static void test_cage(void **unused)
{
    struct vl_provision_file file = { .path = "/a", .text = "<secret/>" };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PROVISION_AUTO *provision = vl_provision_open(HERE, &file, 1, &err);
    pid_t server = find_server();
    char value[256];

    (void)unused;
    assert_non_null(provision);
    if (!server)
        skip();
    status_of(server, "NoNewPrivs:", value, sizeof(value));
    assert_int_equal(atoi(value), 1);
    status_of(server, "Seccomp:", value, sizeof(value));
    assert_int_equal(atoi(value), vl_sandbox_filters() ? 2 : 0);
    if (geteuid() == 0) {
        status_of(server, "Uid:", value, sizeof(value));
        assert_string_equal(value, "\t65534\t65534\t65534\t65534\n");
        status_of(server, "CapEff:", value, sizeof(value));
        assert_string_equal(value, "\t0000000000000000\n");
    }
    assert_int_equal(kill(server, SIGKILL), 0);
    assert_int_equal(vl_provision_look(provision, 2000, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "ended before its time"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),  cmocka_unit_test(test_address),      cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_crowd), cmocka_unit_test(test_large_header), cmocka_unit_test(test_cage),
    };

    if (argc == 2 && !strcmp(argv[1], VL_PROVISION_WORKER_ARGUMENT))
        return vl_provision_worker_main();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
