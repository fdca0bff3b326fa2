/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame that all pictures have: the plot lies between LEFT and WIDTH - RIGHT, TOP and HEIGHT - BOTTOM.
 */
#ifndef VL_SIPP_CHART_PART_H
#define VL_SIPP_CHART_PART_H

#include "sipp/chart.h"

enum { WIDTH = 960, HEIGHT = 236, LEFT = 64, RIGHT = 132, TOP = 12, BOTTOM = 40 };
enum { PLOT_WIDTH = WIDTH - LEFT - RIGHT, PLOT_HEIGHT = HEIGHT - TOP - BOTTOM };

/* The element, its words, and what stands below the axes and beside them; the end is for who draws. */
void vl_chart_begin(struct vl_buf *buf, const struct vl_chart *chart, const char *across);

#endif
