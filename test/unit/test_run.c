/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Expressions, functions and the course of a call on paper. The values of data/expressions are those that Asterisk 16
 * gives: e2e/dialplan_steps asks it for each of them.
 *
 * ctest: COST 10
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
#include "dialplan/timing.h"
#include "trace/show.h"

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
        { "ABS(1)", NULL },
        { "SQRT(a)", NULL },
        { "POW(2)", NULL },
        { "floor(1.5)", NULL },
        { "0 & ABS(1,2)", "0" },
        { "a =~ \"(a*)*\\1\"", NULL },
        { "a =~ \"a{9}\"", NULL },
        { "aaa =~ \"a++++++++++++++++++++++++++++++\"", NULL },
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

/* `end` may be NULL: it is not looked at. */
static void check_course(const char *steps, const char *number, const struct vl_moment *moment, const char *wanted,
                         const char *end)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    const char *text = vl_arena_printf(&arena,
                                       "[globals]\nG=$[1+2]\n[a]\n%s\n[sub]\nexten => s,1,Set(R=r${ARG1})\n"
                                       "same => n,Return(v${ARG1}${ARG2})\n[macro-m]\nexten => s,1,Set(M=${ARG1})"
                                       "\n[b]\nexten => 1,1,NoOp()\nsame => 2,Dial(SIP/b)\nexten => i,1,"
                                       "Dial(SIP/${INVALID_EXTEN})\n",
                                       steps);
    VL_DIALPLAN_AUTO *plan = vl_dialplan_parse("extensions.conf", text, &vl_conf_no_files, &err);
    struct vl_query query = { .number = number, .context = "a", .priority = 1, .moment = moment };
    struct vl_show show;

    assert_non_null(plan);
    assert_int_equal(vl_show(plan, &query, NULL, &arena, &show, &err), 0);
    if (strcmp(show.way, wanted) != 0)
        fail_msg("%s\ngoes %s\nnot  %s", steps, show.way, wanted);
    if (end && strcmp(show.end, end) != 0)
        fail_msg("%s\nends %s\nnot  %s", steps, show.end, end);
}

static void check_way(const char *steps, const char *number, const struct vl_moment *moment, const char *wanted)
{
    check_course(steps, number, moment, wanted, NULL);
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
    check_way(steps, "1", &(struct vl_moment){ 11, 22, 0, 12, 0, 0, NULL }, "1 → a → 1 → SIP/closed");
    check_way(steps, "1", NULL, "1 → a → 1 → SIP/closed");
    check_way("exten => 1,1,ExecIfTime(*,*,*,nov?Dial(SIP/${IF($[1]?a:b)}))", "1", &monday_noon, "1 → a → 1 → SIP/a");
}

static void test_functions(void **state)
{
    (void)state;
    check_way("exten => 1,1,Dial(SIP/${LEN(abc)}${TOUPPER(a)}${TOLOWER(B)}${ISNULL()}${EXISTS(x)}${CUT(W,-,2)})", "1",
              NULL, "1 → a → 1 → SIP/3Ab11");
    check_way("exten => 1,1,Set(W=a-b-c)\nsame => n,Dial(SIP/${CUT(W,-,2)}${CUT(W,-,9)}${FILTER(a-b,${W})})", "1", NULL,
              "1 → a → 1 → SIP/bab");
    check_way("exten => 1,1,Dial(SIP/${DIALPLAN_EXISTS(b)}${DIALPLAN_EXISTS(b,1,2)}${DIALPLAN_EXISTS(b,1,3)}"
              "${VALID_EXTEN(b,9,1)}${GLOBAL(G)})",
              "1", NULL, "1 → a → 1 → SIP/11003");
}

