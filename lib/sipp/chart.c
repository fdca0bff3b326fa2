/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines over time; their names stand to the right of the plot, pushed apart where their ends are close.
 */
#include "sipp/chart.h"

#include <math.h>
#include <stdlib.h>

#include "sipp/chart_part.h"

enum { NAME_HEIGHT = 15, MARKS = 5 };

/* The colours are in the page's style sheet, for both grounds; the dashes are here. */
static const char *const dashes[VL_CHART_LINES] = { "", "7 3", "2 3", "10 3 2 3", "4 2", "1 2" };

void vl_html_text(struct vl_buf *buf, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            vl_buf_puts(buf, "&amp;");
            break;
        case '<':
            vl_buf_puts(buf, "&lt;");
            break;
        case '>':
            vl_buf_puts(buf, "&gt;");
            break;
        case '"':
            vl_buf_puts(buf, "&quot;");
            break;
        default:
            vl_buf_putc(buf, *text);
        }
}

/* 1, 2 or 5 times a power of ten: the smallest with which `marks` steps reach `value`. */
static double step_for(double value, int marks)
{
    double raw = value / marks, power = pow(10, floor(log10(raw)));
    static const double rounds[] = { 1, 2, 5, 10 };

    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++)
        if (rounds[i] * power >= raw * (1 - 1e-9))
            return rounds[i] * power;
    return 10 * power;
}

static double largest(const struct vl_chart *chart)
{
    double most = 0;

    for (size_t i = 0; i < chart->line_count; i++)
        for (size_t at = 0; at < chart->count; at++)
            if (chart->lines[i].values[at] > most)
                most = chart->lines[i].values[at];
    return most > 0 ? most : 1;
}

struct frame {
    const struct vl_chart *chart;
    double span, top, step;
};

static double x_of(const struct frame *frame, double seconds)
{
    return LEFT + PLOT_WIDTH * seconds / frame->span;
}

static double y_of(const struct frame *frame, double value)
{
    double share = value / frame->top;

    return TOP + PLOT_HEIGHT * (1 - (share > 1 ? 1 : share < 0 ? 0 : share));
}

static void put_axes(struct vl_buf *buf, const struct frame *frame)
{
    double seconds = step_for(frame->span, 8);

    for (double value = 0; value <= frame->top * (1 + 1e-9); value += frame->step)
        vl_buf_printf(buf,
                      "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                      "<text class=\"mark\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.10g</text>\n",
                      LEFT, LEFT + PLOT_WIDTH, y_of(frame, value), y_of(frame, value), LEFT - 8, y_of(frame, value) + 4,
                      value);
    for (double at = 0; at <= frame->span * (1 + 1e-9); at += seconds)
        vl_buf_printf(buf,
                      "<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
                      "<text class=\"mark\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.10g</text>\n",
                      x_of(frame, at), x_of(frame, at), TOP + PLOT_HEIGHT, TOP + PLOT_HEIGHT + 4, x_of(frame, at),
                      TOP + PLOT_HEIGHT + 17, at);
}

static void put_point(struct vl_buf *buf, const struct frame *frame, double seconds, double value, bool *down)
{
    vl_buf_printf(buf, "%c%.1f %.1f", *down ? 'L' : 'M', x_of(frame, seconds), y_of(frame, value));
    *down = true;
}

/* Of each bucket the smallest and the largest, in their order. */
static void put_path(struct vl_buf *buf, const struct frame *frame, const double *values)
{
    const struct vl_chart *chart = frame->chart;
    size_t bucket = (chart->count + PLOT_WIDTH - 1) / PLOT_WIDTH;
    bool down = false;

    for (size_t from = 0; from < chart->count; from += bucket ? bucket : 1) {
        size_t end = from + bucket < chart->count ? from + bucket : chart->count, low = from, high = from;

        for (size_t i = from; i < end; i++) {
            low = values[i] < values[low] ? i : low;
            high = values[i] > values[high] ? i : high;
        }
        if (isnan(values[low]) || isnan(values[high])) {
            down = false;
            continue;
        }
        put_point(buf, frame, chart->times[low < high ? low : high], values[low < high ? low : high], &down);
        if (low != high)
            put_point(buf, frame, chart->times[low < high ? high : low], values[low < high ? high : low], &down);
    }
}

struct end {
    size_t line;
    double y;
};

static int higher(const void *left, const void *right)
{
    const struct end *a = left, *b = right;

    if (a->y != b->y) /* NOLINT: equal ends keep the order of their lines */
        return a->y < b->y ? -1 : 1;
    return a->line < b->line ? -1 : 1;
}

static double last_of(const struct vl_chart *chart, const double *values)
{
    for (size_t i = chart->count; i > 0; i--)
        if (!isnan(values[i - 1]))
            return values[i - 1];
    return 0;
}

