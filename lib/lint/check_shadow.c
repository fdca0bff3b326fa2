/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Extensions that no number reaches. A search goes through the extensions of a context in Asterisk's order, then
 * through its includes; whatever comes before an extension takes its numbers away. Whether it takes all of them is
 * decided on the patterns themselves (cover.h).
 *
 * An included context may be hidden from one context and be open from another: it is looked at from every context in
 * which a search can start.
 */
#include <string.h>

#include "lint/cover.h"
#include "lint/numbers.h"
#include "lint/part.h"
#include "lint/report.h"
#include "lint/tree.h"

/* What was seen of one extension of an included context. */
struct seen {
    unsigned open, hidden;
    const struct vl_context *from; /* the first context that it is hidden from */
    const struct vl_extension *by;
};

/* Only a priority 1 that is for all callers, at all times, takes numbers away from what follows. */
static bool takes(const struct vl_extension *extension)
{
    return !extension->callerid && vl_extension_priority(extension, 1);
}

static const char *place_of(struct vl_lint *lint, const struct vl_extension *extension)
{
    return extension ? vl_arena_printf(lint->arena, "'%s' in [%s] (%s:%d)", extension->name, extension->context->name,
                                       extension->at.file, extension->at.line)
                     : "others";
}

static bool alone_covers(struct vl_lint *lint, const struct vl_extension *by, const struct vl_numbers *language)
{
    struct vl_cover cover = { .arena = lint->arena, .work_left = &lint->cover_left };

    vl_cover_add(&cover, vl_lint_language(lint, by), by);
    return vl_cover_holds(&cover, language, NULL, NULL) == VL_COVERED_YES;
}

/* Said once, of the extension at which it was given up. */
static void tell_given_up(struct vl_lint *lint, const struct vl_extension *extension)
{
    if (lint->cover_left >= 0 || lint->cover_told)
        return;
    lint->cover_told = true;
    vl_lint_add_as(lint, VL_RULE_SHADOWED, VL_SEVERITY_NOTICE, &extension->at, extension, NULL,
                   "from '%s' in [%s] on it was not found out what is shadowed: comparing so many patterns with each "
                   "other takes too long",
                   extension->name, extension->context->name);
}

static void check_own(struct vl_lint *lint, const struct vl_lint_context *context)
{
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    struct vl_cover cover = { .arena = &scratch, .work_left = &lint->cover_left };

    for (size_t i = 0; i < context->context->extension_count; i++) {
        const struct vl_extension *extension = context->context->extensions[i];
        const struct vl_numbers *language = &context->languages[i];
        const void *by = NULL;

        if (vl_lint_stopped(lint))
            return;
        if (!vl_extension_priority(extension, 1))
            continue;
        tell_given_up(lint, extension);
        if (vl_cover_holds(&cover, language, &by, NULL) == VL_COVERED_YES && by)
            vl_lint_add(lint, VL_RULE_SHADOWED, &extension->at, extension, NULL,
                        "no number reaches '%s': %s%s before it in Asterisk's order and match%s all of its numbers",
                        extension->name, place_of(lint, by),
                        alone_covers(lint, by, language) ? " comes" : " and others come",
                        alone_covers(lint, by, language) ? "es" : "");
        if (takes(extension))
            vl_cover_add(&cover, language, extension);
    }
}

/* With extenpatternmatchnew the order is another one: cover.h knows nothing of it. */
static void check_own_tree(struct vl_lint *lint, const struct vl_context *context)
{
    for (size_t i = 0; i < context->extension_count && !vl_lint_stopped(lint); i++) {
        const struct vl_extension *extension = context->extensions[i], *by;

        tell_given_up(lint, extension);
        if (vl_lint_reach(lint, &context, &(bool){ false }, 1, extension, &by) == VL_TREE_NONE)
            vl_lint_add(lint, VL_RULE_SHADOWED, &extension->at, extension, NULL,
                        "no number reaches '%s': with extenpatternmatchnew=yes %s is found in its place; of names "
                        "that are as narrow the one that stands last is taken",
                        extension->name, place_of(lint, by));
    }
}

static struct seen *seen_of(struct vl_lint *lint, struct seen **table, const struct vl_lint_context *own)
{
    struct seen **seen = &table[own - lint->contexts];

