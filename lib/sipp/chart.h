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
};

enum { VL_CHART_LINES = 6 };

/* Add the figure. Of lines that would be dense each pixel keeps its smallest and its largest value. */
void vl_chart_svg(struct vl_buf *buf, const struct vl_chart *chart);

/* Add text, with what HTML would take for its own escaped. */
void vl_html_text(struct vl_buf *buf, const char *text);

#endif
