/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pictures of a report, over one time axis, and the samples that they show as a table.
 */
#include <math.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "sipp/chart.h"
#include "sipp/report_part.h"

enum { SAMPLES_SHOWN = 200 };

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
    struct vl_buf *buf; /* NULL: who takes each picture by itself is there instead */
    void (*take)(void *context, const char *name, const char *svg);
    void *context;
    size_t run; /* which of them */
    const struct vl_json_value *samples;
    size_t count;
    double *times, span;
};

static void put_chart(struct page *page, const char *name, const char *title, const char *unit, double top,
                      const struct vl_chart_line *lines, size_t line_count)
{
    VL_BUF_AUTO said = VL_BUF_INIT, alone = VL_BUF_INIT;
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
        .alone = page->take != NULL,
    };

    for (size_t i = 0; i < line_count; i++) {
        double most = most_of(lines[i].values, page->count);

        vl_buf_printf(&said, "%s%s: at most ", i ? "; " : "", lines[i].name);
        vl_report_put_figure(&said, most, most < 10 ? 1 : 0, "");
    }
    vl_buf_printf(&said, " %s, over %.0f seconds. The numbers are in the table of samples.", unit, page->span);
    chart.description = vl_buf_text(&said);
    if (page->take) {
        vl_chart_svg(&alone, &chart);
        page->take(page->context, name, vl_buf_text(&alone));
        return;
    }
    vl_report_begin_figure(page->buf, &chart);
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

static struct page page_of(const struct vl_json_value *run)
{
    struct page page = { .samples = vl_json_member(run, "samples") };

    page.count = vl_json_length(page.samples);
    page.times = column(&page.arena, page.samples, SIZE_MAX, "at_s", 1);
    page.span = page.count ? ceil(most_of(page.times, page.count)) : 1;
    return page;
}

static bool has_pictures(const struct page *page)
{
    return page->count > 1 && page->times;
}

void vl_report_begin_figure(struct vl_buf *buf, const struct vl_chart *chart)
{
    vl_buf_printf(buf, "<figure role=\"group\" aria-labelledby=\"%s-c\">\n<figcaption id=\"%s-c\">", chart->id,
                  chart->id);
    vl_html_text(buf, chart->title);
    vl_buf_puts(buf, "</figcaption>\n");
}

void vl_report_pictures(struct vl_buf *buf, const struct vl_json_value *run, size_t index)
{
    struct page page = page_of(run);

    page.buf = buf;
    page.run = index;
    vl_buf_puts(buf, "<h2>Over time</h2>\n");
    if (has_pictures(&page))
        put_charts(&page);
    else
        vl_buf_puts(buf, "<p class=\"soft\">The run was too short for pictures.</p>\n");
    put_samples(&page);
    buf->failed |= page.arena.failed;
    vl_arena_free(&page.arena);
}

void vl_report_each_picture(const struct vl_json_value *run,
                            void (*take)(void *context, const char *name, const char *svg), void *context)
{
    struct page page = page_of(run);

    page.take = take;
    page.context = context;
    if (has_pictures(&page))
        put_charts(&page);
    vl_arena_free(&page.arena);
}

double vl_report_most(const struct vl_json_value *run, const char *key, double scale)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const struct vl_json_value *samples = vl_json_member(run, "samples");

    return most_of(column(&arena, samples, SIZE_MAX, key, scale), vl_json_length(samples));
}
