/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON, written and read: the only door to jansson. It is written by a list of calls in document order with a sticky
 * error, as in base/xml.h. `key` is the member's name inside an object and is not looked at (give NULL) inside an array
 * and at the root. Members keep the order in which they were added. Bytes that are not UTF-8, which a guest may send,
 * become U+FFFD.
 */
#ifndef VL_BASE_JSON_H
#define VL_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct vl_json;

/* An empty document; NULL when memory ran out, which the other functions accept. */
struct vl_json *vl_json_new(void);
void vl_json_free(struct vl_json *json);

/* Open an object or an array; up to 32 deep. The first one is the root and stays open until the end. */
void vl_json_object(struct vl_json *json, const char *key);
void vl_json_array(struct vl_json *json, const char *key);
/* Close what was opened last. */
void vl_json_end(struct vl_json *json);

/* Close what is open, but for the outermost `depth`. */
void vl_json_end_to(struct vl_json *json, size_t depth);

/* Add a value. A NULL text becomes null. */
void vl_json_string(struct vl_json *json, const char *key, const char *text);
/* The bytes of a text, in base64, when they are not UTF-8, so that what was written by vl_json_string() is not all of
 * it; else null. */
void vl_json_bytes(struct vl_json *json, const char *key, const char *text);
void vl_json_number(struct vl_json *json, const char *key, int64_t number);
void vl_json_real(struct vl_json *json, const char *key, double number);
void vl_json_bool(struct vl_json *json, const char *key, bool value);
void vl_json_null(struct vl_json *json, const char *key);

/* The document as text that ends with a line feed, indented by `indent` blanks (0: on one line). The caller frees it.
 * NULL on failure. What is still open counts as closed. */
char *vl_json_text(const struct vl_json *json, unsigned indent, struct vl_error *err);

static inline void vl_json_cleanup(struct vl_json **json)
{
    vl_json_free(*json);
}

#define VL_JSON_AUTO __attribute__((cleanup(vl_json_cleanup))) struct vl_json

/* JSON, read: a value is looked at where it lies, in the document of which it is a part. Nothing that is not there, or
 * is of another kind, is an error: it is NULL, NAN, 0 or false. */
struct vl_json_value;

/* NULL with the place of the mistake. The caller frees it. */
struct vl_json_value *vl_json_read(const char *text, struct vl_error *err);
void vl_json_value_free(struct vl_json_value *value);

const struct vl_json_value *vl_json_member(const struct vl_json_value *object, const char *key);
/* Of an array. */
size_t vl_json_length(const struct vl_json_value *array);
const struct vl_json_value *vl_json_element(const struct vl_json_value *array, size_t index);
/* Belongs to the document. */
const char *vl_json_string_of(const struct vl_json_value *value);
double vl_json_real_of(const struct vl_json_value *value);
bool vl_json_true(const struct vl_json_value *value);

static inline void vl_json_value_cleanup(struct vl_json_value **value)
{
    vl_json_value_free(*value);
}

#define VL_JSON_VALUE_AUTO __attribute__((cleanup(vl_json_value_cleanup))) struct vl_json_value

#endif
