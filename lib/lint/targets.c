/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps that a jump may lead to. Each place is followed once, to the extensions that a search from its context
 * finds; what is kept is the pair of an extension, a context or nothing in particular, and a number.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "dialplan/index.h"
#include "lint/numbers.h"
#include "lint/part.h"

/* Any number of an extension. */
enum { ANY_NUMBER = 0 };

struct target {
    const void *where; /* an extension, a context; NULL: any extension */
    long number;
};

/* An extension that is named, in a context that is not known. */
struct loose {
    const char *extension;
    long number;
};

struct vl_lint_targets {
    struct vl_names marks, walked;
    struct loose *loose;
    size_t loose_count;
};

static bool is_same(const void *entry, const void *key)
{
    const struct target *a = entry, *b = key;

    return a->where == b->where && a->number == b->number;
}

static uint64_t hash_of(const struct target *target)
{
    return vl_hash_bytes(vl_hash_bytes(VL_HASH_START, &target->where, sizeof(target->where)), &target->number,
                         sizeof(target->number));
}

static bool has(const struct vl_names *names, const void *where, long number)
{
    struct target target = { .where = where, .number = number };

    return vl_names_find(names, hash_of(&target), is_same, &target) != NULL;
}

/* False: it was there. */
static bool mark(struct vl_lint *lint, struct vl_names *names, const void *where, long number)
{
    struct target *target = has(names, where, number) ? NULL : vl_arena_zalloc(lint->arena, sizeof(*target));

    if (!target)
        return false;
    *target = (struct target){ .where = where, .number = number };
    vl_names_add(lint->arena, names, hash_of(target), target);
    return true;
}

static void mark_contexts(struct vl_lint *lint, const struct vl_context *context, long number)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count =
        mark(lint, &lint->targets->walked, context, number) ? vl_lint_visits(lint, context, &visits, &timed) : 0;

    for (size_t i = 0; i < count; i++)
        (void)mark(lint, &lint->targets->marks, visits[i], number);
}

static void mark_extensions(struct vl_lint *lint, const struct vl_context *context, const char *name, long number)
{
    VL_MATCHES_AUTO matches = { .ranks = NULL };
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    for (size_t i = 0; i < count && !matches.failed; i++) {
        vl_index_find(visits[i], name, &matches);
        for (size_t j = 0; j < matches.count && !matches.failed; j++)
            (void)mark(lint, &lint->targets->marks, visits[i]->extensions[matches.ranks[j]], number);
    }
    lint->arena->failed |= matches.failed;
}

static void add_loose(struct vl_lint *lint, const char *extension, long number)
{
    struct vl_lint_targets *targets = lint->targets;
    struct loose *grown;

    for (size_t i = 0; i < targets->loose_count; i++)
        if (targets->loose[i].number == number && !strcmp(targets->loose[i].extension, extension))
            return;
    grown = vl_arena_grow(lint->arena, targets->loose, targets->loose_count, sizeof(*grown));
    if (!grown)
        return;
    targets->loose = grown;
    grown[targets->loose_count++] = (struct loose){ .extension = extension, .number = number };
}

/* The number that a place names; ANY_NUMBER when it is not known. False: a label, which its step tells itself, or the
 * first priority, which is no secret. */
static bool number_of(const struct vl_lint_place *place, long *ret_number)
{
    bool relative = false;

    *ret_number = ANY_NUMBER;
    if (!place->priority)
        return true;
    if (!vl_jump_number(place->priority, &relative, ret_number))
        return false;
    if (relative)
        *ret_number += place->call->step->number;
    return *ret_number > 1;
}

static void mark_place(struct vl_lint *lint, const struct vl_lint_place *place)
{
    const struct vl_context *context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
    long number;

    if (!number_of(place, &number) || (place->context && !context))
        return;
    if (place->same_extension && !place->way->place.context)
        (void)mark(lint, &lint->targets->marks, place->call->extension, number);
    else if (context && place->extension)
        mark_extensions(lint, context, place->extension, number);
    else if (context)
        mark_contexts(lint, context, number);
    else if (place->extension)
        add_loose(lint, place->extension, number);
    else
        (void)mark(lint, &lint->targets->marks, NULL, number);
}

bool vl_lint_is_target(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step)
{
    const void *const where[] = { extension, extension->context, NULL };

    if (!lint->targets) {
        lint->targets = vl_arena_zalloc(lint->arena, sizeof(*lint->targets));
        for (size_t i = 0; lint->targets && i < lint->place_count && !vl_lint_stopped(lint); i++)
            mark_place(lint, &lint->places[i]);
    }
    if (step->label || !lint->targets)
        return true;
    for (size_t i = 0; i < VL_COUNT(where); i++)
        if (has(&lint->targets->marks, where[i], step->number) || has(&lint->targets->marks, where[i], ANY_NUMBER))
            return true;
    for (size_t i = 0; i < lint->targets->loose_count; i++)
        if ((lint->targets->loose[i].number == ANY_NUMBER || lint->targets->loose[i].number == step->number) &&
            vl_numbers_has(vl_lint_language(lint, extension), lint->targets->loose[i].extension))
            return true;
    return false;
}
