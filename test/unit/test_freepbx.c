/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a guest of the thesis gives to the data base of each FreePBX, against test/golden/freepbx/ERA (UPDATE_GOLDEN=1
 * writes them anew), and what comes of the answers of a guest that lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab_fixture.h"
#include "plan/database.h"
#include "render/freepbx_part.h"

static struct vl_freepbx freepbx_of(struct lab_fixture *fixture, const char *pbx, enum vl_freepbx_era era)
{
    return (struct vl_freepbx){ .arena = &fixture->arena,
                                .lab = fixture->lab,
                                .state = &fixture->state,
                                .pbx = vl_lab_pbx(fixture->lab, pbx),
                                .era = era };
}

static void check(struct lab_fixture *fixture, const char *era, const char *name, const char *text)
{
    char *path = vl_arena_printf(&fixture->arena, "%s/test/golden/freepbx/%s/virtual1.%s", SOURCE_DIRECTORY, era, name);
    VL_FREE char *expected = NULL;
    VL_ERROR_AUTO err = { .code = VL_OK };

    if (getenv("UPDATE_GOLDEN")) {
        VL_FCLOSE FILE *stream = NULL;

        assert_int_equal(
            vl_file_mkdirs(vl_arena_printf(&fixture->arena, "%s/test/golden/freepbx/%s", SOURCE_DIRECTORY, era), 0755,
                           &err),
            0);
        stream = fopen(path, "w");
        assert_non_null(stream);
        assert_true(fputs(text, stream) >= 0);
        return;
    }
    if (vl_file_read(path, 1 << 20, &expected, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    if (strcmp(expected, text) != 0)
        print_error("%s is not what is rendered\n", path);
    assert_string_equal(text, expected);
}

static void test_golden(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");

    (void)unused;
    for (unsigned era = 0; era < VL_FREEPBX_ERAS; era++) {
        struct vl_freepbx freepbx = freepbx_of(fixture, "virtual1", era);
        const char *name = vl_freepbx_era_name(era);

        check(fixture, name, "rows", vl_freepbx_wanted(&freepbx));
        check(fixture, name, "apply.sql", vl_freepbx_change_sql(&freepbx, false));
        check(fixture, name, "remove.sql", vl_freepbx_change_sql(&freepbx, true));
        freepbx.pjsip = era == VL_FREEPBX_12;
        if (freepbx.pjsip)
            check(fixture, name, "pjsip.rows", vl_freepbx_wanted(&freepbx));
        assert_false(fixture->arena.failed);
    }
}

static void test_look_has_all_eras(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_freepbx freepbx = freepbx_of(fixture, "virtual1", VL_FREEPBX_2_6);
    const char *look = vl_freepbx_look_sql(&freepbx, false);

    (void)unused;
    for (unsigned era = 0; era < VL_FREEPBX_ERAS; era++)
        assert_non_null(strstr(
            look, vl_arena_printf(&fixture->arena, "-- era %s\n", vl_freepbx_era_name((enum vl_freepbx_era)era))));
    assert_null(strstr(look, "INSERT"));
    assert_null(strstr(look, "DELETE"));
    check(fixture, "all", "look.sql", look);
}

/* The names that the authors of the thesis gave, and what they typed. */
static void test_thesis(void **unused)
{
    static const char *const lines[] = {
        "trunk hub: sip \"DAHDI SIP\", user \"\"",  "trunk hub peer 03: host=192.168.0.153\n",
        "trunk hub peer 04: username=7001\n",       "trunk 1000: iax2 \"Virtual2\", user \"2000\"",
        "trunk 1000 peer 03: host=192.168.0.156\n", "trunk 1000 peer 04: username=1000\n",
        "trunk 1000 peer 07: trunk=yes\n",          "trunk 1000 user 05: context=from-trunk\n",
        "route virtual2 pattern: 2XXX\n",           "route virtual2 trunk 0: 1000\n",
        "extension 1500: \"SIPVIRTUAL1\"",
    };
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_freepbx freepbx = freepbx_of(fixture, "virtual1", VL_FREEPBX_2_8);
    const char *rows = vl_freepbx_wanted(&freepbx);

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(lines); i++)
        if (!strstr(rows, lines[i]))
            fail_msg("'%s' is missing", lines[i]);
}

/* The page knows no `!`: nothing, or anything. */
static void test_patterns(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open(SOURCE_DIRECTORY "/test/lab/pass-freepbx.ini");
    struct vl_freepbx freepbx = freepbx_of(fixture, "one", VL_FREEPBX_2_8);
    const char *rows = vl_freepbx_wanted(&freepbx);

    (void)unused;
    assert_true(vl_pbx_in_database(freepbx.pbx));
    assert_false(vl_pbx_in_database(vl_lab_pbx(fixture->lab, "two")));
    assert_non_null(strstr(rows, "route odd pattern: 88[2-4]\nroute odd pattern: 88[2-4].\n"));
    assert_null(strchr(rows, '!'));
    assert_non_null(strstr(rows, "route two pattern: 2XXX\n"));
    assert_non_null(strstr(rows, "route two-2 pattern: 777\n"));
    assert_non_null(strstr(rows, "route three-of-a-name-that-no-column-of pattern: 3XXX\n"));
    assert_non_null(strstr(rows, "\"Three-of-a-name-that-no-column-of-a-page-has-room-\""));
    assert_true(vl_freepbx_is_number("*98"));
    assert_false(vl_freepbx_is_number("2XXX"));
}

static void test_quoting(void **unused)
{
    static const struct {
        const char *text, *sql;
    } cases[] = {
        { "", "''" },
        { "plain", "'plain'" },
        { "it's", "'it''s'" },
        { "a\\", "'a\\\\'" },
        { "\\'; DROP TABLE trunks; -- ", "'\\\\''; DROP TABLE trunks; -- '" },
        { "a\nb", "0x610A62" },
        { "\xc3\xb1", "0xC3B1" },
    };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_BUF_AUTO sql = VL_BUF_INIT;

        vl_freepbx_quote(&sql, cases[i].text);
        assert_string_equal(vl_buf_text(&sql), cases[i].sql);
    }
}

