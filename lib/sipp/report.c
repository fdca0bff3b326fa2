/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The results may have been written by another version, or edited: what is not there is shown as "n/a".
 */
#include "sipp/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "sipp/chart.h"
#include "sipp/report_part.h"

enum { SAMPLES_SHOWN = 200 };

static const char style[] =
    ":root{--ground:#fff;--text:#1a1a1a;--soft:#595959;--rule:#d4d4d4;--card:#f5f6f8;--good:#00664b;--bad:#a63c00;"
    "--c0:#0072b2;--c1:#b34700;--c2:#00795a;--c3:#a2427d;--c4:#1a1a1a;--c5:#6b6b6b}"
    "@media(prefers-color-scheme:dark){:root{--ground:#14171a;--text:#eceff1;--soft:#b0b8bf;--rule:#3a4147;"
    "--card:#1f2428;--good:#4fd1a5;--bad:#ff9a5c;--c0:#56b4e9;--c1:#e69f00;--c2:#3fcf9f;--c3:#e39ac4;--c4:#eceff1;"
    "--c5:#a0a8ae}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:1120px;padding:20px 24px 48px;background:var(--ground);"
    "color:var(--text);font:15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    "h1{font-size:30px;line-height:1.15;margin:0 0 4px}h2{font-size:19px;margin:30px 0 6px}"
    "h3{font-size:15px;margin:12px 0 0}p{margin:4px 0}.first{font-size:17px}.good{color:var(--good)}"
    ".bad{color:var(--bad)}.soft{color:var(--soft)}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;margin:14px 0 4px;padding:0;"
    "list-style:none}.tiles li{background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:8px 12px}"
    ".tiles b{display:block;font-size:22px;line-height:1.2}.tiles span{color:var(--soft);font-size:13px}"
    "figure{margin:6px 0 0;break-inside:avoid}svg{display:block;width:100%;height:auto}"
    "figcaption{font-weight:600;font-size:14px}"
    "table{border-collapse:collapse;margin:6px 0}caption{text-align:left;color:var(--soft);font-size:13px}"
    "th,td{padding:3px 14px 3px 0;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}"
    "th:first-child,td.word{text-align:left}td.word{overflow-wrap:anywhere}th{font-weight:600}thead "
    "th{color:var(--soft)}"
    ".wide{overflow-x:auto}pre{margin:4px 0;padding:8px 12px;background:var(--card);border:1px solid var(--rule);"
    "border-radius:6px;font:12px/1.35 ui-monospace,monospace}details{margin:4px "
    "0}summary{cursor:pointer;color:var(--soft);font-size:13px}"
    "text{font:12px system-ui,sans-serif;fill:var(--text)}.mark{fill:var(--soft)}.grid{stroke:var(--rule)}"
    ".tick{stroke:var(--soft)}.line{fill:none;stroke-width:2;stroke-linejoin:round}"
    ".c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}"
    ".c5{stroke:var(--c5)}.n0{fill:var(--c0)}.n1{fill:var(--c1)}.n2{fill:var(--c2)}.n3{fill:var(--c3)}"
    ".n4{fill:var(--c4)}.n5{fill:var(--c5)}"
    "@media print{body{max-width:none;padding:0}details{display:none}}";

static void put_tile(struct vl_buf *buf, const char *what, double number, int digits, const char *unit)
{
    vl_buf_puts(buf, "<li><b>");
    vl_report_put_figure(buf, number, digits, unit);
    vl_buf_printf(buf, "</b><span>%s</span></li>\n", what);
}

/* A column of the samples, in the arena. `guest` of SIZE_MAX: of the sample itself. */
static double *column(struct vl_arena *arena, const struct vl_json_value *samples, size_t guest, const char *key,
                      double scale)
{
    size_t count = vl_json_length(samples);
    double *values = vl_arena_zalloc(arena, (count + 1) * sizeof(*values));

    for (size_t i = 0; values && i < count; i++) {
        const struct vl_json_value *sample = vl_json_element(samples, i);

        if (guest != SIZE_MAX)
            sample = vl_json_element(vl_json_member(sample, "guests"), guest);
        values[i] = vl_report_real(sample, key, NULL) * scale;
    }
    return values;
}

static double most_of(const double *values, size_t count)
{
    double most = NAN;

    for (size_t i = 0; values && i < count; i++)
        if (!isnan(values[i]) && !(most > values[i]))
            most = values[i];
    return most;
}

/* What the pictures of one run have in common. */
struct page {
    struct vl_arena arena;
    struct vl_buf *buf;
    size_t run; /* which of them */
    const struct vl_json_value *samples;
    size_t count;
    double *times, span;
};