    if (!*seen)
        *seen = vl_arena_zalloc(lint->arena, (own->context->extension_count + 1) * sizeof(**seen));
    return *seen;
}

static void look_from(struct vl_lint *lint, const struct vl_context *start, struct seen **table)
{
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    struct vl_cover cover = { .arena = &scratch, .work_left = &lint->cover_left };
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, start, &visits, &timed);

    for (size_t i = 0; i < count; i++) {
        const struct vl_lint_context *own = vl_lint_context(lint, visits[i]->name);
        struct seen *seen = i && own ? seen_of(lint, table, own) : NULL;

        for (size_t j = 0; seen && j < visits[i]->extension_count; j++) {
            const void *by = NULL;

            if (vl_lint_stopped(lint))
                return;
            tell_given_up(lint, visits[i]->extensions[j]);
            if (vl_cover_holds(&cover, &own->languages[j], &by, NULL) != VL_COVERED_YES || !by) {
                seen[j].open++;
            } else if (!seen[j].hidden++) {
                seen[j].from = start;
                seen[j].by = by;
            }
        }
        for (size_t j = 0; own && !timed[i] && j < visits[i]->extension_count; j++)
            if (takes(visits[i]->extensions[j]))
                vl_cover_add(&cover, &own->languages[j], visits[i]->extensions[j]);
    }
}

static void look_from_tree(struct vl_lint *lint, const struct vl_context *start, struct seen **table)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, start, &visits, &timed);

    for (size_t i = 1; i < count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_context *own = vl_lint_context(lint, visits[i]->name);
        struct seen *seen = own ? seen_of(lint, table, own) : NULL;

        for (size_t j = 0; seen && j < visits[i]->extension_count; j++) {
            const struct vl_extension *by;

            tell_given_up(lint, visits[i]->extensions[j]);
            if (vl_lint_reach(lint, visits, timed, count, visits[i]->extensions[j], &by) != VL_TREE_NONE ||
                by->context == visits[i]) {
                seen[j].open++;
            } else if (!seen[j].hidden++) {
                seen[j].from = start;
                seen[j].by = by;
            }
        }
    }
}

static void report(struct vl_lint *lint, const struct vl_extension *extension, const struct seen *seen)
{
    bool same = seen->by && !strcmp(seen->by->pattern, extension->pattern);

    if (!vl_extension_priority(extension, 1) || vl_is_special(extension->name))
        return;
    vl_lint_add_as(lint, VL_RULE_SHADOWED_INCLUDE,
                   same || seen->open ? VL_SEVERITY_NOTICE : vl_lint_rules[VL_RULE_SHADOWED_INCLUDE].severity,
                   &extension->at, extension, NULL,
                   "no call from [%s] reaches '%s': %s is found before it; a context's own extensions come before all "
                   "that it includes, and includes count in their order",
                   seen->from->name, extension->name, place_of(lint, seen->by));
}

static bool starts_here(const struct vl_lint_context *context)
{
    return context->is_entry || !context->included;
}

static void mark_entries(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->devices.entry_count; i++) {
        struct vl_lint_context *context = vl_lint_context(lint, lint->devices.entries[i].context);

        if (context)
            context->is_entry = true;
    }
}

void vl_lint_check_shadow(struct vl_lint *lint)
{
    struct seen **table = vl_arena_zalloc(lint->arena, (lint->plan->context_count + 1) * sizeof(struct seen *));
    bool tree = lint->plan->general.new_pattern_match;

    if (!table)
        return;
    mark_entries(lint);
    for (size_t i = 0; i < lint->plan->context_count; i++) {
        const struct vl_context *context = lint->plan->contexts[i];
        bool looks = context->include_count && starts_here(&lint->contexts[i]);

        if (tree)
            check_own_tree(lint, context);
        else
            check_own(lint, &lint->contexts[i]);
        if (looks && tree)
            look_from_tree(lint, context, table);
        else if (looks)
            look_from(lint, context, table);
    }
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; table[i] && j < lint->plan->contexts[i]->extension_count; j++)
            if (table[i][j].hidden)
                report(lint, lint->plan->contexts[i]->extensions[j], &table[i][j]);
}
