/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dialplans: order and matching of patterns, the loader's rules, the search, the way behind a number. What is expected
 * here was seen on Asterisk 16; test/e2e/dialplan_oracle.sh asks it again with plans made at random.
 */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "dialplan/index.h"
#include "dialplan/pattern.h"
#include "dialplan/zone.h"
#include "trace/show.h"

/* A plan of this text. */
static struct vl_dialplan *plan_of(const char *text)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_dialplan *plan = vl_dialplan_parse("extensions.conf", text, &vl_conf_no_files, &err);

    assert_non_null(plan);
    return plan;
}

/* The names must stand in this order, whatever order they are given in. */
static void check_order(const char *names)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_DIALPLAN_AUTO *plan = NULL;
    char *list[64], *copy = vl_arena_strdup(&arena, names), *name;
    size_t count = 0;

    while ((name = strsep(&copy, " ")))
        list[count++] = name;
    vl_buf_puts(&text, "[a]\n");
    for (size_t i = count; i-- > 0;)
        vl_buf_printf(&text, "exten => %s,1,NoOp\n", list[i]);
    plan = plan_of(vl_buf_text(&text));
    assert_int_equal(plan->contexts[0]->extension_count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(plan->contexts[0]->extensions[i]->name, list[i]);
}

static void test_order(void **state)
{
    (void)state;
    check_order("5 911 _00. _0. _1NXXNXXXXXX _911 _9[12]1 _9[13]1 _9XX _9. _[2-7]XXXXXX _NXXNXXXXXX _NXXXXXX _ZXXXXXX "
                "_XXXXXXX _X. _X! _X _. _!");
    check_order("_2NX _2XXXXXX _2XX _2X. _2. _[27]XXXXXX _[2-7]XXXXXX _NXXXXXX");
    check_order("_1X _[12]X _[13]X _XX");
    check_order("_X! _X");
    check_order("_09NXXXXXXX _09XXXXXXXX _09. _0[2-7]XXXXXXX _0ZXXXXXXX _0X.");
    check_order("_1[5-]2 _1[5-] _1.2 _1. _1!2 _1! _n1 _");
}

static void test_same_patterns(void **state)
{
    (void)state;
    assert_int_equal(vl_pattern_compare("_[12]X", "_[1-2]X"), 0);
    assert_int_equal(vl_pattern_compare("_n1", "_N1"), 0);
    assert_int_equal(vl_pattern_compare("_[2-2]", "_2"), 0);
    assert_int_equal(vl_pattern_compare("_[0-9]", "_X"), 0);
    assert_int_equal(vl_pattern_hash(1, "_[0-9]"), vl_pattern_hash(1, "_X"));
    assert_true(vl_pattern_compare("_[12]", "_[13]") < 0);
    assert_true(vl_pattern_compare("9", "_1") < 0);
}

static void test_matches(void **state)
{
    static const struct {
        const char *pattern, *number;
        bool matches;
    } cases[] = {
        { "911", "911", true },    { "911", "9-1-1", true },   { "9-11", "911", true },  { "911", "9111", false },
        { "_X.", "1", false },     { "_X.", "12", true },      { "_X!", "1", true },     { "_.", "", false },
        { "_!", "", true },        { "_NXX", "199", false },   { "_NXX", "299", true },  { "_ZXX", "099", false },
        { "_[2-4-6]", "6", true }, { "_[2-4-6]", "5", false }, { "_[9-2]", "9", false }, { "_[]X", "5", true },
        { "_[a-]", "a", true },    { "_[3", "3", false },      { "_1[]", "1", false },   { "_x1", "51", true },
        { "_1.2", "13", true },    { "_12", "_[1]2", true },   { "_X.", "_X.", true },   { "_[2,3]X", ",1", true },
        { "_1]2", "1]2", true },   { "_", "-", true },         { "_N", "n", false },     { "_[3-19]", "9", true },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++)
        if (vl_pattern_matches(cases[i].pattern, cases[i].number) != cases[i].matches)
            fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].number);
    assert_true(vl_callerid_matches("", NULL));
    assert_false(vl_callerid_matches("", "100"));
    assert_false(vl_callerid_matches("_X.", ""));
    assert_true(vl_callerid_matches("_X.", "100"));
}

