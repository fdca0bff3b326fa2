/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the report share.
 */
#ifndef VL_SIPP_REPORT_PART_H
#define VL_SIPP_REPORT_PART_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

#define MIB (1024.0 * 1024.0)

/* What is looked up by a path of members, of which the second may be NULL: the value, a number (NAN) or a text ("n/a").
 */
const struct vl_json_value *vl_report_at(const struct vl_json_value *value, const char *first, const char *second);
double vl_report_real(const struct vl_json_value *value, const char *first, const char *second);
const char *vl_report_text(const struct vl_json_value *value, const char *first, const char *second);

/* A number in groups of three digits; and one with so many digits after the point and its unit. */
void vl_report_put_count(struct vl_buf *buf, double number);
void vl_report_put_figure(struct vl_buf *buf, double number, int digits, const char *unit);

/* How the calls sounded, or why that is not known: a sentence without its full stop. */
const char *vl_report_sound(struct vl_arena *arena, const struct vl_json_value *run);

/* Chapters, each with its heading. */
void vl_report_failures(struct vl_buf *buf, const struct vl_json_value *run);
void vl_report_media(struct vl_buf *buf, struct vl_arena *arena, const struct vl_json_value *run);
void vl_report_times(struct vl_buf *buf, const struct vl_json_value *run);
void vl_report_metrics(struct vl_buf *buf, const struct vl_json_value *run);
void vl_report_how(struct vl_buf *buf, const struct vl_json_value *run);

#endif
