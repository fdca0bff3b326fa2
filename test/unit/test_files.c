/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All files below a directory, as they are read from a machine and kept, and what a machine may say instead. */
#include "support.h"

#include <stdlib.h>
#include <sys/stat.h>
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
    ret_result->output = strdup(strstr(argv[2], "find") ? said : strstr(argv[2], "cat --") ? "\nten bytes!" : "");
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
    assert_non_null(files.bound);
    vl_buf_reset(&many);
    while (many.length < 800 << 10)
        vl_buf_printf(&many, "f 640 a:a 300000 /etc/%01000zu\n", many.length);
    vl_buf_cut(&many, (800 << 10) - 1);
    vl_buf_putc(&many, 'x');
    assert_int_equal(ask(&arena, vl_buf_text(&many), &files, &err), 0);
    assert_int_equal(strlen(files.files[files.count - 1].path), 1005);
    assert_string_equal(files.bound, files.files[files.count - 1].path);
    assert_int_equal(ask(&arena, "f 640 a:a 300000 /etc/x\n\n- /etc/y\n- z\n-\n", &files, &err), 0);
    assert_int_equal(files.count, 1);
}

/* Has more links than are looked at, and all that are asked for. */
static int have_all(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                    struct vl_command_result *ret_result, struct vl_error *err)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    (void)target;
    (void)input;
    (void)timeout_ms;
    (void)err;
    for (size_t i = 5; argv[i]; i++)
        if (!strcmp(argv[i], "/etc/"))
            vl_buf_puts(&text, said);
        else
            vl_buf_printf(&text, "l 777 a:a 0 %s\n= x\n", argv[i]);
    ret_result->status = 0;
    ret_result->output = strdup(vl_buf_text(&text));
    return 0;
}

/* However many others there are, of each file that was known it is told what is known of it now. */
static void test_all_known(void **unused)
{
    static const struct vl_target_ops ops = { .run = have_all };
    struct vl_target target = { .ops = &ops, .name = "alfa" };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO many = VL_BUF_INIT;
    struct vl_seen_file *old = vl_arena_zalloc(&arena, VL_SEEN_MOST * sizeof(*old));
    const struct vl_seen_files known = { .files = old, .count = VL_SEEN_MOST };
    struct vl_seen_files files;

    (void)unused;
    for (size_t i = 0; i < VL_SEEN_MOST; i++)
        old[i] = (struct vl_seen_file){ .path = vl_arena_printf(&arena, "/etc/old/%04zu", i), .kind = 'f', .text = "" };
    for (size_t i = 0; i < VL_SEEN_MOST + 2; i++)
        vl_buf_printf(&many, "l 777 a:a 0 /etc/%04zu\n= x\n", i);
    said = (char *)(uintptr_t)vl_buf_text(&many);
    assert_int_equal(vl_probe_files(&target, &arena, (const char *const[]){ "/etc/", NULL }, &known, &files, &err), 0);
    for (size_t i = 0; i < VL_SEEN_MOST; i++)
        assert_int_equal(vl_seen_find(&files, old[i].path) ? vl_seen_find(&files, old[i].path)->kind : 0, 'l');
    assert_int_equal(files.count, VL_SEEN_MOST);
    assert_string_equal(files.bound, "/");
}

/* An empty directory of which all may be read. */
static struct vl_target *start(struct vl_arena *arena, struct vl_error *err)
{
    (void)memcpy(root, fresh, sizeof(fresh));
    assert_non_null(mkdtemp(root));
    assert_int_equal(chmod(root, 0755), 0);
    for (const char *const *name = (const char *const[]){ "backup", "few", "shut", NULL }; *name; name++)
        assert_int_equal(mkdir(vl_arena_printf(arena, "%s/%s", root, *name), 0755), 0);
    return vl_target_local("/", err);
}

static void look(struct vl_target *target, struct vl_arena *arena, const struct vl_seen_files *known,
                 struct vl_seen_files *files)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *roots[] = { vl_arena_printf(arena, "%s/", root), vl_arena_printf(arena, "%s/none", root), NULL };

    if (vl_probe_files(target, arena, roots, known, files, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
}

/* What is kept of them says the same. */
static void keep(struct vl_arena *arena, const struct vl_seen_files *files, struct vl_seen_files *ret_kept)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    long taken;

    assert_int_equal(vl_seen_parse(arena, vl_seen_text(arena, files, 1), ret_kept, &taken, &err), 0);
    assert_int_equal(ret_kept->count, files->count);
    assert_int_equal(!ret_kept->bound, !files->bound);
    if (files->bound)
        assert_string_equal(ret_kept->bound, files->bound);
    for (size_t i = 0; i < files->count; i++) {
        assert_string_equal(ret_kept->files[i].path, files->files[i].path);
        assert_int_equal(ret_kept->files[i].unread, files->files[i].unread);
        assert_int_equal(!ret_kept->files[i].text, !files->files[i].text);
    }
}

