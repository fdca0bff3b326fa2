/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asterisk's configuration files (main/config.c): sections of lines, after #include, comments and templates.
 */
#ifndef VL_DIALPLAN_CONF_H
#define VL_DIALPLAN_CONF_H

#include "dialplan/dialplan.h"

struct vl_conf_line {
    const char *name, *value;
    struct vl_position at;
};

struct vl_conf_section {
    const char *name;
    bool is_template; /* [name](!): only there to be inherited from */
    struct vl_conf_line *lines;
    size_t line_count;
    struct vl_position at;
};

/* In the order of the files; sections of one name are several. */
struct vl_conf {
    struct vl_conf_section **sections;
    size_t section_count;
};

/* Read `text`, which is the file `name`, and what it includes, into plan->arena, with plan->files, ->diagnostics and
 * ->broken. Fails only when memory runs out. */
int vl_conf_read(struct vl_dialplan *plan, const char *name, const char *text, const struct vl_dialplan_reader *reader,
                 struct vl_conf *ret_conf, struct vl_error *err);

/* Keep a diagnostic; `context` and `extension` may be NULL. */
void vl_diagnose(struct vl_dialplan *plan, enum vl_dialplan_code code, struct vl_position at, const char *context,
                 const char *extension, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
