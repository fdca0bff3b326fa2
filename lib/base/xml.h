/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * XML, written and read: the only door to libxml2.
 *
 * The writer is a list of calls in document order with a sticky error, like vl_buf: open, attribute, text, close, and
 * ask once at the end, in vl_xml_take(). Everything is escaped there; text that XML cannot carry at all (control
 * characters, bytes that are not UTF-8) is an error rather than a silent change. The reader parses without network,
 * without external entities and without document types, and answers XPath expressions, which are constants of the
 * program and never put together from input.
 */
#ifndef VL_BASE_XML_H
#define VL_BASE_XML_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* The name space of voiplab's own elements; its prefix in XPath expressions is `voiplab`. */
#define VL_XML_NAMESPACE "urn:voiplab:1"

struct vl_xml;

/* libxml2 makes its tables of types at their first use, where two threads spoil them for each other. Whoever starts
 * threads that validate XML, or whose libraries do (the drivers of libvirt that live in our process), calls this
 * before: it makes them, once. */
void vl_xml_threads_follow(void);

/* An empty document; NULL when memory ran out, which the other functions accept. */
struct vl_xml *vl_xml_new(void);
void vl_xml_free(struct vl_xml *xml);

/* Open an element; it is closed by vl_xml_close(). Attributes come before its text and children. */
void vl_xml_open(struct vl_xml *xml, const char *element);
void vl_xml_attribute(struct vl_xml *xml, const char *name, const char *value);
void vl_xml_text(struct vl_xml *xml, const char *text);
/* Like the two above, from a format; `attribute` NULL: text. */
void vl_xml_format(struct vl_xml *xml, const char *attribute, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void vl_xml_close(struct vl_xml *xml);

/* A whole element that holds text only. */
void vl_xml_leaf(struct vl_xml *xml, const char *element, const char *text);

/* A whole element without content: up to three attributes, given as name and value, ended by NULL. */
void vl_xml_empty(struct vl_xml *xml, const char *element, ...) __attribute__((sentinel));

/* The document as text, indented by two blanks, without an XML declaration; the caller frees it. NULL on failure. */
char *vl_xml_take(struct vl_xml *xml, struct vl_error *err);

struct vl_xml_document;

/* Parse a document of at most 4 MiB. `what` names it in messages. The document is the caller's to free. */
struct vl_xml_document *vl_xml_parse(const char *text, const char *what, struct vl_error *err);
void vl_xml_document_free(struct vl_xml_document *document);

/* The text of the first node that `xpath` finds, in the arena; NULL when it finds none. */
const char *vl_xml_find(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath);

/* The texts of all nodes that `xpath` finds, in document order, ended by NULL, in the arena. NULL when memory ran out.
 */
const char *const *vl_xml_find_all(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath);

/* The first element that `xpath` finds, as XML text with all that is in it, in the arena; NULL when it finds none. */
const char *vl_xml_part(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath);

static inline void vl_xml_cleanup(struct vl_xml **xml)
{
    vl_xml_free(*xml);
}

static inline void vl_xml_document_cleanup(struct vl_xml_document **document)
{
    vl_xml_document_free(*document);
}

#define VL_XML_AUTO __attribute__((cleanup(vl_xml_cleanup))) struct vl_xml
#define VL_XML_DOCUMENT_AUTO __attribute__((cleanup(vl_xml_document_cleanup))) struct vl_xml_document

#endif