static void put_chart(struct page *page, const char *name, const char *title, const char *unit, double top,
                      const struct vl_chart_line *lines, size_t line_count)
{
    VL_BUF_AUTO said = VL_BUF_INIT;
    struct vl_chart chart = {
        .id = vl_arena_printf(&page->arena, "r%zu-%s", page->run, name),
        .title = title,
        .unit = unit,
        .times = page->times,
        .count = page->count,
        .span_s = page->span,
        .top = top,
        .lines = lines,
        .line_count = line_count,
    };

    for (size_t i = 0; i < line_count; i++) {
        double most = most_of(lines[i].values, page->count);

        vl_buf_printf(&said, "%s%s: at most ", i ? "; " : "", lines[i].name);
        vl_report_put_figure(&said, most, most < 10 ? 1 : 0, "");
    }
    vl_buf_printf(&said, " %s, over %.0f seconds. The numbers are in the table of samples.", unit, page->span);
    chart.description = vl_buf_text(&said);
    vl_buf_printf(page->buf, "<figure role=\"group\" aria-labelledby=\"%s-c\">\n<figcaption id=\"%s-c\">", chart.id,
                  chart.id);
    vl_html_text(page->buf, title);
    vl_buf_puts(page->buf, "</figcaption>\n");
    vl_chart_svg(page->buf, &chart);
    vl_buf_puts(page->buf, "</figure>\n");
}

static const char *guest_name(const struct page *page, size_t guest)
{
    const struct vl_json_value *guests = vl_json_member(vl_json_element(page->samples, 0), "guests");

    return vl_json_string_of(vl_json_member(vl_json_element(guests, guest), "name"));
}

/* This host's line, then those of the guests that have any figure. */
static size_t add_guests(struct page *page, struct vl_chart_line *lines, size_t count, size_t most, const char *key,
                         double scale)
{
    size_t guests = vl_json_length(vl_json_member(vl_json_element(page->samples, 0), "guests"));

    for (size_t i = 0; i < guests && count < most; i++) {
        double *values = column(&page->arena, page->samples, i, key, scale);

        if (guest_name(page, i) && most_of(values, page->count) > 0)
            lines[count++] = (struct vl_chart_line){ .name = guest_name(page, i), .values = values };
    }
    return count;
}

static void put_charts(struct page *page)
{
    struct vl_arena *arena = &page->arena;
    const struct vl_json_value *samples = page->samples;
    const struct vl_chart_line calls[] = { { "up", column(arena, samples, SIZE_MAX, "up", 1) },
                                           { "failed, in all", column(arena, samples, SIZE_MAX, "failed", 1) } };
    const struct vl_chart_line rates[] = { { "asked", column(arena, samples, SIZE_MAX, "rate_asked", 1) },
                                           { "begun", column(arena, samples, SIZE_MAX, "rate", 1) } };
    const struct vl_chart_line times[] = { { "95 of 100", column(arena, samples, SIZE_MAX, "request_p95_ms", 1) } };
    const struct vl_chart_line sound[] = { { "lost", column(arena, samples, SIZE_MAX, "loss_percent", 1) } };
    struct vl_chart_line lines[VL_CHART_LINES] = { { "this host",
                                                     column(arena, samples, SIZE_MAX, "processor", 100) } };
    size_t count;

    put_chart(page, "calls", "Calls over time", "calls", 0, calls, 2);
    count = add_guests(page, lines, 1, VL_CHART_LINES - 1, "processor", 100);
    lines[count++] = (struct vl_chart_line){ "SIPp", column(arena, samples, SIZE_MAX, "generator", 100) };
    put_chart(page, "processor", "Processor in use (this host and guests: of all theirs; SIPp: of one)", "%", 100,
              lines, count);
    lines[0].values = column(arena, samples, SIZE_MAX, "memory_used", 1 / MIB);
    count = add_guests(page, lines, 1, VL_CHART_LINES, "memory_used", 1 / MIB);
    put_chart(page, "memory", "Memory in use", "MiB", 0, lines, count);
    put_chart(page, "rate", "Calls begun a second", "calls/s", 0, rates, 2);
    put_chart(page, "times", "Time to the first answer", "ms", 0, times, 1);
    if (!isnan(most_of(sound[0].values, page->count)))
        put_chart(page, "loss", "Sound that was lost", "%", 0, sound, 1);
}

static size_t guests_of(const struct page *page)
{
    return vl_json_length(vl_json_member(vl_json_element(page->samples, 0), "guests"));
}

static void put_guest_titles(const struct page *page)
{
    for (size_t i = 0; i < guests_of(page); i++)
        for (const char *const *unit = (const char *const[]){ "%", "MiB", NULL }; *unit; unit++) {
            vl_buf_puts(page->buf, "<th scope=\"col\">");
            vl_html_text(page->buf, guest_name(page, i) ? guest_name(page, i) : "n/a");
            vl_buf_printf(page->buf, ", %s</th>", *unit);
        }
}

