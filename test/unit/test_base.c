/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Buffers, arenas, errors and texts, with and without memory.
 *
 * ctest: THREADS yes
 */
#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"

static int memory_back(void **state)
{
    (void)state;
    vl_memory_fail_after(-1);
    return 0;
}

static void test_buf(void **state)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    VL_FREE char *taken = NULL;

    (void)state;
    assert_string_equal(vl_buf_text(&buf), "");
    vl_buf_puts(&buf, "sip");
    vl_buf_putc(&buf, '/');
    vl_buf_printf(&buf, "%d", 7001);
    vl_buf_add(&buf, NULL, 0);
    assert_string_equal(vl_buf_text(&buf), "sip/7001");
    assert_int_equal(buf.length, 8);
    vl_buf_reset(&buf);
    assert_string_equal(vl_buf_text(&buf), "");
    vl_buf_add(&buf, "a\0b", 3);
    assert_int_equal(buf.length, 3);
    assert_memory_equal(vl_buf_text(&buf), "a\0b", 4);
    taken = vl_buf_take(&buf);
    assert_memory_equal(taken, "a\0b", 4);
    assert_int_equal(buf.length, 0);
    assert_null(buf.data);
}

static void test_buf_take_empty(void **state)
{
    struct vl_buf buf = VL_BUF_INIT;
    VL_FREE char *taken = vl_buf_take(&buf);

    (void)state;
    assert_string_equal(taken, "");
}

static void fill(struct vl_buf *buf)
{
    for (int i = 0; i < 200; i++) {
        vl_buf_puts(buf, "exten => _1XXX,1,");
        vl_buf_printf(buf, "Dial(IAX2/%d/${EXTEN})\n", 1000 + i);
        vl_buf_putc(buf, ' ');
    }
}

/* Whichever allocation fails: the buffer says so, stays a text, and takes no more. */
static void test_buf_without_memory(void **state)
{
    VL_BUF_AUTO whole = VL_BUF_INIT;
    long needed;

    (void)state;
    vl_memory_fail_after(-1);
    fill(&whole);
    needed = vl_memory_count();
    assert_true(needed > 3);
    for (long after = 0; after < needed; after++) {
        VL_BUF_AUTO buf = VL_BUF_INIT;
        size_t length;

        vl_memory_fail_after(after);
        fill(&buf);
        assert_true(buf.failed);
        length = buf.length;
        assert_int_equal(strlen(vl_buf_text(&buf)), length);
        assert_memory_equal(vl_buf_text(&buf), vl_buf_text(&whole), length);
        vl_memory_fail_after(-1);
        vl_buf_puts(&buf, "x");
        assert_int_equal(buf.length, length);
        assert_null(vl_buf_take(&buf));
        assert_null(buf.data);
    }
}

static void test_buf_absurd_length(void **state)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    (void)state;
    vl_buf_puts(&buf, "x");
    vl_buf_add(&buf, "y", SIZE_MAX - 4);
    assert_true(buf.failed);
    assert_string_equal(vl_buf_text(&buf), "x");
}

static void test_arena(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    unsigned *numbers = NULL;

    (void)state;
    for (unsigned i = 0; i < 10000; i++) {
        numbers = vl_arena_grow(&arena, numbers, i, sizeof(*numbers));
        assert_non_null(numbers);
        numbers[i] = i;
    }
    for (unsigned i = 0; i < 10000; i++)
        assert_int_equal(numbers[i], i);
    for (size_t size = 0; size < 20000; size += 777) {
        unsigned char *block = vl_arena_zalloc(&arena, size);

        assert_non_null(block);
        assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(block[i], 0);
        memset(block, 0xff, size);
    }
    assert_string_equal(vl_arena_strdup(&arena, "trunk"), "trunk");
    assert_string_equal(vl_arena_strndup(&arena, "trunk", 2), "tr");
    assert_string_equal(vl_arena_printf(&arena, "%s-%02d", "student", 3), "student-03");
    assert_false(arena.failed);
    assert_null(vl_arena_zalloc(&arena, SIZE_MAX / 2));
    assert_true(arena.failed);
    assert_null(vl_arena_zalloc(&arena, 1));
}

