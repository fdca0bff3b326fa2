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

enum carried { CARRIED_UNKNOWN, CARRIED_ALL, CARRIED_LESS, CARRIED_MORE };

/* What a load that does not hold seems to have carried. */
static unsigned carried_of(enum carried kind, unsigned load, unsigned capacity)
{
    switch (kind) {
    case CARRIED_ALL: /* what is too much is refused at once */
        return capacity;
    case CARRIED_LESS: /* what is too much hurts the rest */
        return capacity * 2 / 3;
    case CARRIED_MORE: /* only a few fail */
        return load - (load - capacity + 9) / 10;
    default:
        return 0;
    }
}

/* `wrong` is the step whose verdict is chance, from 1; 0: none is. */
static unsigned expected; /* what is said to be the end; 0: nothing */
static bool follows;      /* that is what was just tried */

static struct vl_load_search searched(unsigned capacity, unsigned most, enum carried kind, bool sure, unsigned wrong)
{
    struct vl_load_search search;

    vl_sipp_search_begin(&search, 4, most);
    while (search.next) {
        struct vl_load_trial trial = { .load = search.next,
                                       .held = (search.next <= capacity) != (search.steps + 1 == wrong) };

        assert_in_range(search.next, 1, most);
        if (!trial.held && trial.load > capacity) {
            trial.sure = sure;
            trial.carried = carried_of(kind, trial.load, capacity);
        } else if (!trial.held) {
            trial.carried = trial.load - 1;
        }
        vl_sipp_search_expect(&search, follows ? trial.load : expected);
        vl_sipp_search_take(&search, &trial);
        assert_in_range(search.steps, 1, VL_SIPP_SEARCH_STEPS);
    }
    return search;
}

/* To the call where that can be, and within 10 of 100 in 12 steps; of large ones of which what was carried says a wrong
 * thing within 30. */
static void test_every_size(void **state)
{
    (void)state;
    for (unsigned capacity = 1; capacity < 12000; capacity += capacity < 200 ? 1 : 37)
        for (unsigned kind = 0; kind < 8; kind++) {
            const struct vl_load_search search = searched(capacity, 20000, kind / 2, kind % 2, 0);
            unsigned percent = kind / 2 > CARRIED_ALL && capacity > 1000 ? 70 : 90;

            if (search.held > capacity || search.held * 100 < capacity * percent ||
                (capacity <= 30 && kind / 2 <= CARRIED_ALL && search.held != capacity) || !search.confirmed)
                fail_msg("of %u it finds %u in %u steps (kind %u)", capacity, search.held, search.steps, kind);
        }
}

/* What is too much is refused at once: then the search is soon over, and both sides of its end were seen twice. */
static void test_refused(void **state)
{
    (void)state;
    for (unsigned capacity = 1; capacity < 4000; capacity += capacity < 200 ? 1 : 37) {
        struct vl_load_search search = searched(capacity, 20000, CARRIED_ALL, false, 0);

        assert_in_range(search.steps, 3, 11);
        assert_true(search.held <= capacity && search.held * 20 >= capacity * 19 && search.bounded && search.confirmed);
        search = searched(capacity, 20000, CARRIED_ALL, true, 0);
        assert_in_range(search.steps, 3, 9);
        assert_true(search.bounded && search.confirmed);
    }
}

static void test_ends(void **state)
{
    struct vl_load_search search = searched(0, 100, CARRIED_UNKNOWN, false, 0);

    (void)state;
    assert_int_equal(search.held, 0);
    assert_int_equal(search.failed, 1);
    assert_true(search.bounded);
    assert_false(search.confirmed);
    search = searched(1000, 100, CARRIED_UNKNOWN, false, 0);
    assert_int_equal(search.held, 100);
    assert_true(search.confirmed);
    assert_int_equal(search.failed, 0);
    assert_false(search.bounded);
    search = searched(5, 1, CARRIED_UNKNOWN, false, 0);
    assert_int_equal(search.held, 1);
    assert_int_equal(search.steps, 2);
}

/* One verdict of all is chance, whichever it is: what is found is the same to a tenth. */
static void test_chance(void **state)
{
    (void)state;
    for (unsigned capacity = 4; capacity < 1000; capacity++)
        for (unsigned wrong = 1; wrong <= VL_SIPP_SEARCH_STEPS; wrong++) {
            const struct vl_load_search search = searched(capacity, 20000, CARRIED_ALL, false, wrong);
            unsigned least = capacity - (capacity / 10 > 1 ? capacity / 10 : 1);

            if (search.held < least || search.held > capacity + (capacity / 10 > 1 ? capacity / 10 : 1))
                fail_msg("of %u it finds %u in %u steps when step %u is wrong", capacity, search.held, search.steps,
                         wrong);
        }
}

