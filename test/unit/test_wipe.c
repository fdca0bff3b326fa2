/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the machine says in which a disk is made clean. */
#include "support.h"

#include "plan/wipe.h"

static void refuses(const char *console, const char *words)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    assert_int_equal(vl_wipe_judge(console, &err), -1);
    assert_non_null(strstr(vl_error_text(&err), words));
}

static void test_judge(void **unused)
{
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)unused;
    assert_int_equal(vl_wipe_judge("capture: identity\r\ncapture: done\r\n[  2.1] reboot: Power down\r\n", &err), 0);
    refuses("capture: identity\r\ncapture: failed: no \x1b[2J file system\r\n", "clean, and is gone: ");
    refuses("capture: identity\r\n", "identity");
    refuses("capture: done and gone\r\n", "done and gone");
    refuses("Kernel panic\r\n", "has said nothing: ");
    refuses("", "has said nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