static void test_arena_without_memory(void **state)
{
    (void)state;
    for (long after = 0; after < 3; after++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *const *words;

        vl_memory_fail_after(after);
        for (int i = 0; i < 5; i++)
            assert_non_null(vl_arena_zalloc(&arena, 8000) || arena.failed ? &arena : NULL);
        assert_true(arena.failed);
        assert_string_equal(vl_arena_strdup(&arena, "trunk"), "");
        assert_string_equal(vl_arena_printf(&arena, "%d", 7), "");
        assert_string_equal(vl_text_printable(&arena, "trunk"), "");
        assert_string_equal(vl_text_from_ipv4(&arena, 1), "");
        words = vl_text_split(&arena, "a b", " ");
        assert_null(words[0]);
    }
}

static void test_error(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ERROR_AUTO other = { .code = VL_OK };

    (void)state;
    assert_string_equal(vl_error_text(&err), "no error");
    assert_int_equal(vl_fail(&err, VL_ERROR_USAGE, "no option '%s'", "--chek"), -1);
    assert_int_equal(err.code, VL_ERROR_USAGE);
    assert_string_equal(vl_error_text(&err), "no option '--chek'");
    assert_int_equal(vl_error_wrap(&err, "virtual%d", 1), -1);
    assert_string_equal(vl_error_text(&err), "virtual1: no option '--chek'");
    assert_int_equal(err.code, VL_ERROR_USAGE);
    assert_int_equal(vl_fail_at(&err, VL_ERROR_LAB, "lab.ini", 17, "'%s' is wrong", "x"), -1);
    assert_string_equal(vl_error_text(&err), "lab.ini:17: 'x' is wrong");
    assert_int_equal(vl_fail_at(&err, VL_ERROR_LAB, "lab.ini", 0, "empty"), -1);
    assert_string_equal(vl_error_text(&err), "lab.ini: empty");
    errno = ENOENT;
    assert_int_equal(vl_fail_errno(&err, "cannot open '%s'", "f"), -1);
    assert_string_equal(vl_error_text(&err), "cannot open 'f': No such file or directory");
    vl_error_move(&other, &err);
    assert_int_equal(err.code, VL_OK);
    assert_int_equal(other.code, VL_ERROR_FAILED);
    assert_string_equal(vl_error_text(&other), "cannot open 'f': No such file or directory");
    vl_error_clear(&other);
    vl_error_clear(&other);
    assert_int_equal(vl_error_wrap(&other, "virtual1"), -1);
    assert_int_equal(other.code, VL_ERROR_FAILED);
    err.code = VL_ERROR_MEMORY;
    assert_string_equal(vl_error_text(&err), "out of memory");
}

static void test_numbers(void **state)
{
    static const char *const wrong[] = {
        "", "-", "+1", " 1", "1 ", "0x10", "1.5", "99999999999999999999", "101", "-2"
    };
    long number = 0;

    (void)state;
    assert_true(vl_text_number("42", -1, 100, &number));
    assert_int_equal(number, 42);
    assert_true(vl_text_number("-1", -1, 100, &number));
    assert_int_equal(number, -1);
    for (size_t i = 0; i < VL_COUNT(wrong); i++)
        assert_false(vl_text_number(wrong[i], -1, 100, &number));
    assert_int_equal(number, -1);
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } right[] = {
        { "1K", 1024 },
        { "300M", (uint64_t)300 << 20 },
        { "35G", (uint64_t)35 << 30 },
        { "35g", (uint64_t)35 << 30 },
        { "2T", (uint64_t)2 << 40 },
        { "16777215T", (uint64_t)16777215 << 40 },
    };
    static const char *const wrong[] = { "",    "300", "M",    "0M", "-1M",       " 1M",
                                         "1 M", "1MB", "1.5G", "1P", "16777216T", "99999999999999999999G" };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    uint64_t bytes = 7;

    (void)state;
    for (size_t i = 0; i < VL_COUNT(right); i++) {
        assert_true(vl_text_size(right[i].text, &bytes));
        assert_true(bytes == right[i].bytes);
    }
    bytes = 7;
    for (size_t i = 0; i < VL_COUNT(wrong); i++)
        assert_false(vl_text_size(wrong[i], &bytes));
    assert_true(bytes == 7);
    assert_string_equal(vl_text_from_size(&arena, (uint64_t)300 << 20), "300M");
    assert_string_equal(vl_text_from_size(&arena, (uint64_t)1 << 40), "1T");
    assert_string_equal(vl_text_from_size(&arena, (uint64_t)1536 << 20), "1536M");
    assert_string_equal(vl_text_from_size(&arena, 1000), "1000");
    assert_string_equal(vl_text_from_size(&arena, 0), "0");
}

