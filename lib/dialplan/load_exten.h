/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lines of a context that make extensions: `exten =>` and `same =>`.
 */
#ifndef VL_DIALPLAN_LOAD_EXTEN_H
#define VL_DIALPLAN_LOAD_EXTEN_H

#include "base/names.h"
#include "dialplan/dialplan.h"

/* What goes on from line to line within a section: Asterisk does not start anew with each extension. */
struct vl_section_state {
    struct vl_context *context;
    const char *extension;     /* the last name, with its caller id; "" at first */
    const char *numbered;      /* the name that `priority` was counted for; NULL at first */
    int priority;              /* the last one; -2 at first */
    struct vl_names *existing; /* the context's extensions */
};

/* `exten => ` and `same => ` */
void vl_load_exten(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line);
void vl_load_same(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line);

#endif
