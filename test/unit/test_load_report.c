/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is made of the figures of a load run: what gave first, the metrics, the samples as CSV, and the report against
 * test/golden/sipp/report.html, that of a search against capacity.html (UPDATE_GOLDEN=1 writes them anew; look at the
 * difference before you keep it).
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
#include "sipp/judge.h"
#include "sipp/report.h"

#define GOLDEN SOURCE_DIRECTORY "/test/golden/sipp/"

static char *content_of(const char *file)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    char *text = NULL;

    if (vl_file_read(file, 1 << 20, &text, NULL, &err) < 0)
        fail_msg("%s", vl_error_text(&err));
    return text;
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    for (; (text = strstr(text, what)); text++)
        count++;
    return count;
}

static void report_from(const char *file, size_t runs, struct vl_buf *page)
{
    VL_FREE char *text = content_of(file);
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_JSON_VALUE_AUTO *result = vl_json_read(text, &err);

    assert_non_null(result);
    vl_sipp_report(page, (const struct vl_json_value *[]){ result, result }, (const char *[]){ "one", "<two>" }, runs);
    assert_false(page->failed);
}

static void report_of(size_t runs, struct vl_buf *page)
{
    report_from(GOLDEN "result.json", runs, page);
}

static void assert_golden(const char *json, const char *html)
{
    VL_BUF_AUTO page = VL_BUF_INIT;
    VL_FREE char *expected = NULL;

    report_from(json, 1, &page);
    if (getenv("UPDATE_GOLDEN")) {
        VL_FCLOSE FILE *stream = fopen(html, "w");

        assert_non_null(stream);
        assert_true(fputs(vl_buf_text(&page), stream) >= 0);
        assert_int_equal(fflush(stream), 0);
    }
    expected = content_of(html);
    assert_string_equal(vl_buf_text(&page), expected);
}

static void test_golden(void **state)
{
    (void)state;
    assert_golden(GOLDEN "result.json", GOLDEN "report.html");
    assert_golden(GOLDEN "capacity.json", GOLDEN "capacity.html");
}

/* Of a search: how many and what gave before all else, each step with what became of it, and all of it over time. */
static void test_capacity(void **state)
{
    VL_BUF_AUTO page = VL_BUF_INIT;
    const char *text, *answer;

    (void)state;
    report_from(GOLDEN "capacity.json", 1, &page);
    text = vl_buf_text(&page);
    answer =
        strstr(text, "<h1 id=\"answer\">25 calls at once to '1999' on 'pbx1' hold, seen twice</h1>\n"
                     "<p class=\"first good\">What gave first: the account 1500 of 'pbx1' may have 25 calls at once "
                     "(call-limit).</p>");
    assert_non_null(answer);
    assert_true(answer < strstr(text, "<ul") && answer < strstr(text, "<table") && answer < strstr(text, "<svg"));
    assert_non_null(strstr(text, "<li><b>25</b><span>calls at once hold</span></li>"));
    assert_non_null(strstr(text, "<li><b>26</b><span>were too much</span></li>"));
    assert_int_equal(count_of(text, "<td class=\"word good\">held</td>"), 4);
    assert_int_equal(count_of(text, "<td class=\"word bad\">1 of 26 failed: 480 Temporarily Unavailable</td>"), 1);
    assert_int_equal(count_of(text, "<svg role=\"img\""), 7);
    assert_non_null(strstr(text, "rejected due &lt;i&gt;to usage limit"));
    assert_null(strstr(text, "nan"));
}