/* What a call has set, and what may have been set by others. */
static void test_values(void **state)
{
    static const char *const rows[][2] = {
        { "GotoIf($[\"${CALLERID(num)}\"=\"\"]?3)\nsame => n,Dial(SIP/x)\nsame => n,Dial(SIP/none${CALLERID(num)})",
          "SIP/none" },
        { "AGI(x)\nsame => n,Dial(SIP/${CALLERID(num)})", "SIP/${CALLERID(num)}" },
        { "Set(CALLERID(number)=5)\nsame => n,Dial(SIP/${CALLERID(num)})", "SIP/5" },
        { "Set(CALLERID(all)=\"x\" <777>)\nsame => n,Dial(SIP/${CALLERID(num)})", "SIP/777" },
        { "Set(GLOBAL(G)=8)\nsame => n,Dial(SIP/${GLOBAL(G)}${G})", "SIP/88" },
        { "Set(EXTEN=55)\nsame => n,Dial(SIP/${EXTEN})", "SIP/1" },
        { "Set(LOCAL(G)=9)\nsame => n,Dial(SIP/${G})", "SIP/3" },
        { "Set(G )=9)\nsame => n,Dial(SIP/${G})", "SIP/3" },
        /* a Macro has no LOCAL of its own: there is none, or it is that of the Gosub around it */
        { "Macro(local)\nsame => n,Dial(SIP/${G})", "SIP/m3, then SIP/3" },
        { "Gosub(local,s,1)\nsame => n,Dial(SIP/${G})", "SIP/m9, then SIP/g9, then SIP/3" },
        { "MSet(A=1,B=\"2\")\nsame => n,Dial(SIP/${A}${B})", "SIP/12" },
        { "Set(ARRAY(A,B)=1,2)\nsame => n,Dial(SIP/${A}${B})", "SIP/12" },
        { "Read(G,prompt)\nsame => n,GotoIf($[\"${G}\"=\"3\"]?9)\nsame => n,Dial(SIP/${G})", "SIP/${G}" },
        { "AGI(x)\nsame => n,Dial(SIP/${G}${EXTEN})", "SIP/${G}1" },
        { "Set(X=${INC(G)})\nsame => n,Dial(SIP/${G}${X})", "SIP/44" },
        { "Set(G=${SIPURI})\nsame => n,Set(X=${INC(G)})\nsame => n,Dial(SIP/${G})", "SIP/${G}" },
        { "Set(DIALSTATUS=x)\nsame => n,Dial(SIP/a)\nsame => n,Dial(SIP/${DIALSTATUS})",
          "SIP/a, then SIP/${DIALSTATUS}" },
        { "Goto(+2)\nsame => n,Dial(SIP/two)\nsame => n,Dial(SIP/three)", "SIP/three" },
        { "While($[1])\nsame => n,Dial(SIP/x)\nsame => n,EndWhile()", "SIP/x, then SIP/x" },
        { "GotoIfTime(*,*,*,*,America/New_York?9)\nsame => n,Dial(SIP/x)", "SIP/x" },
        { "ExecIfTime(*,*,*,*?Dial(SIP/a:b))", "SIP/a:b" },
        { "ExecIf(1?Dial(SIP/a:b):Dial(SIP/c))", "SIP/a:b" },
        { "GotoIf(\"?3:\"4\")\nsame => n,Dial(SIP/two)\nsame => n,Dial(SIP/three)", "SIP/three" },
        { "Macro(out)\nsame => n,Dial(SIP/never)", "SIP/b" },
        { "Gosub(by,s,1)\nsame => n,Dial(SIP/back)", "SIP/back" },
        { "Set(CALLERID(num)=7)\nsame => n,Goto(who,1,1)", "SIP/seven" },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(rows); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *steps =
            vl_arena_printf(&arena,
                            "exten => 1,1,%s\n[macro-out]\nexten => s,1,Goto(b,1,2)\n[macro-back]\n"
                            "exten => s,1,Return()\n[macro-local]\nexten => s,1,Set(LOCAL(G)=9)\nsame => n,Dial("
                            "SIP/m${G})\n[local]\nexten => s,1,Macro(local)\nsame => n,Dial(SIP/g"
                            "${G})\nsame => n,Return()\n[by]\nexten => s,1,Macro(back)\nsame => n,Dial(SIP/"
                            "no)\nsame => n,Return()\n[who]\nexten => 1/7,1,Dial(SIP/seven)\n"
                            "exten => 1,1,Dial(SIP/other)",
                            rows[i][0]);

        check_way(steps, "1", &monday_noon,
                  vl_arena_printf(&arena, "1 → a → 1%s%s", *rows[i][1] ? " → " : "", rows[i][1]));
    }
}

static const char no_step[] = "no step follows: Asterisk ends the call", unknown[] = "not followed any further",
                  over[] = "the call ends";

struct course {
    const char *steps, *way, *end;
};

static void check_courses(const struct course *rows, size_t count, const char *behind)
{
    for (size_t i = 0; i < count; i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };

        check_course(vl_arena_printf(&arena, "exten => 1,1,%s\n%s", rows[i].steps, behind), "1", &monday_noon,
                     vl_arena_printf(&arena, "1 → a → 1%s%s", *rows[i].way ? " → " : "", rows[i].way), rows[i].end);
    }
}

