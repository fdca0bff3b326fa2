/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How contexts hang together: circles of includes, includes of nothing, contexts that nothing leads to, and contexts
 * that the files of devices name but the plan does not have.
 */
#include <string.h>

#include "lint/part.h"
#include "lint/report.h"

/* Contexts that may be there although the plan does not have them, or that calls start in without being named. */
static bool is_made(const char *name)
{
    return vl_lint_is_made(name) || !strcmp(name, "default");
}

enum color { NEW, OPEN, DONE };

static void follow(struct vl_lint *lint, size_t at, unsigned char *colors, unsigned depth)
{
    const struct vl_context *context = lint->plan->contexts[at];

    colors[at] = OPEN;
    for (size_t i = 0; i < context->include_count && depth < 10000; i++) {
        const struct vl_include *include = &context->includes[i];
        const struct vl_context *next = vl_dialplan_context(lint->plan, include->name);
        size_t to = next ? (size_t)(vl_lint_context(lint, include->name) - lint->contexts) : 0;

        if (next && colors[to] == OPEN)
            vl_lint_add(lint, VL_RULE_INCLUDE_CIRCULAR, &include->at, NULL, NULL,
                        "[%s] includes [%s], which leads back here; a search visits each context once, so this include "
                        "does nothing",
                        context->name, next->name);
        else if (next && colors[to] == NEW)
            follow(lint, to, colors, depth + 1);
    }
    colors[at] = DONE;
}

static bool is_empty(const struct vl_context *context)
{
    return !context->extension_count && !context->include_count && !context->switch_count &&
           !context->ignorepat_count && !context->autohints;
}

void vl_lint_check_includes(struct vl_lint *lint)
{
    size_t count = lint->plan->context_count;
    unsigned char *colors = vl_arena_zalloc(lint->arena, count + 1);

    for (size_t i = 0; colors && i < count; i++) {
        const struct vl_context *context = lint->plan->contexts[i];

        if (colors[i] == NEW)
            follow(lint, i, colors, 0);
        for (size_t j = 0; j < context->include_count; j++) {
            const struct vl_context *next = vl_dialplan_context(lint->plan, context->includes[j].name);

            if (next && is_empty(next))
                vl_lint_add(lint, VL_RULE_INCLUDE_EMPTY, &context->includes[j].at, NULL, NULL,
                            "[%s] includes [%s], which has nothing in it", context->name, next->name);
        }
    }
}

static void reach(struct vl_lint *lint, const char *name)
{
    struct vl_lint_context *context = name ? vl_lint_context(lint, name) : NULL;

    if (context)
        context->reached = true;
}

/* Contexts are also named in places that are not jumps: Local channels, options, variables. */
static void reach_words(struct vl_lint *lint, const char *text)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    while (*text) {
        size_t length = strspn(text, word);

        if (length)
            reach(lint, vl_arena_strndup(lint->arena, text, length));
        text += length ? length : 1;
    }
}

/* Whether each jump tells where it goes, so that what nothing names is surely reached by none. */
static bool all_places_known(const struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->place_count; i++)
        if (!lint->places[i].context)
            return false;
    return true;
}

static void mark_reached(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->devices.entry_count; i++)
        reach(lint, lint->devices.entries[i].context);
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->include_count; j++)
            if (strcmp(lint->plan->contexts[i]->includes[j].name, lint->plan->contexts[i]->name) != 0)
                reach(lint, lint->plan->contexts[i]->includes[j].name);
    for (size_t i = 0; i < lint->place_count; i++)
        if (!lint->places[i].context || strcmp(lint->places[i].context, lint->places[i].call->extension->context->name))
            reach(lint, lint->places[i].context);
    for (size_t i = 0; i < lint->call_count; i++)
        if (lint->calls[i].row->when != VL_WHEN_ALWAYS ||
            (lint->calls[i].row->effect != VL_EFFECT_GOTO && lint->calls[i].row->effect != VL_EFFECT_GOSUB))
            reach_words(lint, lint->calls[i].arguments);
    for (size_t i = 0; i < lint->plan->global_count; i++)
        reach_words(lint, lint->plan->globals[i].value);
}

static bool is_same(const void *left, const void *right)
{
    const struct vl_entry *a = left, *b = right;

    return a->use == b->use && !strcmp(a->context, b->context);
}

static uint64_t hash_of(const struct vl_entry *entry)
{
    return vl_hash_text(vl_hash_bytes(VL_HASH_START, &entry->use, sizeof(entry->use)), entry->context);
}

/* Each context and use of it once. */
static void check_entries(struct vl_lint *lint)
{
    struct vl_names told = { .count = 0 };

    for (size_t i = 0; i < lint->devices.entry_count; i++) {
        struct vl_entry *entry = &lint->devices.entries[i];
        uint64_t hash = hash_of(entry);

        if (vl_names_find(&told, hash, is_same, entry))
            continue;
        vl_names_add(lint->arena, &told, hash, entry);
        if (entry->use->consequence && !vl_dialplan_context(lint->plan, entry->context) && !is_made(entry->context))
            vl_lint_add(lint, VL_RULE_CONTEXT_MISSING, &entry->at, NULL, NULL,
                        "%s [%s], which the dialplan does not have: %s", entry->use->text, entry->context,
                        entry->use->consequence);
    }
}

/* An analogue line sends no number: its calls begin at s. FXS ports begin at what their telephone dials. */
static void check_lines(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->devices.entry_count; i++) {
        const struct vl_entry *entry = &lint->devices.entries[i];
        const struct vl_context *context = vl_dialplan_context(lint->plan, entry->context);
        bool elsewhere;

        if (entry->line && context && !vl_lint_find(lint, context, "s", "1", &elsewhere) && !elsewhere)
            vl_lint_add_as(lint, VL_RULE_LINE_WITHOUT_S, entry->surely ? VL_SEVERITY_WARNING : VL_SEVERITY_NOTICE,
                           &entry->at, NULL, NULL,
                           "a call on an analogue line carries no number and begins at s, which [%s] does not have: "
                           "it is refused%s",
                           context->name, entry->surely ? "" : " (if this is a line, which 'auto' does not tell)");
    }
}

void vl_lint_check_reached(struct vl_lint *lint)
{
    if (!lint->devices.lines)
        return; /* where calls start is not known */
    check_entries(lint);
    check_lines(lint);
    mark_reached(lint);
    if (!all_places_known(lint))
        return;
    for (size_t i = 0; i < lint->plan->context_count; i++) {
        const struct vl_context *context = lint->plan->contexts[i];

        if (!lint->contexts[i].reached && !is_made(context->name) && !is_empty(context))
            vl_lint_add(lint, VL_RULE_CONTEXT_UNREACHED, &context->sections[0], NULL, NULL,
                        "nothing leads to [%s]: no device starts there, nothing includes it or jumps into it",
                        context->name);
    }
}
