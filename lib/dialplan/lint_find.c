/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding contexts and extensions as a search of Asterisk does.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/lint_part.h"
#include "dialplan/search.h"

bool vl_is_special(const char *name)
{
    static const char *const names[] = { "s", "i", "t", "h", "o", "a", "e", "T", "fax" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

struct vl_lint_context *vl_lint_context(const struct vl_lint *lint, const char *name)
{
    const struct vl_context *found = vl_dialplan_context(lint->plan, name);

    for (size_t i = 0; found && i < lint->plan->context_count; i++)
        if (lint->contexts[i].context == found)
            return &lint->contexts[i];
    return NULL;
}

const struct vl_language *vl_lint_language(const struct vl_lint *lint, const struct vl_extension *extension)
{
    for (size_t i = 0; i < lint->plan->context_count; i++)
        if (lint->contexts[i].context == extension->context)
            return &lint->contexts[i].languages[extension->rank];
    return NULL;
}

struct visits {
    struct vl_arena *arena;
    const struct vl_dialplan *plan;
    const struct vl_context **contexts;
    bool *timed;
    size_t count;
};

static void visit(struct visits *visits, const struct vl_context *context, bool timed)
{
    for (size_t i = 0; i < visits->count; i++)
        if (visits->contexts[i] == context)
            return;
    if (visits->count == VL_DIALPLAN_DEPTH_MOST)
        return;
    visits->contexts[visits->count] = context;
    visits->timed[visits->count++] = timed;
    for (size_t i = 0; i < context->include_count; i++) {
        const struct vl_context *next = vl_dialplan_context(visits->plan, context->includes[i].name);

        if (next)
            visit(visits, next, timed || context->includes[i].timing);
    }
}

size_t vl_lint_visits(struct vl_lint *lint, const struct vl_context *context, const struct vl_context ***ret_contexts,
                      bool **ret_timed)
{
    struct visits visits = {
        .arena = lint->arena,
        .plan = lint->plan,
        .contexts = vl_arena_zalloc(lint->arena, VL_DIALPLAN_DEPTH_MOST * sizeof(struct vl_context *)),
        .timed = vl_arena_zalloc(lint->arena, VL_DIALPLAN_DEPTH_MOST * sizeof(bool)),
    };

    if (visits.contexts && visits.timed)
        visit(&visits, context, false);
    *ret_contexts = visits.contexts;
    *ret_timed = visits.timed;
    return visits.count;
}

bool vl_lint_has(const struct vl_extension *extension, const char *priority)
{
    long number;

    if (vl_text_number(priority, 1, 0x7fffffff, &number))
        return vl_extension_priority(extension, (int)number) != NULL;
    return vl_extension_label(extension, priority) != NULL;
}

const struct vl_extension *vl_lint_find(struct vl_lint *lint, const struct vl_context *context, const char *number,
                                        const char *priority, bool *ret_elsewhere)
{
    const struct vl_query query = { .number = number, .context = context->name, .priority = 1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_search search = { .visit_count = 0 };

    *ret_elsewhere = false;
    if (vl_search(lint->plan, &query, lint->arena, &search, &ignored) < 0)
        return NULL;
    for (size_t i = 0; i < search.visit_count; i++)
        *ret_elsewhere |= search.visits[i].context && search.visits[i].context->switch_count;
    for (size_t i = 0; i < search.candidate_count; i++)
        if (!priority || vl_lint_has(search.candidates[i].extension, priority))
            return search.candidates[i].extension;
    return NULL;
}
