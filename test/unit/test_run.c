/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Expressions, functions and the course of a call on paper. The values of data/expressions are those that Asterisk 16
 * gives: e2e/dialplan_steps asks it for each of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dialplan/expression.h"
#include "dialplan/show.h"
#include "dialplan/timing.h"

static void test_table(void **state)
{
    VL_FCLOSE FILE *file = fopen(SOURCE_DIRECTORY "/test/unit/data/expressions", "re");
    VL_FREE char *line = NULL;
    size_t room = 0, count = 0;

    (void)state;
    assert_non_null(file);
    while (getline(&line, &room, file) > 0) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        char *tab = strchr(line, '\t');
        const char *value;

        assert_non_null(tab);
        *tab = tab[strcspn(tab, "\n")] = '\0';
        value = vl_expression(&arena, line);
        if (!value || strcmp(value, tab + 1) != 0)
            fail_msg("$[%s] is '%s', not '%s'", line, value ? value : "not known", tab + 1);
        count++;
    }
    assert_true(count > 90);
}

static void test_unknown(void **state)
{
    static const struct {
        const char *text, *value;
    } rows[] = {
        { "\"${X}\" = \"1\"", NULL },
        { "0 & \"${X}\"", "0" },
        { "1 | \"${X}\"", "1" },
        { "0 | \"${X}\"", NULL },
        { "\"${X}\" & 0", "0" },
        { "0 ? \"${X}\" :: b", "b" },
        { "\"${CUT(X,\"-\",1)}\" = 1", NULL },
        { "${X} = 1", NULL },
        { "0 & ${X}", NULL }, /* 0 & is not complete when it is empty, and that is another value */
        { "$[1", NULL },
        { "1 + \"", NULL },
        { "SIN(1)", NULL },
        { "0 & ABS(1,2)", "0" },
        { "a =~ \"(a*)*\\1\"", NULL },
        { "a =~ \"a{9}\"", NULL },
        { "", "" },
        { "\"${X}\" 1", NULL },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *value = vl_expression(&arena, rows[i].text);

        if (rows[i].value ? !value || strcmp(value, rows[i].value) != 0 : value != NULL)
            fail_msg("$[%s] is '%s'", rows[i].text, value ? value : "not known");
    }
}

static void test_depth(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    char text[10001];

    (void)state;
    memset(text, '(', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_null(vl_expression(&arena, text));
    memset(text, '!', sizeof(text) - 1);
    assert_null(vl_expression(&arena, text));
}

static const struct vl_moment monday_noon = { .month = 11, .day = 23, .weekday = 1, .hour = 12 };

static void check_way(const char *steps, const char *number, const struct vl_moment *moment, const char *wanted)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text = vl_arena_printf(&arena,
                                       "[globals]\nG=$[1+2]\n[a]\n%s\n[sub]\nexten => s,1,Set(R=r${ARG1})\n"
                                       "same => n,Return(v${ARG1}${ARG2})\n[macro-m]\nexten => s,1,Set(M=${ARG1})"
                                       "\n[b]\nexten => 1,1,NoOp()\nsame => 2,Dial(SIP/b)\nexten => i,1,"
                                       "Dial(SIP/${INVALID_EXTEN})\n",
                                       steps);
    VL_DIALPLAN_AUTO *plan = vl_dialplan_parse("extensions.conf", text, NULL, &err);
    struct vl_query query = { .number = number, .context = "a", .priority = 1, .moment = moment };
    struct vl_show show;

    assert_non_null(plan);
    assert_int_equal(vl_show(plan, &query, &arena, &show, &err), 0);
    if (strcmp(show.way, wanted) != 0)
        fail_msg("%s\ngoes %s\nnot  %s", steps, show.way, wanted);
}