static void put_guest_cells(const struct page *page, const struct vl_json_value *sample)
{
    for (size_t i = 0; i < guests_of(page); i++) {
        const struct vl_json_value *guest = vl_json_element(vl_json_member(sample, "guests"), i);

        vl_buf_puts(page->buf, "<td>");
        vl_report_put_figure(page->buf, vl_report_real(guest, "processor", NULL) * 100, 1, "");
        vl_buf_puts(page->buf, "</td><td>");
        vl_report_put_figure(page->buf, vl_report_real(guest, "memory_used", NULL) / MIB, 0, "");
        vl_buf_puts(page->buf, "</td>");
    }
}

static void put_samples(struct page *page)
{
    static const char *const keys[] = { "at_s",   "rate_asked",     "rate",      "up",        "made",       "succeeded",
                                        "failed", "request_p95_ms", "processor", "generator", "memory_used" };
    static const char *const titles[] = { "s",      "asked/s",        "begun/s", "up",      "made",       "succeeded",
                                          "failed", "answer p95, ms", "host, %", "SIPp, %", "memory, MiB" };
    static const double scales[] = { 1, 1, 1, 1, 1, 1, 1, 1, 100, 100, 1 / MIB };
    static const int digits[] = { 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0 };
    size_t every = page->count / SAMPLES_SHOWN + 1;
    struct vl_buf *buf = page->buf;

    vl_buf_puts(buf, "<details><summary>The samples as a table</summary><div class=\"wide\"><table><caption>");
    if (every > 1)
        vl_buf_printf(buf, "One of %zu; ", every);
    vl_buf_puts(buf, "all are in samples.csv</caption><thead><tr>");
    for (size_t c = 0; c < VL_COUNT(keys); c++)
        vl_buf_printf(buf, "<th scope=\"col\">%s</th>", titles[c]);
    put_guest_titles(page);
    vl_buf_puts(buf, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < page->count; i += every) {
        vl_buf_puts(buf, "<tr>");
        for (size_t c = 0; c < VL_COUNT(keys); c++) {
            vl_buf_puts(buf, "<td>");
            vl_report_put_figure(buf, vl_report_real(vl_json_element(page->samples, i), keys[c], NULL) * scales[c],
                                 digits[c], "");
            vl_buf_puts(buf, "</td>");
        }
        put_guest_cells(page, vl_json_element(page->samples, i));
        vl_buf_puts(buf, "</tr>\n");
    }
    vl_buf_puts(buf, "</tbody></table></div></details>\n");
}

static void put_answer(struct vl_buf *buf, struct vl_arena *arena, const struct vl_json_value *run, const char *level)
{
    double arrived = vl_report_real(run, "run", "arrived"); /* NAN: nobody was there to see them come */
    bool good = !strcmp(vl_report_text(run, "run", "outcome"), "complete") &&
                vl_report_real(run, "run", "failed") <= 0 && !(arrived < vl_report_real(run, "run", "succeeded"));

    vl_buf_printf(buf, "<%s id=\"answer\">", level);
    vl_html_text(buf, vl_report_text(run, "answer", NULL));
    vl_buf_printf(buf, "</%s>\n<p class=\"first %s\">%s: ", level, good ? "good" : "bad", good ? "Good" : "Not good");
    vl_html_text(buf, vl_report_text(run, "limit", "text"));
    vl_buf_puts(buf, ".</p>\n<p class=\"first\">");
    vl_html_text(buf, vl_report_sound(arena, run));
    vl_buf_puts(buf, ".</p>\n<p class=\"soft\">");
    vl_html_text(buf, vl_report_text(run, "run", "name"));
    vl_buf_puts(buf, ": ");
    vl_html_text(buf, vl_report_text(run, "run", "caller"));
    vl_buf_puts(buf, " calls ");
    vl_html_text(buf, vl_report_text(run, "run", "extension"));
    vl_buf_puts(buf, " on ");
    vl_html_text(buf, vl_report_text(run, "run", "target"));
    vl_buf_puts(buf, ", ");
    vl_html_text(buf, vl_report_text(run, "begun", NULL));
    vl_buf_puts(buf, "</p>\n");
}

