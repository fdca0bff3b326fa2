/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/memory.h"

enum { DEPTH = 32 };

struct vl_json {
    json_t *root;        /* owned */
    json_t *open[DEPTH]; /* borrowed: the root and what hangs on it */
    size_t depth;
    bool failed;
};

struct vl_json *vl_json_new(void)
{
    return vl_calloc(1, sizeof(struct vl_json));
}

void vl_json_free(struct vl_json *json)
{
    if (!json)
        return;
    json_decref(json->root);
    free(json);
}

/* Hang a value, whose reference is taken, on what is open. */
static void add(struct vl_json *json, const char *key, json_t *value)
{
    json_t *parent = json && json->depth ? json->open[json->depth - 1] : NULL;
    int rc = -1;

    if (json_is_object(parent) && key)
        rc = json_object_set_new(parent, key, value);
    else if (json_is_array(parent))
        rc = json_array_append_new(parent, value);
    else
        json_decref(value);
    if (json && rc < 0)
        json->failed = true;
}

static void open_container(struct vl_json *json, const char *key, json_t *container)
{
    if (!json || json->failed || !container || json->depth == DEPTH || (json->root && json->depth == 0)) {
        json_decref(container);
        if (json)
            json->failed = true;
        return;
    }
    if (json->root)
        add(json, key, container);
    else
        json->root = container;
    if (!json->failed)
        json->open[json->depth++] = container;
}

void vl_json_object(struct vl_json *json, const char *key)
{
    open_container(json, key, json_object());
}

void vl_json_array(struct vl_json *json, const char *key)
{
    open_container(json, key, json_array());
}

void vl_json_end(struct vl_json *json)
{
    if (!json)
        return;
    if (json->depth == 0)
        json->failed = true;
    else
        json->depth--;
}

void vl_json_end_to(struct vl_json *json, size_t depth)
{
    if (json && json->depth > depth)
        json->depth = depth;
}

/* Length of the UTF-8 sequence that begins at `p`, 0 when there is none; jansson itself is the judge. */
static size_t sequence(const char *p, size_t left)
{
    for (size_t length = 1; length <= 4 && length <= left; length++) {
        json_t *probe = json_stringn(p, length);

        json_decref(probe);
        if (probe)
            return length;
    }
    return 0;
}

static json_t *mended_string(const char *text)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;
    size_t left = strlen(text);

    while (left) {
        size_t length = sequence(text, left);

        if (length)
            vl_buf_add(&buf, text, length);
        else
            vl_buf_puts(&buf, "\xef\xbf\xbd");
        length = length ? length : 1;
        text += length;
        left -= length;
    }
    return buf.failed ? NULL : json_string(vl_buf_text(&buf));
}

void vl_json_string(struct vl_json *json, const char *key, const char *text)
{
    json_t *value = text ? json_string(text) : json_null();

    add(json, key, value ? value : mended_string(text));
}

void vl_json_bytes(struct vl_json *json, const char *key, const char *text)
{
    json_t *exact = text ? json_string(text) : NULL;
    VL_FREE char *base64 = text && !exact ? vl_digest_base64(text, strlen(text)) : NULL;

    json_decref(exact);
    if (text && !exact && !base64 && json)
        json->failed = true;
    add(json, key, base64 ? json_string(base64) : json_null());
}

void vl_json_number(struct vl_json *json, const char *key, int64_t number)
{
    add(json, key, json_integer(number));
}

/* JSON has no infinity and no NaN. */
void vl_json_real(struct vl_json *json, const char *key, double number)
{
    add(json, key, isfinite(number) ? json_real(number) : json_null());
}

void vl_json_bool(struct vl_json *json, const char *key, bool value)
{
    add(json, key, json_boolean(value));
}

void vl_json_null(struct vl_json *json, const char *key)
{
    add(json, key, json_null());
}

char *vl_json_text(const struct vl_json *json, unsigned indent, struct vl_error *err)
{
    size_t flags = JSON_PRESERVE_ORDER | (indent ? JSON_INDENT(indent) : 0) | JSON_REAL_PRECISION(10);
    VL_FREE char *text = json && !json->failed && json->root ? json_dumps(json->root, flags) : NULL;
    VL_BUF_AUTO buf = VL_BUF_INIT;
    char *line;

    if (text) {
        vl_buf_puts(&buf, text);
        vl_buf_putc(&buf, '\n');
        explicit_bzero(text, strlen(text));
    }
    line = text ? vl_buf_take(&buf) : NULL;
    if (!line)
        vl_no_memory(err);
    return line;
}

/* What others see of jansson's values is their address. */
static const json_t *bare(const struct vl_json_value *value)
{
    return (const json_t *)(const void *)value;
}

static const struct vl_json_value *clothed(const json_t *value)
{
    return (const struct vl_json_value *)(const void *)value;
}

struct vl_json_value *vl_json_read(const char *text, struct vl_error *err)
{
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (!root)
        (void)vl_fail(err, VL_ERROR_FAILED, "line %d: %s", error.line, error.text);
    return (struct vl_json_value *)(void *)root;
}

void vl_json_value_free(struct vl_json_value *value)
{
    json_decref((json_t *)(void *)value);
}

const struct vl_json_value *vl_json_member(const struct vl_json_value *object, const char *key)
{
    return clothed(json_object_get(bare(object), key));
}

size_t vl_json_length(const struct vl_json_value *array)
{
    return json_array_size(bare(array));
}

const struct vl_json_value *vl_json_element(const struct vl_json_value *array, size_t index)
{
    return clothed(json_array_get(bare(array), index));
}

const char *vl_json_string_of(const struct vl_json_value *value)
{
    return json_string_value(bare(value));
}

double vl_json_real_of(const struct vl_json_value *value)
{
    return json_is_number(bare(value)) ? json_number_value(bare(value)) : NAN;
}

bool vl_json_true(const struct vl_json_value *value)
{
    return json_is_true(bare(value));
}
