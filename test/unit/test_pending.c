/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reloads that are owed: what is noted is owed, and nothing else.
 */
#include "support.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/delete.h"
#include "base/file.h"
#include "plan/pending.h"
#include "plan/reload.h"

static char directory[] = "/tmp/voiplab-pending-XXXXXX";

static int make_own(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_own(void **state)
{
    (void)state;
    return rmdir(directory);
}

/* Each alone, all together: one word is the beginning of another. */
static void test_owed(void **state)
{
    struct vl_session session = { .state = { .directory = directory } };

    (void)state;
    for (unsigned wanted = 0; wanted < 1U << VL_RELOAD_COUNT; wanted += 2) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_PLAN_AUTO plan = { .count = 0 };
        VL_FREE char *note = NULL;

        vl_reload_decide(&plan, "pbx", &(struct vl_fileset){ .count = 0 }, NULL, wanted,
                         &(struct vl_loaded){ .known = false }, false);
        note = vl_pending_note(&session, &plan, &err);
        assert_int_equal(err.code, VL_OK);
        assert_int_equal(note != NULL, wanted != 0);
        assert_int_equal(vl_pending(&session, "pbx"), wanted);
        if (note)
            assert_int_equal(vl_file_remove(note, &err), 0);
        assert_int_equal(vl_pending(&session, "pbx"), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_owed) };

    return cmocka_run_group_tests(tests, make_own, remove_own);
}
