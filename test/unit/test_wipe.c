/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a disk is made clean with: the first stage with another init, as cpio(1) reads it; and what its machine says. */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/process.h"
#include "plan/wipe.h"

static void test_stage(void **unused)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO archive = VL_BUF_INIT;
    VL_FREE char *printed = NULL;
    char path[] = "/tmp/voiplab-test-stage.XXXXXX", *command;
    int descriptor = mkstemp(path);

    (void)unused;
    assert_true(descriptor >= 0);
    vl_wipe_add_init(&archive, "#!/bin/sh\nfirst\n");
    vl_wipe_add_init(&archive, "#!/bin/sh\nthe one\n"); /* the kernel takes the last of a name */
    assert_false(archive.failed);
    assert_int_equal(write(descriptor, archive.data, archive.length), archive.length);
    (void)close(descriptor);
    assert_true(asprintf(&command, "cpio -i --quiet --to-stdout init <%s", path) > 0);
    assert_int_equal(vl_process_check((const char *const[]){ "sh", "-c", command, NULL }, NULL, &printed, &err), 0);
    assert_string_equal(printed, "#!/bin/sh\nfirst\n"); /* and cpio the first archive only */
    free(command);
    (void)unlink(path);
    assert_int_equal(archive.length % 4, 0);
}

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
        cmocka_unit_test(test_stage),
        cmocka_unit_test(test_judge),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
