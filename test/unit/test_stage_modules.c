/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules: what their files say, and the plan for a host that runs, of which nothing is carried out here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after the four that cmocka needs */
#include <cmocka.h>

#include "base/cleanup.h"
#include "plan/print.h"
#include "render/modules.h"
#include "stage/stage.h"

static void test_files(void **state)
{
    static const struct {
        enum vl_modules_style style;
        const char *path, *text;
        unsigned mode;
    } cases[] = {
        { VL_MODULES_LOAD_D, "/etc/modules-load.d/voiplab.conf",
          "# Written by voiplab check-cpu --fix.\nkvm_intel\ntun\n", 0644 },
        { VL_MODULES_SYSCONFIG, "/etc/sysconfig/modules/voiplab.modules",
          "#!/bin/sh\n# Written by voiplab check-cpu --fix.\n/sbin/modprobe kvm_intel >/dev/null 2>&1\n"
          "/sbin/modprobe tun >/dev/null 2>&1\n",
          0755 },
    };
    static const char *const names[] = { "kvm_intel", "tun", NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        VL_ARENA_AUTO arena = { .failed = false };
        struct vl_fileset set = { .count = 0 };
        const char *const *listed;

        vl_render_modules(&arena, cases[i].style, names, &set);
        assert_int_equal(set.count, 1);
        assert_string_equal(set.files[0].path, cases[i].path);
        assert_string_equal(set.files[0].path, vl_modules_path(cases[i].style));
        assert_string_equal(set.files[0].text, cases[i].text);
        assert_int_equal(set.files[0].mode, cases[i].mode);
        listed = vl_modules_listed(&arena, cases[i].style, set.files[0].text);
        assert_string_equal(listed[0], "kvm_intel");
        assert_string_equal(listed[1], "tun");
        assert_null(listed[2]);
    }
}

/* Lines that are no plain name are nobody's module, least of all in a script that root runs. */
static void test_odd_lines(void **state)
{
    VL_ARENA_AUTO arena = { .failed = false };
    const char *const *listed;

    (void)state;
    listed = vl_modules_listed(&arena, VL_MODULES_SYSCONFIG,
                               "/sbin/modprobe tun; reboot >/dev/null 2>&1\n/sbin/modprobe $(x) >/dev/null 2>&1\n"
                               "modprobe tun\n\n/sbin/modprobe bridge >/dev/null 2>&1");
    assert_string_equal(listed[0], "bridge");
    assert_null(listed[1]);
    assert_null(vl_modules_listed(&arena, VL_MODULES_LOAD_D, "")[0]);
    assert_null(vl_modules_listed(&arena, VL_MODULES_LOAD_D, "# tun\n; tun\n\n")[0]);
}

static void test_plan(void **state)
{
    static const char *const missing[] = { "kvm_amd", "vhost_net", NULL };
    static const char *const none[] = { NULL };
    struct vl_session session = { .options = { .root = "/" } };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_BUF_AUTO text = VL_BUF_INIT;

    (void)state;
    assert_int_equal(vl_stage_modules(&session, none, &plan, &err), 0);
    assert_int_equal(plan.count, 0);
    assert_int_equal(vl_stage_modules(&session, missing, &plan, &err), 0);
    assert_true(plan.count >= 3);
    vl_plan_print(&session, &plan, false, &text);
    assert_non_null(strstr(vl_buf_text(&text), "this host: run modprobe kvm_amd\n    modprobe -- kvm_amd\n"));
    assert_non_null(strstr(vl_buf_text(&text), "this host: run modprobe vhost_net\n    modprobe -- vhost_net\n"));
    /* the file comes last: what does not load is not written down */
    assert_int_equal(plan.steps[plan.count - 1].kind, VL_STEP_FILE);
    assert_non_null(strstr(plan.steps[plan.count - 1].after, "kvm_amd"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_odd_lines),
        cmocka_unit_test(test_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
