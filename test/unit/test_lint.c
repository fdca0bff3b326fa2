/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The linter from inside: its tables fit the loader's, versions compare, comments leave findings out, a fix that would
 * change more than it should is not made, and running out of memory is an error.
 */
#include "support.h"

#include <time.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "lint/lint.h"

static int read_plan(void *context, const char *path, struct vl_arena *arena, const char **ret_text,
                     struct vl_error *err)
{
    if (strcmp(path, "plan.conf") != 0)
        return vl_fail(err, VL_ERROR_NOTFOUND, "'%s' is not there", path);
    *ret_text = vl_arena_strdup(arena, context);
    return arena->failed ? vl_fail(err, VL_ERROR_MEMORY, "out of memory") : 0;
}

static void every_diagnostic_has_a_rule(void **state)
{
    static const enum vl_severity least[] = {
        [VL_CONF_LEVEL_NOTICE] = VL_SEVERITY_NOTICE,
        [VL_CONF_LEVEL_SILENT] = VL_SEVERITY_WARNING,
        [VL_CONF_LEVEL_WARNING] = VL_SEVERITY_WARNING,
        [VL_CONF_LEVEL_ERROR] = VL_SEVERITY_WARNING,
    };

    (void)state;
    for (int code = 0; code < VL_DIALPLAN_CODE_COUNT; code++) {
        const char *name = vl_diagnostic_rule((enum vl_dialplan_code)code);
        const struct vl_lint_rule *rule = vl_lint_rule(name);

        if (!rule)
            fail_msg("the loader's '%s' has no rule", name);
        assert_true(rule->severity >= least[vl_diagnostic_level((enum vl_dialplan_code)code)]);
    }
}

static void rules_are_named_once(void **state)
{
    (void)state;
    for (const struct vl_lint_rule *rule = vl_lint_rules; rule->name; rule++) {
        assert_ptr_equal(vl_lint_rule(rule->name), rule);
        assert_non_null(rule->check);
        assert_true(strlen(rule->summary) > 10);
        assert_int_equal(strspn(rule->name, "abcdefghijklmnopqrstuvwxyz-1"), strlen(rule->name));
    }
    assert_null(vl_lint_rule("no-such-rule"));
}

static void versions_compare(void **state)
{
    static const struct {
        const char *text;
        int version;
    } cases[] = { { "1.2", 102 }, { "1.8", 108 },     { "1.6.2.13", 106 }, { "10", 1000 },
                  { "16", 1600 }, { "22.1.0", 2200 }, { "newest", 0 },     { "1", 0 },
                  { "", 0 },      { "9", 0 },         { "16.x", 0 } };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++)
        assert_int_equal(vl_lint_version(cases[i].text), cases[i].version);
    assert_string_equal(vl_lint_version_name(&arena, 108), "1.8");
    assert_string_equal(vl_lint_version_name(&arena, 1600), "16");
}

/* Lint a text; what is found goes to `found`, what --fix makes of it to `fixed` when that is not NULL. */
static void lint(const char *text, struct vl_lint_result *found, struct vl_buf *fixed)
{
    char *copy = strdup(text);
    struct vl_conf_reader reader = { .read = read_plan, .context = copy };
    struct vl_lint_options options = { .reader = &reader };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_DIALPLAN_AUTO *plan = vl_dialplan_load("plan.conf", &reader, &err);
    size_t count = 0;

    assert_non_null(plan);
    options.plan = plan;
    assert_int_equal(vl_lint_run(&options, found, &err), 0);
    if (fixed)
        assert_int_equal(vl_lint_fix(&options, found, "plan.conf", fixed, &count, &err), 0);
    free(copy);
}

static void expect_fix(const char *before, const char *after)
{
    VL_LINT_RESULT_AUTO found = { .count = 0 };
    VL_BUF_AUTO fixed = VL_BUF_INIT;

    lint(before, &found, &fixed);
    assert_string_equal(vl_buf_text(&fixed), after);
}

static void fixes_change_what_they_are_about(void **state)
{
    (void)state;
    expect_fix("[a]\nexten => 1,hint,DAHDI/1\nexten => 1,n,NoOp()\n",
               "[a]\nexten => 1,hint,DAHDI/1\nexten => 1,1,NoOp()\n");
    expect_fix("[a]\nexten => 1,1,NoOp()\nexten => 2,n,NoOp()\nsame => n,Hangup()\n",
               "[a]\nexten => 1,1,NoOp()\nexten => 2,1,NoOp()\nsame => n,Hangup()\n");
    /* without a line feed at the end, and two lines that go */
    expect_fix("[a]\nexten => 1,1,Hangup()\nexten => 1,1,NoOp()\nignorepat => 9\nignorepat => 9",
               "[a]\nexten => 1,1,Hangup()\nignorepat => 9\n");
    /* carriage returns stay */
    expect_fix("[a]\r\nexten => 1,1,SetVar(A=1)\r\n", "[a]\r\nexten => 1,1,Set(A=1)\r\n");
}

static void fixes_that_would_change_more_are_not_made(void **state)
{
    static const char text[] = "[a]\nexten => 1,1,Dial(DAHDI/1)\nexten => 1,n,Hangup()\nexten => 1,n+101,Busy()\n"
                               "exten => 2,n,NoOp()\nexten => 2,1,NoOp()\n";
    VL_LINT_RESULT_AUTO found = { .count = 0 };
    bool offered = false;

    (void)state;
    lint(text, &found, NULL);
    for (size_t i = 0; i < found.count; i++)
        offered |= !strcmp(found.findings[i].rule->name, "priority-jump") && found.findings[i].fix;
    assert_true(offered);
    /* without the third line the fourth one would count on from another number */
    expect_fix(text, text);
}