/* A target of which something is not known matches nothing, least of all a pattern. */
static void test_unknown_target(void **state)
{
    static const struct course rows[] = {
        { "Dial(SIP/x)\nsame => n,Goto(s-${DIALSTATUS},1)", "SIP/x, then SIP/away", no_step },
        { "Dial(SIP/x)\nsame => n,Set(S=s-${DIALSTATUS})\nsame => n,Goto(${S},1)", "SIP/x, then SIP/away", no_step },
        { "Dial(SIP/x)\nsame => n,Gosub(s-${DIALSTATUS},1(${DIALSTATUS}))", "SIP/x, then SIP/away", no_step },
        { "Dial(SIP/x)\nsame => n,Macro(m-${DIALSTATUS})", "SIP/x, then SIP/m", no_step },
        { "Dial(SIP/x)\nsame => n,GotoIf($[\"${DIALSTATUS}\"=\"NOANSWER\"]?s-NOANSWER,1)\nsame => n,Dial(SIP/y)",
          "SIP/x, then SIP/y", no_step },
        { "Dial(SIP/x)\nsame => n,AGI(y)\nsame => n,Goto(s-${DIALSTATUS},1)", "SIP/x", unknown },
        { "Dial(SIP/x)\nsame => n,Goto(s-${DIALSTATUS:0:2},1)", "SIP/x", unknown },
        { "Goto(s-${DIALSTATUS},1)", "", no_step },
        { "Goto(${SIPURI},1)", "", unknown },
        { "Goto(${SIPURI})", "", unknown },
        { "Goto(s,${SIPURI})", "", unknown },
        { "Goto(${SIPURI},1,1)", "", unknown },
        { "Gosub(${SIPURI},1)", "", unknown },
        { "Gosub(1,${SIPURI}(x))", "", unknown },
        { "Gosub(sub,s,1(${SIPURI}))\nsame => n,Dial(SIP/back)", "SIP/back", no_step },
        { "Macro(${SIPURI})\nsame => n,Dial(SIP/no)", "", unknown },
        { "Macro(m,${SIPURI})\nsame => n,Dial(SIP/back)", "SIP/back", no_step },
        { "GotoIf(1?${SIPURI},1)\nsame => n,Dial(SIP/no)", "", unknown },
        { "GotoIf($[${SIPURI}]?2:${SIPURI})\nsame => n,Dial(SIP/no)", "", unknown },
        { "GotoIfTime(*,*,*,*?${SIPURI},1)\nsame => n,Dial(SIP/no)", "", unknown },
        { "ExecIf(1?Goto(${SIPURI},1))\nsame => n,Dial(SIP/no)", "", unknown },
    };

    (void)state;
    check_courses(rows, VL_COUNT(rows),
                  "exten => s-NOANSWER,1,Dial(SIP/away)\nexten => _[$s].,1,Dial(SIP/other)\n[macro-m-NOANSWER]\n"
                  "exten => s,1,Dial(SIP/m)");
}

