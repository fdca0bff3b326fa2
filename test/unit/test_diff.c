/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unified diff: applied to the text before it must give the text after, by a strict reader of our own and by
 * patch(1), which also proves that people can use it.
 */
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/process.h"
#include "plan/diff.h"

#define NO_NEWLINE "\\ No newline at end of file\n"

/* Length of the first line with its line feed. */
static size_t line_length(const char *text)
{
    size_t length = strcspn(text, "\n");

    return length + (text[length] == '\n');
}

/* Copy lines from *before until `line` (counted from 1) is next. */
static void copy_until(struct vl_buf *after, const char **before, size_t *at, size_t line)
{
    while (*at < line) {
        size_t length = line_length(*before);

        assert_true(length > 0);
        vl_buf_add(after, *before, length);
        *before += length;
        (*at)++;
    }
}

/* One line of a hunk: a context or removed line must be what stands in `before`. */
static const char *apply_line(struct vl_buf *after, const char **before, const char *diff, size_t counts[2])
{
    size_t length = line_length(diff + 1);
    const char *next = diff + 1 + length;
    bool open_end = !strncmp(next, NO_NEWLINE, strlen(NO_NEWLINE));
    size_t bytes = length - (open_end ? 1 : 0);

    assert_true(length > 0 && next[-1] == '\n');
    if (*diff != '+') {
        assert_true(!strncmp(*before, diff + 1, bytes));
        assert_true(!open_end || !(*before)[bytes]);
        *before += bytes;
        counts[0]++;
    }
    if (*diff != '-') {
        vl_buf_add(after, diff + 1, bytes);
        counts[1]++;
    }
    return open_end ? next + strlen(NO_NEWLINE) : next;
}

/* Apply strictly; the caller frees the result. */
static char *apply(const char *before, const char *diff)
{
    struct vl_buf after = VL_BUF_INIT;
    size_t at = 1, made = 1;

    while (*diff) {
        size_t from, removed, to, added, counts[2] = { 0, 0 };
        int used = 0;

        assert_int_equal(sscanf(diff, "@@ -%zu,%zu +%zu,%zu @@%n", &from, &removed, &to, &added, &used), 4);
        assert_true(used > 0 && diff[used] == '\n');
        diff += used + 1;
        /* of an empty side the line before it is named */
        copy_until(&after, &before, &at, removed ? from : from + 1);
        made = 1;
        for (const char *p = vl_buf_text(&after); *p; p++)
            made += *p == '\n';
        assert_int_equal(added ? to : to + 1, made);
        while (*diff == ' ' || *diff == '-' || *diff == '+')
            diff = apply_line(&after, &before, diff, counts);
        assert_int_equal(counts[0], removed);
        assert_int_equal(counts[1], added);
        at += removed;
    }
    vl_buf_puts(&after, before);
    return vl_buf_take(&after);
}

static void check(const char *before, const char *after)
{
    VL_BUF_AUTO diff = VL_BUF_INIT;
    VL_FREE char *result = NULL;

    vl_diff(&diff, before, after);
    assert_false(diff.failed);
    assert_true((diff.length == 0) == !strcmp(before, after));
    result = apply(before, vl_buf_text(&diff));
    assert_string_equal(result, after);
}

static void test_known(void **state)
{
    VL_BUF_AUTO diff = VL_BUF_INIT;

    (void)state;
    vl_diff(&diff, "a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nD\ne\nf\ng\n");
    assert_string_equal(vl_buf_text(&diff), "@@ -1,7 +1,7 @@\n a\n b\n c\n-d\n+D\n e\n f\n g\n");
    vl_buf_reset(&diff);
    vl_diff(&diff, NULL, "a\nb\n");
    assert_string_equal(vl_buf_text(&diff), "@@ -0,0 +1,2 @@\n+a\n+b\n");
    vl_buf_reset(&diff);
    vl_diff(&diff, "a\n", NULL);
    assert_string_equal(vl_buf_text(&diff), "@@ -1,1 +0,0 @@\n-a\n");
    vl_buf_reset(&diff);
    vl_diff(&diff, NULL, "");
    vl_diff(&diff, "same\n", "same\n");
    assert_string_equal(vl_buf_text(&diff), "");
}

