/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML, read with positions: the only door to libyaml. It is for changing lines of a file that a person wrote, so every
 * node tells from which line to which it goes. A line ends at LF, CR, CRLF, U+0085, U+2028 or U+2029. Anchors that are
 * used, more than one document, and nesting deeper than 32 are refused.
 */
#ifndef VL_BASE_YAML_H
#define VL_BASE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum vl_yaml_kind { VL_YAML_SCALAR, VL_YAML_SEQUENCE, VL_YAML_MAPPING };

struct vl_yaml {
    enum vl_yaml_kind kind;
    const char *value;            /* of a scalar */
    const struct vl_yaml **nodes; /* of a sequence its items, of a mapping key, value, key, value … */
    size_t count;                 /* of nodes */
    int line, last_line;          /* from 1 */
    size_t end_column;            /* characters (not bytes) of its last line up to its end; of a scalar */
    bool flow;                    /* written as [] or {} */
};

/* Parse `text`; `what` names the file in messages. An empty file gives NULL as its root. */
int vl_yaml_parse(struct vl_arena *arena, const char *text, const char *what, const struct vl_yaml **ret_root,
                  struct vl_error *err);

/* The value of a key in a mapping; NULL when there is none or `node` is no mapping (NULL too). */
const struct vl_yaml *vl_yaml_get(const struct vl_yaml *node, const char *key);

#endif
