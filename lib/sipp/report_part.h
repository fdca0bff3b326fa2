/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the report share.
 */
#ifndef VL_SIPP_REPORT_PART_H
#define VL_SIPP_REPORT_PART_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "sipp/chart.h"

#define MIB (1024.0 * 1024.0)

/* What is looked up by a path of members, of which the second may be NULL: the value, a number (NAN) or a text ("n/a").
 */
const struct vl_json_value *vl_report_at(const struct vl_json_value *value, const char *first, const char *second);
double vl_report_real(const struct vl_json_value *value, const char *first, const char *second);
const char *vl_report_text(const struct vl_json_value *value, const char *first, const char *second);

/* A number in groups of three digits; and one with so many digits after the point and its unit. */
void vl_report_put_count(struct vl_buf *buf, double number);
void vl_report_put_figure(struct vl_buf *buf, double number, int digits, const char *unit);

/* A figure of the first screen, an item of the list of tiles; the words are HTML. */
void vl_report_put_tile(struct vl_buf *buf, const char *what, double number, int digits, const char *unit);

/* A figure with its title; its picture and its end are for who puts it. */
void vl_report_begin_figure(struct vl_buf *buf, const struct vl_chart *chart);

/* The pictures over time, each as a document of its own. */
void vl_report_each_picture(const struct vl_json_value *run,
                            void (*take)(void *context, const char *name, const char *svg), void *context);

/* The picture of the steps of a search; false: there are none. */
bool vl_report_steps_picture(struct vl_buf *buf, const struct vl_json_value *search, size_t index, bool alone);

/* A row of a table of two columns, of a figure, of words, and those that say what the host was. */
void vl_report_put_row(struct vl_buf *buf, const char *what, double number, int digits, const char *unit);
void vl_report_put_text_row(struct vl_buf *buf, const char *what, const char *text);
void vl_report_put_host(struct vl_buf *buf, const struct vl_json_value *run);

/* The largest figure of this name in the samples; NAN: there is none. */
double vl_report_most(const struct vl_json_value *run, const char *key, double scale);

/* How the calls sounded, or why that is not known: a sentence without its full stop. */
const char *vl_report_sound(struct vl_arena *arena, const struct vl_json_value *run);

/* Chapters, each with its heading. The pictures have `index` in their names, for one page may have those of several. */
void vl_report_pictures(struct vl_buf *buf, const struct vl_json_value *run, size_t index);
void vl_report_failures(struct vl_buf *buf, const struct vl_json_value *run);
void vl_report_media(struct vl_buf *buf, struct vl_arena *arena, const struct vl_json_value *run);
void vl_report_times(struct vl_buf *buf, const struct vl_json_value *run);
void vl_report_metrics(struct vl_buf *buf, const struct vl_json_value *run);
void vl_report_how(struct vl_buf *buf, const struct vl_json_value *run);

/* All of a search for the largest load that holds (request/capacity.h). */
void vl_report_capacity(struct vl_buf *buf, const struct vl_json_value *search, size_t index, const char *level);

#endif
