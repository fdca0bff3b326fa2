/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding contexts and extensions as a search of Asterisk does.
 */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "dialplan/index.h"
#include "lint/numbers.h"
#include "lint/part.h"

bool vl_is_special(const char *name)
{
    static const char *const names[] = { "s", "i", "t", "h", "o", "a", "e", "T", "fax" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

bool vl_lint_is_made(const char *name)
{
    return !strcmp(name, "parkedcalls") || !strcmp(name, "parkedcallstimeout");
}

static bool is_itself(const void *entry, const void *key)
{
    return ((const struct vl_lint_context *)entry)->context == key;
}

static bool is_named(const void *entry, const void *key)
{
    return !strcasecmp(((const struct vl_lint_context *)entry)->context->name, key);
}

static uint64_t hash_of_place(const struct vl_context *context)
{
    return vl_hash_bytes(VL_HASH_START, &context, sizeof(context));
}

static uint64_t hash_of_name(const char *name)
{
    return vl_hash_folded(VL_HASH_START, name, strlen(name));
}

static struct vl_lint_context *lint_context_of(const struct vl_lint *lint, const struct vl_context *context)
{
    return context ? vl_names_find(lint->context_places, hash_of_place(context), is_itself, context) : NULL;
}

static void link_includes(struct vl_lint *lint, struct vl_lint_context *own)
{
    const struct vl_context *context = own->context;

    own->includes = vl_arena_zalloc(lint->arena, (context->include_count + 1) * sizeof(struct vl_lint_context *));
    for (size_t i = 0; own->includes && i < context->include_count; i++) {
        own->includes[i] = vl_lint_context(lint, context->includes[i].name);
        if (own->includes[i] && own->includes[i] != own)
            own->includes[i]->included = true;
    }
}

void vl_lint_link(struct vl_lint *lint)
{
    size_t count = lint->contexts ? lint->plan->context_count : 0;
    struct vl_names *names = vl_arena_zalloc(lint->arena, 2 * sizeof(*names));

    lint->context_places = names;
    for (size_t i = 0; names && i < count; i++) {
        struct vl_lint_context *own = &lint->contexts[i];
        const char *name = own->context->name;

        vl_names_add(lint->arena, &names[0], hash_of_place(own->context), own);
        own->same = vl_names_find(&names[1], hash_of_name(name), is_named, name);
        if (!own->same)
            vl_names_add(lint->arena, &names[1], hash_of_name(name), own);
        own->same = own->same ? own->same : own;
    }
    for (size_t i = 0; names && i < count; i++)
        link_includes(lint, &lint->contexts[i]);
}

struct vl_lint_context *vl_lint_context(const struct vl_lint *lint, const char *name)
{
    return lint_context_of(lint, vl_dialplan_context(lint->plan, name));
}

const struct vl_numbers *vl_lint_language(const struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_lint_context *own = lint_context_of(lint, extension->context);

    return own ? &own->languages[extension->rank] : NULL;
}

/* A walk through includes: contexts of one name, whatever the case of its letters, are one for Asterisk. */
struct walk {
    struct vl_lint_context *start;
    unsigned mark;
};

static void visit(struct walk *walk, struct vl_lint_context *own, bool timed)
{
    struct vl_lint_context *start = walk->start, *same = own->same;

    if (same->mark == walk->mark || start->visit_count == VL_DIALPLAN_DEPTH_MOST)
        return;
    same->mark = walk->mark;
    start->visits[start->visit_count] = own->context;
    start->timed[start->visit_count++] = timed;
    start->switches |= own->context->switch_count > 0;
    for (size_t i = 0; i < own->context->include_count; i++)
        if (own->includes[i])
            visit(walk, own->includes[i], timed || own->context->includes[i].timing);
}

/* Walked once, and kept at its size. */
static void walk_from(struct vl_lint *lint, struct vl_lint_context *own)
{
    const struct vl_context *visits[VL_DIALPLAN_DEPTH_MOST];
    bool timed[VL_DIALPLAN_DEPTH_MOST];
    struct walk walk = { .start = own, .mark = ++lint->walks };

    own->visits = visits;
    own->timed = timed;
    visit(&walk, own, false);
    own->visits = vl_arena_zalloc(lint->arena, own->visit_count * sizeof(*own->visits));
    own->timed = vl_arena_zalloc(lint->arena, own->visit_count * sizeof(*own->timed));
    if (!own->visits || !own->timed) {
        own->visit_count = 0;
        own->visits = NULL;
        return;
    }
    (void)memcpy(own->visits, visits, own->visit_count * sizeof(*visits));
    (void)memcpy(own->timed, timed, own->visit_count * sizeof(*timed));
}

size_t vl_lint_visits(struct vl_lint *lint, const struct vl_context *context, const struct vl_context ***ret_contexts,
                      bool **ret_timed)
{
    struct vl_lint_context *own = lint_context_of(lint, context);

    *ret_contexts = NULL;
    *ret_timed = NULL;
    if (!own || !own->includes)
        return 0;
    if (!own->visits)
        walk_from(lint, own);
    *ret_contexts = own->visits;
    *ret_timed = own->timed;
    return own->visit_count;
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
    VL_MATCHES_AUTO matches = { .ranks = NULL };
    const struct vl_lint_context *own = lint_context_of(lint, context);
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    *ret_elsewhere = own && own->switches;
    for (size_t i = 0; i < count && !matches.failed; i++) {
        vl_index_find(visits[i], number, &matches);
        for (size_t j = 0; j < matches.count && !matches.failed; j++) {
            const struct vl_extension *extension = visits[i]->extensions[matches.ranks[j]];

            if (!priority || vl_lint_has(extension, priority))
                return extension;
        }
    }
    lint->arena->failed |= matches.failed;
    return NULL;
}

bool vl_lint_search_has(struct vl_lint *lint, const struct vl_context *context, const struct vl_numbers *language,
                        const char *priority)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    for (size_t i = 0; i < count; i++) {
        const struct vl_lint_context *own = vl_lint_context(lint, visits[i]->name);

        if (visits[i]->switch_count)
            return true;
        for (size_t j = 0; own && j < visits[i]->extension_count; j++)
            if ((!priority || vl_lint_has(visits[i]->extensions[j], priority)) &&
                (!language || vl_numbers_meet(language, &own->languages[j], lint->arena, NULL)))
                return true;
    }
    return false;
}