static void test_cases(void **state)
{
    static const char *const texts[] = { "",
                                         "\n",
                                         "a\n",
                                         "a\n\n",
                                         "b\na\n",
                                         "a\nb\n",
                                         "a\nb\nc\n",
                                         "a\nc\n",
                                         "a\r\n",
                                         "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
                                         "1\n2\n3\n4\n5\n6\n7\n8\nx\n",
                                         "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++)
        for (size_t j = 0; j < VL_COUNT(texts); j++)
            check(texts[i], texts[j]);
}

/* A last line without a line feed is another line than one with it, and is marked as diff(1) marks it. */
static void test_open_end(void **state)
{
    static const char *const texts[] = { "",
                                         "a",
                                         "a\n",
                                         "b\na",
                                         "b\na\n",
                                         "b",
                                         "a\nb\nc\nd\ne\nf\ng\nh",
                                         "a\nb\nc\nd\ne\nf\ng\nh\n",
                                         "A\nb\nc\nd\ne\nf\ng\nh" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++)
        for (size_t j = 0; j < VL_COUNT(texts); j++)
            check(texts[i], texts[j]);
}

/* A text of few different lines, so that many are alike. */
static char *random_text(struct generator *generator, size_t most)
{
    struct vl_buf buf = VL_BUF_INIT;
    size_t count = choose(generator, most);

    for (size_t i = 0; i < count; i++)
        vl_buf_printf(&buf, "%.*s\n", (int)choose(generator, 3), &"abc"[choose(generator, 2)]);
    return vl_buf_take(&buf);
}

/* The text with some lines dropped, doubled or changed. */
static char *edited(struct generator *generator, const char *text)
{
    struct vl_buf buf = VL_BUF_INIT;

    while (*text) {
        size_t length = line_length(text), what = choose(generator, 12);

        if (what == 1)
            vl_buf_puts(&buf, "new\n");
        if (what > 1)
            vl_buf_add(&buf, text, length);
        if (what == 2)
            vl_buf_add(&buf, text, length);
        text += length;
    }
    return vl_buf_take(&buf);
}

static void test_random(void **state)
{
    struct generator generator = { .state = 1265 };

    (void)state;
    for (int round = 0; round < 3000; round++) {
        VL_FREE char *before = random_text(&generator, 60);
        VL_FREE char *after = edited(&generator, before), *other = random_text(&generator, 20);

        check(before, after);
        check(before, other);
    }
}

static void test_large(void **state)
{
    VL_BUF_AUTO before = VL_BUF_INIT, after = VL_BUF_INIT;

    (void)state;
    for (int i = 0; i < 6000; i++) {
        vl_buf_printf(&before, "old %d\n", i);
        vl_buf_printf(&after, "new %d\n", i);
    }
    check(vl_buf_text(&before), vl_buf_text(&after));
}

static void check_with_patch(const char *directory, const char *before, const char *after)
{
    VL_BUF_AUTO diff = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *path = NULL, *text = NULL, *output = NULL;
    struct vl_process_options options = { .timeout_ms = 10000 };

    assert_true(asprintf(&path, "%s/text", directory) > 0);
    write_whole(path, before);
    vl_buf_puts(&diff, "--- text\n+++ text\n");
    vl_diff(&diff, before, after);
    options.input = vl_buf_text(&diff);
    if (vl_process_check((const char *const[]){ "patch", "-s", "-F0", path, NULL }, &options, &output, &err) < 0)
        fail_msg("%s\n%s", vl_error_text(&err), vl_buf_text(&diff));
    text = read_whole(path);
    assert_string_equal(text, after);
}

static void test_patch(void **state)
{
    struct generator generator = { .state = 316 };
    char *directory;

    (void)state;
    if (!vl_process_found("patch"))
        skip();
    directory = make_directory();
    for (int round = 0; round < 100;) {
        VL_FREE char *before = random_text(&generator, 60);
        VL_FREE char *after = edited(&generator, before);

        /* patch removes a file that becomes empty */
        if (!*before || !*after || !strcmp(before, after))
            continue;
        check_with_patch(directory, before, after);
        round++;
    }
    remove_tree(directory);
    free(directory);
}

/* What hides a line may stand far above it. */
static void test_shown(void **state)
{
    VL_BUF_AUTO diff = VL_BUF_INIT;

    (void)state;
    vl_diff_shown(&diff, "a\nb\nold", "a\n*\n*", "a\nb\nnew\n", "a\n*\n*\n");
    assert_string_equal(vl_buf_text(&diff), "@@ -1,3 +1,3 @@\n a\n *\n-*\n" NO_NEWLINE "+*\n");
    vl_buf_reset(&diff);
    vl_diff_shown(&diff, NULL, NULL, "a\n", "*\n");
    assert_string_equal(vl_buf_text(&diff), "@@ -0,0 +1,1 @@\n+*\n");
    vl_buf_reset(&diff);
    vl_diff_shown(&diff, "a\n", "*\n", "a\n", "+\n");
    assert_string_equal(vl_buf_text(&diff), "");
}

static void test_memory(void **state)
{
    VL_BUF_AUTO diff = { .failed = true };

    (void)state;
    vl_diff(&diff, "a\n", "b\n");
    assert_true(diff.failed);
    assert_string_equal(vl_buf_text(&diff), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),  cmocka_unit_test(test_cases),  cmocka_unit_test(test_open_end),
        cmocka_unit_test(test_random), cmocka_unit_test(test_large),  cmocka_unit_test(test_patch),
        cmocka_unit_test(test_shown),  cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
