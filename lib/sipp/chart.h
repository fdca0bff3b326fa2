/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lines over time as SVG that stands inside an HTML page. Pure: the same figures give the same bytes. What colour says
 * is said by dashes and by a name at the end of each line as well; the page has the numbers in a table beside it.
 */
#ifndef VL_SIPP_CHART_H
#define VL_SIPP_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct vl_chart_line {
    const char *name;
    const double *values; /* one for each time; NAN: a gap */
};

struct vl_chart {
    const char *id; /* of the figure on its page */
    const char *title, *description, *unit;
    const double *times; /* seconds, rising */
    size_t count;
    double span_s; /* the time axis goes from 0 to this, for all figures of a page */
    double top;    /* the largest value of the axis; 0: one that holds all values */
    const struct vl_chart_line *lines;
    size_t line_count;
    bool alone; /* a document of its own, with its style, instead of a part of a page */
};

enum { VL_CHART_LINES = 6 };

/* What the lines, their names and the rest are drawn in on white ground: after Okabe and Ito, each of which can be told
 * from white and from the others also by who does not see all colours. */
#define VL_CHART_GROUND "#fff"
#define VL_CHART_TEXT "#1a1a1a"
#define VL_CHART_SOFT "#595959"
#define VL_CHART_RULE "#d4d4d4"
#define VL_CHART_COLOURS "#0072b2", "#b34700", "#00795a", "#a2427d", "#1a1a1a", "#6b6b6b"

/* One step of a search. */
struct vl_chart_step {
    double load;
    bool held;
};

/* Add the figure of a search: a mark for each step, as high as its load is on a logarithmic axis, and a line at the
 * answer (0: there is none). Of `chart` only the words and `alone` count. */
void vl_chart_steps_svg(struct vl_buf *buf, const struct vl_chart *chart, const struct vl_chart_step *steps,
                        size_t count, double answer);

/* Add the figure. Of lines that would be dense each pixel keeps its smallest and its largest value. */
void vl_chart_svg(struct vl_buf *buf, const struct vl_chart *chart);

/* Add text, with what HTML would take for its own escaped. */
void vl_html_text(struct vl_buf *buf, const char *text);

#endif