/* The answer first; nothing leaves the page; each picture has words; what is hostile is text. */
static void test_page(void **state)
{
    static const char *const leaving[] = { "http:", "https:", " src=", " href=", "url(", "<script", "@import" };
    VL_BUF_AUTO page = VL_BUF_INIT;
    const char *text, *answer;

    (void)state;
    report_of(1, &page);
    text = vl_buf_text(&page);
    answer = strstr(text, "<h1 id=\"answer\">150 calls at once, 12 of 300 failed</h1>");
    assert_non_null(answer);
    assert_true(answer < strstr(text, "<svg") && answer < strstr(text, "<table") && answer < strstr(text, "<ul"));
    for (size_t i = 0; i < VL_COUNT(leaving); i++)
        if (strstr(text, leaving[i]))
            fail_msg("the page has '%s'", leaving[i]);
    assert_int_equal(count_of(text, "<svg role=\"img\""), 6);
    assert_int_equal(count_of(text, "</title>\n<desc id="), 6);
    assert_int_equal(count_of(text, "<figcaption"), 7); /* and a ladder */
    assert_null(strstr(text, "a<b>"));
    assert_null(strstr(text, "nan"));
    assert_non_null(strstr(text, "no answer in time &lt;b&gt;"));
    assert_non_null(strstr(text, "They sound like MOS 4.38, the worst of 576 streams like 3.91; 0.42 % was lost."));
    assert_true(strstr(text, "They sound like") < strstr(text, "<ul"));
    assert_true(strstr(text, "503 &lt;i&gt;Service Unavaila~|") < strstr(text, "<svg"));
    assert_non_null(strstr(text, "virtual1 to this host, PCMU &lt;b&gt;</th>"));
    assert_non_null(strstr(text, "Session disconnect delay (4.4)</th><td>n/a</td>"));
    assert_non_null(strstr(text, "<h3>503 Service Unavailable: 11</h3>"));
    assert_non_null(strstr(text, "<h3>What the dialplan of virtual1 says of 2999 in from-internal</h3>"));
    assert_non_null(strstr(text, "IAX2/10000 &amp; &lt;b&gt;"));
}

static void test_comparison(void **state)
{
    VL_BUF_AUTO page = VL_BUF_INIT;

    (void)state;
    report_of(2, &page);
    assert_non_null(strstr(vl_buf_text(&page), "<h1>2 runs compared</h1>"));
    assert_non_null(strstr(vl_buf_text(&page), "<th scope=\"col\">&lt;two&gt;</th>"));
    assert_int_equal(count_of(vl_buf_text(&page), "id=\"r1-calls-t\""), 1);
    assert_null(strstr(vl_buf_text(&page), "The most that holds"));
    vl_buf_free(&page);
    report_from(GOLDEN "capacity.json", 2, &page);
    assert_null(strstr(vl_buf_text(&page), "Calls failed"));
    assert_non_null(strstr(vl_buf_text(&page), "<th scope=\"row\">The most that holds</th><td>25</td><td>25</td>"));
}

/* Whatever a file says, it is shown or left out. */
static void test_odd_results(void **state)
{
    static const char *const odd[] = { "{}",
                                       "[]",
                                       "{\"capacity\":7}",
                                       "{\"capacity\":{\"steps\":[1,{\"held\":3,\"why\":[]}],\"published\":[2]}}",
                                       "{\"samples\":[1,2,{}],\"run\":7}",
                                       "{\"samples\":[{\"at_s\":-1e300,\"up\":1e300},{\"at_s\":1e308}]}",
                                       "{\"samples\":[{\"at_s\":5},{\"at_s\":1,\"guests\":[{\"name\":\"x\"}]}]}" };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(odd); i++) {
        VL_ERROR_AUTO err = { .code = VL_OK };
        VL_JSON_VALUE_AUTO *result = vl_json_read(odd[i], &err);
        VL_BUF_AUTO page = VL_BUF_INIT;

        assert_non_null(result);
        vl_sipp_report(&page, (const struct vl_json_value *[]){ result }, (const char *[]){ "odd" }, 1);
        assert_false(page.failed);
        assert_true(page.length < 100000);
    }
}

/* What gave first */

static struct vl_load_guest guest = { .name = "pbx1", .processor = 0.3, .memory_used = 10, .memory_total = 100 };
static struct vl_load_sample samples[6];

