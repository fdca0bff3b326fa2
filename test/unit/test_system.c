/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of operating systems: which are known, and what is said of the others. */
#include "support.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "lab/system.h"

static void test_known(void **state)
{
    static const char *const known[] = { "debian11",    "debian5",   "rhel5.4",   "rhel10",   "centos5.5",
                                         "elastix2.5",  "issabel4",  "freepbx16", "fedora40", "rocky9",
                                         "ubuntu22.04", "centos7.0", "almalinux9" };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(known); i++)
        if (vl_system_complaint(&arena, known[i]))
            fail_msg("%s", vl_system_complaint(&arena, known[i]));
    assert_null(vl_system_complaint(&arena, NULL));
}

static void test_unknown(void **state)
{
    static const struct {
        const char *os, *says;
    } unknown[] = {
        { "debain11", "'debain11' that is known; did you mean 'debian11'?" },
        { "rhel54", "did you mean 'rhel5.4'?" },
        { "centos55", "did you mean 'centos5.5'?" },
        { "rhle54", "did you mean 'rhel5.4'?" },
        { "debian", "so it gets virtio devices; known are" },
        { "foo", "almalinux, centos, debian" },
        { "rhel5400", "did you mean 'rhel5.400'?" },
        { "11", "known are" },
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(unknown); i++) {
        const char *complaint = vl_system_complaint(&arena, unknown[i].os);

        if (!complaint || !strstr(complaint, unknown[i].says))
            fail_msg("%s: %s", unknown[i].os, complaint ? complaint : "nothing");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_known), cmocka_unit_test(test_unknown) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
