/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The local target: files under the root of a tree, files and commands of this host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "target/target.h"

static struct {
    struct vl_arena arena;
    char directory[64];
    struct vl_target *tree; /* its root is "tree" in the directory */
    struct vl_target *host;
} bed;

static const char *in_bed(const char *name)
{
    return vl_arena_printf(&bed.arena, "%s/%s", bed.directory, name);
}

static void assert_says(const struct vl_error *err, const char *words)
{
    if (!strstr(vl_error_text(err), words))
        fail_msg("'%s' does not say '%s'", vl_error_text(err), words);
}

static void test_write_read_remove(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL, *outside = NULL;
    mode_t mode = 0;

    (void)state;
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/asterisk/sip.conf", "[general]\n", 0640, NULL, &err), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/asterisk/sip.conf", &text, &mode, &err), 0);
    assert_string_equal(text, "[general]\n");
    assert_int_equal(mode, 0640);
    assert_int_equal(vl_file_read(in_bed("tree/etc/asterisk/sip.conf"), 100, &outside, NULL, &err), 0);
    assert_string_equal(outside, text);
    assert_int_equal(bed.tree->ops->remove(bed.tree, "/etc/asterisk/sip.conf", &err), 0);
    assert_int_equal(bed.tree->ops->remove(bed.tree, "/etc/asterisk/sip.conf", &err), 0);
    assert_false(vl_file_exists(in_bed("tree/etc/asterisk/sip.conf")));
}

static void test_absent_and_impossible(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/absent", &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/no/directory", &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/asterisk", &text, &mode, &err), -1);
    assert_int_equal(err.code, VL_ERROR_FAILED);
    assert_int_equal(bed.tree->ops->write(bed.tree, "/no/directory", "x", 0600, NULL, &err), -1);
    assert_null(text);
}

static void test_paths_stay_inside(void **state)
{
    static const char *const bad[] = { "",
                                       "etc/passwd",
                                       "/",
                                       "//etc",
                                       "/etc/",
                                       "/../passwd",
                                       "/etc/../../up",
                                       "/etc/..",
                                       "/./etc/x",
                                       "/etc//x",
                                       "/.",
                                       "/etc/asterisk/../../../x",
                                       "..",
                                       "/etc/.",
                                       "./x" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(bad); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        char *text = NULL;
        mode_t mode;

        assert_int_equal(bed.tree->ops->read(bed.tree, bad[i], &text, &mode, &err), -1);
        assert_says(&err, "not a plain absolute path");
        assert_int_equal(bed.tree->ops->write(bed.tree, bad[i], "x", 0600, NULL, &err), -1);
        assert_says(&err, "not a plain absolute path");
        assert_int_equal(bed.tree->ops->remove(bed.tree, bad[i], &err), -1);
        assert_says(&err, "not a plain absolute path");
    }
    {
        VL_ERROR_AUTO err = { .code = VL_OK };

        /* dots inside a name are just a name */
        assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/..x", "x", 0600, NULL, &err), 0);
        assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/.x.", "x", 0600, NULL, &err), 0);
    }
}

static void test_links_do_not_lead_out(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *secret = NULL, *inside = NULL;
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(vl_file_write(in_bed("secret"), "secret", 6, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("secret"), in_bed("tree/etc/link")), 0);
    assert_int_equal(symlink(bed.directory, in_bed("tree/etc/out")), 0);
    assert_int_equal(symlink("asterisk", in_bed("tree/etc/in")), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/link", &text, &mode, &err), -1);
    assert_says(&err, "leads out of the tree");
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/out/secret", &text, &mode, &err), -1);
    assert_says(&err, "leads out of the tree");
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/out/secret", "x", 0600, NULL, &err), -1);
    assert_says(&err, "leads out of the tree");
    assert_int_equal(bed.tree->ops->remove(bed.tree, "/etc/out/secret", &err), -1);
    assert_says(&err, "leads out of the tree");
    /* a link that is replaced or removed is not followed */
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/link", "new", 0600, NULL, &err), 0);
    assert_int_equal(vl_file_read(in_bed("secret"), 100, &secret, NULL, &err), 0);
    assert_string_equal(secret, "secret");
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/in/iax.conf", "inside", 0600, NULL, &err), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/etc/asterisk/iax.conf", &inside, &mode, &err), 0);
    assert_string_equal(inside, "inside");
    assert_null(text);
}