/* Who foresees the end is heeded on the way up: nothing much larger is tried, which would take long, and it is soon
 * over.
 */
static void test_expected(void **state)
{
    (void)state;
    for (unsigned capacity = 5; capacity < 12000; capacity += capacity < 200 ? 1 : 37) {
        struct vl_load_search search;

        expected = capacity;
        search = searched(capacity, 20000, CARRIED_UNKNOWN, true, 0);
        expected = 0;
        if (search.held > capacity || search.held * 20 < capacity * 19 || !search.confirmed || !search.bounded ||
            search.steps > 10)
            fail_msg("of %u it finds %u in %u steps", capacity, search.held, search.steps);
        for (unsigned i = 0; i < search.steps; i++)
            assert_true(search.trials[i].load <= capacity + capacity / 20 + 1);
    }
}

/* A forecast that follows what is tried, as of an account that is full of others' calls, leads up in no small steps. */
static void test_expected_follows(void **state)
{
    (void)state;
    for (unsigned capacity = 8; capacity < 12000; capacity += capacity < 200 ? 1 : 37) {
        struct vl_load_search search;

        follows = true;
        search = searched(capacity, 20000, CARRIED_ALL, true, 0);
        follows = false;
        if (search.held > capacity || search.held * 100 < capacity * 90 || !search.confirmed)
            fail_msg("of %u it finds %u in %u steps", capacity, search.held, search.steps);
    }
}

/* Who foresees a wrong one costs two steps: what is found is less fine then, and no more than that. */
static void test_expected_wrongly(void **state)
{
    static const double errors[] = { 0.01, 0.3, 0.5, 0.9, 0.97, 1.03, 1.1, 2, 5, 100 };

    (void)state;
    for (unsigned capacity = 1; capacity < 12000; capacity += capacity < 200 ? 1 : 37)
        for (size_t i = 0; i < VL_COUNT(errors) * 8; i++) {
            enum carried kind = (enum carried)(i % 8 / 2);
            unsigned percent = kind == CARRIED_ALL ? 90 : kind == CARRIED_MORE ? 50 : 65;
            struct vl_load_search search;

            expected = (unsigned)(capacity * errors[i / 8]);
            search = searched(capacity, 20000, kind, i % 2, 0);
            expected = 0;
            if (search.held > capacity || search.held * 100 < capacity * percent || !search.confirmed)
                fail_msg("of %u it finds %u in %u steps when %.2f of it is expected (kind %zu)", capacity, search.held,
                         search.steps, errors[i / 8], i % 8);
        }
}

static void test_limits(void **state)
{
    struct vl_limits limits = { .known = false };
    unsigned first, last;

    (void)state;
    vl_limits_read_settings(&limits, &first, &last,
                            "  Port start:      10000\n  Port end:        10019\n  Call limit   : 25\n"
                            "voiplab processors 2\nvoiplab megahertz 2245.778\n");
    assert_int_equal(limits.use[VL_LIMIT_PORTS].most, 20);
    assert_int_equal(limits.cores, 2);
    assert_int_equal(limits.mhz, 2245);
    assert_int_equal(limits.calls_most, 25);
    vl_limits_read_use(&limits, first, last,
                       "voiplab open files 41\nvoiplab most threads 256\nThreads:\t30\nMax processes 855 855 "
                       "processes\nMax open files            64                   64        files\n"
                       "  sl  local_address rem_address   st tx_queue\n"
                       "  12: 00000000:2710 00000000:0000 07\n 130: 0100007F:2723 00000000:0000 07\n"
                       "  14: 00000000:2724 00000000:0000 07\n"
                       "  7: 00000000000000000000000000000000:2711 00000000000000000000000000000000:0000 07\n");
    assert_int_equal(limits.use[VL_LIMIT_FILES].now, 41);
    assert_int_equal(limits.use[VL_LIMIT_FILES].most, 64);
    assert_int_equal(limits.use[VL_LIMIT_PORTS].now, 3);
    assert_int_equal(limits.use[VL_LIMIT_THREADS].now, 30);
    assert_int_equal(limits.use[VL_LIMIT_THREADS].most, 256);
    vl_limits_read_use(&limits, first, last,
                       "voiplab open files 20\nvoiplab most threads max\nMax processes             unlimited\n");
    assert_int_equal(limits.use[VL_LIMIT_THREADS].most, 0);
    assert_int_equal(limits.use[VL_LIMIT_FILES].peak, 41);
    assert_int_equal(limits.use[VL_LIMIT_PORTS].peak, 3);
}