/* A line that is dropped is wanted all the same when something jumps to its label. */
static void fixes_keep_what_is_jumped_to(void **state)
{
    static const char *const kept[] = {
        "[a]\nexten => 3,1,NoOp(x)\nexten => 3,1(lab),NoOp(y)\nexten => 3,n,Goto(lab)\n",
        "[a]\nexten => 3,1,NoOp(x)\nsame => 1(lab),NoOp(y)\nexten => 4,1,GotoIf($[${X}]?a,3,lab)\n",
        "[a]\nexten => _[1,2]X,1,NoOp(x)\nexten => _[1,2]X,1(lab),NoOp(y)\nexten => 4,1,Goto(${WHERE})\n",
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(kept); i++)
        expect_fix(kept[i], kept[i]);
    /* a label that nothing jumps to, and brackets that are no label */
    expect_fix("[a]\nexten => 3,1,Goto(lab)\nexten => 3,1(other),NoOp(y)\nexten => 3,1,Goto(lab)\n",
               "[a]\nexten => 3,1,Goto(lab)\n");
}

static bool after_some(void *context)
{
    long *left = context;

    return --*left < 0;
}

/* A run that is cancelled ends as a failure, wherever it is, and soon. */
static void cancelled_is_an_error(void **state)
{
    static char text[] = "[a]\ninclude => b\nexten => 911,1,Dial(DAHDI/1/911)\nexten => _X.,1,Goto(b,5,1)\n"
                         "exten => _X.,2,Hangup()\n[b]\ninclude => a\nexten => _5,1,Hangup()\n";
    struct vl_conf_reader reader = { .read = read_plan, .context = text };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_DIALPLAN_AUTO *plan = vl_dialplan_load("plan.conf", &reader, &err);
    int rc = -1;

    (void)state;
    assert_non_null(plan);
    for (long asked = 0; rc < 0; asked++) {
        VL_LINT_RESULT_AUTO found = { .count = 0 };
        VL_ERROR_AUTO failure = { .code = VL_OK };
        long left = asked;
        struct vl_lint_options options = {
            .plan = plan, .reader = &reader, .cancelled = after_some, .cancelled_context = &left
        };

        rc = vl_lint_run(&options, &found, &failure);
        assert_true(asked < 10000);
        if (rc < 0)
            assert_int_equal(failure.code, VL_ERROR_FAILED);
        else
            assert_true(asked > 20 && found.count > 0); /* it is asked within rules, not only between them */
        if (rc < 0)
            assert_int_equal(left, -1); /* nothing goes on behind it */
    }
}

/* Contexts that all include each other: walked once, and each search stays inside of what the walk found. */
static void circles_are_walked_once(void **state)
{
    enum { CONTEXTS = 300 };
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_LINT_RESULT_AUTO found = { .count = 0 };
    clock_t start = clock();

    (void)state;
    for (int i = 0; i < CONTEXTS; i++) {
        vl_buf_printf(&text, "[c%d]\nexten => _09%03dXXXXX,1,Dial(DAHDI/1/${EXTEN})\n", i, i);
        vl_buf_printf(&text, "exten => %d,1,Goto(c%d,%d,1)\n", 1000 + i, (i + 7) % CONTEXTS, 1000 + (i + 8) % CONTEXTS);
        for (int j = 0; j < CONTEXTS; j++)
            if (j != i)
                vl_buf_printf(&text, "include => c%d\n", j);
    }
    lint(vl_buf_text(&text), &found, NULL);
    for (size_t i = 0; i < found.count; i++)
        assert_string_not_equal(found.findings[i].rule->name, "goto-nowhere");
    /* two searches of each context took minutes where each looked at all includes of all contexts */
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 30);
}

static void no_memory_is_an_error(void **state)
{
    static char text[] = "[a]\ninclude => b\nexten => 911,1,Dial(DAHDI/1/911)\nexten => _X.,1,Gosub(c,s,1(${EXTEN}))\n"
                         "exten => _X.,2,Hangup()\n[b]\nexten => 911,1,Hangup()\n[c]\nexten => s,1,Dial(SIP/${ARG1})\n";
    struct vl_conf_reader reader = { .read = read_plan, .context = text };
    struct vl_lint_options options = { .reader = &reader };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_DIALPLAN_AUTO *plan = vl_dialplan_load("plan.conf", &reader, &err);
    bool done = false;

    (void)state;
    assert_non_null(plan);
    options.plan = plan;
    for (long n = 0; !done && n < 5000; n++) {
        VL_LINT_RESULT_AUTO found = { .count = 0 };
        VL_ERROR_AUTO failure = { .code = VL_OK };
        int rc;

        vl_memory_fail_after(n);
        rc = vl_lint_run(&options, &found, &failure);
        vl_memory_fail_after(-1);
        done = rc == 0;
        if (rc < 0)
            assert_int_equal(failure.code, VL_ERROR_MEMORY);
        else
            assert_true(found.count >= 3);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_diagnostic_has_a_rule),
        cmocka_unit_test(rules_are_named_once),
        cmocka_unit_test(versions_compare),
        cmocka_unit_test(fixes_change_what_they_are_about),
        cmocka_unit_test(fixes_that_would_change_more_are_not_made),
        cmocka_unit_test(fixes_keep_what_is_jumped_to),
        cmocka_unit_test(cancelled_is_an_error),
        cmocka_unit_test(circles_are_walked_once),
        cmocka_unit_test(no_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