static void test_root_with_the_same_beginning(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;
    mode_t mode;

    (void)state;
    assert_int_equal(mkdir(in_bed("tree-beside"), 0700), 0);
    assert_int_equal(vl_file_write(in_bed("tree-beside/file"), "x", 1, 0600, &err), 0);
    assert_int_equal(symlink(in_bed("tree-beside"), in_bed("tree/beside")), 0);
    assert_int_equal(bed.tree->ops->read(bed.tree, "/beside/file", &text, &mode, &err), -1);
    assert_says(&err, "leads out of the tree");
}

static void test_group(void **state)
{
    static const char groups[] = "root:x:0:\nasterisk:x:4321:\n";
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct stat status;

    (void)state;
    if (geteuid() != 0)
        skip();
    /* a tree has groups of its own */
    assert_int_equal(vl_file_write(in_bed("tree/etc/group"), groups, strlen(groups), 0644, &err), 0);
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/g1", "x", 0640, "asterisk", &err), 0);
    assert_int_equal(stat(in_bed("tree/etc/g1"), &status), 0);
    assert_int_equal(status.st_gid, 4321);
    assert_int_equal(status.st_mode & 07777, 0640);
    assert_int_equal(bed.tree->ops->write(bed.tree, "/etc/g2", "x", 0640, "daemon", &err), 0);
    assert_int_equal(stat(in_bed("tree/etc/g2"), &status), 0);
    assert_int_equal(status.st_gid, 0);
    assert_int_equal(bed.host->ops->write(bed.host, in_bed("g3"), "x", 0640, "daemon", &err), 0);
    assert_int_equal(stat(in_bed("g3"), &status), 0);
    assert_int_equal(status.st_gid, 1);
    assert_int_equal(bed.host->ops->write(bed.host, in_bed("g4"), "x", 0640, "no-such-group", &err), 0);
    assert_int_equal(stat(in_bed("g4"), &status), 0);
    assert_int_equal(status.st_gid, 0);
}

static void test_run(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_command_result result = { .output = NULL };

    (void)state;
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "cat", NULL }, "it's $HOME\n", 0, &result, &err), 0);
    assert_int_equal(result.status, 0);
    assert_string_equal(result.output, "it's $HOME\n");
    vl_command_result_free(&result);
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "sh", "-c", "kill -9 $$", NULL }, NULL, 0, &result, &err),
        0);
    assert_int_equal(result.status, 128 + 9);
    vl_command_result_free(&result);
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "sleep", "30", NULL }, NULL, 100, &result, &err), -1);
    assert_int_equal(err.code, VL_ERROR_TIMEOUT);
    assert_int_equal(
        bed.host->ops->run(bed.host, (const char *const[]){ "/no/such/program", NULL }, NULL, 0, &result, &err), -1);
    assert_int_equal(bed.tree->ops->run(bed.tree, (const char *const[]){ "true", NULL }, NULL, 0, &result, &err), -1);
    assert_says(&err, "a tree of files");
}

static void test_names_and_roots(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_string_equal(bed.host->name, "this host");
    assert_string_equal(bed.tree->name, in_bed("tree"));
    assert_null(vl_target_local(in_bed("absent"), &err));
    assert_says(&err, "as the root of a tree");
    vl_target_close(NULL);
}

static int set_up(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    (void)snprintf(bed.directory, sizeof(bed.directory), "/tmp/voiplab-test-local-XXXXXX");
    if (!mkdtemp(bed.directory) || vl_file_mkdirs(in_bed("tree/etc/asterisk"), 0755, &err) < 0)
        return -1;
    bed.tree = vl_target_local(in_bed("tree/"), &err);
    bed.host = vl_target_local("/", &err);
    return bed.tree && bed.host ? 0 : -1;
}

static int tear_down(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    vl_target_close(bed.tree);
    vl_target_close(bed.host);
    (void)vl_process_check((const char *const[]){ "rm", "-rf", "--", bed.directory, NULL }, NULL, NULL, &err);
    vl_arena_free(&bed.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_read_remove),
        cmocka_unit_test(test_absent_and_impossible),
        cmocka_unit_test(test_paths_stay_inside),
        cmocka_unit_test(test_links_do_not_lead_out),
        cmocka_unit_test(test_root_with_the_same_beginning),
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_names_and_roots),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
