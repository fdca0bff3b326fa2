/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer to a question ahead of need: taken apart when it is in order, dropped when it is not, at whichever byte it
 * ends and whatever its numbers say.
 */
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "machine/ahead.h"

#define END "t 1700000009\nvoiplab end\n"

static const char *const paths[] = { "/a", "/link", "/none", "/gone", "/directory", NULL };
static const char *const groups[] = { "asterisk", "nobody", NULL };
static const char *const commands[] = { "core show version", "sip show peers", NULL };
static const struct vl_wanted wanted = { .paths = paths, .groups = groups, .commands = commands };

static const char whole[] = "voiplab ahead\n"
                            "k fLnXd\n"
                            "i 640 0 110 6 1700000000\n"
                            "i 644 5 5 3 1700000001\n"
                            "i 755 0 0 4096 1\n"
                            "hello\nabc"
                            "i 640 0 110 6 1700000000\n"
                            "i 644 5 5 3 1700000001\n"
                            "l 4\n../b"
                            "l 2\n/b"
                            "l 7\nnowhere"
                            "g 110\n"
                            "g -\n"
                            "c 0 5\n16.28"
                            "c 1 3\nno\n" END;

static struct vl_ahead *parse(const char *bytes, size_t length)
{
    struct vl_ahead *ahead = calloc(1, sizeof(*ahead));

    assert_non_null(ahead);
    if (!vl_ahead_parse(ahead, &wanted, bytes, length))
        vl_ahead_drop(&ahead);
    return ahead;
}

/* `whole` with `from` replaced by `to`. */
static bool accepts(const char *from, const char *to)
{
    const char *at = strstr(whole, from);
    VL_BUF_AUTO buf = VL_BUF_INIT;
    struct vl_ahead *ahead;
    bool taken;

    assert_non_null(at);
    vl_buf_add(&buf, whole, (size_t)(at - whole));
    vl_buf_puts(&buf, to);
    vl_buf_puts(&buf, at + strlen(from));
    ahead = parse(buf.data, buf.length);
    taken = ahead != NULL;
    vl_ahead_drop(&ahead);
    return taken;
}

static void test_whole(void **state)
{
    struct vl_ahead *ahead = parse(whole, sizeof(whole) - 1);
    const struct vl_ahead_path *path;
    struct vl_ahead_command *command;

    (void)state;
    assert_non_null(ahead);
    path = vl_ahead_find_path(ahead, "/a", 0);
    assert_string_equal(path->text, "hello\n");
    assert_int_equal(path->facts.kind, VL_PATH_FILE);
    assert_int_equal(path->facts.mode, 0640);
    assert_int_equal(path->facts.group, 110);
    path = vl_ahead_find_path(ahead, "/link", 0);
    assert_string_equal(path->text, "abc");
    assert_int_equal(path->facts.kind, VL_PATH_LINK);
    assert_string_equal(path->facts.link, "../b");
    assert_string_equal(path->facts.real, "/b");
    assert_int_equal(vl_ahead_find_path(ahead, "/none", 0)->facts.kind, VL_PATH_NONE);
    path = vl_ahead_find_path(ahead, "/gone", 0);
    assert_string_equal(path->facts.link, "nowhere");
    assert_null(path->facts.real);
    assert_int_equal(vl_ahead_find_path(ahead, "/directory", 0)->facts.kind, VL_PATH_DIRECTORY);
    assert_null(vl_ahead_find_path(ahead, "/unasked", 0));
    assert_true(vl_ahead_find_group(ahead, "asterisk", 0)->gives);
    assert_false(vl_ahead_find_group(ahead, "nobody", 0)->gives);
    assert_true(vl_ahead_has(ahead, &wanted, 0));
    command = vl_ahead_find_command(ahead, "sip show peers", 0);
    assert_int_equal(command->status, 1);
    assert_string_equal(command->output, "no\n");
    assert_int_equal(command->answered, 1700000009);
    command->output = NULL; /* handed out */
    assert_null(vl_ahead_find_command(ahead, "sip show peers", 0));
    assert_false(vl_ahead_has(ahead, &wanted, 0));
    vl_ahead_drop(&ahead);
    vl_ahead_drop(&ahead);
}

static void test_old_is_forgotten(void **state)
{
    struct vl_ahead *ahead = parse(whole, sizeof(whole) - 1);

    (void)state;
    assert_non_null(vl_ahead_find_path(ahead, "/a", VL_AHEAD_KEPT_MS));
    assert_null(vl_ahead_find_path(ahead, "/a", VL_AHEAD_KEPT_MS + 1));
    assert_null(vl_ahead_find_group(ahead, "asterisk", VL_AHEAD_KEPT_MS + 1));
    assert_null(vl_ahead_find_command(ahead, "core show version", VL_AHEAD_KEPT_MS + 1));
    vl_ahead_drop(&ahead);
    assert_null(vl_ahead_find_path(ahead, "/a", 0));
}

/* Each beginning is copied to where it ends, so that a sanitizer sees a read beyond it. */
static void test_truncated(void **state)
{
    (void)state;
    for (size_t length = 0; length + 1 < sizeof(whole) - 1; length++) {
        char *copy = malloc(length + 1);
        struct vl_ahead *ahead;

        assert_non_null(copy);
        memcpy(copy, whole, length);
        ahead = parse(copy, length);
        assert_null(ahead);
        free(copy);
    }
}

