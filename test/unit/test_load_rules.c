/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a step of a search for the largest load must keep to, what gave when it did not, and how fast its calls are
 * begun.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* after the four that cmocka needs */
#include <cmocka.h>

#include <math.h>

#include "base/cleanup.h"
#include "request/capacity.h"
#include "request/result.h"

/* A search without anybody who looks, of calls at once to a target that is no machine of the lab. */
struct search {
    struct voiplab_result *result;
    struct vl_run run;
    struct voiplab_sipp asked;
    struct vl_pbx target;
    struct vl_load_asked load;
    struct vl_capacity capacity;
};

static void begin(struct search *search)
{
    *search = (struct search){ .result = vl_result_new(), .asked = VOIPLAB_SIPP_INIT };
    assert_non_null(search->result);
    search->target = (struct vl_pbx){ .name = "uno" };
    search->load.load.target = &search->target;
    search->run.result = search->result;
    search->capacity = (struct vl_capacity){ .run = &search->run, .asked = &search->asked, .load = &search->load };
}

static struct vl_sipp_summary summary_of(uint64_t calls)
{
    return (struct vl_sipp_summary){ .outcome = VL_LOAD_COMPLETE,
                                     .made = calls,
                                     .succeeded = calls,
                                     .peak = calls,
                                     .rate = 20,
                                     .stalled_since_s = NAN,
                                     .silent_since_s = NAN };
}

static const char *broken(const struct search *search, const struct vl_sipp_summary *summary)
{
    return vl_capacity_broken_rule(&search->capacity, summary, (unsigned)summary->made);
}

static void test_retransmissions(void **state)
{
    struct search search;
    struct vl_sipp_summary summary = summary_of(200);
    double most = 0;

    (void)state;
    begin(&search);
    summary.retransmissions = 1;
    assert_null(broken(&search, &summary)); /* nobody asks */
    search.asked.most_retransmissions = &most;
    assert_string_equal(broken(&search, &summary), "1 messages were sent again in 200 calls");
    most = 0.5;
    assert_null(broken(&search, &summary));
    summary.retransmissions = 2;
    assert_non_null(broken(&search, &summary));
    /* nobody was busy, so it is the network; that calls failed says more */
    assert_string_equal(vl_capacity_find_limit(&search.capacity, &summary, 200, 1).name, "network");
    summary.failed = 1;
    summary.succeeded = 199;
    assert_string_equal(vl_capacity_find_limit(&search.capacity, &summary, 200, 1).name, "failed calls");
    voiplab_result_free(search.result);
}

/* Who wants to hear how it sounds is not content with silence. */
static void test_silence(void **state)
{
    struct search search;
    const struct vl_sipp_summary summary = summary_of(10);
    double number = 100;

    (void)state;
    begin(&search);
    assert_null(broken(&search, &summary));
    search.asked.most_loss = &number;
    assert_string_equal(broken(&search, &summary), "no sound was heard");
    search.asked.most_loss = NULL;
    search.asked.least_mos = &number;
    assert_string_equal(broken(&search, &summary), "no sound was heard whose MOS is known");
    voiplab_result_free(search.result);
}

/* A step of so many calls that held or did not, while the busiest of all was so busy. */
static void make_step(struct search *search, unsigned calls, bool held, bool full, double busy)
{
    struct vl_load_guest guest = { .name = "uno", .processor = busy };
    struct vl_load_sample samples[2] = { { .host = { .processor = NAN, .generator = 0.01 } },
                                         { .host = { .processor = busy / 2, .generator = 0.02 }, .guests = &guest } };
    struct vl_sipp_summary summary = summary_of(calls);
    const struct vl_capacity_step step = { .load = calls, .held = held, .gave = { .full = full } };

    samples[1].guest_count = 1;
    summary.samples = samples;
    summary.sample_count = VL_COUNT(samples);
    search->capacity.now.rate = vl_capacity_ramp_rate(&search->capacity, calls);
    vl_capacity_ramp_learn(&search->capacity, &summary, &step);
}

static unsigned rate(const struct search *search, unsigned calls)
{
    return vl_capacity_ramp_rate(&search->capacity, calls);
}

static void test_ramp(void **state)
{
    struct search search;

    (void)state;
    begin(&search);
    assert_int_equal(rate(&search, 4), 20);
    assert_int_equal(rate(&search, 5000), 20); /* nothing has been seen yet */
    make_step(&search, 16, true, false, 0.01); /* nor in less than a second */
    assert_int_equal(rate(&search, 5000), 20);
    make_step(&search, 64, true, false, 0.01);
    assert_int_equal(rate(&search, 256), 20);   /* a ramp of 13 s is no trouble */
    assert_int_equal(rate(&search, 1024), 51);  /* in 20 s */
    assert_int_equal(rate(&search, 20000), 80); /* not faster than was seen to be easy */
    make_step(&search, 1024, true, false, 0.4); /* 51 a second took 40 % of the guest */
    assert_int_equal(rate(&search, 20000), 80);
    make_step(&search, 4096, true, false, 0.4);
    assert_int_equal(rate(&search, 20000), 100);
    make_step(&search, 16384, false, true, 0.1); /* something was full: that was not the rate */
    assert_int_equal(rate(&search, 20000), 100);
    make_step(&search, 16384, false, false, 0.1); /* that may have been */
    assert_int_equal(rate(&search, 20000), 20);
    make_step(&search, 8192, true, false, 0.01);
    assert_int_equal(rate(&search, 20000), 20);
    voiplab_result_free(search.result);
}

static void test_ramp_asked(void **state)
{
    struct search search;

    (void)state;
    begin(&search);
    search.asked.rate = 7;
    make_step(&search, 64, true, false, 0.01);
    assert_int_equal(rate(&search, 4), 7);
    assert_int_equal(rate(&search, 5000), 7);
    search.asked.rate = 0;
    search.capacity.generator_slow = true; /* it is that only where it fell far behind */
    search.capacity.generator_rate = 9.6;
    assert_int_equal(rate(&search, 4), 9);
    search.capacity.generator_slow = false;
    search.capacity.generator_rate = 19.6;
    assert_int_equal(rate(&search, 4), 20);
    voiplab_result_free(search.result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retransmissions),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_ramp_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