/* Every step of the plan as `context name priority[label] application(arguments) line` lines. */
static void check_plan(const char *text, const char *wanted)
{
    VL_DIALPLAN_AUTO *plan = plan_of(text);
    VL_BUF_AUTO got = VL_BUF_INIT;

    for (size_t i = 0; i < plan->context_count; i++)
        for (size_t j = 0; j < plan->contexts[i]->extension_count; j++) {
            const struct vl_extension *extension = plan->contexts[i]->extensions[j];

            for (size_t k = 0; k < extension->priority_count; k++) {
                const struct vl_priority *step = &extension->priorities[k];

                vl_buf_printf(&got, "%s %s%s%s %d", plan->contexts[i]->name, extension->name,
                              extension->callerid ? "/" : "", extension->callerid ? extension->callerid : "",
                              step->number);
                if (step->label)
                    vl_buf_printf(&got, "(%s)", step->label);
                vl_buf_printf(&got, " %s(%s) %d\n", step->application, step->arguments, step->at.line);
            }
        }
    assert_string_equal(vl_buf_text(&got), wanted);
}

static void test_priorities(void **state)
{
    (void)state;
    check_plan(
        "[a]\nexten => 8,hint,SIP/a&SIP/b\nexten => 8,n,Lost\nexten => 8,1,A\nexten => 8,n(lab),B\n"
        "exten => 8,n+5,C\nexten => 8,lab,Twice\nexten => 8,lab+2(lab),D\nsame => n,Foo(a(b)c) rest\nsame => n,  Bar\n"
        "same => n,Baz (x)\nsame => n\nsame => n,Set(X=${Y},Z\n",
        "a 8 -1 SIP/a&SIP/b() 2\na 8 1 A() 4\na 8 2(lab) B() 5\na 8 4 D() 8\na 8 5 Foo(a(b)c) 9\n"
        "a 8 6 Bar() 10\na 8 7 Baz (x) 11\na 8 8 C() 6\na 8 9 Set(X=${Y},Z) 13\n");
    /* the count goes on from extension to extension, and starts anew with a section */
    check_plan("[a]\nexten => 1,1,A\nexten => 2,n,B\n[a]\nexten => 3,n,C\nsame => n,D\nexten => 3,7,E\n",
               "a 1 1 A() 2\na 2 2 B() 3\na 3 7 E() 7\n");
    check_plan("[a]\nexten => 1,0,A\nexten => 1,x,A\nexten => 1,2(l,A\nexten => 1,1x,A\nexten => 1, 2 ( m ) ,B\n",
               "a 1 1 A() 5\na 1 2( m ) B() 6\n");
}

static void test_names(void **state)
{
    (void)state;
    check_plan("[globals]\nA=1\nB=${A}2\n[a]\nexten => 1 2-3 4,1,A\nexten => ${B}5,1,B\nexten => 7/(12) 3-4.5.,1,C\n"
               "exten => _X[1 2] 3-4,1,D\nexten => _[2,3]X,1,E\nexten => _N,2,F\nexten => _n,1,G\n",
               "a 12-34 1 A() 5\na 125 1 B() 6\na 7/12345. 1 C() 7\na _[2,3]X 1 E() 9\na _n 1 G() 11\na _n 2 F() 10\n"
               "a _X[1 2]3-4 1 D() 8\n");
}

static void test_files(void **state)
{
    (void)state;
    check_plan("[a]\nexten => 1,1,A ;-- x\nstill; \\; --;exten => 2,1,B\nexten => 3,1,C(;-- x --;y) ; z\nexten => "
               "5,1,D(a\\;b)\n"
               ";-- one ;-- two --;\nexten => 7,1,E\n--;\nexten => 8,1,E\nexten => 9,1,E(--;f)\nexten => 10,1,E\n",
               "a 1 1 A() 2\na 2 1 B() 3\na 3 1 C(y) 4\na 5 1 D(a;b) 5\na 8 1 E() 9\na 9 1 E(--;f) 10\n");
    check_plan("[t](!)\nexten => t,1,X\nexten => t,n,Y\n[b](t)\nsame => n,Z\n[u](!,t)\nexten => v,1,X\n[f](u)\n[b](+)\n"
               "exten => w,n,W\n",
               "b t 1 X() 2\nb t 2 Y() 3\nb t 3 Z() 5\nb w 4 W() 10\nf t 1 X() 2\nf t 2 Y() 3\nf v 1 X() 7\n");
    check_plan("[a]\n\\exten => 15,1,E\nexten +=> 16,1,E\nexten += 17\nEXTEN=>18,1,F\nsamething => 2,G\n",
               "a 15 1 E> 16,1,E 17() 2\na 18 1 F() 5\na 18 2 G() 6\n");
}