/* More bytes than are looked at: all files are there, and those are read that matter. */
static void test_much(void **unused)
{
    enum { EACH = 250 << 10, FILES = 40 };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = start(&arena, &err);
    VL_FREE char *text = malloc(EACH);
    struct vl_seen_files files, kept, again;
    size_t unread = 0;

    (void)unused;
    (void)memset(text, 'x', EACH);
    for (size_t i = 0; i < FILES; i++)
        put(&arena, vl_arena_printf(&arena, "backup/%02zu", i), text, EACH);
    put(&arena, "sip.conf", "mine", 4);
    look(host, &arena, NULL, &files);
    assert_int_equal(files.count, FILES + 1);
    assert_null(files.bound);
    assert_string_equal(find(&files, &arena, "sip.conf")->text, "mine");
    for (size_t i = 0; i < files.count; i++)
        unread += files.files[i].unread == VL_SEEN_MUCH && !files.files[i].text && files.files[i].size == EACH;
    assert_int_equal(unread, FILES - VL_SEEN_TOTAL_LIMIT / EACH);
    keep(&arena, &files, &kept);
    look(host, &arena, &kept, &again);
    keep(&arena, &again, &kept);
    assert_int_equal(again.count, files.count);
    for (size_t i = 0; i < files.count; i++)
        assert_int_equal(again.files[i].unread, files.files[i].unread);
    assert_int_equal(vl_file_remove_tree(root, &err), 0);
}

/* More files than are looked at, in the order of no directory: those that matter are, and it is known which are not. */
static void test_many(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = start(&arena, &err);
    struct vl_seen_files files, known, kept;

    (void)unused;
    put(&arena, "few/known", "known", 5);
    put(&arena, "few/gone", "gone", 4);
    look(host, &arena, NULL, &known);
    assert_int_equal(unlink(vl_arena_printf(&arena, "%s/few/gone", root)), 0);
    for (size_t i = 0; i < VL_SEEN_MOST + 500; i++)
        put(&arena, vl_arena_printf(&arena, "backup/%04zu", i), "", 0);
    put(&arena, "sip.conf", "mine", 4);
    look(host, &arena, &known, &files);
    assert_int_equal(files.count, VL_SEEN_MOST);
    assert_string_equal(find(&files, &arena, "sip.conf")->text, "mine");
    assert_string_equal(find(&files, &arena, "few/known")->text, "known");
    assert_null(find(&files, &arena, "few/gone"));
    assert_string_equal(files.bound, vl_arena_printf(&arena, "%s/backup/%04d", root, VL_SEEN_MOST - 3));
    keep(&arena, &files, &kept);
    assert_true(vl_seen_would_find(&kept, vl_arena_printf(&arena, "%s/zapata.conf", root)));
    assert_true(vl_seen_would_find(&kept, vl_arena_printf(&arena, "%s/backup/00", root)));
    assert_false(vl_seen_would_find(&kept, vl_arena_printf(&arena, "%s/backup/%d", root, VL_SEEN_MOST)));
    assert_false(vl_seen_would_find(&kept, vl_arena_printf(&arena, "%s/a/b/c", root)));
    assert_int_equal(vl_file_remove_tree(root, &err), 0);
}

/* A host on which a command is one of a login that is not root's. */
static int run_as_other(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                        struct vl_command_result *ret_result, struct vl_error *err)
{
    static const char *const other[] = { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups" };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char **words;
    size_t count = 0, skipped = geteuid() ? VL_COUNT(other) : 0;

    (void)target;
    while (argv[count])
        count++;
    words = vl_arena_zalloc(&arena, (VL_COUNT(other) + count + 1) * sizeof(*words));
    assert_non_null(words);
    for (size_t i = 0; i < VL_COUNT(other); i++)
        words[i] = other[i];
    for (size_t i = 0; i < count; i++)
        words[VL_COUNT(other) + i] = argv[i];
    return watched->ops->run(watched, words + skipped, input, timeout_ms, ret_result, err);
}

static void check_denied(const struct vl_seen_files *files, struct vl_arena *arena)
{
    assert_string_equal(find(files, arena, "open")->text, "open");
    assert_int_equal(find(files, arena, "own")->unread, VL_SEEN_DENIED);
    assert_int_equal(find(files, arena, "own")->size, 3);
    assert_null(find(files, arena, "own")->text);
    assert_int_equal(find(files, arena, "shut")->kind, 'd');
    assert_int_equal(find(files, arena, "shut/in")->unread, VL_SEEN_HIDDEN);
    assert_null(find(files, arena, "gone"));
    assert_false(vl_seen_would_find(files, vl_arena_printf(arena, "%s/shut/new", root)));
    assert_true(vl_seen_would_find(files, vl_arena_printf(arena, "%s/shutter", root)));
    assert_int_equal(files->count, 4);
}

/* What who looks may not read, or may not even see, is told, and the rest is read. */
static void test_denied(void **unused)
{
    static const struct vl_target_ops ops = { .run = run_as_other };
    struct vl_target target = { .ops = &ops, .name = "alfa" };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_TARGET_AUTO *host = start(&arena, &err);
    struct vl_seen_files known, files, kept;

    (void)unused;
    watched = host;
    put(&arena, "open", "open", 4);
    put(&arena, "own", "own", 3);
    put(&arena, "shut/in", "in", 2);
    put(&arena, "gone", "gone", 4);
    look(host, &arena, NULL, &known);
    assert_int_equal(unlink(vl_arena_printf(&arena, "%s/gone", root)), 0);
    assert_int_equal(chmod(vl_arena_printf(&arena, "%s/open", root), 0644), 0);
    assert_int_equal(chmod(vl_arena_printf(&arena, "%s/own", root), 0), 0);
    assert_int_equal(chmod(vl_arena_printf(&arena, "%s/shut", root), 0), 0);
    look(&target, &arena, &known, &files);
    check_denied(&files, &arena);
    keep(&arena, &files, &kept);
    check_denied(&kept, &arena);
    assert_int_equal(chmod(vl_arena_printf(&arena, "%s/shut", root), 0755), 0);
    assert_int_equal(vl_file_remove_tree(root, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_and_kept), cmocka_unit_test(test_known), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_all_known),     cmocka_unit_test(test_much),  cmocka_unit_test(test_many),
        cmocka_unit_test(test_denied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
