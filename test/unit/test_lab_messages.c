/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every mistake that a lab file can hold, as a file: test/lab/fail-WHAT.ini with the exact message in fail-WHAT.err,
 * and test/lab/pass-WHAT.ini for what must be accepted. Files whose names start with fail-plan- are read with the
 * broken numbering plans of test/lab/numbering.
 */
#include "support.h"

#include <glob.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lab/lab.h"

static int enter_source(void **state)
{
    (void)state;
    return chdir(SOURCE_DIRECTORY);
}

static const char *share_for(const char *path)
{
    return strstr(path, "/fail-plan-") ? "test/lab" : "share";
}

/* The .err beside a .ini, without its last line feed; the caller frees it. */
static char *expected_message(const char *path)
{
    VL_FREE char *name = strdup(path);
    char *text;

    memcpy(name + strlen(name) - 3, "err", 3);
    text = read_whole(name);
    assert_true(*text && text[strlen(text) - 1] == '\n');
    text[strlen(text) - 1] = '\0';
    return text;
}

static unsigned check_failure(const char *path)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *expected = expected_message(path);
    VL_LAB_AUTO *lab = vl_lab_load(path, share_for(path), &err);

    if (lab || err.code != VL_ERROR_LAB || strcmp(vl_error_text(&err), expected) != 0) {
        print_error("%s:\n  expected: %s\n  got:      %s\n", path, expected, vl_error_text(&err));
        return 1;
    }
    /* nothing of the file reaches the terminal as it is */
    for (const char *p = vl_error_text(&err); *p; p++)
        assert_true((*p >= ' ' && *p < 0x7f) || *p == '\n');
    return 0;
}

static void test_failures(void **state)
{
    unsigned wrong = 0;
    glob_t files;

    (void)state;
    assert_int_equal(glob("test/lab/fail-*.ini", 0, NULL, &files), 0);
    assert_true(files.gl_pathc > 100);
    for (size_t i = 0; i < files.gl_pathc; i++)
        wrong += check_failure(files.gl_pathv[i]);
    globfree(&files);
    assert_int_equal(wrong, 0);
}

static void test_accepted(void **state)
{
    unsigned wrong = 0;
    glob_t files;

    (void)state;
    assert_int_equal(glob("test/lab/pass-*.ini", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_LAB_AUTO *lab = vl_lab_load(files.gl_pathv[i], "share", &err);

        if (!lab)
            print_error("%s\n", vl_error_text(&err));
        wrong += !lab;
    }
    globfree(&files);
    assert_int_equal(wrong, 0);
}

/* A file that is not there, or is no file, is a wrong lab file as well (exit 3). */
static void test_no_file(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    assert_null(vl_lab_load("test/lab/missing.ini", "share", &err));
    assert_int_equal(err.code, VL_ERROR_LAB);
    assert_string_equal(vl_error_text(&err), "cannot open 'test/lab/missing.ini': "
                                             "No such file or directory");
    assert_null(vl_lab_load("test/lab", "share", &err));
    assert_int_equal(err.code, VL_ERROR_LAB);
    assert_string_equal(vl_error_text(&err), "'test/lab' is not a regular file");
}

/* A lab file of more than 1 MiB is refused before it is parsed. */
static void test_too_large(void **state)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *directory = make_directory();
    VL_FREE char *path = NULL;
    FILE *file;

    (void)state;
    assert_true(asprintf(&path, "%s/lab.ini", directory) > 0);
    file = fopen(path, "we");
    assert_non_null(file);
    for (int i = 0; i < 40000; i++)
        assert_true(fputs("; a comment of thirty characters\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_null(vl_lab_load(path, "share", &err));
    assert_int_equal(err.code, VL_ERROR_LAB);
    assert_non_null(strstr(vl_error_text(&err), "is larger than 1048576 bytes"));
    remove_tree(directory);
    free(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_too_large),
    };

    return cmocka_run_group_tests(tests, enter_source, NULL);
}
