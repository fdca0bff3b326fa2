/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models of telephones: every one that there is can be read, and what is wrong in one is told with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "lab/phone_model.h"

static void test_fill(void **unused)
{
    const char *values[VL_PHONE_VALUE_COUNT] = { [VL_PHONE_LINE] = "2", [VL_PHONE_MAC] = "0a" };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)unused;
    assert_string_equal(vl_phone_fill(&arena, "Proxy_{line}_", values), "Proxy_2_");
    assert_string_equal(vl_phone_fill(&arena, "{mac}{server}{line}$MA {mac", values), "0a2$MA {mac");
}

/* What share/phones has. */
static void test_all(void **unused)
{
    glob_t files;

    (void)unused;
    assert_int_equal(glob(SOURCE_DIRECTORY "/share/phones/*.ini", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 2);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *file = strrchr(files.gl_pathv[i], '/') + 1;
        struct vl_phone_model model;
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };

        if (vl_phone_model_read(&arena, SOURCE_DIRECTORY "/share", vl_arena_strndup(&arena, file, strlen(file) - 4),
                                &model, &err) < 0)
            fail_msg("%s", vl_error_text(&err));
        assert_true(model.lines > 0 && model.line.count > 20 && model.idle.count > 10 && model.blank[40]);
    }
    globfree(&files);
}

/* A model of 20 lines, of which a case replaces one. */
static const char *const good[] = {
    "[model]",
    "title = Phone",
    "lines = 2",
    "dialplan = 100",
    "file = {mac}.xml",
    "resync = /again?{url}",
    "admin = admin",
    "root = profile",
    "attribute = ua na",
    "[words]",
    "yes = 1",
    "no = 0",
    "ulaw = PCMU",
    "alaw = PCMA",
    "[phone]",
    "a = Admin {password}",
    "[blank]",
    "b = One Two",
    "[line]",
    "c = User_{line} {extension}",
    "[idle]",
    "d = User_{line}",
};

static int read_with(struct vl_arena *arena, size_t line, const char *text, struct vl_error *err)
{
    char directory[] = "/tmp/voiplab-test-XXXXXX";
    struct vl_phone_model model;
    const char *phones, *path, *whole = "";
    int rc;

    for (size_t i = 0; i < VL_COUNT(good); i++)
        whole = vl_arena_printf(arena, "%s%s\n", whole, i + 1 == line ? text : good[i]);
    assert_non_null(mkdtemp(directory));
    phones = vl_arena_printf(arena, "%s/phones", directory);
    path = vl_arena_printf(arena, "%s/x.ini", phones);
    assert_int_equal(vl_file_mkdirs(phones, 0700, err), 0);
    assert_int_equal(vl_file_write(path, whole, strlen(whole), 0600, err), 0);
    rc = vl_phone_model_read(arena, directory, "x", &model, err);
    (void)unlink(path);
    (void)rmdir(phones);
    (void)rmdir(directory);
    return rc;
}

static void test_mistakes(void **unused)
{
    static const struct {
        size_t line;
        const char *text, *message;
    } cases[] = {
        { 1, "[modell]", "has no section [modell]" },
        { 3, "lines = 0", "'0' is not a number from 1 to 64" },
        { 3, "line = 2", "did you mean 'lines'?" },
        { 5, "file = ../{mac}.xml", "is no name of a file" },
        { 5, "file = .{mac}", "is no name of a file" },
        { 6, "resync = again", "does not start with '/'" },
        { 6, "resync = /{line}", "{line} is of a line" },
        { 8, "root = a<b", "'a<b' is no name of an element" },
        { 9, "attribute = ua", "is no NAME VALUE" },
        { 11, "; no yes", "needs the key 'yes'" },
        { 16, "a = Admin {pasword}", "'{pasword}' starts no placeholder" },
        { 16, "a = 1Admin", "'1Admin' is no name of an element" },
        { 16, "a = Admin {secret}", "{secret} is of a line" },
        { 18, "b = One{line}", "{line} is of a line" },
        { 21, "; [idle]", "the section [idle] is missing" },
        { 20, "c = User_{line} }", "'}' starts no placeholder" },
    };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };

        if (read_with(&arena, 0, NULL, &err) < 0)
            fail_msg("the good model: %s", vl_error_text(&err));
        assert_int_equal(read_with(&arena, cases[i].line, cases[i].text, &err), -1);
        assert_int_equal(err.code, VL_ERROR_LAB);
        if (!strstr(vl_error_text(&err), cases[i].message))
            fail_msg("'%s': %s", cases[i].text, vl_error_text(&err));
    }
}

static void test_missing(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_phone_model model;

    (void)unused;
    assert_int_equal(vl_phone_model_read(&arena, "/nonexistent", "x", &model, &err), -1);
    assert_int_equal(err.code, VL_ERROR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
