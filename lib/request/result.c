/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/result.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

struct voiplab_result *vl_result_new(void)
{
    struct voiplab_result *result = vl_malloc(sizeof(*result));

    if (!result)
        return NULL;
    *result = (struct voiplab_result){ .text = "", .summary = "", .json = "{}\n" };
    result->document = vl_json_new();
    vl_json_object(result->document, NULL);
    return result;
}

void vl_result_headings(struct voiplab_result *result, const char *first, ...)
{
    va_list args;

    va_start(args, first);
    result->columns = 0;
    for (const char *heading = first; heading && result->columns < VL_RESULT_COLUMNS;
         heading = va_arg(args, const char *))
        result->headings[result->columns++] = heading;
    va_end(args);
}

/* A cell is one line that is safe for a terminal: what a guest or a file says may be anything. */
static const char *cell_of(struct vl_arena *arena, const char *text)
{
    char *line = vl_text_visible(arena, text);

    for (char *end = line; (end = strchr(end, '\n'));)
        *end = ' ';
    return line;
}

void vl_result_row(struct voiplab_result *result, const char *const *cells)
{
    struct vl_arena *arena = &result->arena;
    const char **grown = vl_arena_grow(arena, result->cells, result->rows, VL_RESULT_COLUMNS * sizeof(*result->cells));

    if (!grown)
        return;
    result->cells = grown;
    for (size_t i = 0; i < result->columns; i++)
        grown[result->rows * VL_RESULT_COLUMNS + i] = cells[i] ? cell_of(arena, cells[i]) : "-";
    result->rows++;
}

void vl_result_summary(struct voiplab_result *result, const char *format, ...)
{
    VL_FREE char *text = NULL;
    va_list args;
    int rc;

    va_start(args, format);
    rc = vl_vasprintf(&text, format, args);
    va_end(args);
    result->summary = rc < 0 ? "" : vl_arena_strdup(&result->arena, text);
}

static const char *json_name(struct vl_arena *arena, const char *heading)
{
    char *name = vl_arena_strdup(arena, heading);

    for (char *p = name; *p; p++)
        *p = *p == ' ' ? '_' : (char)tolower((unsigned char)*p);
    return name;
}

void vl_result_table_json(struct voiplab_result *result, const char *key)
{
    vl_json_array(result->document, key);
    for (size_t row = 0; row < result->rows; row++) {
        vl_json_object(result->document, NULL);
        for (size_t i = 0; i < result->columns; i++) {
            const char *cell = result->cells[row * VL_RESULT_COLUMNS + i];

            vl_json_string(result->document, json_name(&result->arena, result->headings[i]),
                           strcmp(cell, "-") != 0 ? cell : NULL);
        }
        vl_json_end(result->document);
    }
    vl_json_end(result->document);
}

int vl_result_finish(struct voiplab_result *result, enum voiplab_status status, const struct vl_error *failure,
                     struct vl_error *err)
{
    VL_FREE char *text = NULL;

    vl_json_end_to(result->document, 1); /* a request that failed may have left an array open */
    if (status != VOIPLAB_OK && status != VOIPLAB_DRIFT) {
        vl_json_string(result->document, "error", vl_error_text(failure));
        vl_json_number(result->document, "status", status);
    }
    if (*result->summary || status == VOIPLAB_OK)
        vl_json_string(result->document, "summary", result->summary);
    text = vl_json_text(result->document, 2, err);
    if (!text)
        return -1;
    result->json = vl_arena_strdup(&result->arena, text);
    return vl_arena_check(&result->arena, err);
}

const char *voiplab_result_text(const voiplab_result *result)
{
    return result->text;
}

const char *voiplab_result_summary(const voiplab_result *result)
{
    return result->summary;
}

const char *voiplab_result_json(const voiplab_result *result)
{
    return result->json;
}

size_t voiplab_result_columns(const voiplab_result *result)
{
    return result->columns;
}

size_t voiplab_result_rows(const voiplab_result *result)
{
    return result->rows;
}

const char *voiplab_result_heading(const voiplab_result *result, size_t column)
{
    return column < result->columns ? result->headings[column] : "";
}

const char *voiplab_result_cell(const voiplab_result *result, size_t row, size_t column)
{
    if (row >= result->rows || column >= result->columns)
        return "";
    return result->cells[row * VL_RESULT_COLUMNS + column];
}

void voiplab_result_free(voiplab_result *result)
{
    if (!result)
        return;
    vl_json_free(result->document);
    vl_arena_free(&result->arena);
    vl_free(result);
}
