/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SSH target: files, read and written against a real sshd. */
#include "ssh_bed.h"

static void test_write_and_read(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *path = in_bed("file with 'quotes' and $HOME");
    static const char text[] = "one\ntwo\twith tab\n\xc3\xb1\n\nno line end at the end";
    VL_FREE char *read = NULL;
    struct stat status;
    mode_t mode = 0;

    (void)state;
    if (target->ops->write(target, path, text, 0640, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(target->ops->read(target, path, &read, &mode, &err), 0);
    assert_string_equal(read, text);
    assert_int_equal(mode, 0640);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(target->ops->remove(target, path, &err), 0);
    assert_false(vl_file_exists(path));
    assert_int_equal(target->ops->remove(target, path, &err), 0);
}

static void test_empty_and_large_files(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO large = VL_BUF_INIT;
    VL_FREE char *empty = NULL, *read = NULL;
    mode_t mode;

    (void)state;
    while (large.length < VL_TARGET_FILE_LIMIT)
        vl_buf_putc(&large, (char)('a' + large.length % 23));
    assert_int_equal(target->ops->write(target, in_bed("empty"), "", 0600, NULL, &err), 0);
    assert_int_equal(target->ops->read(target, in_bed("empty"), &empty, &mode, &err), 0);
    assert_string_equal(empty, "");
    if (target->ops->write(target, in_bed("large"), vl_buf_text(&large), 0600, NULL, &err) < 0 ||
        target->ops->read(target, in_bed("large"), &read, &mode, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_true(strcmp(read, vl_buf_text(&large)) == 0);
    vl_buf_putc(&large, 'x');
    assert_int_equal(target->ops->write(target, in_bed("large"), vl_buf_text(&large), 0600, NULL, &err), -1);
    assert_says(&err, "larger than");
    assert_int_equal(run_status(target, vl_arena_printf(&bed.arena, "echo >>%s", in_bed("large"))), 0);
    assert_int_equal(target->ops->read(target, in_bed("large"), &read, &mode, &err), -1);
    assert_says(&err, "larger than");
}

static void test_read_failures(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(target->ops->read(target, in_bed("absent"), &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(target->ops->read(target, in_bed("no/such/directory"), &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(target->ops->read(target, bed.directory, &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_says(&err, "not a regular file");
    assert_int_equal(run_status(target, vl_arena_printf(&bed.arena, "printf 'a\\000b' >%s", in_bed("nul"))), 0);
    assert_int_equal(target->ops->read(target, in_bed("nul"), &text, &mode, &err), -1);
    assert_says(&err, "NUL");
    assert_int_equal(target->ops->read(target, "relative", &text, &mode, &err), -1);
    assert_int_equal(target->ops->read(target, "/a\nb", &text, &mode, &err), -1);
    assert_says(&err, "line end");
    assert_null(text);
}

static void test_write_failures_keep_the_old_file(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(target->ops->write(target, in_bed("no/directory"), "x", 0600, NULL, &err), -1);
    assert_says(&err, "its directory does not exist");
    assert_int_equal(mkdir(in_bed("place"), 0700), 0);
    assert_int_equal(target->ops->write(target, in_bed("place"), "x", 0600, NULL, &err), -1);
    assert_says(&err, "it is a directory");
    assert_int_equal(target->ops->write(target, in_bed("old"), "old", 0604, NULL, &err), 0);
    assert_int_equal(mkdir(in_bed(".old.voiplab"), 0700), 0);
    assert_int_equal(target->ops->write(target, in_bed("old"), "new", 0600, NULL, &err), -1);
    assert_says(&err, "an earlier try left");
    assert_int_equal(target->ops->read(target, in_bed("old"), &text, &mode, &err), 0);
    assert_string_equal(text, "old");
    assert_int_equal(mode, 0604);
    assert_int_equal(rmdir(in_bed(".old.voiplab")), 0);
    assert_int_equal(target->ops->write(target, in_bed("old"), "new", 0600, "a;b", &err), -1);
    assert_says(&err, "not the name of a group");
}

static void test_write_follows_no_link_and_leaves_no_temporary(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct stat status;

    (void)state;
    assert_int_equal(vl_file_write(in_bed("victim"), "victim", 6, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("victim"), in_bed(".linked.voiplab")), 0);
    assert_int_equal(symlink(in_bed("victim"), in_bed("linked")), 0);
    assert_int_equal(target->ops->write(target, in_bed("linked"), "new", 0600, NULL, &err), 0);
    assert_int_equal(vl_file_read(in_bed("victim"), 100, &text, NULL, &err), 0);
    assert_string_equal(text, "victim");
    assert_int_equal(lstat(in_bed("linked"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_false(vl_file_exists(in_bed(".linked.voiplab")));
}

static void test_write_owner_and_group(void **state)
{
    VL_TARGET_AUTO *target = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    target = open_target();
    assert_int_equal(target->ops->write(target, in_bed("owned"), "x", 0640, "daemon", &err), 0);
    assert_int_equal(stat(in_bed("owned"), &status), 0);
    assert_int_equal(status.st_gid, 1);
    assert_int_equal(chown(in_bed("owned"), 65534, 2), 0);
    assert_int_equal(target->ops->write(target, in_bed("owned"), "y", 0644, NULL, &err), 0);
    assert_int_equal(stat(in_bed("owned"), &status), 0);
    assert_int_equal(status.st_uid, 65534);
    assert_int_equal(status.st_gid, 2);
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_int_equal(target->ops->write(target, in_bed("plain"), "x", 0640, "no-such-group", &err), 0);
    assert_int_equal(stat(in_bed("plain"), &status), 0);
    assert_int_equal(status.st_gid, 0);
    assert_int_equal(status.st_mode & 07777, 0640);
}

static void test_facts(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_path_facts facts = { .kind = VL_PATH_OTHER };
    const char *real = in_bed("fact");

    (void)state;
    assert_int_equal(vl_file_write(real, "x", 1, 0604, &err), 0);
    assert_int_equal(symlink("fact", in_bed("fact link")), 0);
    assert_int_equal(symlink("nowhere", in_bed("fact dangling")), 0);
    assert_int_equal(target->ops->facts(target, real, &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_FILE);
    assert_int_equal(facts.mode, 0604);
    assert_int_equal(facts.owner, geteuid());
    assert_int_equal(facts.group, getegid());
    assert_null(facts.link);
    assert_int_equal(target->ops->facts(target, bed.directory, &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_DIRECTORY);
    assert_int_equal(target->ops->facts(target, in_bed("fact/below"), &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_NONE);
    assert_int_equal(target->ops->facts(target, in_bed("fact dangling"), &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_LINK);
    assert_string_equal(facts.link, "nowhere");
    assert_null(facts.real);
    assert_int_equal(facts.mode, 0);
    vl_path_facts_free(&facts);
    assert_int_equal(target->ops->facts(target, in_bed("fact link"), &facts, &err), 0);
    assert_int_equal(facts.kind, VL_PATH_LINK);
    assert_string_equal(facts.link, "fact");
    assert_string_equal(facts.real, real);
    assert_int_equal(facts.mode, 0604);
    vl_path_facts_free(&facts);
    assert_int_equal(symlink("line\nend", in_bed("fact odd")), 0);
    assert_int_equal(target->ops->facts(target, in_bed("fact odd"), &facts, &err), -1);
    assert_says(&err, "something else");
}

static void test_groups(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    gid_t group = 0;

    (void)state;
    assert_int_equal(target->ops->gives_to(target, "daemon", &group), geteuid() == 0);
    assert_int_equal(group, geteuid() == 0 ? 1 : 0);
    assert_false(target->ops->gives_to(target, "no-such-group", &group));
    assert_false(target->ops->gives_to(target, "a;b", &group));
}

static void test_prefetch(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *path = in_bed("ahead"), *absent = in_bed("ahead absent");
    const char *const paths[] = { path, absent, in_bed("ahead link"), NULL };
    const char *const groups[] = { "daemon", "no-such-group", NULL };
    const struct vl_wanted wanted = { .paths = paths, .groups = groups };
    struct vl_path_facts facts = { .kind = VL_PATH_OTHER };
    VL_FREE char *text = NULL, *again = NULL;
    gid_t group = 0;
    mode_t mode = 0;

    (void)state;
    assert_int_equal(vl_file_write(path, "one\n", 4, 0604, &err), 0);
    assert_int_equal(symlink("ahead", in_bed("ahead link")), 0);
    vl_target_prefetch(target, &wanted);
    assert_int_equal(vl_file_write(path, "two\n", 4, 0600, &err), 0); /* what is answered now was learnt before */
    assert_int_equal(target->ops->read(target, path, &text, &mode, &err), 0);
    assert_string_equal(text, "one\n");
    assert_int_equal(mode, 0604);
    assert_int_equal(target->ops->facts(target, paths[2], &facts, &err), 0);
    assert_string_equal(facts.link, "ahead");
    assert_string_equal(facts.real, path);
    vl_path_facts_free(&facts);
    assert_int_equal(target->ops->gives_to(target, "daemon", &group), geteuid() == 0);
    assert_false(target->ops->gives_to(target, "no-such-group", &group));
    assert_int_equal(target->ops->write(target, absent, "x", 0600, NULL, &err), 0); /* a change: nothing is believed */
    assert_int_equal(target->ops->read(target, path, &again, &mode, &err), 0);
    assert_string_equal(again, "two\n");
}

/* A batch with these items, whose report is in the arena. */
static int batch(struct vl_target *target, const struct vl_batch_item *items, size_t count,
                 struct vl_batch_report *report, struct vl_error *err)
{
    report->results = vl_arena_zalloc(&bed.arena, count * sizeof(*report->results));
    return target->ops->batch(target, items, count, report, err);
}

static void test_batch(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct vl_batch_report report;
    struct stat status;
    const struct vl_batch_item items[] = {
        { .object = in_bed("batch 'one'"), .text = "one\nwithout an end", .mode = 0640 },
        { .object = in_bed("batch empty"), .text = "", .mode = 0755, .group = "no-such-group" },
        { .kind = VL_BATCH_REMOVE, .object = in_bed("batch gone") },
        { .object = in_bed("batch two"), .text = "\xc3\xb1\n", .mode = 0444, .group = "daemon" },
    };

    (void)state;
    assert_int_equal(vl_file_write(in_bed("batch gone"), "x", 1, 0600, &err), 0);
    assert_int_equal(vl_file_write(in_bed("batch two"), "old", 3, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("batch gone"), in_bed(".batch two.voiplab")), 0); /* planted */
    assert_true(geteuid() != 0 || chown(in_bed("batch two"), 65534, 2) == 0);
    if (batch(target, items, VL_COUNT(items), &report, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    assert_int_equal(report.done, VL_COUNT(items));
    assert_int_equal(stat(items[0].object, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(status.st_size, 18);
    assert_int_equal(stat(items[1].object, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0755);
    assert_int_equal(status.st_size, 0);
    assert_false(vl_file_exists(items[2].object));
    assert_int_equal(vl_file_read(items[3].object, 100, &text, &status, &err), 0);
    assert_string_equal(text, "\xc3\xb1\n");
    assert_int_equal(status.st_mode & 07777, 0444);
    assert_int_equal(status.st_uid, geteuid() == 0 ? 65534 : geteuid());
    assert_int_equal(status.st_gid, geteuid() == 0 ? 1 : getegid());
    assert_false(vl_file_exists(in_bed(".batch two.voiplab")));
}

/* Whatever fails before all texts are ready, no file is touched and none is left. */
static void test_batch_failures_touch_nothing(void **state)
{
    VL_TARGET_AUTO *target = open_target();
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_batch_report report;
    struct vl_batch_item items[] = {
        { .object = in_bed("fails"), .text = "new", .mode = 0600 },
        { .object = in_bed("fails no/directory"), .text = "x", .mode = 0600 },
    };

    (void)state;
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "its directory does not exist");
    assert_says(&err, "fails no/directory");
    assert_int_equal(report.touched, 0);
    assert_int_equal(report.failed, 1);
    items[1].object = in_bed("fails place");
    assert_int_equal(mkdir(items[1].object, 0700), 0);
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "it is a directory");
    items[1].object = in_bed("fails left");
    assert_int_equal(mkdir(in_bed(".fails left.voiplab"), 0700), 0);
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "an earlier try left");
    items[1] = (struct vl_batch_item){ .object = items[0].object, .text = "x", .group = "a;b" };
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_says(&err, "not the name of a group");
    items[1] = (struct vl_batch_item){ .object = "relative", .text = "x" };
    assert_int_equal(batch(target, items, 2, &report, &err), -1);
    assert_false(vl_file_exists(items[0].object));
    assert_false(vl_file_exists(in_bed(".fails.voiplab")));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_empty_and_large_files),
        cmocka_unit_test(test_read_failures),
        cmocka_unit_test(test_write_failures_keep_the_old_file),
        cmocka_unit_test(test_write_follows_no_link_and_leaves_no_temporary),
        cmocka_unit_test(test_write_owner_and_group),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_prefetch),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_batch_failures_touch_nothing),
    };
    int status;

    return is_bed_possible(argc, argv, &status) ? cmocka_run_group_tests(tests, set_up, tear_down) : status;
}
