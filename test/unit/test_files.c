/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All files below a directory, as they are read from a machine and kept, and what a machine may say instead. */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "probe/files.h"

static const char fresh[] = "/tmp/voiplab-test-files.XXXXXX";
static char root[sizeof(fresh)];

static void put(struct vl_arena *arena, const char *name, const char *text, size_t length)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_int_equal(vl_file_write(vl_arena_printf(arena, "%s/%s", root, name), text, length, 0640, &err), 0);
}

static const struct vl_seen_file *find(const struct vl_seen_files *files, struct vl_arena *arena, const char *name)
{
    return vl_seen_find(files, vl_arena_printf(arena, "%s/%s", root, name));
}

static void check(const struct vl_seen_files *files, struct vl_arena *arena)
{
    assert_int_equal(files->count, 5);
    assert_string_equal(find(files, arena, "a b.conf")->text, "[one]\nx=1\n");
    assert_int_equal(find(files, arena, "a b.conf")->mode, 0640);
    assert_string_equal(find(files, arena, "empty")->text, "");
    assert_string_equal(find(files, arena, "binary")->text, "a\1b\n");
    assert_int_equal(find(files, arena, "link")->kind, 'l');
    assert_string_equal(find(files, arena, "link")->text, "/etc/pass\\ wd");
    assert_null(find(files, arena, "large")->text);
    assert_int_equal(find(files, arena, "large")->size, VL_SEEN_FILE_LIMIT + 1);
    assert_null(find(files, arena, "sub"));
}

/* What was read is what is kept; a name with a line feed in it is none. */
static void test_read_and_kept(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);
    VL_FREE char *large = calloc(1, VL_SEEN_FILE_LIMIT + 1);
    struct vl_seen_files files, kept;
    long taken;

    (void)unused;
    (void)memcpy(root, fresh, sizeof(fresh));
    assert_non_null(mkdtemp(root));
    put(&arena, "a b.conf", "[one]\nx=1\n", 10);
    put(&arena, "empty", "", 0);
    put(&arena, "binary", "a\0b\n", 4);
    put(&arena, "large", large, VL_SEEN_FILE_LIMIT + 1);
    put(&arena, "x\nf 640 root:root 0 ", "", 0);
    assert_int_equal(symlink("/etc/pass\\ wd", vl_arena_printf(&arena, "%s/link", root)), 0);
    assert_int_equal(
        vl_probe_files(host, &arena,
                       (const char *const[]){ vl_arena_printf(&arena, "%s/", root), "/nowhere/at/all", NULL }, NULL,
                       &files, &err),
        0);
    check(&files, &arena);
    assert_int_equal(vl_seen_parse(&arena, vl_seen_text(&arena, &files, 1234), &kept, &taken, &err), 0);
    check(&kept, &arena);
    assert_int_equal(taken, 1234);
    assert_int_equal(vl_file_remove_tree(root, &err), 0);
}

/* A host that is watched: what is brought over, in words. */
static struct vl_target *watched;
static struct vl_buf brought;

static int watch(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                 struct vl_command_result *ret_result, struct vl_error *err)
{
    (void)target;
    for (size_t i = 4; strstr(argv[2], "cat --") && argv[i]; i++)
        vl_buf_printf(&brought, "%s ", strrchr(argv[i], '/') + 1);
    return watched->ops->run(watched, argv, input, timeout_ms, ret_result, err);
}

static void look_again(struct vl_arena *arena, const struct vl_seen_files *known, const char *wanted)
{
    static const struct vl_target_ops ops = { .run = watch };
    struct vl_target target = { .ops = &ops, .name = "alfa" };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_seen_files files;
    const char *roots[] = { vl_arena_printf(arena, "%s/", root), NULL };

    vl_buf_reset(&brought);
    assert_int_equal(vl_probe_files(&target, arena, roots, known, &files, &err), 0);
    assert_string_equal(vl_buf_text(&brought), wanted);
    assert_string_equal(vl_seen_find(&files, vl_arena_printf(arena, "%s/a b.conf", root))->text, "[one]\nx=2\n");
    assert_string_equal(vl_seen_find(&files, vl_arena_printf(arena, "%s/same", root))->text, "same");
    assert_string_equal(vl_seen_find(&files, vl_arena_printf(arena, "%s/binary", root))->text, "a\001b\n");
}

/* What is the same as what is known is not brought over: not what has the size alone, nor what cannot be kept as it is.
 */
static void test_known(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = vl_target_local("/", &err);
    struct vl_seen_files known;

    (void)unused;
    (void)memcpy(root, fresh, sizeof(fresh));
    assert_non_null(mkdtemp(root));
    watched = host;
    put(&arena, "a b.conf", "[one]\nx=1\n", 10);
    put(&arena, "binary", "a\0b\n", 4);
    put(&arena, "same", "same", 4);
    assert_int_equal(vl_probe_files(host, &arena, (const char *const[]){ vl_arena_printf(&arena, "%s/", root), NULL },
                                    NULL, &known, &err),
                     0);
    put(&arena, "a b.conf", "[one]\nx=2\n", 10);
    look_again(&arena, &known, "a b.conf binary ");
    look_again(&arena, NULL, "a b.conf binary same ");
    look_again(&arena, &(struct vl_seen_files){ .count = 0 }, "a b.conf binary same ");
    vl_buf_free(&brought);
    assert_int_equal(vl_file_remove_tree(root, &err), 0);
}

static char *said;

static int say(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
               struct vl_command_result *ret_result, struct vl_error *err)
{
    (void)target;
    (void)input;
    (void)timeout_ms;
    (void)err;
    ret_result->status = 0;
    ret_result->output = strdup(strstr(argv[2], "find") ? said : "ten bytes!");
    return 0;
}

static int ask(struct vl_arena *arena, const char *list, struct vl_seen_files *files, struct vl_error *err)
{
    static const struct vl_target_ops ops = { .run = say };
    static const char *const roots[] = { "/etc/asterisk/", NULL };
    struct vl_target target = { .ops = &ops, .name = "alfa" };

    said = (char *)(uintptr_t)list;
    return vl_probe_files(&target, arena, roots, NULL, files, err);
}

static void test_hostile(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO many = VL_BUF_INIT;
    struct vl_seen_files files;

    (void)unused;
    assert_int_equal(ask(&arena, "", &files, &err), 0);
    assert_int_equal(files.count, 0);
    assert_int_equal(ask(&arena,
                         "f 640 a:a 10 /etc/x\nf 640 a:a -5 /etc/n\nf 640 a:a 99999999999999999999 /etc/o\n"
                         "d 640 a:a 10 /etc/d\nf 9 a:a 1 /e\nf 640 a:a 4 /etc/../x\nf 640 a:a 4 etc\n= /x\nf\nf 6\n",
                         &files, &err),
                     0);
    assert_int_equal(files.count, 1);
    assert_string_equal(files.files[0].text, "ten bytes!");
    assert_int_equal(ask(&arena, "f 640 a:a 11 /etc/x\n", &files, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "changed while they were read"));
    vl_error_clear(&err);
    assert_int_equal(ask(&arena, "f 640 a:a 9 /etc/x\n", &files, &err), -1);
    vl_error_clear(&err);
    for (size_t i = 0; i < VL_SEEN_MOST + 10; i++)
        vl_buf_printf(&many, "l 777 a:a 0 /etc/%zu\n= x\n", i);
    assert_int_equal(ask(&arena, vl_buf_text(&many), &files, &err), 0);
    assert_int_equal(files.count, VL_SEEN_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_and_kept),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
