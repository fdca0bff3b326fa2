/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a host is asked ahead by perl and by the shell alone is the same, byte for byte: files of every kind, links,
 * what is too long, groups.
 */
#include "support.h"

#include <fcntl.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/process.h"
#include "machine/ahead.h"
#include "machine/ssh_script.h"

#define ME vl_arena_printf(&bed.arena, "%u", (unsigned)geteuid())

static struct {
    char *directory;
    struct vl_arena arena;
} bed;

static int set_up(void **state)
{
    (void)state;
    bed.directory = make_directory();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vl_arena_free(&bed.arena);
    remove_tree(bed.directory);
    free(bed.directory);
    return 0;
}

static const char *in_bed(const char *name)
{
    return vl_arena_printf(&bed.arena, "%s/%s", bed.directory, name);
}

/* Without a NUL in it, at which a comparison of texts would end. */
static void make(const char *name, size_t length, mode_t mode)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    int file = open(in_bed(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    while (text.length < length)
        vl_buf_puts(&text, text.length % 64 ? "a" : "\n");
    assert_true(file >= 0 && !text.failed);
    assert_int_equal(write(file, vl_buf_text(&text), length), length);
    assert_int_equal(fchmod(file, mode), 0);
    (void)close(file);
}

/* What the script prints, for this user, with this program for learning. */
static void run(const char *user, const char *learn, const char *const *paths, const char *const *groups,
                struct vl_process_result *ret_result)
{
    const char *argv[64] = { "setpriv", "--reuid",          user,  "sh", "-c", vl_ssh_ahead_script,
                             "sh",      vl_ssh_ask_program, learn, "5",  "" };
    const struct vl_process_options options = { .output_limit = VL_AHEAD_LIMIT, .timeout_ms = 20000 };
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t count = 13, path_count = 0, group_count = 0;

    for (; paths[path_count]; path_count++)
        argv[count++] = paths[path_count];
    for (; groups[group_count]; group_count++)
        argv[count++] = groups[group_count];
    argv[11] = vl_arena_printf(&bed.arena, "%zu", path_count);
    argv[12] = vl_arena_printf(&bed.arena, "%zu", group_count);
    if (vl_process_run(argv, &options, ret_result, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* Take the host's clock out of what was printed: two runs may be a second apart. */
static void take_clock(char *output)
{
    char *end = strstr(output, "\nvoiplab end\n"), *line = end;

    assert_non_null(end);
    while (line > output && line[-1] >= '0' && line[-1] <= '9')
        line--;
    assert_true(llabs(strtoll(line, NULL, 10) - (long long)time(NULL)) < 20);
    memmove(line, end, strlen(end) + 1);
}

static void assert_same(const char *user, const char *const *paths, const char *const *groups, const char *kinds)
{
    VL_PROCESS_RESULT_AUTO perl = { .status = -1 };
    VL_PROCESS_RESULT_AUTO shell = { .status = -1 };

    run(user, vl_ssh_learn_program, paths, groups, &perl);
    run(user, "exit 9; ", paths, groups, &shell);
    assert_int_equal(perl.status, 0);
    assert_int_equal(shell.status, 0);
    take_clock(perl.output);
    take_clock(shell.output);
    assert_string_equal(perl.output, shell.output);
    assert_non_null(strstr(perl.output, kinds));
    assert_string_equal(perl.errors, "");
}

static void test_same(void **state)
{
    const char *const paths[] = { in_bed("file"),      in_bed("a b 'c'"),
                                  in_bed("no/such"),   in_bed("directory"),
                                  in_bed("fifo"),      in_bed("to file"),
                                  in_bed("to dir"),    in_bed("to none"),
                                  in_bed("loop"),      in_bed("odd"),
                                  in_bed("empty"),     in_bed("directory/up"),
                                  in_bed("to-dir-in"), "/",
                                  "/dev/null",         NULL };
    const char *const groups[] = { "daemon", "no-such-group", "root", NULL };

    (void)state;
    make("file", 5000, 04750);
    make("a b 'c'", 17, 0604);
    make("empty", 0, 0000);
    assert_int_equal(mkdir(in_bed("directory"), 01755), 0);
    assert_int_equal(mkfifo(in_bed("fifo"), 0600), 0);
    assert_int_equal(symlink("file", in_bed("to file")), 0);
    assert_int_equal(symlink(in_bed("directory"), in_bed("to dir")), 0);
    assert_int_equal(symlink("to dir/../file", in_bed("to-dir-in")), 0);
    assert_int_equal(symlink("nowhere/at all", in_bed("to none")), 0);
    assert_int_equal(symlink("loop", in_bed("loop")), 0);
    assert_int_equal(symlink(".//./to file", in_bed("odd")), 0);
    assert_int_equal(symlink("../to-dir-in", in_bed("directory/up")), 0);
    assert_same(ME, paths, groups, geteuid() == 0 ? "\nk ffndoLMXXLfLLdo\n" : "\nk ffndoLMXXLuLLdo\n");
    assert_same(ME, (const char *const[]){ NULL }, groups, "\ng ");
    assert_same(ME, paths, (const char *const[]){ NULL }, "\ni ");
}

/* A file of more than 1 MiB is not read, nor what would make it more than 4 MiB in all. */
static void test_long(void **state)
{
    const char *const paths[] = { in_bed("over"),  in_bed("most"), in_bed("most"), in_bed("small"), in_bed("most"),
                                  in_bed("small"), in_bed("most"), in_bed("most"), in_bed("small"), NULL };

    (void)state;
    make("over", VL_TARGET_FILE_LIMIT + 1, 0600);
    make("most", VL_TARGET_FILE_LIMIT, 0600);
    make("small", 3, 0600);
    assert_same(ME, paths, (const char *const[]){ NULL }, "\nk fffffffff\n");
}

/* An ordinary user, to whom not all is open. */
static void test_unreadable(void **state)
{
    const char *const paths[] = { in_bed("closed/file"), in_bed("secret"), in_bed("to secret"), NULL };

    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(in_bed("closed"), 0700), 0);
    make("closed/file", 3, 0644);
    make("secret", 3, 0600);
    assert_int_equal(symlink("secret", in_bed("to secret")), 0);
    assert_int_equal(chmod(bed.directory, 0755), 0);
    assert_same("65534", paths, (const char *const[]){ "daemon", NULL }, "\nk suM\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unreadable, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