/* A guest that answers what a test says. */
static const char *answer;

static int answer_run(struct vl_target *target, const char *const *argv, const char *input, int timeout_ms,
                      struct vl_command_result *ret_result, struct vl_error *err)
{
    (void)target, (void)timeout_ms, (void)err;
    assert_string_equal(argv[4], "look");
    assert_string_equal(input, "SQL");
    ret_result->status = 0;
    ret_result->output = strdup(answer);
    return 0;
}

static int look(struct vl_arena *arena, const char *text, struct vl_database *ret_database, struct vl_error *err)
{
    static const struct vl_target_ops ops = { .run = answer_run };
    struct vl_target target = { .ops = &ops, .name = "one" };

    answer = text;
    return vl_database_look(&target, arena, "SQL", ret_database, err);
}

static void test_answers(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_database database;

    (void)unused;
    assert_int_equal(look(&arena, "voiplab 2.11 sip\nb\n\x1b[2Ja\nend\n", &database, &err), 0);
    assert_int_equal(database.era, VL_FREEPBX_2_11);
    assert_false(database.pjsip);
    assert_string_equal(database.rows, "\\x1b[2Ja\nb\n");
    assert_null(database.clash);
    assert_null(database.dump);
    assert_int_equal(
        look(&arena, "voiplab 12 pjsip\ndump /var/backups/voiplab/x.sql\nclash one\nclash two\nend\n", &database, &err),
        0);
    assert_true(database.pjsip);
    assert_string_equal(database.rows, "");
    assert_string_equal(database.clash, "one");
    assert_string_equal(database.dump, "/var/backups/voiplab/x.sql");
}

static void test_bad_answers(void **unused)
{
    static const struct {
        const char *answer, *message;
    } cases[] = {
        { "", "'one' does not answer as it should about its data base" },
        { "voiplab\n", "'one' does not answer as it should about its data base" },
        { "voiplab 9.9 sip\nend\n", "'one' does not answer as it should about its data base" },
        { "voiplab 2.8 sip\na\n", "'one' says more about its data base than can be read, or was cut off" },
        { "voiplab 2.8 sip\nend\nmore\n", "'one' says more about its data base than can be read, or was cut off" },
        { "error nonsense\nx\n", "'one' does not answer as it should about its data base" },
        { "error no-database\nAccess\x1b[1m denied\n", "'one' cannot ask its data base: Access\\x1b[1m denied" },
        { "error sql\nERROR 1062 (23000) at line 9: Duplicate entry 'there is 'x' already' for key 'PRIMARY'\n",
          "'one' did not take the change of its data base, so nothing was changed: there is 'x' already" },
    };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_database database;

        assert_int_equal(look(&arena, cases[i].answer, &database, &err), -1);
        assert_string_equal(vl_error_text(&err), cases[i].message);
    }
}

/* It goes over SSH as one argument of one line. */
static void test_script(void **unused)
{
    (void)unused;
    assert_null(strpbrk(vl_freepbx_script, "\r\n"));
    assert_true(strlen(vl_freepbx_script) < 16384);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),      cmocka_unit_test(test_look_has_all_eras),
        cmocka_unit_test(test_thesis),      cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_quoting),     cmocka_unit_test(test_answers),
        cmocka_unit_test(test_bad_answers), cmocka_unit_test(test_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