static void put_names(struct vl_buf *buf, const struct frame *frame)
{
    const struct vl_chart *chart = frame->chart;
    struct end ends[VL_CHART_LINES];
    double before = TOP - NAME_HEIGHT, lowest = TOP + PLOT_HEIGHT + 4;

    for (size_t i = 0; i < chart->line_count; i++)
        ends[i] = (struct end){ .line = i, .y = y_of(frame, last_of(chart, chart->lines[i].values)) + 4 };
    qsort(ends, chart->line_count, sizeof(ends[0]), higher);
    for (size_t i = 0; i < chart->line_count; i++) {
        double room = lowest - (double)(chart->line_count - 1 - i) * NAME_HEIGHT;

        ends[i].y = ends[i].y > room ? room : ends[i].y;
        ends[i].y = ends[i].y < before + NAME_HEIGHT ? before + NAME_HEIGHT : ends[i].y;
        before = ends[i].y;
        vl_buf_printf(buf,
                      "<path class=\"line c%zu\" stroke-dasharray=\"%s\" d=\"M%d %.1fh18\"/>"
                      "<text class=\"name n%zu\" x=\"%d\" y=\"%.1f\">",
                      ends[i].line, dashes[ends[i].line], LEFT + PLOT_WIDTH + 6, ends[i].y - 4, ends[i].line,
                      LEFT + PLOT_WIDTH + 28, ends[i].y);
        vl_html_text(buf, chart->lines[ends[i].line].name);
        vl_buf_puts(buf, "</text>\n");
    }
}

/* What a page's style sheet says, for a document that has none. */
static void put_style(struct vl_buf *buf)
{
    static const char *const colours[VL_CHART_LINES] = { VL_CHART_COLOURS };

    vl_buf_puts(buf, "<style>text{font:12px sans-serif;fill:" VL_CHART_TEXT "}.mark{fill:" VL_CHART_SOFT
                     "}.grid{stroke:" VL_CHART_RULE "}.tick{stroke:" VL_CHART_SOFT
                     "}.line{fill:none;stroke-width:2;stroke-linejoin:round}");
    for (size_t i = 0; i < VL_CHART_LINES; i++)
        vl_buf_printf(buf, ".c%zu{stroke:%s}.n%zu{fill:%s}", i, colours[i], i, colours[i]);
    vl_buf_printf(buf, "</style>\n<rect width=\"%d\" height=\"%d\" fill=\"" VL_CHART_GROUND "\"/>\n", WIDTH, HEIGHT);
}

void vl_chart_begin(struct vl_buf *buf, const struct vl_chart *chart, const char *across)
{
    vl_buf_puts(buf, "<svg ");
    if (chart->alone)
        vl_buf_printf(buf, "xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" ", WIDTH, HEIGHT);
    vl_buf_printf(buf, "role=\"img\" viewBox=\"0 0 %d %d\" aria-labelledby=\"%s-t %s-d\">\n<title id=\"%s-t\">", WIDTH,
                  HEIGHT, chart->id, chart->id, chart->id);
    vl_html_text(buf, chart->title);
    vl_buf_printf(buf, "</title>\n<desc id=\"%s-d\">", chart->id);
    vl_html_text(buf, chart->description);
    vl_buf_puts(buf, "</desc>\n");
    if (chart->alone)
        put_style(buf);
    vl_buf_printf(buf, "<text class=\"mark\" x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                  LEFT + PLOT_WIDTH / 2, HEIGHT - 6, across);
    vl_buf_printf(buf, "<text class=\"mark\" transform=\"translate(14 %d) rotate(-90)\" text-anchor=\"middle\">",
                  TOP + PLOT_HEIGHT / 2);
    vl_html_text(buf, chart->unit);
    vl_buf_puts(buf, "</text>\n");
}

void vl_chart_svg(struct vl_buf *buf, const struct vl_chart *chart)
{
    double most = chart->top > 0 ? chart->top : largest(chart), step = step_for(most, MARKS);
    const struct frame frame = { .chart = chart,
                                 .span = chart->span_s > 0 ? chart->span_s : 1,
                                 .top = chart->top > 0 ? chart->top : ceil(most / step - 1e-9) * step,
                                 .step = step };

    vl_chart_begin(buf, chart, "seconds");
    put_axes(buf, &frame);
    for (size_t i = 0; i < chart->line_count; i++) {
        vl_buf_printf(buf, "<path class=\"line c%zu\" stroke-dasharray=\"%s\" d=\"", i, dashes[i]);
        put_path(buf, &frame, chart->lines[i].values);
        vl_buf_puts(buf, "\"/>\n");
    }
    put_names(buf, &frame);
    vl_buf_puts(buf, "</svg>\n");
}
