/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH = 32 };

struct reader {
    struct vl_arena *arena;
    const char *what;
    yaml_parser_t parser;
    struct vl_error *err;
};

static void free_event(yaml_event_t *event)
{
    yaml_event_delete(event);
}

#define EVENT_AUTO __attribute__((cleanup(free_event))) yaml_event_t

static int next(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return 0;
    memset(event, 0, sizeof(*event));
    return vl_fail_at(reader->err, VL_ERROR_FAILED, reader->what, (int)reader->parser.problem_mark.line + 1, "%s",
                      reader->parser.problem ? reader->parser.problem : "is not YAML");
}

static const struct vl_yaml *read_node(struct reader *reader, const yaml_event_t *event, int depth);

/* The nodes until `end`. A collection reaches as far as the last of them. */
static int read_nodes(struct reader *reader, struct vl_yaml *node, yaml_event_type_t end, int depth)
{
    for (;;) {
        EVENT_AUTO event;
        const struct vl_yaml *child, **grown;

        if (next(reader, &event) < 0)
            return -1;
        if (event.type == end) {
            if (node->flow)
                node->last_line = (int)event.end_mark.line + 1;
            return 0;
        }
        child = read_node(reader, &event, depth + 1);
        grown = vl_arena_grow(reader->arena, node->nodes, node->count, sizeof(*grown));
        if (!child || !grown)
            return child ? vl_no_memory(reader->err) : -1;
        grown[node->count++] = child;
        node->nodes = grown;
        if (child->last_line > node->last_line)
            node->last_line = child->last_line;
    }
}

static void read_scalar(struct reader *reader, struct vl_yaml *node, const yaml_event_t *event)
{
    node->value = vl_arena_strndup(reader->arena, (const char *)event->data.scalar.value, event->data.scalar.length);
    node->last_line = (int)event->end_mark.line + 1;
    /* a text of several lines (| or >) ends where the next line starts */
    if (event->end_mark.column == 0 && node->last_line > node->line)
        node->last_line--;
    node->end_column = event->end_mark.column;
}

static const struct vl_yaml *read_node(struct reader *reader, const yaml_event_t *event, int depth)
{
    struct vl_yaml *node = vl_arena_zalloc(reader->arena, sizeof(*node));
    int line = (int)event->start_mark.line + 1, rc = 0;

    if (!node) {
        (void)vl_no_memory(reader->err);
        return NULL;
    }
    node->line = node->last_line = line;
    if (depth > DEPTH) {
        rc = vl_fail_at(reader->err, VL_ERROR_FAILED, reader->what, line, "is nested too deeply");
    } else if (event->type == YAML_SCALAR_EVENT) {
        read_scalar(reader, node, event);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        node->kind = VL_YAML_SEQUENCE;
        node->flow = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
        rc = read_nodes(reader, node, YAML_SEQUENCE_END_EVENT, depth);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        node->kind = VL_YAML_MAPPING;
        node->flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
        rc = read_nodes(reader, node, YAML_MAPPING_END_EVENT, depth);
    } else {
        rc = vl_fail_at(reader->err, VL_ERROR_FAILED, reader->what, line,
                        "an alias (*NAME) stands for text that is elsewhere, which cannot be changed here alone; write "
                        "the text itself");
    }
    return rc < 0 ? NULL : node;
}

/* Stream start, document start, the root, document end, stream end. */
static int read_stream(struct reader *reader, const struct vl_yaml **ret_root)
{
    *ret_root = NULL;
    for (;;) {
        EVENT_AUTO event;

        if (next(reader, &event) < 0)
            return -1;
        switch (event.type) {
        case YAML_STREAM_END_EVENT:
            return 0;
        case YAML_STREAM_START_EVENT:
        case YAML_DOCUMENT_START_EVENT:
        case YAML_DOCUMENT_END_EVENT:
            break;
        default:
            if (*ret_root)
                return vl_fail_at(reader->err, VL_ERROR_FAILED, reader->what, (int)event.start_mark.line + 1,
                                  "a second document starts here; one is expected");
            *ret_root = read_node(reader, &event, 0);
            if (!*ret_root)
                return -1;
        }
    }
}

int vl_yaml_parse(struct vl_arena *arena, const char *text, const char *what, const struct vl_yaml **ret_root,
                  struct vl_error *err)
{
    struct reader reader = { .arena = arena, .what = what, .err = err };
    int rc;

    if (!yaml_parser_initialize(&reader.parser))
        return vl_no_memory(err);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, strlen(text));
    rc = read_stream(&reader, ret_root);
    yaml_parser_delete(&reader.parser);
    return rc;
}

const struct vl_yaml *vl_yaml_get(const struct vl_yaml *node, const char *key)
{
    for (size_t i = 0; node && node->kind == VL_YAML_MAPPING && i + 1 < node->count; i += 2)
        if (node->nodes[i]->kind == VL_YAML_SCALAR && !strcmp(node->nodes[i]->value, key))
            return node->nodes[i + 1];
    return NULL;
}
