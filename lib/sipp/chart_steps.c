/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps of a search from left to right. What held is a disc and what did not a cross, so that no colour is needed
 * to tell them. Loads go over several powers of ten: the axis is logarithmic.
 */
#include <math.h>

#include "sipp/chart_part.h"

enum { RADIUS = 5 };

/* In powers of ten, both a little beyond what there is. */
struct frame {
    double low, high;
    size_t count;
};

static double x_of(const struct frame *frame, size_t step)
{
    return LEFT + PLOT_WIDTH * ((double)step + 0.5) / (double)frame->count;
}

static double y_of(const struct frame *frame, double load)
{
    return TOP + PLOT_HEIGHT * (1 - (log10(load) - frame->low) / (frame->high - frame->low));
}

static struct frame frame_of(const struct vl_chart_step *steps, size_t count)
{
    double least = INFINITY, most = 1;

    for (size_t i = 0; i < count; i++) {
        least = steps[i].load >= 1 && steps[i].load < least ? steps[i].load : least;
        most = steps[i].load > most ? steps[i].load : most;
    }
    return (struct frame){ .low = log10(isinf(least) ? 1 : least) - 0.1, .high = log10(most) + 0.15, .count = count };
}

/* At 1, 2 and 5 times the powers of ten; where these would be dense, at the powers only. */
static void put_grid(struct vl_buf *buf, const struct frame *frame)
{
    static const double rounds[] = { 1, 2, 5 };
    size_t marks = frame->high - frame->low > 2.5 ? 1 : 3;

    for (int power = (int)floor(frame->low); power <= (int)ceil(frame->high); power++)
        for (size_t i = 0; i < marks; i++) {
            double load = rounds[i] * pow(10, power);

            if (load < 1 || log10(load) < frame->low || log10(load) > frame->high)
                continue;
            vl_buf_printf(buf,
                          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                          "<text class=\"mark\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.10g</text>\n",
                          LEFT, LEFT + PLOT_WIDTH, y_of(frame, load), y_of(frame, load), LEFT - 8,
                          y_of(frame, load) + 4, load);
        }
}

static void put_mark(struct vl_buf *buf, double x, double y, bool held)
{
    if (held)
        vl_buf_printf(buf, "<circle class=\"n0\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/>", x, y, RADIUS);
    else
        vl_buf_printf(buf, "<path class=\"line c1\" d=\"M%.1f %.1fl%d %dm0 -%dl-%d %d\"/>", x - RADIUS, y - RADIUS,
                      2 * RADIUS, 2 * RADIUS, 2 * RADIUS, 2 * RADIUS, 2 * RADIUS);
}

static void put_step(struct vl_buf *buf, const struct frame *frame, size_t index, const struct vl_chart_step *step)
{
    double x = x_of(frame, index), y = step->load >= 1 ? y_of(frame, step->load) : TOP + PLOT_HEIGHT;

    put_mark(buf, x, y, step->held);
    vl_buf_printf(buf,
                  "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.10g</text>"
                  "<text class=\"mark\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%zu</text>\n",
                  x, y > TOP + 24 ? y - 10 : y + 20, step->load, x, TOP + PLOT_HEIGHT + 17, index + 1);
}

static void put_names(struct vl_buf *buf)
{
    static const char *const names[] = { "held", "did not hold" };

    for (int i = 0; i < 2; i++) {
        put_mark(buf, LEFT + PLOT_WIDTH + 14, TOP + 10 + 18 * i, i == 0);
        vl_buf_printf(buf, "<text class=\"name n%d\" x=\"%d\" y=\"%d\">%s</text>\n", i, LEFT + PLOT_WIDTH + 28,
                      TOP + 14 + 18 * i, names[i]);
    }
}

void vl_chart_steps_svg(struct vl_buf *buf, const struct vl_chart *chart, const struct vl_chart_step *steps,
                        size_t count, double answer)
{
    const struct frame frame = frame_of(steps, count);

    vl_chart_begin(buf, chart, "step");
    put_grid(buf, &frame);
    if (answer >= 1)
        vl_buf_printf(buf,
                      "<path class=\"line c2\" stroke-dasharray=\"7 3\" d=\"M%d %.1fh%d\"/>"
                      "<text class=\"name n2\" x=\"%d\" y=\"%.1f\">%.10g hold</text>\n",
                      LEFT, y_of(&frame, answer), PLOT_WIDTH, LEFT + PLOT_WIDTH + 6,
                      fmax(y_of(&frame, answer) + 4, TOP + 54), answer);
    for (size_t i = 0; i < count; i++)
        put_step(buf, &frame, i, &steps[i]);
    put_names(buf);
    vl_buf_puts(buf, "</svg>\n");
}
