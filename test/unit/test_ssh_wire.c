/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages between the program and an SSH worker: whole, cut short, too long, and at random.
 *
 * ctest: THREADS yes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "machine/wire.h"

enum { SOON_MS = 100, LIMIT = 1000 };

static void open_pair(int ends[static 2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

static void close_pair(const int ends[static 2])
{
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* Send raw bytes, close, and say what the receiver makes of them. */
static int receive_raw(const void *bytes, size_t length, struct vl_buf *message, struct vl_ssh_fields *fields,
                       struct vl_error *err)
{
    int ends[2], type;

    open_pair(ends);
    assert_int_equal(send(ends[0], bytes, length, 0), length);
    assert_int_equal(shutdown(ends[0], SHUT_WR), 0);
    type = vl_ssh_wire_receive(ends[1], LIMIT, vl_now_ms() + SOON_MS, message, fields, err);
    close_pair(ends);
    return type;
}

static void compose(struct vl_buf *message)
{
    vl_ssh_wire_begin(message, VL_SSH_RESULT);
    vl_ssh_wire_number(message, 4000000000U);
    vl_ssh_wire_bytes(message, "a\0b", 3);
    vl_ssh_wire_text(message, "");
    vl_ssh_wire_text(message, "text");
    vl_ssh_wire_end(message);
}

static void test_round_trip(void **state)
{
    VL_BUF_AUTO sent = VL_BUF_INIT;
    VL_BUF_AUTO got = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *empty = NULL, *text = NULL;
    struct vl_ssh_fields fields;
    const char *bytes;
    size_t length;

    (void)state;
    compose(&sent);
    assert_int_equal(receive_raw(sent.data, sent.length, &got, &fields, &err), VL_SSH_RESULT);
    assert_int_equal(vl_ssh_take_number(&fields), 4000000000U);
    bytes = vl_ssh_take_bytes(&fields, &length);
    assert_int_equal(length, 3);
    assert_memory_equal(bytes, "a\0b", 3);
    empty = vl_ssh_take_text(&fields);
    assert_string_equal(empty, "");
    assert_false(vl_ssh_fields_done(&fields));
    text = vl_ssh_take_text(&fields);
    assert_string_equal(text, "text");
    assert_true(vl_ssh_fields_done(&fields));
    assert_int_equal(vl_ssh_take_number(&fields), 0);
    assert_false(vl_ssh_fields_done(&fields));
}

static void test_cut_short_anywhere(void **state)
{
    VL_BUF_AUTO sent = VL_BUF_INIT;

    (void)state;
    compose(&sent);
    for (size_t length = 0; length < sent.length; length++) {
        VL_BUF_AUTO got = VL_BUF_INIT;
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_ssh_fields fields;

        assert_int_equal(receive_raw(sent.data, length, &got, &fields, &err), 0);
    }
}

static void test_nothing_comes(void **state)
{
    VL_BUF_AUTO got = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_ssh_fields fields;
    int ends[2];
    long long start = vl_now_ms();

    (void)state;
    open_pair(ends);
    assert_int_equal(send(ends[0], "\4\0\0", 3, 0), 3);
    assert_int_equal(vl_ssh_wire_receive(ends[1], LIMIT, start + SOON_MS, &got, &fields, &err), -1);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_true(vl_now_ms() - start >= SOON_MS && vl_now_ms() - start < 10 * SOON_MS);
    close_pair(ends);
}

static void test_bad_headers(void **state)
{
    static const struct {
        unsigned char bytes[VL_SSH_WIRE_HEADER];
        int type;
    } headers[] = {
        { { 0, 0, 0, 0, 0 }, -1 },
        { { VL_SSH_TYPES, 0, 0, 0, 0 }, -1 },
        { { 255, 0, 0, 0, 0 }, -1 },
        { { VL_SSH_READY, 0, 0, 3, 233 }, -1 },
        { { VL_SSH_READY, 255, 255, 255, 255 }, -1 },
        { { VL_SSH_READY, 128, 0, 0, 0 }, -1 },
        { { VL_SSH_READY, 0, 0, 3, 232 }, 0 },
        { { VL_SSH_READY, 0, 0, 0, 0 }, VL_SSH_READY },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(headers); i++) {
        VL_BUF_AUTO got = VL_BUF_INIT;
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_ssh_fields fields;

        assert_int_equal(receive_raw(headers[i].bytes, VL_SSH_WIRE_HEADER, &got, &fields, &err), headers[i].type);
        assert_int_equal(err.code, headers[i].type < 0 ? VL_ERROR_FAILED : VL_OK);
    }
}

static void test_bad_fields(void **state)
{
    static const unsigned char beyond[] = { 0, 0, 0, 5, 'a', 'b', 'c', 'd' };
    static const unsigned char huge[] = { 255, 255, 255, 255, 'a' };
    static const unsigned char nul[] = { 0, 0, 0, 2, 'a', 0 };
    struct vl_ssh_fields fields = { .at = beyond, .left = sizeof(beyond) };
    size_t length = 7;

    (void)state;
    assert_string_equal(vl_ssh_take_bytes(&fields, &length), "");
    assert_int_equal(length, 0);
    assert_true(fields.failed);
    fields = (struct vl_ssh_fields){ .at = huge, .left = sizeof(huge) };
    assert_null(vl_ssh_take_text(&fields));
    fields = (struct vl_ssh_fields){ .at = huge, .left = 3 };
    assert_int_equal(vl_ssh_take_number(&fields), 0);
    assert_true(fields.failed);
    fields = (struct vl_ssh_fields){ .at = nul, .left = sizeof(nul) };
    assert_null(vl_ssh_take_text(&fields));
    assert_false(vl_ssh_fields_done(&fields));
    fields = (struct vl_ssh_fields){ .at = nul, .left = sizeof(nul) };
    (void)vl_ssh_take_number(&fields);
    assert_false(vl_ssh_fields_done(&fields));
}

/* A small generator of our own (xorshift), so that a failure can be repeated. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Take fields at random until they fail or are done: no byte outside may be read (the sanitizer watches). */
static void take_at_random(struct vl_ssh_fields *fields, uint32_t *seed)
{
    const unsigned char *end = fields->at + fields->left;

    while (!fields->failed && fields->left > 0) {
        size_t length;
        VL_FREE char *text = NULL;

        switch (next_random(seed) % 3) {
        case 0:
            (void)vl_ssh_take_number(fields);
            break;
        case 1:
            (void)vl_ssh_take_bytes(fields, &length);
            assert_true(length <= LIMIT);
            break;
        default:
            text = vl_ssh_take_text(fields);
        }
        assert_ptr_equal(fields->failed ? end : fields->at + fields->left, end);
    }
}

static void test_random_bytes(void **state)
{
    uint32_t seed = 20101;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        VL_BUF_AUTO got = VL_BUF_INIT;
        VL_ERROR_AUTO err = { .code = VL_OK };
        unsigned char bytes[64];
        struct vl_ssh_fields fields = { .failed = true };
        size_t length = next_random(&seed) % sizeof(bytes);
        int type;

        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (unsigned char)(next_random(&seed) % (round % 2 ? 256 : 8));
        if (round % 2 == 0)
            bytes[1] = bytes[2] = bytes[3] = 0;
        type = receive_raw(bytes, length, &got, &fields, &err);
        assert_true(type >= -1 && type < VL_SSH_TYPES);
        assert_int_equal(type < 0, err.code != VL_OK);
        if (type > 0)
            take_at_random(&fields, &seed);
    }
}

static void *drain(void *argument)
{
    const int *end = argument;
    VL_BUF_AUTO got = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_ssh_fields fields;
    int type = vl_ssh_wire_receive(*end, VL_SSH_RUN_LIMIT, vl_now_ms() + 10000, &got, &fields, &err);

    return type == VL_SSH_RUN && fields.left == VL_SSH_INPUT_LIMIT + 4 ? argument : NULL;
}

static void test_large_message(void **state)
{
    VL_BUF_AUTO sent = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *input = calloc(1, VL_SSH_INPUT_LIMIT);
    pthread_t thread;
    void *result = NULL;
    int ends[2];

    (void)state;
    open_pair(ends);
    vl_ssh_wire_begin(&sent, VL_SSH_RUN);
    vl_ssh_wire_bytes(&sent, input, VL_SSH_INPUT_LIMIT);
    vl_ssh_wire_end(&sent);
    /* nobody reads: the deadline holds for sending too */
    assert_int_equal(vl_ssh_wire_send(ends[0], &sent, vl_now_ms() + SOON_MS, &err), -1);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    close_pair(ends);
    open_pair(ends);
    assert_int_equal(pthread_create(&thread, NULL, drain, &ends[1]), 0);
    assert_int_equal(vl_ssh_wire_send(ends[0], &sent, vl_now_ms() + 10000, &err), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &ends[1]);
    /* the other end is gone: an error, not a signal */
    (void)close(ends[1]);
    assert_int_equal(vl_ssh_wire_send(ends[0], &sent, vl_now_ms() + SOON_MS, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    (void)close(ends[0]);
}

static void test_out_of_memory(void **state)
{
    VL_BUF_AUTO good = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    compose(&good);
    for (long n = 0; n < 2; n++) {
        struct vl_buf message = VL_BUF_INIT;
        struct vl_ssh_fields fields;

        vl_memory_fail_after(n);
        compose(&message);
        if (n == 0) {
            assert_true(message.failed);
            assert_int_equal(vl_ssh_wire_send(-1, &message, -1, &err), -1);
            assert_int_equal(err.code, VL_ERROR_MEMORY);
            assert_int_equal(receive_raw(good.data, good.length, &message, &fields, &err), -1);
        }
        vl_memory_fail_after(-1);
        vl_buf_free(&message);
    }
}

static void test_descriptor(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    int ends[2], pipes[2], got;
    char byte = 0;

    (void)state;
    open_pair(ends);
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(vl_ssh_wire_send_descriptor(ends[0], pipes[1], &err), 0);
    got = vl_ssh_wire_receive_descriptor(ends[1], &err);
    assert_true(got >= 0 && got != pipes[1]);
    assert_int_equal(fcntl(got, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(write(got, "x", 1), 1);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(send(ends[0], "x", 1, 0), 1);
    assert_int_equal(vl_ssh_wire_receive_descriptor(ends[1], &err), -1);
    (void)close(got);
    close_pair(pipes);
    close_pair(ends);
}

/* The examples of FIPS 180-4, and one that sha256sum agrees with. */
static void test_digest(void **state)
{
    char hex[VL_DIGEST_SHA256_SIZE];

    (void)state;
    assert_int_equal(vl_digest_sha256("", 0, hex), 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(vl_digest_sha256("abc", 3, hex), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_cut_short_anywhere),
        cmocka_unit_test(test_nothing_comes), cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_bad_fields),    cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_large_message), cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_descriptor),    cmocka_unit_test(test_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
