/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>

#include "base/names.h"
#include "dialplan/jump.h"
#include "trace/show.h"

/* A quoted identifier. */
static void add_name(struct vl_buf *out, const char *name)
{
    vl_buf_putc(out, '"');
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            vl_buf_putc(out, '\\');
        vl_buf_putc(out, (unsigned char)*name < ' ' ? '?' : *name);
    }
    vl_buf_putc(out, '"');
}

static void add_edge(struct vl_buf *out, const char *from, const char *to, const char *label, const char *style)
{
    vl_buf_puts(out, "    ");
    add_name(out, from);
    vl_buf_puts(out, " -> ");
    add_name(out, to);
    vl_buf_puts(out, " [label=");
    add_name(out, label);
    vl_buf_printf(out, ", style=%s];\n", style);
}

static bool is_visited(const struct vl_show *show, const struct vl_context *context)
{
    for (size_t i = 0; show && i < show->search.visit_count; i++)
        if (show->search.visits[i].context == context && show->search.visits[i].in_time)
            return true;
    return false;
}

struct line {
    const char *to, *by;
};

/* The dashed lines of one context. */
struct jumps {
    struct vl_buf *out;
    struct vl_arena arena;
    struct vl_names drawn; /* of struct line: one for each way, however many steps take it */
    const char *from;
    const char *by; /* the application of the step */
    unsigned nested;
};

static bool same_line(const void *entry, const void *key)
{
    const struct line *a = entry, *b = key;

    return !strcmp(a->to, b->to) && !strcasecmp(a->by, b->by);
}

/* NULL: the jump stays. One that cannot be told is not drawn. */
static void add_jump(struct jumps *jumps, const char *to)
{
    struct line line = { to, jumps->by }, *kept;
    uint64_t hash = to ? vl_hash_text(VL_HASH_START, to) : 0;

    if (!to || strstr(to, "${") || strstr(to, "$[") || vl_names_find(&jumps->drawn, hash, same_line, &line))
        return;
    kept = vl_arena_zalloc(&jumps->arena, sizeof(*kept));
    if (!kept)
        return;
    *kept = line;
    vl_names_add(&jumps->arena, &jumps->drawn, hash, kept);
    add_edge(jumps->out, jumps->from, to, jumps->by, "dashed");
}

static void add_call(struct jumps *jumps, const char *name, const char *arguments)
{
    const struct vl_application *application = vl_application(name);
    struct vl_jump_call calls[VL_JUMP_CALLS_MOST];
    size_t count, call_count = 0;
    const struct vl_jump *list = vl_jump_list(&jumps->arena, application, arguments, &count);

    for (size_t i = 0; i < count; i++)
        add_jump(jumps, list[i].place.context);
    if (jumps->nested < VL_JUMP_NESTED_MOST)
        call_count = vl_jump_calls(&jumps->arena, application, arguments, calls);
    jumps->nested++;
    for (size_t i = 0; i < call_count; i++)
        add_call(jumps, calls[i].name, calls[i].arguments);
    jumps->nested--;
}

static void add_jumps(struct vl_buf *out, const struct vl_context *context)
{
    struct jumps jumps = { .out = out, .from = context->name };

    for (size_t i = 0; i < context->extension_count; i++)
        for (size_t j = 0; j < context->extensions[i]->priority_count; j++) {
            const struct vl_priority *step = &context->extensions[i]->priorities[j];

            jumps.by = step->application;
            add_call(&jumps, step->application, step->arguments);
        }
    out->failed |= jumps.arena.failed;
    vl_arena_free(&jumps.arena);
}

void vl_show_dot(struct vl_buf *out, const struct vl_dialplan *plan, const struct vl_show *show)
{
    vl_buf_puts(out, "digraph dialplan {\n    rankdir=LR;\n    node [shape=box];\n");
    for (size_t i = 0; i < plan->context_count; i++) {
        const struct vl_context *context = plan->contexts[i];
        bool taken = show && show->search.match && show->search.match->extension->context == context;

        vl_buf_puts(out, "    ");
        add_name(out, context->name);
        vl_buf_printf(out, " [penwidth=%d%s];\n", is_visited(show, context) ? 3 : 1,
                      taken ? ", style=filled, fillcolor=lightgrey" : "");
    }
    for (size_t i = 0; i < plan->context_count; i++) {
        const struct vl_context *context = plan->contexts[i];

        for (size_t j = 0; j < context->include_count; j++) {
            const char *times = strchr(context->includes[j].written, ',');

            add_edge(out, context->name, context->includes[j].name, times ? times + 1 : "", "solid");
        }
        add_jumps(out, context);
    }
    vl_buf_puts(out, "}\n");
}