static void test_diagnostics(void **state)
{
    static const struct {
        const char *text;
        enum vl_dialplan_code code;
        int line;
        bool broken;
    } cases[] = {
        { "[a]\nexten => 1,hint,x\nsame => n,A\n", VL_DIALPLAN_NEXT_AFTER_HINT, 3, false },
        { "[a]\nexten => 1,n,A\n", VL_DIALPLAN_NEXT_FIRST, 2, false },
        { "[a]\nexten => 1,s,A\n", VL_DIALPLAN_SAME_PRIORITY_FIRST, 2, false },
        { "[a]\nsame => n,A\n", VL_DIALPLAN_SAME_FIRST, 2, false },
        { "[a]\nexten => 1,1,A\nexten => 2,n,A\n", VL_DIALPLAN_NEXT_ACROSS, 3, false },
        { "[a]\nexten => 1,1,A\nexten => 1,1,B\n", VL_DIALPLAN_PRIORITY_TWICE, 3, false },
        { "[a]\nexten => 1,1(x),A\nsame => n(x),B\n", VL_DIALPLAN_LABEL_TWICE, 3, false },
        { "[a]\nexten => 1,x,A\n", VL_DIALPLAN_PRIORITY_UNKNOWN, 2, false },
        { "[a]\nexten => 1,0,A\n", VL_DIALPLAN_PRIORITY_SMALL, 2, false },
        { "[a]\nexten => 1,1(x,A\n", VL_DIALPLAN_LABEL_OPEN, 2, false },
        { "[a]\nexten => 1,1,A(b\n", VL_DIALPLAN_PARENTHESIS, 2, false },
        { "[a]\nexten => _.,1,A\n", VL_DIALPLAN_PATTERN_WIDE, 2, false },
        { "[a]\ninclude => b\n", VL_DIALPLAN_INCLUDE_UNKNOWN, 2, false },
        { "[a]\ninclude => a\ninclude => A\n", VL_DIALPLAN_INCLUDE_TWICE, 3, false },
        { "[a]\ninclude => a,25:00-26:00,*,*,*\n", VL_DIALPLAN_INCLUDE_TIME, 2, false },
        { "[a]\nfoo => b\n", VL_DIALPLAN_KEY_UNKNOWN, 2, false },
        { "[a]\nfoo\n", VL_DIALPLAN_LINE_BROKEN, 2, false },
        { "[a\n", VL_DIALPLAN_SECTION_BROKEN, 1, true },
        { "[a](b)\n", VL_DIALPLAN_SECTION_BASE, 1, true },
        { "[a](!)\n[a](+)\n", VL_DIALPLAN_SECTION_BASE, 2, true },
        { "exten => 1,1,A\n", VL_DIALPLAN_SECTION_NONE, 1, true },
        { "#include x.conf\n", VL_DIALPLAN_FILE_MISSING, 1, true },
        { "#tryinclude x.conf\n", VL_DIALPLAN_FILE_TRIED, 1, false },
        { "#exec /bin/ls\n", VL_DIALPLAN_EXEC, 1, false },
        { "[a]\n;-- x\n", VL_DIALPLAN_COMMENT_OPEN, 2, false },
        { "[a]\n--;\n", VL_DIALPLAN_COMMENT_CLOSED, 2, false },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_DIALPLAN_AUTO *plan = plan_of(cases[i].text);

        if (plan->diagnostic_count == 0)
            fail_msg("case %zu: %zu diagnostics", i, plan->diagnostic_count);
        assert_string_equal(vl_diagnostic_rule(plan->diagnostics[0].code), vl_diagnostic_rule(cases[i].code));
        assert_int_equal(plan->diagnostics[0].at.line, cases[i].line);
        assert_int_equal(plan->broken, cases[i].broken);
    }
}

