/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is believed because it is ours alone, and what is not; and the ways on which others can lead us astray.
 */
#include "support.h"

#include <fcntl.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/own.h"
#include "base/walk.h"

enum { OTHER = 12345, THIRD = 12346 };

static struct vl_arena arena;
static char *directory;

static int make_place(void **state)
{
    (void)state;
    directory = make_directory();
    return 0;
}

static int clear_place(void **state)
{
    (void)state;
    (void)unsetenv("SUDO_UID");
    remove_tree(directory);
    free(directory);
    vl_arena_free(&arena);
    return 0;
}

static const char *in(const char *name)
{
    return vl_arena_printf(&arena, "%s/%s", directory, name);
}

static const char *make_file(const char *name, uid_t owner, mode_t mode)
{
    const char *path = in(name);

    write_whole(path, "word\n");
    assert_int_equal(chmod(path, mode), 0);
    assert_int_equal(chown(path, owner, owner), 0);
    return path;
}

static const char *make_place_of(const char *name, uid_t owner, mode_t mode)
{
    const char *path = in(name);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chown(path, owner, owner), 0);
    assert_int_equal(chmod(path, mode), 0);
    return path;
}

static const char *make_link(const char *name, const char *to, uid_t owner)
{
    const char *path = in(name);

    assert_int_equal(symlink(to, path), 0);
    assert_int_equal(lchown(path, owner, owner), 0);
    return path;
}

/* `says` NULL: it is believed. */
static void read_as(const char *path, enum vl_own_kind kind, const char *says)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    int rc = vl_own_read(path, 100, kind, &text, NULL, &err);

    if (!says) {
        if (rc)
            fail_msg("%s", vl_error_text(&err));
        assert_string_equal(text, "word\n");
        return;
    }
    assert_int_equal(rc, -1);
    assert_null(text);
    assert_int_equal(err.code, VL_ERROR_REFUSED);
    if (!strstr(vl_error_text(&err), says) || strchr(vl_error_text(&err), '\n'))
        fail_msg("'%s' does not say '%s' in one line", vl_error_text(&err), says);
}

static void only_as_root(void)
{
    if (geteuid() != 0)
        skip();
}

static void test_owner_and_mode(void **state)
{
    (void)state;
    only_as_root();
    read_as(make_file("mine", 0, 0644), VL_OWN_WORD, NULL);
    read_as(make_file("roots-group", 0, 0664), VL_OWN_WORD, NULL);
    read_as(make_file("theirs", OTHER, 0644), VL_OWN_WORD, "belongs to another user (12345)");
    read_as(make_file("open", 0, 0646), VL_OWN_WORD, "chmod go-w");
    assert_int_equal(chown(make_file("group", 0, 0664), 0, OTHER), 0);
    read_as(in("group"), VL_OWN_WORD, "chmod go-w");
    read_as(make_file("secret", 0, 0600), VL_OWN_SECRET, NULL);
    read_as(make_file("told", 0, 0640), VL_OWN_SECRET, "chmod 600");
}

/* As root, who called by sudo is trusted with what is theirs, and nobody is by a word that is no number. */
static void test_caller(void **state)
{
    (void)state;
    only_as_root();
    (void)make_file("theirs", OTHER, 0644);
    (void)setenv("SUDO_UID", "12345", 1);
    read_as(in("theirs"), VL_OWN_WORD, NULL);
    (void)setenv("SUDO_UID", "12346", 1);
    read_as(in("theirs"), VL_OWN_WORD, "another user");
    (void)setenv("SUDO_UID", "12345x", 1);
    read_as(in("theirs"), VL_OWN_WORD, "another user");
    (void)setenv("SUDO_UID", "", 1);
    read_as(in("theirs"), VL_OWN_WORD, "another user");
}

static void test_directories(void **state)
{
    (void)state;
    only_as_root();
    (void)make_place_of("theirs", OTHER, 0755);
    read_as(make_file("theirs/file", 0, 0644), VL_OWN_WORD, "the directory");
    (void)make_place_of("theirs/mine", 0, 0755);
    read_as(make_file("theirs/mine/file", 0, 0644), VL_OWN_WORD, "the directory");
    (void)make_place_of("common", 0, 0777);
    read_as(make_file("common/file", 0, 0644), VL_OWN_WORD, "others may write to the directory");
    (void)make_place_of("sticky", 0, 01777);
    read_as(make_file("sticky/file", 0, 0644), VL_OWN_WORD, NULL);
    (void)make_place_of("sticky/theirs", OTHER, 0755);
    read_as(make_file("sticky/theirs/file", 0, 0644), VL_OWN_WORD, "the directory");
}

