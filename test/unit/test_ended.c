/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a guest came to be off, by what libvirt says and by what it has written down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "guest/hypervisor_part.h"

#define BEGINS(time) "2026-11-30 23:" time "+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.22\n"
#define QEMU                                                                                                           \
    "LC_ALL=C \\\nPATH=/usr/bin \\\n/usr/bin/qemu-system-x86_64 \\\n-name guest=tree-uno\n"                            \
    "char device redirected to /dev/pts/0 (label charserial0)\n"
#define ENDS(time, reason) "2026-11-30 23:" time "+0000: shutting down, reason=" reason "\n"

static void test_log(void **state)
{
    static const struct {
        const char *log;
        enum vl_domain_end end;
    } cases[] = {
        { "", VL_END_UNKNOWN },
        { "\n\n", VL_END_UNKNOWN },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "shutdown"), VL_END_BY_ITSELF },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "destroyed"), VL_END_CUT_OFF },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "crashed"), VL_END_CUT_OFF },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "saved"), VL_END_UNKNOWN },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "unknown"), VL_END_UNKNOWN },
        /* a libvirt that says no reason */
        { BEGINS("49:04.773") "2026-11-30 23:49:05.477+0000: shutting down\n", VL_END_UNKNOWN },
        /* its host broke down */
        { BEGINS("49:04.773") QEMU, VL_END_CUT_OFF },
        /* the last run counts */
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "shutdown") BEGINS("50:00.000")
              QEMU ENDS("50:09.000", "destroyed"),
          VL_END_CUT_OFF },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "destroyed") BEGINS("50:00.000")
              QEMU ENDS("50:09.000", "shutdown"),
          VL_END_BY_ITSELF },
        /* one that came to nothing does not */
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "shutdown") BEGINS("50:00.000") ENDS("50:00.009", "failed"),
          VL_END_BY_ITSELF },
        { BEGINS("49:04.773") QEMU ENDS("49:05.477", "destroyed") BEGINS("50:00.000") ENDS("50:00.009", "failed"),
          VL_END_CUT_OFF },
        /* the file began anew in between */
        { QEMU ENDS("49:05.477", "shutdown"), VL_END_BY_ITSELF },
        { "00:00.000+0000: starting up\nshutting down, reason=destroyed\n", VL_END_UNKNOWN },
        /* what is no line of libvirt's */
        { BEGINS("49:04.773")
              ENDS("49:05.477", "destroyed") "2026-11-30T23:49:05.478Z qemu: shutting down, reason=shutdown\n"
                                             "shutting down, reason=shutdown\n",
          VL_END_CUT_OFF },
        { BEGINS("49:04.773") ENDS("49:05.477", "shutdownish"), VL_END_UNKNOWN },
        { BEGINS("49:04.773") "2026-11-30 23:49:05.477+0000: shutting down, reason=shutdown", VL_END_BY_ITSELF },
    };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++)
        if (vl_hypervisor_end_in_log(cases[i].log) != cases[i].end)
            fail_msg("%zu: %d, of '%s'", i, vl_hypervisor_end_in_log(cases[i].log), cases[i].log);
}

/* A start that failed, and all that is no end of a run, prove nothing. */
static void test_reasons(void **state)
{
    (void)state;
    assert_int_equal(vl_hypervisor_end_of(VIR_DOMAIN_SHUTOFF_SHUTDOWN), VL_END_BY_ITSELF);
    assert_int_equal(vl_hypervisor_end_of(VIR_DOMAIN_SHUTOFF_DESTROYED), VL_END_CUT_OFF);
    assert_int_equal(vl_hypervisor_end_of(VIR_DOMAIN_SHUTOFF_CRASHED), VL_END_CUT_OFF);
    assert_int_equal(vl_hypervisor_end_of(VIR_DOMAIN_SHUTOFF_UNKNOWN), VL_END_UNKNOWN);
    assert_int_equal(vl_hypervisor_end_of(VIR_DOMAIN_SHUTOFF_FAILED), VL_END_UNKNOWN);
    assert_int_equal(vl_hypervisor_end_of(VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT), VL_END_UNKNOWN);
    assert_int_equal(vl_hypervisor_end_of(12345), VL_END_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_log), cmocka_unit_test(test_reasons) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
