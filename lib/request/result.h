/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a request came to, as it is handed to the caller: text, a table, one line, and all of it as JSON.
 */
#ifndef VL_REQUEST_RESULT_H
#define VL_REQUEST_RESULT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "voiplab.h"

enum { VL_RESULT_COLUMNS = 10 };

struct voiplab_result {
    struct vl_arena arena;
    const char *text, *summary, *json;
    const char *headings[VL_RESULT_COLUMNS];
    size_t columns;
    const char **cells; /* rows × VL_RESULT_COLUMNS */
    size_t rows;
    struct vl_json *document; /* the root object, open; finished by vl_result_finish() */
};

struct voiplab_result *vl_result_new(void);

/* Headings, a NULL-terminated list. */
void vl_result_headings(struct voiplab_result *result, const char *first, ...) __attribute__((sentinel));

/* One row, as many cells as there are headings; a NULL cell is shown as "-". */
void vl_result_row(struct voiplab_result *result, const char *const *cells);

void vl_result_summary(struct voiplab_result *result, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Add the table as an array `key` of objects, with the headings in lower case as names. */
void vl_result_table_json(struct voiplab_result *result, const char *key);

/* Render the JSON document. What the request failed with, when it did, becomes its members `error` and `status`. */
int vl_result_finish(struct voiplab_result *result, enum voiplab_status status, const struct vl_error *failure,
                     struct vl_error *err);

#endif
