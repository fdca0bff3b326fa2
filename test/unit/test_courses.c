/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The course of calls through whole plans: each of data/courses has beside it the steps that its numbers take, which
 * e2e/dialplan_steps holds against Asterisk. UPDATE_GOLDEN=1 writes them anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "trace/show.h"

static void add_course(struct vl_buf *out, const struct vl_dialplan *plan, const struct vl_extension *extension)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_query query = { .number = extension->name, .context = extension->context->name, .priority = 1 };
    struct vl_show show;

    assert_int_equal(vl_show(plan, &query, NULL, &arena, &show, &err), 0);
    vl_buf_printf(out, "%s@%s\n", query.number, query.context);
    for (size_t i = 0; i < show.step_count; i++)
        vl_buf_printf(out, "  %d %s(%s)\n", show.steps[i].priority->number, show.steps[i].priority->application,
                      show.steps[i].arguments);
    vl_buf_printf(out, "  %s\n", show.end);
    for (size_t i = 0; i < show.assumed_count; i++)
        vl_buf_printf(out, "  ? %s\n", show.assumed[i]);
}

/* Every number of the plan that a call can begin with. */
static void add_courses(struct vl_buf *out, const struct vl_dialplan *plan)
{
    for (size_t i = 0; i < plan->context_count; i++)
        for (size_t j = 0; j < plan->contexts[i]->extension_count; j++) {
            const struct vl_extension *extension = plan->contexts[i]->extensions[j];

            if (*extension->name != '_' && vl_extension_priority(extension, 1))
                add_course(out, plan, extension);
        }
}

static void check_plan(const char *path)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO out = VL_BUF_INIT;
    struct vl_conf_reader reader = vl_conf_files(".");
    VL_DIALPLAN_AUTO *plan = vl_dialplan_load(path, &reader, &err);
    const char *steps = vl_arena_printf(&arena, "%.*ssteps", (int)(strrchr(path, '.') + 1 - path), path);
    VL_FREE char *wanted = NULL;

    assert_non_null(plan);
    add_courses(&out, plan);
    if (getenv("UPDATE_GOLDEN")) {
        VL_FCLOSE FILE *file = fopen(steps, "we");

        assert_non_null(file);
        assert_true(fputs(vl_buf_text(&out), file) >= 0);
        return;
    }
    assert_int_equal(vl_file_read(steps, 1 << 20, &wanted, NULL, &err), 0);
    if (strcmp(wanted, vl_buf_text(&out)) != 0)
        fail_msg("%s is foretold otherwise:\n%s", path, vl_buf_text(&out));
}

static void test_plans(void **state)
{
    glob_t found;

    (void)state;
    assert_int_equal(glob(SOURCE_DIRECTORY "/test/unit/data/courses/*.conf", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 10);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_plan(found.gl_pathv[i]);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_plans) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
