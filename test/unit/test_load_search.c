/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The search for the largest load that holds, with loads of every size, a rule that errs once, and limits as a guest
 * prints them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* after the four that cmocka needs */
#include <cmocka.h>

#include "base/cleanup.h"
#include "probe/evidence.h"
#include "request/limits.h"
#include "sipp/search.h"

static struct vl_load_search searched(unsigned capacity, unsigned most)
{
    struct vl_load_search search;

    vl_sipp_search_begin(&search, 4, most);
    while (search.next) {
        assert_in_range(search.next, 1, most);
        vl_sipp_search_take(&search, search.next <= capacity);
        assert_in_range(search.steps, 1, VL_SIPP_SEARCH_STEPS);
    }
    return search;
}

/* To the call where that can be, within 10 of 100 everywhere, in 12 steps. */
static void test_every_size(void **state)
{
    (void)state;
    for (unsigned capacity = 1; capacity < 12000; capacity += capacity < 200 ? 1 : 37) {
        const struct vl_load_search search = searched(capacity, 20000);
        unsigned answer = vl_sipp_search_answer(&search);

        if (answer > capacity || answer * 10 < capacity * 9 || (capacity <= 30 && answer != capacity) ||
            !search.confirmed)
            fail_msg("of %u it finds %u in %u steps", capacity, answer, search.steps);
    }
}

static void test_ends(void **state)
{
    struct vl_load_search search = searched(0, 100);

    (void)state;
    assert_int_equal(vl_sipp_search_answer(&search), 0);
    assert_int_equal(search.failed, 1);
    assert_false(search.confirmed);
    search = searched(1000, 100);
    assert_int_equal(vl_sipp_search_answer(&search), 100);
    assert_true(search.confirmed);
    assert_int_equal(search.failed, 0);
    search = searched(5, 1);
    assert_int_equal(vl_sipp_search_answer(&search), 1);
    assert_int_equal(search.steps, 2);
}

/* What held by chance does not hold the second time, and what is below it is looked for. */
static void test_chance(void **state)
{
    struct vl_load_search search;
    bool erred = false;

    (void)state;
    vl_sipp_search_begin(&search, 4, 20000);
    while (search.next) {
        bool held = search.next <= 20;

        if (search.next > 20 && search.next < 30 && !erred)
            held = erred = true;
        vl_sipp_search_take(&search, held);
    }
    assert_true(erred);
    assert_true(search.steps <= VL_SIPP_SEARCH_STEPS);
    assert_in_range(vl_sipp_search_answer(&search), 16, 20);
}

static void test_limits(void **state)
{
    struct vl_limits limits = { .known = false };
    unsigned first, last;

    (void)state;
    vl_limits_read_settings(&limits, &first, &last,
                            "  Port start:      10000\n  Port end:        10019\n  Call limit   : 25\n");
    assert_int_equal(limits.ports_most, 20);
    assert_int_equal(limits.calls_most, 25);
    vl_limits_read_use(&limits, first, last,
                       "voiplab open files 41\nMax open files            64                   64        files\n"
                       "  sl  local_address rem_address   st tx_queue\n"
                       "  12: 00000000:2710 00000000:0000 07\n 130: 0100007F:2723 00000000:0000 07\n"
                       "  14: 00000000:2724 00000000:0000 07\n"
                       "  7: 00000000000000000000000000000000:2711 00000000000000000000000000000000:0000 07\n");
    assert_int_equal(limits.files, 41);
    assert_int_equal(limits.files_most, 64);
    assert_int_equal(limits.ports, 3);
    vl_limits_read_use(&limits, first, last, "voiplab open files 20\n");
    assert_int_equal(limits.files_peak, 41);
    assert_int_equal(limits.ports_peak, 3);
}

/* A guest's root says what they want. */
static void test_odd_limits(void **state)
{
    static const char *const odd[] = { "",
                                       "\n\n\n",
                                       ":",
                                       " 1:",
                                       " 1: ",
                                       " 1: AB:",
                                       "Port start: 99999999999999999999",
                                       "Port start: 20\nPort end: 10",
                                       "Port start: 1\nPort end: 4000000000",
                                       "Call limit: -1",
                                       "voiplab open files" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(odd); i++) {
        struct vl_limits limits = { .ports_most = 10 };
        unsigned first = 0, last = 0;

        vl_limits_read_use(&limits, 1, 65535, odd[i]);
        assert_int_equal(limits.ports, 0);
        limits = (struct vl_limits){ .known = false };
        vl_limits_read_settings(&limits, &first, &last, odd[i]);
        assert_int_equal(limits.ports_most, 0);
        assert_int_equal(limits.calls_most, 0);
    }
}

static void test_telling_line(void **state)
{
    struct vl_evidence_line lines[] = {
        { .text = "[Nov 29 12:00:00] ERROR[1] x.c: of the step before", .before = true },
        { .text = "[Nov 29 12:00:01] NOTICE[1] chan_sip.c: Call from peer '1500' rejected due to usage limit of 25" },
        { .text = "[Nov 29 12:00:02] WARNING[1] x.c: something" },
        { .text = "[Nov 29 12:00:03] ERROR[1] res_rtp_asterisk.c: Too many open files" },
    };
    struct vl_evidence evidence = { .log = lines, .log_count = 4 };

    (void)state;
    for (size_t last = 3; last > 0; last--) {
        assert_ptr_equal(vl_limits_telling_line(&evidence), &lines[last]);
        evidence.log_count--;
    }
    assert_null(vl_limits_telling_line(&evidence));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size), cmocka_unit_test(test_ends),       cmocka_unit_test(test_chance),
        cmocka_unit_test(test_limits),     cmocka_unit_test(test_odd_limits), cmocka_unit_test(test_telling_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
