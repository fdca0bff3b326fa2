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

/* The colours of the lines come between the two. */
static const char style_begin[] = ":root{--ground:" VL_CHART_GROUND ";--text:" VL_CHART_TEXT ";--soft:" VL_CHART_SOFT
                                  ";--rule:" VL_CHART_RULE ";--card:#f5f6f8;--good:#00664b;--bad:#a63c00";
static const char style[] =
    "}"
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
    "th:first-child,.word{text-align:left}td.word{overflow-wrap:anywhere}th{font-weight:600}thead "
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
    VL_ARENA_AUTO arena = { .blocks = NULL };
    double made = vl_report_real(run, "run", "made");

    put_answer(buf, &arena, run, level);
    vl_buf_puts(buf, "<ul class=\"tiles\">\n");
    vl_report_put_tile(buf, "calls at once, at most", vl_report_real(run, "run", "peak"), 0, "");
    vl_report_put_tile(buf, "calls made", made, 0, "");
    vl_report_put_tile(buf, "went well", made > 0 ? 100 * vl_report_real(run, "run", "succeeded") / made : NAN, 1, "%");
    vl_report_put_tile(buf, "a second were begun", vl_report_real(run, "run", "rate"), 1, "");
    vl_report_put_tile(buf, "to the first answer, 95 of 100",
                       vl_json_real_of(vl_json_member(vl_report_at(run, "run", "session_request_delay_ms"), "p95")), 0,
                       "ms");
    vl_report_put_tile(buf, "MOS of the worst stream", vl_report_real(run, "media", "mos_lowest"), 2, "");
    vl_report_put_tile(buf, "of this host's processors, at most", vl_report_most(run, "processor", 100), 0, "%");
    vl_buf_puts(buf, "</ul>\n");
    if (vl_report_real(run, "run", "failed") > 0)
        vl_report_failures(buf, run);
    vl_report_pictures(buf, run, index);
    vl_report_media(buf, &arena, run);
    if (!(vl_report_real(run, "run", "failed") > 0))
        vl_report_failures(buf, run);
    vl_report_times(buf, run);
    vl_report_metrics(buf, run);
    vl_report_how(buf, run);
    buf->failed |= arena.failed;
}

static bool is_known(const struct vl_json_value *const *runs, size_t count, const char *first, const char *second)
{
    for (size_t i = 0; i < count; i++)
        if (!isnan(vl_report_real(runs[i], first, second)))
            return true;
    return false;
}

/* The runs side by side; of searches other figures are known. */
static void put_comparison(struct vl_buf *buf, const struct vl_json_value *const *runs, const char *const *names,
                           size_t count)
{
    static const struct {
        const char *first, *second, *title;
        int digits;
    } rows[] = {
        { "capacity", "capacity", "The most that holds", 0 },
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
        if (!is_known(runs, count, rows[r].first, rows[r].second))
            continue;
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
    static const char *const colours[VL_CHART_LINES] = { VL_CHART_COLOURS };

    vl_buf_puts(buf, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                     "'unsafe-inline'; img-src data:\"/>\n<meta name=\"viewport\" "
                     "content=\"width=device-width, initial-scale=1\"/>\n<title>");
    vl_html_text(buf, count == 1 ? vl_report_text(runs[0], "answer", NULL) : "Load runs compared");
    vl_buf_printf(buf, "</title>\n<style>%s", style_begin);
    for (size_t i = 0; i < VL_CHART_LINES; i++)
        vl_buf_printf(buf, ";--c%zu:%s", i, colours[i]);
    vl_buf_printf(buf, "%s</style></head>\n<body><main>\n", style);
    if (count > 1)
        put_comparison(buf, runs, names, count);
    for (size_t i = 0; i < count; i++)
        if (vl_json_member(runs[i], "capacity"))
            vl_report_capacity(buf, runs[i], i, count == 1 ? "h1" : "h2");
        else
            put_run(buf, runs[i], i, count == 1 ? "h1" : "h2");
    vl_buf_puts(buf, "</main></body></html>\n");
}

void vl_sipp_report_pictures(const struct vl_json_value *run,
                             void (*take)(void *context, const char *name, const char *svg), void *context)
{
    VL_BUF_AUTO steps = VL_BUF_INIT;

    if (vl_report_steps_picture(&steps, run, 0, true))
        take(context, "steps", vl_buf_text(&steps));
    vl_report_each_picture(run, take, context);
}
