/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a host says about several changes: how far it came, believed only as far as it can be true.
 */
#include "support.h"

#include "base/cleanup.h"
#include "machine/batch.h"

static const struct vl_batch_item items[] = {
    { .kind = VL_BATCH_WRITE, .object = "/a", .text = "a" },
    { .kind = VL_BATCH_REMOVE, .object = "/b" },
    { .kind = VL_BATCH_COMMAND, .object = "sip reload" },
    { .kind = VL_BATCH_COMMAND, .object = "dialplan reload" },
};

enum { ITEMS = VL_COUNT(items) };

struct heard {
    struct vl_command_result results[ITEMS];
    struct vl_batch_report report;
    struct vl_batch_failure failure;
    bool good;
};

static void forget(struct heard *heard)
{
    for (size_t i = 0; i < ITEMS; i++)
        vl_command_result_free(&heard->results[i]);
}

#define HEARD_AUTO __attribute__((cleanup(forget))) struct heard

/* The answer is copied to where it ends, so that a sanitizer sees a read beyond it. */
static void hear(struct heard *heard, const char *text, size_t length)
{
    char *copy = malloc(length + 1);

    assert_non_null(copy);
    memcpy(copy, text, length);
    *heard = (struct heard){ .good = false };
    heard->report.results = heard->results;
    heard->good = vl_batch_parse(items, ITEMS, copy, length, &heard->report, &heard->failure);
    free(copy);
    assert_true(heard->report.done <= heard->report.touched);
    assert_true(heard->report.touched <= ITEMS);
}

static void test_all_done(void **state)
{
    static const char text[] = "voiplab batch\ns\ns\nc 0 3\nok\nc 1 0\nvoiplab end\n";
    HEARD_AUTO heard;

    (void)state;
    hear(&heard, text, sizeof(text) - 1);
    assert_true(heard.good);
    assert_false(heard.failure.failed);
    assert_int_equal(heard.report.done, ITEMS);
    assert_string_equal(heard.results[2].output, "ok\n");
    assert_int_equal(heard.results[3].status, 1);
}

static void test_how_far_it_came(void **state)
{
    static const struct {
        const char *text;
        size_t done, touched, index;
        bool failed;
    } cases[] = {
        { "voiplab batch\nf 1 73 0\nvoiplab end\n", 0, 0, 1, true }, /* while the texts were made ready */
        { "voiplab batch\nf 4 77 0\nvoiplab end\n", 0, 0, 4, true }, /* none of the items */
        { "voiplab batch\nf 0 81 1\nvoiplab end\n", 0, 1, 0, true }, /* it may be in its place all the same */
        { "voiplab batch\ns\nf 1 83 1\nvoiplab end\n", 1, 2, 1, true },
        { "voiplab batch\ns\ns\nvoiplab end\n", 2, 4, 0, false }, /* no command was answered in time */
        { "voiplab batch\ns\ns\nc 0 0\nvoiplab end\n", 3, 4, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        HEARD_AUTO heard;

        hear(&heard, cases[i].text, strlen(cases[i].text));
        assert_true(heard.good);
        assert_int_equal(heard.report.done, cases[i].done);
        assert_int_equal(heard.report.touched, cases[i].touched);
        assert_int_equal(heard.failure.failed, cases[i].failed);
        assert_int_equal(heard.failure.index, cases[i].index);
    }
}

static void test_lies(void **state)
{
    static const char *const texts[] = {
        "",
        "welcome\nvoiplab batch\ns\ns\nc 0 0\nc 0 0\nvoiplab end\n",
        "voiplab batch\nvoiplab end\n",
        "voiplab batch\ns\nvoiplab end\n",
        "voiplab batch\ns\ns\ns\nc 0 0\nc 0 0\nvoiplab end\n",
        "voiplab batch\ns\ns\nc 0 0\nc 0 0\nc 0 0\nvoiplab end\n",
        "voiplab batch\ns\ns\nc 0 4294967295\nvoiplab end\n",
        "voiplab batch\ns\ns\nc 256 0\nc 0 0\nvoiplab end\n",
        "voiplab batch\nf 5 73 0\nvoiplab end\n",
        "voiplab batch\nf 0 0 0\nvoiplab end\n",
        "voiplab batch\nf 0 256 0\nvoiplab end\n",
        "voiplab batch\nf 0 73 2\nvoiplab end\n",
        "voiplab batch\ns\nf 1 73 0\nvoiplab end\n", /* nothing was touched, and one is done */
        "voiplab batch\nf 18446744073709551616 73 0\nvoiplab end\n",
        "voiplab batch\nf 1 73 0\nc 0 0\nvoiplab end\n",
        "voiplab batch\ns\ns\nc 0 0\nc 0 0\nvoiplab end\nmore",
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        HEARD_AUTO heard;

        hear(&heard, texts[i], strlen(texts[i]));
        if (heard.good)
            fail_msg("believed: %s", texts[i]);
        assert_true(heard.report.touched >= heard.report.done);
    }
}

static void test_truncated(void **state)
{
    static const char text[] = "voiplab batch\ns\ns\nc 0 3\nok\nc 1 0\nvoiplab end\n";

    (void)state;
    for (size_t length = 0; length < sizeof(text) - 1; length++) {
        HEARD_AUTO heard;

        hear(&heard, text, length);
        assert_false(heard.good);
        assert_int_equal(heard.report.touched, ITEMS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_done),
        cmocka_unit_test(test_how_far_it_came),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_truncated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
