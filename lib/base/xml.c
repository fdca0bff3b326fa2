/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemastypes.h>
#include <libxml/xmlwriter.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/library.h"
#include "base/memory.h"

/* Every function of it that is called. */
#define FUNCTIONS(FUNCTION)                                                                                            \
    FUNCTION(xmlBufferContent)                                                                                         \
    FUNCTION(xmlBufferCreate)                                                                                          \
    FUNCTION(xmlBufferFree)                                                                                            \
    FUNCTION(xmlFree)                                                                                                  \
    FUNCTION(xmlFreeDoc)                                                                                               \
    FUNCTION(xmlFreeTextWriter)                                                                                        \
    FUNCTION(xmlGetIntSubset)                                                                                          \
    FUNCTION(xmlGetUTF8Char)                                                                                           \
    FUNCTION(xmlInitParser)                                                                                            \
    FUNCTION(xmlNewTextWriterMemory)                                                                                   \
    FUNCTION(xmlNodeDump)                                                                                              \
    FUNCTION(xmlNodeGetContent)                                                                                        \
    FUNCTION(xmlReadMemory)                                                                                            \
    FUNCTION(xmlRelaxNGInitTypes)                                                                                      \
    FUNCTION(xmlSchemaInitTypes)                                                                                       \
    FUNCTION(xmlTextWriterEndDocument)                                                                                 \
    FUNCTION(xmlTextWriterEndElement)                                                                                  \
    FUNCTION(xmlTextWriterSetIndent)                                                                                   \
    FUNCTION(xmlTextWriterSetIndentString)                                                                             \
    FUNCTION(xmlTextWriterStartElement)                                                                                \
    FUNCTION(xmlTextWriterWriteAttribute)                                                                              \
    FUNCTION(xmlTextWriterWriteString)                                                                                 \
    FUNCTION(xmlXPathEvalExpression)                                                                                   \
    FUNCTION(xmlXPathFreeContext)                                                                                      \
    FUNCTION(xmlXPathFreeObject)                                                                                       \
    FUNCTION(xmlXPathNewContext)                                                                                       \
    FUNCTION(xmlXPathRegisterNs)

static VL_LIBRARY_TABLE(FUNCTIONS) libxml2;
static const char *const names[] = { FUNCTIONS(VL_LIBRARY_NAME) };
static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBXML2, "libxml2", names, &libxml2);

enum { DOCUMENT_LIMIT = 4 << 20 };

struct vl_xml {
    xmlBufferPtr buffer;
    xmlTextWriterPtr writer;
    bool failed;      /* memory ran out, or the calls do not nest */
    bool not_carried; /* a text has a character that XML has no way to write */
    bool missing;     /* there is no libxml2 */
};

/* libxml2's characters are unsigned; its own macro for this drops the const. */
static const xmlChar *bytes(const char *text)
{
    return (const xmlChar *)text;
}

static void make_tables(void)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK }; /* whoever needs it is told then */

    if (vl_library_load(&library, &ignored) < 0)
        return;
    libxml2.xmlInitParser();
    (void)libxml2.xmlRelaxNGInitTypes();
    libxml2.xmlSchemaInitTypes();
}

void vl_xml_threads_follow(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, make_tables);
}

struct vl_xml *vl_xml_new(void)
{
    struct vl_xml *xml = vl_calloc(1, sizeof(*xml));
    VL_ERROR_AUTO ignored = { .code = VL_OK };

    if (!xml)
        return NULL;
    if (vl_library_load(&library, &ignored) < 0) {
        xml->failed = xml->missing = true;
        return xml;
    }
    xml->buffer = libxml2.xmlBufferCreate();
    xml->writer = xml->buffer ? libxml2.xmlNewTextWriterMemory(xml->buffer, 0) : NULL;
    if (!xml->writer || libxml2.xmlTextWriterSetIndent(xml->writer, 1) < 0 ||
        libxml2.xmlTextWriterSetIndentString(xml->writer, bytes("  ")) < 0)
        xml->failed = true;
    return xml;
}

void vl_xml_free(struct vl_xml *xml)
{
    if (!xml)
        return;
    if (xml->writer)
        libxml2.xmlFreeTextWriter(xml->writer);
    if (xml->buffer)
        libxml2.xmlBufferFree(xml->buffer);
    free(xml);
}

static void note(struct vl_xml *xml, int rc)
{
    if (rc < 0)
        xml->failed = true;
}

static bool writable(const struct vl_xml *xml)
{
    return xml && !xml->failed;
}

/* XML 1.0 has no way, not even an escaped one, to write a control character other than tab, line feed and carriage
 * return, half a surrogate pair, or a byte that is not UTF-8. */
static bool carried(struct vl_xml *xml, const char *text)
{
    const xmlChar *p = bytes(text);

    while (*p) {
        int length = (int)strnlen((const char *)p, 4);
        int character = libxml2.xmlGetUTF8Char(p, &length);

        if (character < 0 || !IS_CHAR((unsigned)character)) {
            xml->not_carried = true;
            return false;
        }
        p += length;
    }
    return true;
}

void vl_xml_open(struct vl_xml *xml, const char *element)
{
    if (writable(xml))
        note(xml, libxml2.xmlTextWriterStartElement(xml->writer, bytes(element)));
}

void vl_xml_attribute(struct vl_xml *xml, const char *name, const char *value)
{
    if (writable(xml) && carried(xml, value))
        note(xml, libxml2.xmlTextWriterWriteAttribute(xml->writer, bytes(name), bytes(value)));
}

void vl_xml_text(struct vl_xml *xml, const char *text)
{
    if (writable(xml) && carried(xml, text))
        note(xml, libxml2.xmlTextWriterWriteString(xml->writer, bytes(text)));
}