static void test_lies(void **state)
{
    (void)state;
    assert_true(accepts("g -", "g 4294967295"));
    assert_false(accepts("voiplab ahead", "welcome\nvoiplab ahead"));
    assert_false(accepts("k fLnXd", "k fLnX"));
    assert_false(accepts("k fLnXd", "k fLnXdf"));
    assert_false(accepts("k fLnXd", "k fLnX?"));
    assert_false(accepts(" 6 1700000000", " 7 1700000000"));
    assert_false(accepts(" 6 1700000000", " 99999999999999999999 1700000000"));
    assert_false(accepts(" 6 1700000000", " -6 1700000000"));
    assert_false(accepts("i 640", "i 648"));
    assert_false(accepts("i 640", "i 17777"));
    assert_false(accepts("i 640 0", "i 640 4294967296"));
    assert_false(accepts("i 640 0", "i 640  0"));
    assert_false(accepts("i 640 0", "j 640 0"));
    assert_false(accepts("l 4", "l 5000000000"));
    assert_false(accepts("l 4\n../b", "l 3\n../b"));
    assert_false(accepts("g -", "g"));
    assert_false(accepts("g -\n", ""));
    assert_false(accepts("c 0 5", "c 0 4294967295"));
    assert_false(accepts("voiplab end\n", "voiplab end\nmore\n"));
    assert_false(accepts("voiplab end\n", "voiplab end"));
    assert_true(accepts("k fLnXd\n", "w 0\nk fLnXd\n"));
    assert_false(accepts("k fLnXd\n", "w 0\nw 0\nk fLnXd\n"));
    assert_false(accepts("t 1700000009\n", ""));
    assert_false(accepts("t 1700000009\n", "t -1\n"));
}

/* A file that is not the same after it was read, or is no text, is not known; its facts are. */
static void test_not_whole_is_not_known(void **state)
{
    static const char nul[] = "voiplab ahead\nk fnnnn\ni 600 0 0 3 1\na\0bi 600 0 0 3 1\ng -\ng -\n" END;
    static const char changed[] = "voiplab ahead\nk fnnnn\ni 600 0 0 3 1\nabci 600 0 0 4 1\ng -\ng -\n" END;
    static const char large[] = "voiplab ahead\nk fnnnn\ni 600 0 0 1048577 1\ng -\ng -\n" END;
    const struct {
        const char *bytes;
        size_t length;
    } answers[] = { { nul, sizeof(nul) - 1 }, { changed, sizeof(changed) - 1 }, { large, sizeof(large) - 1 } };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(answers); i++) {
        struct vl_ahead *ahead = parse(answers[i].bytes, answers[i].length);

        assert_non_null(ahead);
        assert_null(vl_ahead_find_path(ahead, "/a", 0)->text);
        assert_int_equal(vl_ahead_find_path(ahead, "/a", 0)->facts.kind, VL_PATH_FILE);
        vl_ahead_drop(&ahead);
    }
}

/* What comes after the first command without an answer was not answered either. */
static void test_unanswered(void **state)
{
    static const char text[] = "voiplab ahead\nk nnnns\ng -\ng -\nc 0 1\nx" END;
    struct vl_ahead *ahead = parse(text, sizeof(text) - 1);

    (void)state;
    assert_non_null(ahead);
    assert_string_equal(vl_ahead_find_command(ahead, "core show version", 0)->output, "x");
    assert_int_equal(vl_ahead_find_command(ahead, "sip show peers", 0)->status, VL_AHEAD_UNANSWERED);
    assert_null(vl_ahead_find_path(ahead, "/directory", 0)); /* below one that may not be searched */
    vl_ahead_drop(&ahead);
}

/* Of two answers the newer one counts, for commands also when it was handed out; what only the older has is kept. */
static void test_two_answers(void **state)
{
    static const char *const fewer[] = { "/a", NULL };
    static const char *const again[] = { "sip show peers", NULL };
    static const struct vl_wanted second = { .paths = fewer, .commands = again };
    static const char text[] = "voiplab ahead\nk n\nc 0 3\nnew" END;
    struct vl_ahead *ahead = parse(whole, sizeof(whole) - 1), *newest = calloc(1, sizeof(*newest));
    struct vl_ahead_command *command;

    (void)state;
    assert_non_null(newest);
    assert_true(vl_ahead_parse(newest, &second, text, sizeof(text) - 1));
    vl_ahead_push(&ahead, newest);
    assert_int_equal(vl_ahead_find_path(ahead, "/a", 0)->facts.kind, VL_PATH_NONE);
    assert_string_equal(vl_ahead_find_path(ahead, "/link", 0)->text, "abc");
    assert_true(vl_ahead_find_group(ahead, "asterisk", 0)->gives);
    assert_non_null(vl_ahead_find_command(ahead, "core show version", 0));
    command = vl_ahead_find_command(ahead, "sip show peers", 0);
    assert_string_equal(command->output, "new");
    command->output = NULL;
    assert_null(vl_ahead_find_command(ahead, "sip show peers", 0));
    vl_ahead_drop(&ahead);
    assert_null(ahead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_answers), cmocka_unit_test(test_whole), cmocka_unit_test(test_old_is_forgotten),
        cmocka_unit_test(test_truncated),   cmocka_unit_test(test_lies),  cmocka_unit_test(test_not_whole_is_not_known),
        cmocka_unit_test(test_unanswered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
