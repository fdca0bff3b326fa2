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
    search->target = (struct vl_pbx){ .name = "uno", .place = VL_PLACE_VM };
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

/* Which rule is broken, and what is said to have given then. */
static enum vl_capacity_rule broken(const struct search *search, const struct vl_sipp_summary *summary,
                                    const struct vl_load_sound *sound, struct vl_capacity_gave *ret_gave)
{
    struct vl_capacity_step step = { .load = (unsigned)summary->made, .sound = *sound };

    step.broken = vl_capacity_broken_rule(&search->capacity, summary, step.load, sound, &step.why);
    assert_true(step.broken == VL_CAPACITY_KEPT ? !step.why : step.why != NULL);
    *ret_gave = vl_capacity_find_limit(&search->capacity, summary, &step, 1);
    return step.broken;
}

static const struct vl_load_sound silence = { .loss_percent = NAN, .mos = NAN };

static void test_retransmissions(void **state)
{
    struct search search;
    struct vl_sipp_summary summary = summary_of(200);
    struct vl_capacity_gave gave;
    double most = 0;

    (void)state;
    begin(&search);
    summary.retransmissions = 1;
    assert_int_equal(broken(&search, &summary, &silence, &gave), VL_CAPACITY_KEPT); /* nobody asks */
    search.asked.most_retransmissions = &most;
    assert_int_equal(broken(&search, &summary, &silence, &gave), VL_CAPACITY_MESSAGES);
    assert_string_equal(gave.name, "network");
    assert_string_equal(gave.text,
                        "packets were lost on the way, though nobody was busy: 1 messages were sent again in "
                        "200 calls");
    most = 0.5;
    assert_int_equal(broken(&search, &summary, &silence, &gave), VL_CAPACITY_KEPT);
    summary.retransmissions = 2;
    assert_int_equal(broken(&search, &summary, &silence, &gave), VL_CAPACITY_MESSAGES);
    summary.failed = 1; /* which may not be */
    summary.succeeded = 199;
    assert_int_equal(broken(&search, &summary, &silence, &gave), VL_CAPACITY_CALLS);
    assert_string_equal(gave.name, "failed calls");
    search.asked.failures_percent = 1; /* which may be: then it is not why */
    assert_int_equal(broken(&search, &summary, &silence, &gave), VL_CAPACITY_MESSAGES);
    assert_string_equal(gave.name, "network");
    voiplab_result_free(search.result);
}

/* A codec that sounds no better blames nobody. */
static void test_sound(void **state)
{
    const struct vl_load_sound good = { .loss_percent = 0, .mos = 4.37 }, coarse = { .loss_percent = 0, .mos = 3.5 },
                               bad = { .loss_percent = 3, .mos = 3.9 };
    const struct vl_sipp_summary summary = summary_of(10);
    struct vl_capacity_gave gave;
    struct search search;
    double loss = 1, mos = 4;

    (void)state;
    begin(&search);
    assert_int_equal(broken(&search, &summary, &bad, &gave), VL_CAPACITY_KEPT);
    search.asked.most_loss = &loss;
    assert_int_equal(broken(&search, &summary, &bad, &gave), VL_CAPACITY_LOSS);
    assert_string_equal(gave.text,
                        "packets were lost on the way, though nobody was busy: 3.00 % of the sound was lost");
    assert_int_equal(broken(&search, &summary, &coarse, &gave), VL_CAPACITY_KEPT);
    search.asked.most_loss = NULL;
    search.asked.least_mos = &mos;
    assert_int_equal(broken(&search, &summary, &good, &gave), VL_CAPACITY_KEPT);
    assert_int_equal(broken(&search, &summary, &bad, &gave), VL_CAPACITY_MOS);
    assert_string_equal(gave.name, "network");
    assert_int_equal(broken(&search, &summary, &coarse, &gave), VL_CAPACITY_MOS);
    assert_string_equal(gave.name, "codec");
    assert_string_equal(gave.text, "the sound had a MOS of 3.50 though nothing was lost: the codec sounds no better");
    voiplab_result_free(search.result);
}

static const char *refused(const struct search *search, const struct vl_capacity_step *step, struct vl_error *err)
{
    vl_error_clear(err);
    return vl_capacity_check_sound(&search->capacity, step, err) < 0 ? vl_error_text(err) : NULL;
}