static struct vl_sipp_summary a_summary(double host, double generator)
{
    for (size_t i = 0; i < VL_COUNT(samples); i++)
        samples[i] = (struct vl_load_sample){ .at_s = (double)i + 1,
                                              .rate_asked = 10,
                                              .rate = 10,
                                              .request_p95_ms = NAN,
                                              .sound = { .loss_percent = 2.5, .mos = NAN },
                                              .host = { host, generator, 20, 100 },
                                              .guests = &guest,
                                              .guest_count = 1 };
    return (struct vl_sipp_summary){ .target = "pbx1",
                                     .rate_asked = 10,
                                     .rate = 10,
                                     .made = 60,
                                     .succeeded = 60,
                                     .peak = 20,
                                     .silent_since_s = NAN,
                                     .stalled_since_s = NAN,
                                     .samples = samples,
                                     .sample_count = VL_COUNT(samples) };
}

static void assert_limit(const struct vl_sipp_summary *summary, enum vl_load_limit wanted, const char *part)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *text = "";

    assert_int_equal(vl_sipp_limit(summary, &arena, &text), wanted);
    if (!strstr(text, part))
        fail_msg("'%s' does not say '%s'", text, part);
}

static void test_limits(void **state)
{
    static const struct vl_load_reason reason = { .text = "480 Temporarily Unavailable", .code = 480, .count = 5 };
    static const struct vl_load_reason no_answer = { .text = "no answer", .code = 0, .count = 500 };
    struct vl_sipp_summary summary = a_summary(0.4, 0.1);

    (void)state;
    assert_limit(&summary, VL_LOAD_LIMIT_NONE, "at most 40 %");
    summary.failed = 5;
    summary.reasons = &reason;
    summary.reason_count = 1;
    assert_limit(&summary, VL_LOAD_LIMIT_CALLS, "480 Temporarily Unavailable");
    guest.processor = 0.97;
    assert_limit(&summary, VL_LOAD_LIMIT_GUEST, "'pbx1' was full: up to 97 %");
    guest.processor = 0.3;
    guest.memory_used = 99;
    assert_limit(&summary, VL_LOAD_LIMIT_MEMORY, "the memory of 'pbx1' was full: up to 99 %");
    guest.memory_used = 10;
    summary.silent_since_s = 12.34;
    assert_limit(&summary, VL_LOAD_LIMIT_TARGET, "nothing came from it after 12.3 s");
    /* who is late is not to blame for what the other side refuses, nor by a packet or two for hundreds of calls */
    summary.late = 3;
    assert_limit(&summary, VL_LOAD_LIMIT_TARGET, "nothing came from it");
    summary.reasons = &no_answer;
    summary.failed = no_answer.count;
    assert_limit(&summary, VL_LOAD_LIMIT_TARGET, "nothing came from it");
    /* the generator is never taken for the PBX */
    summary.failed = 12;
    assert_limit(&summary, VL_LOAD_LIMIT_GENERATOR, "late 3 times");
    summary.stalled_since_s = 2.5;
    assert_limit(&summary, VL_LOAD_LIMIT_GENERATOR, "it stood still after 2.5 s");
    summary = a_summary(0.95, 0.95);
    assert_limit(&summary, VL_LOAD_LIMIT_GENERATOR, "up to 95 %");
    summary = a_summary(0.95, 0.2);
    assert_limit(&summary, VL_LOAD_LIMIT_HOST, "this host was full: up to 95 %");
    for (size_t i = 1; i < VL_COUNT(samples); i++)
        samples[i].host.processor = 0.2; /* one sample is chance */
    assert_limit(&summary, VL_LOAD_LIMIT_NONE, "nothing gave");
    summary = a_summary(NAN, NAN);
    summary.rate = 8;
    assert_limit(&summary, VL_LOAD_LIMIT_GENERATOR, "SIPp gave first");
}

