/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "dialplan/jump.h"
#include "dialplan/show.h"

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

/* The context that a step jumps into, NULL when it stays or cannot be told. */
static const char *jump_context(struct vl_arena *arena, const struct vl_priority *step)
{
    const char *arguments = step->arguments, *context = NULL;
    size_t count;

    if (!strcasecmp(step->application, "Macro"))
        context = vl_arena_printf(arena, "macro-%s", vl_jump_words(arena, arguments, &count)[0]);
    else if (!strcasecmp(step->application, "Goto") || !strcasecmp(step->application, "Gosub"))
        context = vl_jump_read(arena, arguments).context;
    else if (!strcasecmp(step->application, "GotoIf") || !strcasecmp(step->application, "GosubIf"))
        context = vl_jump_read(arena, vl_condition_read(arena, arguments, VL_MARKS_OUTSIDE).yes).context;
    return context && !strstr(context, "${") ? context : NULL;
}

/* One edge for each way between two contexts, however many steps take it; the last one drawn is remembered only, which
 * is enough for the usual run of equal lines. */
static void add_jumps(struct vl_buf *out, const struct vl_context *context)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *last_to = "", *last_by = "";

    for (size_t i = 0; i < context->extension_count; i++)
        for (size_t j = 0; j < context->extensions[i]->priority_count; j++) {
            const struct vl_priority *step = &context->extensions[i]->priorities[j];
            const char *to = jump_context(&arena, step);

            if (!to || (!strcmp(to, last_to) && !strcasecmp(step->application, last_by)))
                continue;
            add_edge(out, context->name, to, step->application, "dashed");
            last_to = to;
            last_by = step->application;
        }
    out->failed |= arena.failed;
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