/* Nobody dials, a number that is none, and what TryExec does not let through; as Asterisk 16 does it. */
static void test_elsewhere(void **state)
{
    static const struct course rows[] = {
        { "Answer\nsame => n,WaitExten(5)", "SIP/operator", no_step },
        { "WaitExten(5)\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "Goto(exception,1,1)", "SIP/e", no_step },
        { "Goto(exception,1,2)", "", no_step },
        { "Goto(nothing,1,1)", "WaitExten", over },
        { "Goto(exception,9,1)", "SIP/e", no_step },
        { "Macro(wait)\nsame => n,Dial(SIP/back)", "SIP/inner, then SIP/back", no_step },
        { "ExecIf(1\"?NoOp())\nsame => n,Dial(SIP/no)", "", over },
        { "ExecIf(1?)\nsame => n,Dial(SIP/no)", "", over },
        { "ExecIf(0?)\nsame => n,Dial(SIP/no)", "", over },
        { "ExecIf(1?:NoOp())\nsame => n,Dial(SIP/no)", "", over },
        { "ExecIf(0?:)\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "ExecIf(1)\nsame => n,Dial(SIP/no)", "", over },
        { "ExecIf(0)\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "ExecIf(1,NoOp,x)\nsame => n,Dial(SIP/on)", "", unknown },
        { "ExecIf(0,NoOp,x)\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "ExecIf(\"a,b\"?NoOp())\nsame => n,Dial(SIP/no)", "", unknown },
        { "ExecIf($[\"${X}\"=\"a,b?\"]?NoOp())\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "TryExec(Goto(2,1))\nsame => n,Dial(SIP/no)", "SIP/two", no_step },
        { "Exec(Goto(2,1))\nsame => n,Dial(SIP/no)", "SIP/two", no_step },
        { "TryExec(Goto(nowhere))\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "TryExec(Return())\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "TryExec(Set (X=1))\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "TryExec(Dial(SIP))\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "TryExec()\nsame => n,Dial(SIP/on)", "SIP/on", no_step },
        { "TryExec(Hangup())\nsame => n,Dial(SIP/no)", "", over },
        { "Exec(Goto(nowhere))\nsame => n,Dial(SIP/no)", "", over },
        { "Exec(Set(X=1))\nsame => n,Dial(SIP/${X})", "SIP/1", no_step },
        { "TryExec(Macro(fails))\nsame => n,Dial(SIP/${TRYSTATUS})", "SIP/FAILED", no_step },
        { "TryExec(Gosub(sub,s,1(x)))\nsame => n,Dial(SIP/${GOSUB_RETVAL}${TRYSTATUS})", "SIP/vxSUCCESS", no_step },
        { "TryExec(Dial(SIP/x))\nsame => n,Dial(SIP/${TRYSTATUS})", "SIP/x, then SIP/${TRYSTATUS}", no_step },
    };

    (void)state;
    check_courses(rows, VL_COUNT(rows),
                  "exten => 2,1,Dial(SIP/two)\nexten => t,1,Dial(SIP/operator)\n[exception]\nexten => 1,1,WaitExten()\n"
                  "exten => e,1,Dial(SIP/e)\n[nothing]\nexten => 1,1,WaitExten(5)\n[macro-wait]\n"
                  "exten => s,1,WaitExten(1)\nexten => t,1,Dial(SIP/inner)\n[macro-fails]\nexten => s,1,Dial(SIP)\n");
}

/* How arguments are taken apart; e2e/dialplan_steps asks Asterisk for the like. */
static void test_arguments(void **state)
{
    static const struct course rows[] = {
        { "Gosub(args,s,1(a\\,b,c))", "SIP/2<a\\,b><c><>", NULL },
        { "Gosub(args,s,1())", "SIP/0<><><>", NULL },
        { "Gosub(args,s,1)", "SIP/0<><><>", NULL },
        { "Gosub(args,s,1(,))", "SIP/2<><><>", NULL },
        { "Gosub(args,s,1(\"x,y\",(p,q),{r,s}))", "SIP/4<\"x,y\"><(p,q)><{r>", NULL },
        { "Gosub(args,s,1(\"(\",b,c))", "SIP/1<\"(\",b,c><><>", NULL },
        { "Gosub(args,s,1(a),b,c))", "SIP/3<a)><b><c>", NULL },
        { "Gosub(args,s,1(a,${CUT(SIPURI,\",\",1)},c))", "SIP/3<a><${CUT(SIPURI,\",\",1)}><c>", NULL },
        { "Macro(args,\"a,b\",c)", "SIP/<\"a><b\"><c>", NULL },
        { "Macro(args,(a,b),c)", "SIP/<(a><b)><c>", NULL },
        { "Macro(args,a\\,b)", "SIP/<a\\><b><>", NULL },
        { "Macro(args,${CUT(SIPURI,a,1)},b)", "SIP/<${CUT(SIPURI,a,1)}><b><>", NULL },
        { "Set(Y=33)\nsame => n,Dial(SIP/${Y::1}-${Y:0:}-${Y:1:x}-${Y:x:1}-${Y: 1}-${Y:0:1:2}-${Y:})",
          "SIP/33-33-3-33-3-3-33", NULL },
    };

    (void)state;
    check_courses(rows, VL_COUNT(rows),
                  "[args]\nexten => s,1,Dial(SIP/${ARGC}<${ARG1}><${ARG2}><${ARG3}>)\nsame => n,Hangup\n[macro-args]\n"
                  "exten => s,1,Dial(SIP/<${ARG1}><${ARG2}><${ARG3}>)\n");
}

/* A plan that would take hours, or gigabytes, is cut short. */
static void check_cut(const char *head, const char *repeated, size_t count, const char *tail)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_DIALPLAN_AUTO *plan = NULL;
    struct vl_query query = { .number = "1", .context = "a", .priority = 1 };
    struct vl_show show;

    vl_buf_puts(&text, head);
    for (size_t i = 0; i < count; i++)
        vl_buf_puts(&text, repeated);
    vl_buf_puts(&text, tail);
    plan = vl_dialplan_parse("extensions.conf", vl_buf_text(&text), &vl_conf_no_files, &err);
    assert_non_null(plan);
    assert_int_equal(vl_show(plan, &query, NULL, &arena, &show, &err), 0);
    for (size_t i = 0; i < show.step_count; i++)
        assert_true(strlen(show.steps[i].arguments) <= 8191);
}

static void test_hostile(void **state)
{
    (void)state;
    check_cut("[a]\nexten => 1,1,Set(A=x)\n", "same => n,Set(A=${A}${A})\n", 60, "");
    check_cut("[globals]\nA=xxxxxxxxxxxxxxxx\n", "A=${A}${A}${A}\n", 200, "[a]\nexten => 1,1,NoOp(${A}${A})\n");
    check_cut("[a]\nexten => 1,1,Set(A=${IF(1?", "CUT(", 1500, "EXTEN)})\nsame => n,NoOp(${${A},,1})\n");
    check_cut("[a]\nexten => 1,1,ExecIf(1?", "ExecIf(1?", 700, "NoOp()\n");
    check_cut("[a]\nexten => 1,1,NoOp($[\"", "ab", 3000, "\" =~ \"[ab]*a................c\"])\n");
    check_cut("[a]\nexten => 1,1,Goto(2147483647)\nexten => 1,2147483647,NoOp(", "x", 3, ")\n");
    check_cut("[a]\nexten => 1,1,Gosub(b,s,1(", "1,", 3000, "1))\n[b]\nexten => s,1,Gosub(b,s,1)\n");
}

/* Codes are not shown, wherever they stand. */
static void check_codes(const char *steps, const char *const *secrets)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO out = VL_BUF_INIT;
    VL_JSON_AUTO *json = vl_json_new();
    VL_FREE char *said = NULL;
    const char *text = vl_arena_printf(&arena, "[a]\nexten => 1,1,%s\n", steps);
    VL_DIALPLAN_AUTO *plan = vl_dialplan_parse("extensions.conf", text, &vl_conf_no_files, &err);
    struct vl_query query = { .number = "1", .context = "a", .priority = 1 };
    struct vl_show show;

    assert_int_equal(vl_show(plan, &query, NULL, &arena, &show, &err), 0);
    vl_show_text(&out, &arena, &show, false);
    vl_json_object(json, NULL);
    vl_show_json(json, &show);
    said = vl_json_text(json, 0, &err);
    for (; *secrets; secrets++)
        if (strstr(said, *secrets) || strstr(vl_buf_text(&out), *secrets))
            fail_msg("%s\nshows %s:\n%s", steps, *secrets, vl_buf_text(&out));
    vl_buf_puts(&out, said);
    assert_non_null(strstr(vl_buf_text(&out), "****"));
}

static void test_codes(void **state)
{
    static const char *const secrets[] = { "471", "7777", "8888", NULL };

    (void)state;
    check_codes("Authenticate(4711)", secrets);
    check_codes("Authenticate(\"12,4711\")", secrets);
    check_codes("Authenticate(1\\,4711,a)", secrets);
    check_codes("Authenticate(${IF($[${U}]?7777,8888:9)})", secrets);
    check_codes("ExecIf($[\"${X}\"=\"1\"]?Authenticate(4711,a):authenticate(4712))", secrets);
    check_codes("ExecIf(1?Authenticate (4713))", secrets);
    check_codes("ExecIf($[\"${X}\"=\"1\"]?Authenticate\t(4713):NoOp(Authenticate(4714)))", secrets);
    check_codes("Set(Q=Authenticate(4711))\nsame => n,NoOp(${Q})", secrets);
    check_way("exten => 1,1,ExecIf(1?VMAuthenticate(10@default))\nsame => n,Authenticate(/etc/pin)", "1", NULL,
              "1 → a → 1 → PIN → VMAuthenticate");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),          cmocka_unit_test(test_unknown),   cmocka_unit_test(test_depth),
        cmocka_unit_test(test_branches),       cmocka_unit_test(test_time),      cmocka_unit_test(test_functions),
        cmocka_unit_test(test_codes),          cmocka_unit_test(test_values),    cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_unknown_target), cmocka_unit_test(test_elsewhere), cmocka_unit_test(test_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