/* A SIPp that hardly computes and is late all the same was kept waiting by this host. */
static void test_busy_host(void **state)
{
    static const struct vl_load_reason no_answer = { .text = "no answer", .code = 0, .count = 12 };
    struct vl_sipp_summary summary = a_summary(0.97, 0.1);

    (void)state;
    summary.failed = no_answer.count;
    summary.reasons = &no_answer;
    summary.reason_count = 1;
    assert_limit(&summary, VL_LOAD_LIMIT_HOST, "the processor of this host was full: up to 97 %");
    summary.late = 3;
    assert_limit(&summary, VL_LOAD_LIMIT_HOST, "so that SIPp itself was late");
    summary = a_summary(0.97, 0.95);
    assert_limit(&summary, VL_LOAD_LIMIT_GENERATOR, "SIPp gave first");
}

static void test_metrics(void **state)
{
    static const struct vl_load_reason reasons[] = { { "486 Busy Here", 486, 10 },
                                                     { "503 Service Unavailable", 503, 6 },
                                                     { "302 Moved Temporarily", 302, 20 } };
    struct vl_sipp_summary summary = a_summary(0.1, 0.1);
    VL_JSON_AUTO *json = vl_json_new();
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_FREE char *text = NULL;
    VL_JSON_VALUE_AUTO *read = NULL;
    const struct vl_json_value *metrics;

    (void)state;
    summary.made = 120;
    summary.reasons = reasons;
    summary.reason_count = VL_COUNT(reasons);
    summary.times[VL_LOAD_CLOCK_ANSWER].count = 80;
    summary.succeeded = 78;
    vl_json_object(json, NULL);
    vl_sipp_metrics_json(&summary, false, json, "metrics");
    text = vl_json_text(json, 0, &err);
    read = vl_json_read(text, &err);
    metrics = vl_json_member(read, "metrics");
    assert_true(fabs(vl_json_real_of(vl_json_member(metrics, "session_establishment_ratio_percent")) - 80) < 1e-6);
    assert_true(fabs(vl_json_real_of(vl_json_member(metrics, "session_establishment_effectiveness_ratio_percent")) -
                     90) < 1e-6);
    assert_true(fabs(vl_json_real_of(vl_json_member(metrics, "ineffective_session_attempts_percent")) - 5) < 1e-6);
    assert_true(fabs(vl_json_real_of(vl_json_member(metrics, "session_completion_ratio_percent")) - 65) < 1e-6);
    assert_true(isnan(vl_json_real_of(vl_json_member(metrics, "registration_request_delay_ms"))));
}

static void test_csv(void **state)
{
    struct vl_sipp_summary summary = a_summary(NAN, 0.25);
    VL_BUF_AUTO csv = VL_BUF_INIT;

    (void)state;
    vl_sipp_samples_csv(&summary, &csv);
    assert_non_null(
        strstr(vl_buf_text(&csv), "memory_total,pbx1_processor,pbx1_memory_used,pbx1_memory_total\r\n1.000,"));
    assert_non_null(
        strstr(vl_buf_text(&csv), "\r\n6.000,10.000,10.000,0,0,0,0,0,0,,2.500,,,0.250,20,100,0.300,10,100\r\n"));
    vl_buf_reset(&csv);
    guest.memory_total = 0; /* not known */
    vl_sipp_samples_csv(&summary, &csv);
    guest.memory_total = 100;
    assert_non_null(strstr(vl_buf_text(&csv), "\r\n6.000,10.000,10.000,0,0,0,0,0,0,,2.500,,,0.250,20,100,0.300,,\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),     cmocka_unit_test(test_page),        cmocka_unit_test(test_capacity),
        cmocka_unit_test(test_comparison), cmocka_unit_test(test_odd_results), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_busy_host),  cmocka_unit_test(test_metrics),     cmocka_unit_test(test_csv),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