static void test_addresses(void **state)
{
    static const char *const wrong[] = { "",          "1.2.3",        "1.2.3.4.5",   "256.1.1.1", "1.2.3.1565",
                                         "192.168.0", "192.168.0.1 ", "a.b.c.d",     "1..2.3",    "1.2.3.4/24",
                                         "-1.2.3.4",  "0001.2.3.4",   "192.168.0.1x" };
    static const char *const wrong_networks[] = {
        "",           "/",          "1.2.3.4",     "1.2.3.4/", "1.2.3.4/0",
        "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/24x", "1.2.3/24", "1.2.3.4/255.255.255.0"
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    uint32_t address = 0;
    unsigned prefix = 0;

    (void)state;
    assert_true(vl_text_ipv4("192.168.0.195", &address));
    assert_true(address == 0xc0a800c3);
    assert_string_equal(vl_text_from_ipv4(&arena, address), "192.168.0.195");
    assert_true(vl_text_ipv4("255.255.255.255", &address));
    assert_true(vl_text_ipv4("0.0.0.0", &address));
    for (size_t i = 0; i < VL_COUNT(wrong); i++)
        assert_false(vl_text_ipv4(wrong[i], &address));
    assert_true(vl_text_network("10.77.7.1/24", &address, &prefix));
    assert_true(address == 0x0a4d0701);
    assert_int_equal(prefix, 24);
    for (size_t i = 0; i < VL_COUNT(wrong_networks); i++)
        assert_false(vl_text_network(wrong_networks[i], &address, &prefix));
    assert_true(vl_text_netmask(0) == 0);
    assert_true(vl_text_netmask(24) == 0xffffff00);
    assert_true(vl_text_netmask(32) == 0xffffffff);
}

static void test_nearest(void **state)
{
    static const char *const names[] = { "address", "gateway", "name", "interface", "fxs", "fxo", NULL };
    static const char long_name[] = "a-name-that-is-far-longer-than-any-key-of-a-lab-file-could-be";

    (void)state;
    assert_string_equal(vl_text_nearest("adress", names), "address");
    assert_string_equal(vl_text_nearest("gatewya", names), "gateway");
    assert_string_equal(vl_text_nearest("iterfaces", names), "interface");
    assert_string_equal(vl_text_nearest("fxs", names), "fxs");
    assert_null(vl_text_nearest("colour", names));
    assert_null(vl_text_nearest("", names));
    assert_null(vl_text_nearest(long_name, names));
}

static void test_names(void **state)
{
    char longest[65];

    (void)state;
    memset(longest, 'a', 64);
    longest[64] = '\0';
    assert_false(vl_text_is_name(longest));
    assert_true(vl_text_is_name(longest + 1));
    assert_true(vl_text_is_name("student-01"));
    assert_false(vl_text_is_name(""));
    assert_false(vl_text_is_name("1a"));
    assert_false(vl_text_is_name("-a"));
    assert_false(vl_text_is_name("A"));
    assert_false(vl_text_is_name("a b"));
    assert_false(vl_text_is_name("a_b"));
}

static void test_strip_and_split(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    char text[] = " \t a b \r\n", blank[] = "  ";
    const char *const *words = vl_text_split(&arena, ", 1500,1501 ,, 1502", ", ");

    (void)state;
    assert_string_equal(vl_text_strip(text), "a b");
    assert_string_equal(vl_text_strip(blank), "");
    assert_string_equal(words[0], "1500");
    assert_string_equal(words[1], "1501");
    assert_string_equal(words[2], "1502");
    assert_null(words[3]);
    assert_null(vl_text_split(&arena, "", ",")[0]);
    assert_null(vl_text_split(&arena, ",,,", ",")[0]);
    assert_true(vl_text_starts("trunk", "tr"));
    assert_true(vl_text_starts("trunk", ""));
    assert_false(vl_text_starts("tr", "trunk"));
}

static void test_printable(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_string_equal(vl_text_printable(&arena, "a\nb"), "a\nb");
    assert_string_equal(vl_text_printable(&arena, "\x1b[2J\r\x7f\xc3\xb1"), "\\x1b[2J\\x0d\\x7f\\xc3\\xb1");
    assert_string_equal(vl_text_printable(&arena, ""), "");
}

static void test_tail(void **state)
{
    (void)state;
    assert_string_equal(vl_text_tail("trunk", 5), "trunk");
    assert_string_equal(vl_text_tail("trunk", 2), "nk");
    assert_string_equal(vl_text_tail("trunk", 0), "");
    assert_string_equal(vl_text_tail("a\xc3\xb1"
                                     "b",
                                     2),
                        "b");
    assert_string_equal(vl_text_tail("a\xc3\xb1"
                                     "b",
                                     3),
                        "\xc3\xb1"
                        "b");
    assert_string_equal(vl_text_tail("\xf0\x9f\x93\x9e", 3), "");
    /* no character has more than three such bytes */
    assert_string_equal(vl_text_tail("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80");
}

static void test_quote(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_string_equal(vl_text_quote(&arena, " \r\nno\nsuch\tmodule \n\n", 40), "no such module");
    assert_string_equal(vl_text_quote(&arena, "no such module\n", 6), "...module");
    assert_string_equal(vl_text_quote(&arena, "no such module", 14), "no such module");
    assert_string_equal(vl_text_quote(&arena, "x\xc3\xb1\x1b", 3), "...\\xc3\\xb1\\x1b");
    assert_string_equal(vl_text_quote(&arena, "x\xc3\xb1\x1b", 2), "...\\x1b");
    assert_string_equal(vl_text_quote(&arena, "", 10), "");
}

/* The sums of FIPS 180-4's examples. */
static void test_digest(void **state)
{
    char sum[VL_DIGEST_SHA256_SIZE];

    (void)state;
    assert_int_equal(vl_digest_sha256("abc", 3, sum), 0);
    assert_string_equal(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(vl_digest_sha256("", 0, sum), 0);
    assert_string_equal(sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void count_call(void *context, size_t index)
{
    unsigned *calls = context;

    (void)__atomic_add_fetch(&calls[index], 1, __ATOMIC_RELAXED);
}

static void test_parallel(void **state)
{
    static const unsigned jobs[] = { 0, 1, 2, 7, 1000 };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(jobs); i++) {
        unsigned calls[100] = { 0 };

        vl_parallel(100, jobs[i], count_call, calls);
        for (size_t j = 0; j < 100; j++)
            assert_int_equal(calls[j], 1);
        vl_parallel(0, jobs[i], count_call, NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_buf_take_empty),
        cmocka_unit_test_teardown(test_buf_without_memory, memory_back),
        cmocka_unit_test(test_buf_absurd_length),
        cmocka_unit_test(test_arena),
        cmocka_unit_test_teardown(test_arena_without_memory, memory_back),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_strip_and_split),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_parallel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