static void test_links(void **state)
{
    (void)state;
    only_as_root();
    (void)make_file("file", 0, 0644);
    (void)make_place_of("sticky", 0, 01777);
    (void)make_place_of("theirs", OTHER, 0755);
    read_as(make_link("mine", "file", 0), VL_OWN_WORD, NULL);
    read_as(make_link("far", in("file"), 0), VL_OWN_WORD, NULL);
    read_as(make_link("sticky/mine", "../file", 0), VL_OWN_WORD, NULL);
    read_as(make_link("sticky/theirs", "../file", OTHER), VL_OWN_WORD, "the link");
    read_as(make_link("through", "theirs/../file", 0), VL_OWN_WORD, "the directory");
    (void)make_link("theirs/planted", in("file"), 0);
    read_as(make_link("chain", "theirs/planted", 0), VL_OWN_WORD, "link");
}

/* Whether everybody can read it is a question of where it lies, too. */
static void test_exposed(void **state)
{
    static const struct {
        mode_t directory, file;
        bool exposed;
    } cases[] = { { 0755, 0644, true }, { 0755, 0640, false }, { 0700, 0644, false }, { 0710, 0644, false } };

    (void)state;
    /* the outermost directory is one of its own, which nobody else can come to */
    assert_int_equal(chmod(directory, 0755), 0);
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_FREE char *text = NULL;
        const char *name = vl_arena_printf(&arena, "d%zu", i);
        bool exposed = !cases[i].exposed;

        (void)make_place_of(name, geteuid(), cases[i].directory);
        name = make_file(vl_arena_printf(&arena, "%s/file", name), geteuid(), cases[i].file);
        assert_int_equal(vl_own_read(name, 100, VL_OWN_WORD, &text, &exposed, &err), 0);
        assert_int_equal(exposed, cases[i].exposed);
    }
}

static void test_directory(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    only_as_root();
    (void)make_place_of("mine", 0, 0700);
    (void)make_place_of("theirs", OTHER, 0700);
    assert_int_equal(vl_own_directory(in("mine"), &err), 0);
    assert_int_equal(vl_own_directory(in("not/there/yet"), &err), 0);
    assert_int_equal(vl_own_directory(in("theirs"), &err), -1);
    vl_error_clear(&err);
    assert_int_equal(vl_own_directory(in("theirs/not/there"), &err), -1);
}

/* Walking a directory that another owns: a link of theirs leads to what is theirs, and to nothing else. */
static void test_walk_among_others(void **state)
{
    static const struct {
        const char *name, *to;
        uid_t owner;
        bool found;
    } cases[] = {
        { "etc/plain", NULL, OTHER, true },           { "etc/of-root", NULL, 0, true },
        { "etc/to-own", "plain", OTHER, true },       { "etc/roots-to-own", "plain", 0, true },
        { "etc/to-root", "../secret", OTHER, false }, { "etc/roots-to-root", "../secret", 0, false },
        { "etc/to-third", "../third", OTHER, false }, { "etc/self", "self", OTHER, false },
    };

    (void)state;
    only_as_root();
    (void)make_file("secret", 0, 0600);
    (void)make_file("third", THIRD, 0644);
    (void)make_place_of("etc", OTHER, 0755);
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_WALK_AUTO walk = VL_WALK_INIT;
        const char *path = cases[i].to ? make_link(cases[i].name, cases[i].to, cases[i].owner)
                                       : make_file(cases[i].name, cases[i].owner, 0600);
        int rc = vl_walk(&walk, "", path, VL_WALK_FILE, &err);

        if (rc != (cases[i].found ? 0 : -1))
            fail_msg("%s: %d %s", cases[i].name, rc, vl_error_text(&err));
    }
}

static void test_planted(void **state)
{
    static const struct {
        const char *path;
        bool planted;
    } cases[] = { { "sticky/theirs/file", true }, { "sticky/mine/file", false }, { "theirs/file", false } };

    (void)state;
    only_as_root();
    (void)make_place_of("sticky", 0, 01777);
    (void)make_place_of("sticky/theirs", OTHER, 0755);
    (void)make_place_of("sticky/mine", 0, 0755);
    (void)make_place_of("theirs", OTHER, 0755);
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_WALK_AUTO walk = VL_WALK_INIT;

        assert_int_equal(vl_walk(&walk, "", in(cases[i].path), VL_WALK_PARENT, &err), 0);
        assert_string_equal(walk.name, "file");
        assert_int_equal(walk.planted, cases[i].planted);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)
    const struct CMUnitTest tests[] = {
        TEST(test_owner_and_mode), TEST(test_caller),    TEST(test_directories),       TEST(test_links),
        TEST(test_exposed),        TEST(test_directory), TEST(test_walk_among_others), TEST(test_planted),
    };

    return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