/* The candidates of a search, as `context/name:fate ` words. */
static void check_search(const char *text, struct vl_query query, const char *wanted)
{
    VL_DIALPLAN_AUTO *plan = plan_of(text);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO got = VL_BUF_INIT;
    struct vl_search search;

    query.context = query.context ? query.context : "a";
    query.priority = query.priority ? query.priority : 1;
    assert_int_equal(vl_search(plan, &query, &arena, &search, &err), 0);
    for (size_t i = 0; i < search.candidate_count; i++)
        vl_buf_printf(&got, "%s/%s:%d ", search.candidates[i].extension->context->name,
                      search.candidates[i].extension->name, search.candidates[i].fate);
    assert_string_equal(vl_buf_text(&got), wanted);
}

static void test_search(void **state)
{
    static const char circle[] = "[a]\ninclude => b\ninclude => c\nexten => _X.,1,A\n[b]\ninclude => a\ninclude => c\n"
                                 "exten => 911,2,B\n[c]\ninclude => missing\nexten => 911,1,C\n";
    static const char timed[] = "[a]\ninclude => b,09:00-17:00,mon-fri,*,*\ninclude => c\n[b]\nexten => 1,1,B\n[c]\n"
                                "include => b\nexten => 1,1,C\n";
    static const char callers[] = "[a]\nexten => 1/,1,A\nexten => 1/100,1,B\nexten => 1/_2XX,1,C\nexten => 1,1,D\n";
    const struct vl_moment open = { 11, 23, 1, 17, 0, 0, NULL }, shut = { 11, 22, 0, 12, 0, 0, NULL };

    (void)state;
    /* a local pattern beats the exact number of an included context; the priority leaks */
    check_search(circle, (struct vl_query){ .number = "911" }, "a/_X.:0 b/911:1 c/911:1 ");
    check_search(circle, (struct vl_query){ .number = "911", .priority = 2 }, "a/_X.:3 b/911:0 c/911:1 ");
    check_search(timed, (struct vl_query){ .number = "1" }, "b/1:0 c/1:1 ");
    check_search(timed, (struct vl_query){ .number = "1", .moment = &open }, "b/1:0 c/1:1 ");
    /* shut by the first include, open by a later one */
    check_search(timed, (struct vl_query){ .number = "1", .moment = &shut }, "c/1:0 b/1:1 ");
    check_search(callers, (struct vl_query){ .number = "1" }, "a/1:0 a/1:2 a/1:2 a/1:1 ");
    check_search(callers, (struct vl_query){ .number = "1", .callerid = "100" }, "a/1:2 a/1:0 a/1:2 a/1:1 ");
    check_search(callers, (struct vl_query){ .number = "1", .callerid = "234" }, "a/1:2 a/1:2 a/1:0 a/1:1 ");
    check_search(callers, (struct vl_query){ .number = "1", .callerid = "300" }, "a/1:2 a/1:2 a/1:2 a/1:0 ");
}

/* One lookup does not scan the context. */
static void test_index_looks_at_little(void **state)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_DIALPLAN_AUTO *plan = NULL;
    VL_MATCHES_AUTO matches = { .count = 0 };

    (void)state;
    vl_buf_puts(&text, "[a]\n");
    for (int i = 10000; i < 20000; i++)
        vl_buf_printf(&text, "exten => _%d[2-8]X.,1,NoOp\nexten => %d,1,NoOp\n", i, i);
    plan = plan_of(vl_buf_text(&text));
    assert_int_equal(plan->contexts[0]->extension_count, 20000);
    vl_index_find(plan->contexts[0], "15000512", &matches);
    assert_int_equal(matches.count, 1);
    assert_string_equal(plan->contexts[0]->extensions[matches.ranks[0]]->name, "_15000[2-8]X.");
    assert_true(matches.looked < 100);
    vl_index_find(plan->contexts[0], "15000", &matches);
    assert_int_equal(matches.count, 1);
}