/* What was not heard is no verdict, whichever of the two rules wants one; calls that failed are one without it. */
static void test_unheard(void **state)
{
    struct vl_capacity_step step = { .load = 7, .sound = { .loss_percent = NAN, .mos = NAN } };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct search search;
    double loss = 1, mos = 4;

    (void)state;
    begin(&search);
    assert_null(refused(&search, &step, &err)); /* nobody asks */
    search.asked.most_loss = &loss;
    assert_string_equal(refused(&search, &step, &err),
                        "the sound of 7 calls at once cannot be judged: none was heard (RTP)");
    step.sound.loss_percent = 0;
    assert_null(refused(&search, &step, &err));
    search.asked.least_mos = &mos; /* of both */
    assert_string_equal(refused(&search, &step, &err),
                        "the sound of 7 calls at once cannot be judged: its codec has no MOS");
    step.sound.mos = 4.37;
    assert_null(refused(&search, &step, &err));
    step.missed = 3;
    assert_string_equal(refused(&search, &step, &err),
                        "the sound of 7 calls at once cannot be judged: this host did not "
                        "hear all of it (3 frames)");
    step.broken = VL_CAPACITY_CALLS;
    assert_null(refused(&search, &step, &err));
    voiplab_result_free(search.result);
}

/* A step of so many calls that held or did not, while this guest was so busy. Whether it is made again. */
static bool step_of(struct search *search, const char *name, unsigned calls, bool held, bool full, double busy)
{
    struct vl_load_guest guest = { .name = name, .processor = busy };
    struct vl_load_sample samples[2] = { { .host = { .processor = NAN, .generator = 0.01 } },
                                         { .host = { .processor = 0.01, .generator = 0.02 }, .guests = &guest } };
    struct vl_sipp_summary summary = summary_of(calls);
    const struct vl_capacity_step step = { .load = calls, .held = held, .gave = { .full = full } };

    samples[1].guest_count = 1;
    summary.samples = samples;
    summary.sample_count = VL_COUNT(samples);
    search->capacity.now.rate = vl_capacity_ramp_rate(&search->capacity, calls);
    vl_capacity_ramp_learn(&search->capacity, &summary, &step);
    return vl_capacity_ramp_blamed(&search->capacity, &step);
}

static bool make_step(struct search *search, unsigned calls, bool held, bool full, double busy)
{
    return step_of(search, "uno", calls, held, full, busy);
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
    assert_int_equal(rate(&search, 5000), 20);       /* nothing has been seen yet */
    (void)make_step(&search, 16, true, false, 0.01); /* nor in less than a second */
    assert_int_equal(rate(&search, 5000), 20);
    (void)make_step(&search, 64, true, false, 0.01);
    assert_int_equal(rate(&search, 256), 20);         /* a ramp of 13 s is no trouble */
    assert_int_equal(rate(&search, 1024), 51);        /* in 20 s */
    assert_int_equal(rate(&search, 20000), 80);       /* not faster than was seen to be easy */
    (void)make_step(&search, 1024, true, false, 0.4); /* 51 a second took 40 % of the guest */
    assert_int_equal(rate(&search, 20000), 80);
    (void)make_step(&search, 4096, true, false, 0.4);
    assert_int_equal(rate(&search, 20000), 100);
    assert_false(make_step(&search, 16384, false, true, 0.1)); /* something was full: that was not the rate */
    assert_int_equal(rate(&search, 20000), 100);
    assert_true(make_step(&search, 16384, false, false, 0.1)); /* that may have been: once more, slowly */
    assert_int_equal(rate(&search, 20000), 20);
    assert_false(make_step(&search, 16384, false, false, 0.1));
    assert_int_equal(rate(&search, 20000), 20);
    (void)make_step(&search, 8192, true, false, 0.01);
    assert_int_equal(rate(&search, 20000), 20);
    voiplab_result_free(search.result);
}

/* Nobody is called faster of whom it is not seen that he is at ease: somebody else's PBX least of all. */
static void test_ramp_unseen(void **state)
{
    struct search search;

    (void)state;
    begin(&search);
    (void)step_of(&search, "dos", 64, true, false, 0.01);
    assert_int_equal(rate(&search, 20000), 20);
    (void)step_of(&search, "uno", 64, true, false, NAN);
    assert_int_equal(rate(&search, 20000), 20);
    search.load.foreign = true;
    (void)step_of(&search, "uno", 64, true, false, 0.01);
    assert_int_equal(rate(&search, 20000), 20);
    voiplab_result_free(search.result);
}

static void test_ramp_asked(void **state)
{
    struct search search;

    (void)state;
    begin(&search);
    search.asked.rate = 7;
    (void)make_step(&search, 64, true, false, 0.01);
    assert_int_equal(rate(&search, 4), 7);
    assert_int_equal(rate(&search, 5000), 7);
    search.asked.rate = 0;
    search.capacity.generator_slow = true; /* it is that only where it fell far behind */
    search.capacity.generator_rate = 9.6;
    assert_int_equal(rate(&search, 4), 9);
    (void)make_step(&search, 64, true, false, 0.01);
    assert_int_equal(rate(&search, 20000), 9);
    search.capacity.generator_slow = false;
    search.capacity.generator_rate = 19.6;
    assert_int_equal(rate(&search, 4), 20);
    voiplab_result_free(search.result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retransmissions), cmocka_unit_test(test_sound),
        cmocka_unit_test(test_unheard),         cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_ramp_unseen),     cmocka_unit_test(test_ramp_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