static void put_run(struct vl_buf *buf, const struct vl_json_value *run, size_t index, const char *level)
{
    struct page page = { .buf = buf, .run = index, .samples = vl_json_member(run, "samples") };
    double made = vl_report_real(run, "run", "made");

    page.count = vl_json_length(page.samples);
    page.times = column(&page.arena, page.samples, SIZE_MAX, "at_s", 1);
    page.span = page.count ? ceil(most_of(page.times, page.count)) : 1;
    put_answer(buf, &page.arena, run, level);
    vl_buf_puts(buf, "<ul class=\"tiles\">\n");
    put_tile(buf, "calls at once, at most", vl_report_real(run, "run", "peak"), 0, "");
    put_tile(buf, "calls made", made, 0, "");
    put_tile(buf, "went well", made > 0 ? 100 * vl_report_real(run, "run", "succeeded") / made : NAN, 1, "%");
    put_tile(buf, "a second were begun", vl_report_real(run, "run", "rate"), 1, "");
    put_tile(buf, "to the first answer, 95 of 100",
             vl_json_real_of(vl_json_member(vl_report_at(run, "run", "session_request_delay_ms"), "p95")), 0, "ms");
    put_tile(buf, "MOS of the worst stream", vl_report_real(run, "media", "mos_lowest"), 2, "");
    put_tile(buf, "of this host's processors, at most",
             most_of(column(&page.arena, page.samples, SIZE_MAX, "processor", 100), page.count), 0, "%");
    vl_buf_puts(buf, "</ul>\n");
    if (vl_report_real(run, "run", "failed") > 0)
        vl_report_failures(buf, run);
    vl_buf_puts(buf, "<h2>Over time</h2>\n");
    if (page.count > 1 && page.times)
        put_charts(&page);
    else
        vl_buf_puts(buf, "<p class=\"soft\">The run was too short for pictures.</p>\n");
    put_samples(&page);
    vl_report_media(buf, &page.arena, run);
    if (!(vl_report_real(run, "run", "failed") > 0))
        vl_report_failures(buf, run);
    vl_report_times(buf, run);
    vl_report_metrics(buf, run);
    vl_report_how(buf, run);
    buf->failed |= page.arena.failed;
    vl_arena_free(&page.arena);
}

/* The runs side by side. */
static void put_comparison(struct vl_buf *buf, const struct vl_json_value *const *runs, const char *const *names,
                           size_t count)
{
    static const struct {
        const char *first, *second, *title;
        int digits;
    } rows[] = {
        { "run", "peak", "Calls at once, at most", 0 },
        { "run", "made", "Calls made", 0 },
        { "run", "failed", "Calls failed", 0 },
        { "run", "rate", "Calls begun a second", 1 },
        { "run", "retransmissions", "Retransmissions", 0 },
        { "metrics", "session_request_delay_ms", "Session request delay, ms", 1 },
        { "run", "duration_s", "Duration, s", 1 },
    };

    vl_buf_printf(
        buf, "<h1>%zu runs compared</h1>\n<div class=\"wide\"><table><thead><tr><th scope=\"col\">Figure</th>", count);
    for (size_t i = 0; i < count; i++) {
        vl_buf_puts(buf, "<th scope=\"col\">");
        vl_html_text(buf, names[i]);
        vl_buf_puts(buf, "</th>");
    }
    vl_buf_puts(buf, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < VL_COUNT(rows); r++) {
        vl_buf_printf(buf, "<tr><th scope=\"row\">%s</th>", rows[r].title);
        for (size_t i = 0; i < count; i++) {
            vl_buf_puts(buf, "<td>");
            vl_report_put_figure(buf, vl_report_real(runs[i], rows[r].first, rows[r].second), rows[r].digits, "");
            vl_buf_puts(buf, "</td>");
        }
        vl_buf_puts(buf, "</tr>\n");
    }
    vl_buf_puts(buf, "<tr><th scope=\"row\">What gave</th>");
    for (size_t i = 0; i < count; i++) {
        vl_buf_puts(buf, "<td>");
        vl_html_text(buf, vl_report_text(runs[i], "limit", "text"));
        vl_buf_puts(buf, "</td>");
    }
    vl_buf_puts(buf, "</tr>\n</tbody></table></div>\n");
}

void vl_sipp_report(struct vl_buf *buf, const struct vl_json_value *const *runs, const char *const *names, size_t count)
{
    vl_buf_puts(buf, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                     "'unsafe-inline'; img-src data:\"/>\n<meta name=\"viewport\" "
                     "content=\"width=device-width, initial-scale=1\"/>\n<title>");
    vl_html_text(buf, count == 1 ? vl_report_text(runs[0], "answer", NULL) : "Load runs compared");
    vl_buf_printf(buf, "</title>\n<style>%s</style></head>\n<body><main>\n", style);
    if (count > 1)
        put_comparison(buf, runs, names, count);
    for (size_t i = 0; i < count; i++)
        put_run(buf, runs[i], i, count == 1 ? "h1" : "h2");
    vl_buf_puts(buf, "</main></body></html>\n");
}