static void test_timing(void **state)
{
    static const struct {
        const char *text;
        struct vl_moment moment;
        bool holds;
    } cases[] = {
        { "09:00-17:00,mon-fri,*,*", { 1, 1, 1, 17, 0, 0, NULL }, true },
        { "09:00-17:00,mon-fri,*,*", { 1, 1, 1, 17, 1, 0, NULL }, false },
        { "09:00-17:00,mon-fri,*,*", { 1, 1, 0, 12, 0, 0, NULL }, false },
        { "22:00-06:00,*,*,*", { 1, 1, 0, 3, 0, 0, NULL }, true },
        { "22:00-06:00,*,*,*", { 1, 1, 0, 12, 0, 0, NULL }, false },
        { "*,fri-mon,*,*", { 1, 1, 0, 12, 0, 0, NULL }, true },
        { "*,fri-mon,*,*", { 1, 1, 3, 12, 0, 0, NULL }, false },
        { "*,*,24-26,dec", { 12, 25, 3, 12, 0, 0, NULL }, true },
        { "*,*,24-26,dec", { 11, 25, 3, 12, 0, 0, NULL }, false },
        { "12:30&13:00-13:10,*,*,*", { 1, 1, 3, 12, 30, 0, NULL }, true },
        { "12:30&13:00-13:10,*,*,*", { 1, 1, 3, 12, 31, 0, NULL }, false },
        { "*,2,*,1", { 1, 1, 1, 0, 0, 0, NULL }, true },
    };
    struct vl_moment moment = { 1, 1, 1, 1, 1, 0, NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        const char *wrong;
        const struct vl_timing *timing = vl_timing_read(&arena, cases[i].text, &wrong);

        assert_null(wrong);
        if (vl_timing_holds(timing, &cases[i].moment) != cases[i].holds)
            fail_msg("'%s', case %zu", cases[i].text, i);
    }
    assert_true(vl_moment_read("2026-11-23 09:30", &moment));
    assert_int_equal(moment.weekday, 1);
    assert_int_equal(moment.minute, 30);
    assert_true(vl_moment_read("sun 10:00", &moment));
    assert_int_equal(moment.weekday, 0);
    assert_false(vl_moment_read("25:00", &moment));
    assert_false(vl_moment_read("noon", &moment));
    assert_true(vl_moment_read("2024-02-29 10:00", &moment));
    assert_true(vl_moment_read("2000-02-29 10:00", &moment));
    assert_true(vl_moment_read("2026-12-31T10:00", &moment));
    assert_false(vl_moment_read("2024-02-30 10:00", &moment));
    assert_false(vl_moment_read("2026-02-29 10:00", &moment));
    assert_false(vl_moment_read("1900-02-29 10:00", &moment));
    assert_false(vl_moment_read("2026-04-31 10:00", &moment));
}

static void check_rule(const char *rule, int64_t when, int wanted)
{
    int seconds = 1;

    if (!vl_zone_rule_offset(rule, when, &seconds) || seconds != wanted)
        fail_msg("'%s' at %lld is %d, not %d", rule, (long long)when, seconds, wanted);
}

/* The zone of this machine stands still here. */
static void test_zones(void **state)
{
    static const char *const wrong[] = { "", "UT", "Nowhere/City", "<-05", "CET-1CEST", "CET-1CEST,M13.1.0,M10.5.0" };
    static const unsigned char file[44] = "TZif2";
    struct vl_moment here = { .year = 2026, .month = 12, .day = 31, .weekday = 4, .hour = 21, .minute = 45 }, there;
    int seconds;

    (void)state;
    check_rule("<-05>5", 1700000000, -5 * 3600);
    check_rule("<+0545>-5:45", 1700000000, 20700);
    check_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1774745999, 3600); /* 2026-03-29 00:59:59 UTC */
    check_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1774746000, 7200);
    check_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1792889999, 7200); /* 2026-10-25 00:59:59 UTC */
    check_rule("CET-1CEST,M3.5.0,M10.5.0/3", 1792890000, 3600);
    check_rule("AEST-10AEDT,M10.1.0,M4.1.0/3", 1767225600, 11 * 3600); /* January, south */
    check_rule("AEST-10AEDT,J274,90/3", 1782864000, 10 * 3600);        /* July */
    for (size_t i = 0; i < VL_COUNT(wrong); i++)
        assert_false(vl_zone_rule_offset(wrong[i], 1700000000, &seconds));
    assert_false(vl_zone_file_offset(file, sizeof(file), 0, &seconds));
    assert_false(vl_zone_file_offset(file, 10, 0, &seconds));
    assert_false(vl_zone_moment(&here, "/etc/passwd", &there));
    assert_false(vl_zone_moment(&here, "../../../etc/localtime", &there));
    if (access("/usr/share/zoneinfo/Asia/Kolkata", R_OK) < 0)
        return;
    assert_int_equal(setenv("TZ", "America/Guayaquil", 1), 0);
    assert_true(vl_zone_moment(&here, "Asia/Kolkata", &there));
    assert_int_equal(there.year * 10000 + there.month * 100 + there.day, 20270101);
    assert_int_equal(there.weekday, 5);
    assert_int_equal(there.hour * 60 + there.minute, 8 * 60 + 15);
    assert_true(vl_zone_moment(&here, "Nowhere/City", &there));
    assert_int_equal(there.hour * 60 + there.minute, 2 * 60 + 45);
    assert_int_equal(unsetenv("TZ"), 0);
}