void vl_xml_format(struct vl_xml *xml, const char *attribute, const char *format, ...)
{
    VL_FREE char *text = NULL;
    va_list args;

    va_start(args, format);
    if (vl_vasprintf(&text, format, args) < 0)
        text = NULL;
    va_end(args);
    if (!text && xml)
        xml->failed = true;
    else if (attribute)
        vl_xml_attribute(xml, attribute, text);
    else
        vl_xml_text(xml, text);
}

void vl_xml_close(struct vl_xml *xml)
{
    if (writable(xml))
        note(xml, libxml2.xmlTextWriterEndElement(xml->writer));
}

void vl_xml_leaf(struct vl_xml *xml, const char *element, const char *text)
{
    vl_xml_open(xml, element);
    vl_xml_text(xml, text);
    vl_xml_close(xml);
}

void vl_xml_empty(struct vl_xml *xml, const char *element, ...)
{
    va_list args;

    vl_xml_open(xml, element);
    va_start(args, element);
    for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *))
        vl_xml_attribute(xml, name, va_arg(args, const char *));
    va_end(args);
    vl_xml_close(xml);
}

char *vl_xml_take(struct vl_xml *xml, struct vl_error *err)
{
    char *text;

    if (xml && xml->missing) {
        (void)vl_library_load(&library, err);
        return NULL;
    }
    if (xml && xml->not_carried) {
        vl_fail(err, VL_ERROR_FAILED, "a value has a character that XML cannot carry: use printable text");
        return NULL;
    }
    if (writable(xml))
        note(xml, libxml2.xmlTextWriterEndDocument(xml->writer));
    text = writable(xml) ? vl_strdup((const char *)libxml2.xmlBufferContent(xml->buffer)) : NULL;
    if (!text)
        vl_no_memory(err);
    return text;
}

struct vl_xml_document {
    xmlDocPtr tree;
    xmlXPathContextPtr context;
};

/* libxml2 reports through a handler of the thread and prints when there is none. */
static void stay_silent(void *context, xmlErrorPtr error)
{
    (void)context;
    (void)error;
}

struct vl_xml_document *vl_xml_parse(const char *text, const char *what, struct vl_error *err)
{
    size_t length = strnlen(text, DOCUMENT_LIMIT + 1);
    struct vl_xml_document *document;

    if (vl_library_load(&library, err) < 0)
        return NULL;
    document = vl_calloc(1, sizeof(*document));
    if (document && length <= DOCUMENT_LIMIT)
        document->tree = libxml2.xmlReadMemory(text, (int)length, NULL, NULL,
                                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    /* A document type is where entities come from; libvirt never sends one. */
    if (document && document->tree && !libxml2.xmlGetIntSubset(document->tree))
        document->context = libxml2.xmlXPathNewContext(document->tree);
    if (document && document->context &&
        libxml2.xmlXPathRegisterNs(document->context, bytes("voiplab"), bytes(VL_XML_NAMESPACE)) == 0) {
        document->context->error = stay_silent;
        return document;
    }
    vl_xml_document_free(document);
    vl_fail(err, VL_ERROR_FAILED, "%s is not XML that can be read", what);
    return NULL;
}

void vl_xml_document_free(struct vl_xml_document *document)
{
    if (!document)
        return;
    if (document->context)
        libxml2.xmlXPathFreeContext(document->context);
    if (document->tree)
        libxml2.xmlFreeDoc(document->tree);
    free(document);
}

static xmlNodePtr first(xmlXPathObjectPtr found)
{
    return found && found->nodesetval && found->nodesetval->nodeNr > 0 ? found->nodesetval->nodeTab[0] : NULL;
}

static const char *text_of(struct vl_arena *arena, xmlNodePtr node)
{
    xmlChar *content = libxml2.xmlNodeGetContent(node);
    const char *text = vl_arena_strdup(arena, content ? (const char *)content : "");

    (*libxml2.xmlFree)(content);
    return text;
}

const char *vl_xml_find(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath)
{
    xmlXPathObjectPtr found = libxml2.xmlXPathEvalExpression(bytes(xpath), document->context);
    xmlNodePtr node = first(found);
    const char *text = NULL;

    if (node)
        text = text_of(arena, node);
    libxml2.xmlXPathFreeObject(found);
    return text;
}

const char *const *vl_xml_find_all(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath)
{
    xmlXPathObjectPtr found = libxml2.xmlXPathEvalExpression(bytes(xpath), document->context);
    int count = found && found->type == XPATH_NODESET && found->nodesetval ? found->nodesetval->nodeNr : 0;
    const char **texts = vl_arena_zalloc(arena, ((size_t)count + 1) * sizeof(*texts));

    for (int i = 0; texts && i < count; i++)
        texts[i] = text_of(arena, found->nodesetval->nodeTab[i]);
    libxml2.xmlXPathFreeObject(found);
    return texts;
}

const char *vl_xml_part(const struct vl_xml_document *document, struct vl_arena *arena, const char *xpath)
{
    xmlXPathObjectPtr found = libxml2.xmlXPathEvalExpression(bytes(xpath), document->context);
    xmlNodePtr node = first(found);
    xmlBufferPtr buffer = node ? libxml2.xmlBufferCreate() : NULL;
    const char *text = NULL;

    if (buffer && libxml2.xmlNodeDump(buffer, document->tree, node, 0, 0) >= 0)
        text = vl_arena_strdup(arena, (const char *)libxml2.xmlBufferContent(buffer));
    if (buffer)
        libxml2.xmlBufferFree(buffer);
    libxml2.xmlXPathFreeObject(found);
    return text;
}
