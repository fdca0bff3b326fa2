/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What SIPp 3.6.1 wrote in real runs, read back: whole, in pieces of every size, cut, and mangled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the four that cmocka needs */
#include <cmocka.h>

#include <math.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "sipp/summary.h"

#define DATA SOURCE_DIRECTORY "/test/unit/data/sipp/"

static const struct vl_pbx target = { .name = "pbx1", .address = 0x0a4d000b };
static const struct vl_load load = { .name = "test",
                                     .target = &target,
                                     .caller = "1500",
                                     .extension = "1999",
                                     .rate = 20,
                                     .calls = 25,
                                     .hold_ms = 300,
                                     .timeout_s = 8 };

static char *content_of(const char *file)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;

    if (vl_file_read(file, 1 << 20, &text, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return text;
}

static void feed_in_pieces(struct vl_statistics *statistics, const char *text, size_t piece)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    size_t length = strlen(text);

    while (length > 0) {
        size_t part = piece < length ? piece : length;

        assert_int_equal(vl_statistics_feed(statistics, text, part, &err), 0);
        text += part;
        length -= part;
    }
}

static void summarize(const char *figures, const char *codes, const char *samples, struct vl_sipp_summary *summary)
{
    VL_FREE char *text = content_of(figures);
    VL_FCLOSE FILE *code_file = codes ? fopen(codes, "r") : NULL;
    VL_FCLOSE FILE *sample_file = samples ? fopen(samples, "r") : NULL;
    struct vl_statistics statistics = { .rows = 0 };
    struct vl_response_times times[VL_SIPP_CLOCKS] = { { .count = 0 } };
    VL_ERROR_AUTO err = { .code = VL_OK };

    feed_in_pieces(&statistics, text, 4096);
    if (code_file)
        assert_int_equal(vl_statistics_read_codes(&statistics, code_file, &err), 0);
    if (sample_file)
        assert_int_equal(vl_response_times_read(sample_file, times, &err), 0);
    assert_int_equal(vl_sipp_summary_fill(summary, &load, &statistics, times, &err), 0);
    vl_response_times_free(times);
    vl_statistics_free(&statistics);
}

static void test_challenged(void **state)
{
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    const struct vl_response_summary *answer = &summary.times[VL_LOAD_CLOCK_ANSWER];
    uint64_t begun = 0;

    (void)state;
    summarize(DATA "challenged.csv", DATA "challenged_error_codes.csv", DATA "challenged_rtt.csv", &summary);
    assert_true(summary.proven);
    assert_int_equal(summary.made, 25);
    assert_int_equal(summary.succeeded, 23);
    assert_int_equal(summary.failed, 2);
    assert_int_equal(summary.peak, 7);
    assert_int_equal(summary.reason_count, 1);
    assert_string_equal(summary.reasons[0].text, "503 Service Unavailable");
    assert_int_equal(summary.reasons[0].code, 503);
    assert_int_equal(summary.reasons[0].count, 2);
    assert_int_equal(vl_sipp_summary_refused(&summary), 2);
    assert_int_equal(vl_sipp_summary_unanswered(&summary), summary.current);
    assert_true(summary.rate > 19 && summary.rate < 21);
    assert_true(fabs(summary.duration_s - 1.59) < 0.02);
    assert_int_equal(answer->count, 23);
    assert_true(answer->minimum == 28 && answer->p50 == 28 && answer->p95 == 32 && answer->p99 == 48);
    assert_true(answer->maximum == 48);
    assert_int_equal(summary.times[VL_LOAD_CLOCK_HANGUP].count, 23);
    for (size_t i = 0; i < summary.series_count; i++)
        begun += summary.series[i];
    assert_int_equal(begun, 25);
}

static void test_pieces(void **state)
{
    VL_FREE char *text = content_of(DATA "challenged.csv");

    (void)state;
    for (size_t piece = 1; piece < 400; piece = piece * 3 + 1) {
        struct vl_statistics statistics = { .rows = 0 };

        feed_in_pieces(&statistics, text, piece);
        assert_int_equal(statistics.rows, 9);
        assert_int_equal(statistics.now[VL_STATISTIC_SUCCEEDED], 23);
        assert_int_equal(statistics.refused[503], 2);
        vl_statistics_free(&statistics);
    }
}