static void check_way(const char *text, const char *number, const char *wanted)
{
    VL_DIALPLAN_AUTO *plan = plan_of(text);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_query query = { .number = number, .context = "a", .priority = 1 };
    struct vl_show show;

    assert_int_equal(vl_show(plan, &query, NULL, &arena, &show, &err), 0);
    assert_string_equal(show.way, wanted);
}

static void test_show(void **state)
{
    (void)state;
    check_way(
        "[globals]\nL1=DAHDI/3\nL2=DAHDI/4\n[macro-pool]\nexten => s,1,Dial(${L1}/${ARG1})\nsame => "
        "n,Dial(${L2}/${ARG1})\n"
        "[a]\ninclude => cell\n[cell]\nexten => _0[89]XXXXXXXX,1,Authenticate(1234)\nsame => n,Macro(pool,${EXTEN})\n",
        "0991234567", "0991234567 → a → cell → _0[89]XXXXXXXX → PIN → DAHDI/3/0991234567, then DAHDI/4/0991234567");
    check_way("[a]\nexten => _9X.,1,Gosub(out,s,1(${EXTEN:1},${EXTEN:-2}))\nsame => n,Dial(SIP/after)\n"
              "[out]\nexten => s,1,GotoIf($[\"${ARG2}\" = \"34\"]?yes)\nsame => n,Dial(SIP/no)\nsame => "
              "n(yes),Dial(SIP/${ARG1})\n"
              "same => n,Return()\n",
              "91234", "91234 → a → _9X. → SIP/1234, then SIP/after");
    check_way("[a]\nexten => 1,1,Goto(2,1)\nexten => 2,1,Goto(1,1)\n", "1", "1 → a → 1");
    check_way("[a]\nexten => 8,1,Answer()\nsame => n,VoiceMailMain()\n", "8", "8 → a → 8 → VoiceMailMain");
    check_way("[a]\n", "8", "8 → a → nothing");
}

static void check_tree(const char *lines, const char *number, const char *wanted)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    char *text = vl_arena_printf(&arena,
                                 "[general]\nextenpatternmatchnew=yes\n[a]\n%sinclude => b\n[b]\n"
                                 "exten => _.,1,NoOp(b)\n",
                                 lines);

    check_way(text, number, vl_arena_printf(&arena, "%s → a → %s", number, wanted));
}

/* The other search that Asterisk has. Right is what test/e2e/dialplan_steps.sh sees. */
static void test_tree(void **state)
{
    (void)state;
    check_tree("exten => s,1,NoOp\nexten => _s-!,1,NoOp\n", "s", "_s-!");
    check_tree("exten => _s-!,1,NoOp\nexten => s,1,NoOp\n", "s", "s");
    check_tree("exten => _s!,1,NoOp\nexten => _sX,1,NoOp\n", "s", "b → _.");
    check_tree("exten => _[13],1,NoOp\nexten => _[12],1,NoOp\n", "1", "_[12]");
    check_tree("exten => _[12],1,NoOp\nexten => _[13],1,NoOp\n", "1", "_[13]");
    check_tree("exten => _[N],1,NoOp\n", "5", "_[N]");
    check_tree("exten => _NX,1,NoOp\nexten => _2X,2,NoOp\n", "25", "b → _.");
    check_tree("exten => 5/,1,NoOp\n", "5", "5");
    check_tree("exten => _X/,1,NoOp\n", "5", "b → _.");
    check_tree("exten => _1[2-4]X.,1,NoOp\nexten => _1XX.,1,NoOp\n", "1-2345", "_1[2-4]X.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_same_patterns),
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_index_looks_at_little),
        cmocka_unit_test(test_timing),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_show),
        cmocka_unit_test(test_tree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
