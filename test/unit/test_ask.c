/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the programs of a network's owner say of files, with a program in their place that says the same: another file
 * that is read together with a new one. And that every question of the back ends' rows can be put.
 */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "network/ask.h"
#include "network/backend.h"

static void program(struct vl_arena *arena, const char *directory, const char *name, const char *script)
{
    char *path = vl_arena_printf(arena, "%s/%s", directory, name);

    write_whole(path, vl_arena_printf(arena, "#!/bin/sh\n%s\n", script));
    assert_int_equal(chmod(path, 0755), 0);
}

static void test_config(void **state)
{
    static const char *const files[] = { "/etc/systemd/network/60-voiplab-br0.network",
                                         "/etc/systemd/network/10-netplan-br0.network.d/60-voiplab.conf",
                                         "/etc/sysctl.d/60-voiplab.conf" };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    char directory[] = "/tmp/voiplab-ask.XXXXXX";
    const char *path = vl_arena_strdup(&arena, getenv("PATH")), *const * lines;

    (void)state;
    assert_non_null(mkdtemp(directory));
    assert_int_equal(setenv("PATH", vl_arena_printf(&arena, "%s:%s", directory, path), 1), 0);
    program(&arena, directory, "systemd-analyze",
            "[ \"$2\" = cat-config ] || exit 1\n"
            "case $3 in\n"
            "systemd/network/60-voiplab-br0.network)\n"
            "    printf '# /etc/%s\\n[Match]\\nName=br0\\n\\n# /etc/%s.d/other.conf\\n[Match]\\n' \"$3\" \"$3\" ;;\n"
            "systemd/network/10-netplan-br0.network)\n"
            "    printf '# /run/%s\\n# a comment\\n# /etc/%s.d/60-voiplab.conf\\n' \"$3\" \"$3\" ;;\n"
            "*) exit 1 ;;\n"
            "esac");
    assert_int_equal(vl_ask_owner(&arena, files, 3, &lines), 0);
    assert_string_equal(lines[0], "systemd-analyze reads /etc/systemd/network/60-voiplab-br0.network.d/other.conf with "
                                  "/etc/systemd/network/60-voiplab-br0.network");
    assert_null(lines[1]);
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_int_equal(unlink(vl_arena_printf(&arena, "%s/systemd-analyze", directory)), 0);
    assert_int_equal(rmdir(directory), 0);
}

static void test_rows(void **state)
{
    (void)state;
    for (int i = VL_BACKEND_AUTO + 1; i < VL_BACKEND_COUNT; i++) {
        const struct vl_backend *row = vl_backend((enum vl_bridge_backend)i);
        const struct vl_backend_question *question = &row->rehearsal.of_files;

        assert_int_equal(!question->files, !question->argv[0]);
        if (question->files) /* what it writes itself */
            assert_true(vl_text_starts(question->files, row->directory));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