static void test_branches(void **state)
{
    (void)state;
    check_way("exten => _X.,1,GosubIf($[${EXTEN} > 20]?sub,s,1(x):sub,s,1(y))\nsame => n,Dial(SIP/${R}${GOSUB_RETVAL})",
              "21", NULL, "21 → a → _X. → SIP/rxvx");
    check_way("exten => 1,1,ExecIf($[\"${EXTEN}\" = \"2\"]?Dial(SIP/yes):Dial(SIP/no))", "1", NULL,
              "1 → a → 1 → SIP/no");
    check_way("exten => 1,1,ExecIf($[\"${UNKNOWN}\" = \"2\"]?Dial(SIP/yes))\nsame => n,Dial(SIP/then)", "1", NULL,
              "1 → a → 1 → SIP/then");
    check_way("exten => 1,1,Macro(m,x)\nsame => n,Dial(SIP/${M})", "1", NULL, "1 → a → 1 → SIP/x");
    check_way("exten => 1,1,Set(i=0)\nsame => n(again),Set(i=$[${i}+1])\nsame => n,Dial(SIP/${i})\n"
              "same => n,GotoIf($[${i} < ${G}]?again)",
              "1", NULL, "1 → a → 1 → SIP/1, then SIP/2, then SIP/3");
    check_way("exten => 1,1,Gosub(sub,s,1(x))\nsame => n,Gosub(sub,s,1(x))\nsame => n,Dial(SIP/x)", "1", NULL,
              "1 → a → 1 → SIP/x");
    check_way("exten => 1,1,Goto(b,7,1)", "1", NULL, "1 → a → 1 → SIP/7");
    check_way("exten => 1,1,Dial(SIP/)\nsame => n,Dial(SIP/never)", "1", NULL, "1 → a → 1 → Dial");
    check_way("exten => 1,1,ExecIf(0?Authenticate(1234))\nsame => n,Dial(SIP/x)", "1", NULL, "1 → a → 1 → SIP/x");
}

static void test_time(void **state)
{
    static const char steps[] = "exten => 1,1,GotoIfTime(9:00-17:00,mon-fri,*,*?b,1,1)\nsame => n,Dial(SIP/closed)";

    (void)state;
    check_way(steps, "1", &monday_noon, "1 → a → 1 → SIP/b");
    check_way(steps, "1", &(struct vl_moment){ 11, 22, 0, 12, 0 }, "1 → a → 1 → SIP/closed");
    check_way(steps, "1", NULL, "1 → a → 1 → SIP/closed");
    check_way("exten => 1,1,ExecIfTime(*,*,*,nov?Dial(SIP/${IF($[1]?a:b)}))", "1", &monday_noon, "1 → a → 1 → SIP/a");
}

static void test_functions(void **state)
{
    (void)state;
    check_way("exten => 1,1,Dial(SIP/${LEN(abc)}${TOUPPER(a)}${TOLOWER(B)}${ISNULL()}${EXISTS(x)}${CUT(W,-,2)})", "1",
              NULL, "1 → a → 1 → SIP/3Ab11${CUT(W,-,2)}");
    check_way("exten => 1,1,Set(W=a-b-c)\nsame => n,Dial(SIP/${CUT(W,-,2)}${CUT(W,-,9)}${FILTER(a-b,${W})})", "1", NULL,
              "1 → a → 1 → SIP/bab");
    check_way("exten => 1,1,Dial(SIP/${DIALPLAN_EXISTS(b)}${DIALPLAN_EXISTS(b,1,2)}${DIALPLAN_EXISTS(b,1,3)}"
              "${VALID_EXTEN(b,9,1)}${GLOBAL(G)})",
              "1", NULL, "1 → a → 1 → SIP/11003");
}

/* A code that is asked for inside of another application is not shown either. */
static void test_codes(void **state)
{
    static const char text[] = "[a]\nexten => 1,1,ExecIf($[\"${X}\"=\"1\"]?Authenticate(4711,a):authenticate(4712))\n"
                               "same => n,ExecIf(1?Authenticate(4713))\nsame => n,Authenticate(/etc/pin,a)\n";
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO out = VL_BUF_INIT;
    VL_JSON_AUTO *json = vl_json_new();
    VL_FREE char *said = NULL;
    VL_DIALPLAN_AUTO *plan = vl_dialplan_parse("extensions.conf", text, NULL, &err);
    struct vl_query query = { .number = "1", .context = "a", .priority = 1 };
    struct vl_show show;

    (void)state;
    assert_int_equal(vl_show(plan, &query, &arena, &show, &err), 0);
    vl_show_text(&out, &arena, &show);
    vl_json_object(json, NULL);
    vl_show_json(json, &show);
    said = vl_json_text(json, 0, &err);
    assert_non_null(strstr(said, "/etc/pin"));
    assert_non_null(strstr(vl_buf_text(&out), "Authenticate(****,a)"));
    assert_null(strstr(said, "471"));
    assert_null(strstr(vl_buf_text(&out), "471"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),    cmocka_unit_test(test_unknown), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_branches), cmocka_unit_test(test_time),    cmocka_unit_test(test_functions),
        cmocka_unit_test(test_codes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