/* What accounts and trunks of a lab have in use. */
static void test_accounts(void **state)
{
    static const char inuse[] = "* Peer name               In use          Limit           \n"
                                "7002                      9/0/0           10              \n"
                                "7001                      8/2/0           8\n"
                                "1500                      3/0/0           N/A             \n";
    static const char groups[] = "Channel                    Group                 Category            \n"
                                 "PJSIP/7001-00000001        7001                  (default)           \n"
                                 "PJSIP/stranger-00000001    stranger              (default)           \n"
                                 "PJSIP/7002-00000003        7002                  (default)           \n"
                                 "PJSIP/7001-00000004        7001                  (default)           \n"
                                 "PJSIP/7001-00000004        7001                  trunk               \n"
                                 "5 active channels\n";
    static const char ini[] = "[lab]\nname = a\n[bridge]\naddress = 10.9.0.1/24\n[pbx hub]\nrole = hub\n"
                              "[pbx x]\nplace = ssh\naddress = 10.9.0.2\n[pbx y]\nplace = ssh\naddress = 10.9.0.3\n"
                              "[trunk x hub]\nlimit = 4\n";
    char path[] = "/tmp/voiplab-accounts-XXXXXX";
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_limits limits = { .known = false };
    VL_CLOSE int descriptor = mkstemp(path);
    VL_LAB_AUTO *lab = NULL;

    (void)state;
    assert_int_equal(write(descriptor, ini, sizeof(ini) - 1), sizeof(ini) - 1);
    lab = vl_lab_load(path, SOURCE_DIRECTORY "/share", &err);
    (void)unlink(path);
    if (!lab)
        fail_msg("%s", vl_error_text(&err));
    vl_limits_read_accounts(&limits, &arena, lab, lab->hub, NULL, inuse);
    assert_string_equal(limits.fullest.name, "7001");
    assert_int_equal(limits.fullest.now, 8);
    assert_int_equal(limits.fullest.most, 8);
    limits.fullest.name = NULL;
    vl_limits_read_accounts(&limits, &arena, lab, lab->hub, NULL, groups);
    assert_string_equal(limits.fullest.name, "7001");
    assert_int_equal(limits.fullest.now, 2);
    assert_int_equal(limits.fullest.most, 4); /* 7002 has one of ten */
    for (unsigned i = 0; i < 2; i++) {        /* of two that are as full the one that is meant */
        const char *account = i ? "7001" : "7002";

        limits.fullest.name = NULL;
        vl_limits_read_accounts(&limits, &arena, lab, lab->hub, account, "7001 10/0/0 10\n7002 10/0/0 10\n");
        assert_string_equal(limits.fullest.name, account);
    }
    limits.fullest.name = NULL;
    vl_limits_read_accounts(&limits, &arena, lab, vl_lab_pbx(lab, "x"), NULL,
                            groups); /* a guest has no such accounts */
    assert_null(limits.fullest.name);
    vl_limits_read_accounts(&limits, &arena, lab, lab->hub, NULL,
                            "a b/ c\na 9999999999999/0 1\n a 1/ -1\n\n1 2 3 4 5\n");
    assert_null(limits.fullest.name);
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
        struct vl_limits limits = { .use[VL_LIMIT_PORTS].most = 10 };
        unsigned first = 0, last = 0;

        vl_limits_read_use(&limits, 1, 65535, odd[i]);
        assert_int_equal(limits.use[VL_LIMIT_PORTS].now, 0);
        limits = (struct vl_limits){ .known = false };
        vl_limits_read_settings(&limits, &first, &last, odd[i]);
        assert_int_equal(limits.use[VL_LIMIT_PORTS].most, 0);
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

/* A log that is very long is not counted. */
static void test_where(void **state)
{
    const struct vl_evidence evidence = { .log_file = "/var/log/asterisk/messages" };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    assert_string_equal(vl_evidence_where(&arena, &evidence, &(struct vl_evidence_line){ .number = 9 }),
                        "/var/log/asterisk/messages:9");
    assert_string_equal(vl_evidence_where(&arena, &evidence, &(struct vl_evidence_line){ .number = 0 }),
                        "/var/log/asterisk/messages");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_expected_follows),
        cmocka_unit_test(test_expected_wrongly),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_odd_limits),
        cmocka_unit_test(test_telling_line),
        cmocka_unit_test(test_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