/* A SIPp that was killed leaves half a row: it counts for nothing, with or without its line feed. */
static void test_cut(void **state)
{
    VL_FREE char *text = content_of(DATA "challenged.csv");

    (void)state;
    for (size_t cut = 2; cut < 600; cut += 7) { /* the last row has about 750 bytes */
        struct vl_statistics statistics = { .rows = 0 };

        text[strlen(text) - 7] = '\0';
        feed_in_pieces(&statistics, text, 1000);
        assert_int_equal(statistics.rows, 8);
        feed_in_pieces(&statistics, "\n", 1);
        assert_int_equal(statistics.rows, 8);
        assert_int_equal(statistics.now[VL_STATISTIC_SUCCEEDED], 23);
        vl_statistics_free(&statistics);
    }
}

static void test_busy(void **state)
{
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_ERROR_AUTO err = { .code = VL_OK };

    (void)state;
    summarize(DATA "busy.csv", DATA "busy_error_codes.csv", NULL, &summary);
    assert_false(summary.proven);
    assert_int_equal(summary.failed, 5);
    assert_int_equal(summary.reason_count, 1);
    assert_string_equal(summary.reasons[0].text, "486 Busy Here");
    assert_int_equal(summary.reasons[0].count, 5);
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
    assert_string_equal(vl_error_text(&err), "load 'test': no call to '1999' at 10.77.0.11 succeeded: 486 Busy Here");
}

static void test_silent(void **state)
{
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    VL_FREE char *text = NULL;

    (void)state;
    summarize(DATA "silent.csv", NULL, NULL, &summary);
    assert_int_equal(summary.failed, 4);
    assert_int_equal(summary.reason_count, 1);
    assert_string_equal(summary.reasons[0].text, "no answer to a request (retransmissions used up)");
    assert_int_equal(summary.reasons[0].count, 4);
    assert_int_equal(vl_sipp_summary_refused(&summary), 0);
    assert_int_equal(vl_sipp_summary_unanswered(&summary), 4 + summary.current);
    assert_int_equal(summary.times[VL_LOAD_CLOCK_REQUEST].count, 0);
    text = vl_sipp_summary_text(&summary);
    assert_non_null(strstr(text, "n/a"));
    assert_null(strstr(text, "nan"));
}

static void test_undefined(void **state)
{
    VL_SIPP_SUMMARY_AUTO summary = { .made = 0 };
    struct vl_statistics statistics = { .rows = 0 };
    struct vl_response_times times[VL_SIPP_CLOCKS] = { { .count = 0 } };
    VL_JSON_AUTO *json = vl_json_new();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;

    (void)state;
    assert_int_equal(vl_sipp_summary_fill(&summary, &load, &statistics, times, &err), 0);
    vl_sipp_summary_json(&summary, json, NULL);
    text = vl_json_text(json, 0, &err);
    assert_non_null(text);
    assert_non_null(strstr(text, "\"rate\": null"));
    assert_non_null(strstr(text, "\"p95\": null"));
    assert_non_null(strstr(text, "\"proven\": false"));
    assert_int_equal(vl_sipp_verdict(&summary, &err), -1);
}

static void test_no_statistics(void **state)
{
    static const char *const texts[] = { "hello\n", ";;;;\n", "OutgoingCall(C);CurrentCall\n", "" };
    VL_FREE char *endless = calloc(1, 300000);
    struct vl_statistics long_row = { .rows = 0 };
    VL_ERROR_AUTO long_err = { .code = VL_OK };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(texts); i++) {
        struct vl_statistics statistics = { .rows = 0 };
        VL_ERROR_AUTO err = { .code = VL_OK };
        int rc = vl_statistics_feed(&statistics, texts[i], strlen(texts[i]), &err);

        assert_int_equal(rc, *texts[i] ? -1 : 0);
        vl_statistics_free(&statistics);
    }
    memset(endless, 'x', 299999);
    assert_int_equal(vl_statistics_feed(&long_row, endless, 299999, &long_err), -1);
    vl_statistics_free(&long_row);
}

static void test_percentiles(void **state)
{
    struct vl_response_times times = { .count = 0 };
    struct vl_response_summary summary;

    (void)state;
    times.samples = calloc(100, sizeof(*times.samples));
    times.count = 100;
    for (size_t i = 0; i < 100; i++)
        times.samples[i] = (double)(100 - i);
    vl_response_times_summarize(&times, &summary);
    assert_true(summary.minimum == 1 && summary.p50 == 50 && summary.p95 == 95 && summary.p99 == 99);
    assert_true(summary.maximum == 100 && fabs(summary.mean - 50.5) < 1e-9);
    times.count = 1;
    vl_response_times_summarize(&times, &summary);
    assert_true(summary.p50 == 1 && summary.p99 == 1);
    free(times.samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_challenged),    cmocka_unit_test(test_pieces),      cmocka_unit_test(test_cut),
        cmocka_unit_test(test_busy),          cmocka_unit_test(test_silent),      cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_no_statistics), cmocka_unit_test(test_percentiles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
