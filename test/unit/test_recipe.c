/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recipes: an image is in the cache only as a whole, whatever fails on the way; what was there before goes, with all
 * that is in it and nothing that links in it lead to.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_ops.h"
#include "guest/recipe.h"
#include "lab/recipe.h"
#include "support.h"

static char *directory;
static struct vl_file_ops broken;

static int make_place(void **state)
{
    (void)state;
    directory = make_directory();
    broken = *vl_file_set_ops(NULL);
    return 0;
}

static int clear_place(void **state)
{
    (void)state;
    (void)vl_file_set_ops(NULL);
    remove_tree(directory);
    free(directory);
    return 0;
}

/* The recipe `small`, whose program ends with `last`. */
static struct vl_recipe find(struct vl_arena *arena, const char *last)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *place = vl_arena_printf(arena, "%s/images/small", directory);
    const char *program = vl_arena_printf(arena, "%s/build", place);
    struct vl_recipe recipe = { .name = NULL };

    assert_int_equal(vl_file_mkdirs(place, 0755, &err), 0);
    write_whole(program, vl_arena_printf(arena,
                                         "#!/bin/sh\nset -e\ncd \"$1\"\nmkdir -p tree/below\nln -s / tree/below/root\n"
                                         "for f in disk.qcow2 vmlinuz initrd; do echo $f >$f; done\n"
                                         "echo cmdline=quiet >info\n%s\n",
                                         last));
    assert_int_equal(chmod(program, 0755), 0);
    assert_int_equal(vl_recipe_find(arena, directory, directory, "small", NULL, &recipe, &err), 0);
    return recipe;
}

static bool has(struct vl_arena *arena, const struct vl_recipe *recipe, const char *name)
{
    return vl_file_exists(vl_arena_printf(arena, "%s%s", recipe->cache, name));
}

static void test_build(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_recipe recipe = find(&arena, "true");

    (void)state;
    assert_false(recipe.built);
    assert_int_equal(vl_recipe_build(&recipe, NULL, &err), 0);
    recipe = find(&arena, "true");
    assert_true(recipe.built);
    assert_string_equal(recipe.cmdline, "quiet");
    assert_int_equal(vl_recipe_verify(&recipe, &err), 0);
    assert_false(has(&arena, &recipe, ".part"));
    /* what a killed build left, and an image that is damaged, are replaced */
    assert_int_equal(vl_file_mkdirs(vl_arena_printf(&arena, "%s.part/tree/old", recipe.cache), 0755, &err), 0);
    write_whole(vl_arena_printf(&arena, "%s/disk.qcow2", recipe.cache), "damaged");
    assert_int_equal(vl_recipe_verify(&recipe, &err), -1);
    vl_error_clear(&err);
    assert_int_equal(vl_recipe_build(&recipe, NULL, &err), 0);
    assert_int_equal(vl_recipe_verify(&recipe, &err), 0);
    assert_false(has(&arena, &recipe, "/tree/old"));
    assert_true(vl_file_exists("/etc/passwd"));
}

static void test_build_fails(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_recipe recipe = find(&arena, "exit 3");

    (void)state;
    assert_int_equal(vl_recipe_build(&recipe, NULL, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "cannot build the image 'small'"));
    assert_false(has(&arena, &recipe, ""));
    assert_false(has(&arena, &recipe, ".part"));
}

static int failing_rename(const char *from, const char *to)
{
    (void)to;
    if (strstr(from, ".voiplab"))
        return rename(from, to); /* of the file of checksums */
    errno = EIO;
    return -1;
}

static int failing_rmdir(const char *path)
{
    (void)path;
    errno = EBUSY;
    return -1;
}

/* An image that cannot be put in place is not there; one that cannot be removed is not built over. */
static void test_place_fails(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_recipe recipe = find(&arena, "true");

    (void)state;
    broken.rename = failing_rename;
    (void)vl_file_set_ops(&broken);
    assert_int_equal(vl_recipe_build(&recipe, NULL, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), recipe.cache));
    assert_false(find(&arena, "true").built);
    broken.rename = rename;
    vl_error_clear(&err);
    assert_int_equal(vl_recipe_build(&recipe, NULL, &err), 0);
    broken.rmdir = failing_rmdir;
    assert_int_equal(vl_recipe_build(&recipe, NULL, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), "cannot remove the directory"));
}

static struct vl_recipe find_again(struct vl_arena *arena)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_recipe recipe = { .name = NULL };

    assert_int_equal(vl_recipe_find(arena, directory, directory, "small", NULL, &recipe, &err), 0);
    return recipe;
}

/* What a recipe says of its image, and what it may not say. */
static void test_facts(void **state)
{
    static const struct {
        const char *text, *complaint;
    } wrong[] = {
        { "sip=pjsip\nlike=small\n", "/images/small/recipe:2: like: 'small' is no name of another recipe" },
        { "like=../other\n", "recipe:1: like: '../other' is no name of another recipe" },
        { "# a driver\nsip=\n", "recipe:2: sip: '' is neither chan_sip nor pjsip" },
        { "sip=auto\n", "recipe:1: sip: 'auto' is neither chan_sip nor pjsip" },
        { "sip=pj\033sip\n", "recipe:1: sip: 'pj\\x1bsip' is neither chan_sip nor pjsip" },
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *file = vl_arena_printf(&arena, "%s/images/small/recipe", directory);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_lab_recipe facts;

    (void)state;
    (void)find(&arena, "true");
    assert_int_equal(vl_lab_read_recipe(&arena, directory, "small", &facts, &err), 0);
    assert_null(facts.like);
    assert_int_equal(facts.sip, VL_SIP_AUTO);
    write_whole(file, "# sip=chan_sip\nsuite=sid\nlike=other\nsip=pjsip");
    assert_int_equal(vl_lab_read_recipe(&arena, directory, "small", &facts, &err), 0);
    assert_string_equal(facts.like, "other");
    assert_int_equal(facts.sip, VL_SIP_PJSIP);
    for (size_t i = 0; i < VL_COUNT(wrong); i++) {
        write_whole(file, wrong[i].text);
        assert_int_equal(vl_lab_read_recipe(&arena, directory, "small", &facts, &err), -1);
        assert_int_equal(err.code, VL_ERROR_LAB);
        assert_non_null(strstr(vl_error_text(&err), wrong[i].complaint));
        vl_error_clear(&err);
    }
}

/* A file of the recipe that it is like makes another image of it, too. */
static void test_like(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_recipe alone = find(&arena, "true"), like, changed;
    const char *other = vl_arena_printf(&arena, "%s/images/other", directory);

    (void)state;
    assert_int_equal(vl_file_mkdirs(other, 0755, &err), 0);
    write_whole(vl_arena_printf(&arena, "%s/packages", other), "asterisk\n");
    assert_string_equal(find_again(&arena).hash, alone.hash);
    write_whole(vl_arena_printf(&arena, "%s/images/small/recipe", directory), "like=other\n");
    like = find_again(&arena);
    assert_string_not_equal(like.hash, alone.hash);
    write_whole(vl_arena_printf(&arena, "%s/packages", other), "asterisk\nless\n");
    changed = find_again(&arena);
    assert_string_not_equal(changed.hash, like.hash);
    write_whole(vl_arena_printf(&arena, "%s/packages", other), "asterisk\n");
    assert_string_equal(find_again(&arena).hash, like.hash);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, clear_place)

int main(void)
{
    const struct CMUnitTest tests[] = { TEST(test_build), TEST(test_build_fails), TEST(test_place_fails),
                                        TEST(test_facts), TEST(test_like) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
