/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the channels that a call makes may do meanwhile, before anybody answers: the routine of option b of Dial, and
 * Local channels, run steps of their own. They are not followed, but what they may write to AstDB or to a global
 * variable is not known from there on.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/functions.h"
#include "trace/run.h"

/* What is not known any longer. */
struct doubt {
    void (*apply)(struct vl_runner *runner, const char *name);
    const char *name;
};

/* All that a channel which begins in a context may write. */
struct vl_doubts {
    const struct vl_context *start; /* NULL: any */
    struct doubt *list;
    size_t count;
    struct vl_doubts *next;
};

struct others {
    struct vl_runner *runner;
    struct vl_doubts *doubts;
    struct vl_arena arena;
    struct vl_names seen, told;         /* contexts, and doubts */
    const struct vl_context **contexts; /* that they may come to */
    size_t count;
    unsigned nested;
};

static bool is_itself(const void *entry, const void *key)
{
    return *(const struct vl_context *const *)entry == key;
}

static void add_context(struct others *others, const struct vl_context *context)
{
    uint64_t hash = vl_hash_bytes(VL_HASH_START, &context, sizeof(context));
    const struct vl_context **grown, **kept;

    if (!context || vl_names_find(&others->seen, hash, is_itself, context))
        return;
    grown = vl_arena_grow(&others->arena, others->contexts, others->count, sizeof(*grown));
    kept = vl_arena_zalloc(&others->arena, sizeof(*kept));
    if (!grown || !kept)
        return;
    others->contexts = grown;
    grown[others->count++] = *kept = context;
    vl_names_add(&others->arena, &others->seen, hash, kept);
}

static void add_all(struct others *others)
{
    const struct vl_dialplan *plan = others->runner->plan;

    for (size_t i = 0; others->count < plan->context_count && i < plan->context_count; i++)
        add_context(others, plan->contexts[i]);
}

/* A name that only a call can tell may be any. */
static void add_target(struct others *others, const char *name)
{
    if (name && vl_trace_is_unknown(name))
        add_all(others);
    else if (name)
        add_context(others, vl_dialplan_context(others->runner->plan, name));
}

static bool same_doubt(const void *entry, const void *key)
{
    const struct doubt *a = entry, *b = key;

    return a->apply == b->apply && !strcmp(a->name, b->name);
}

static void add_doubt(struct others *others, void (*apply)(struct vl_runner *runner, const char *name),
                      const char *name)
{
    struct vl_doubts *doubts = others->doubts;
    struct vl_arena *arena = others->runner->arena;
    uint64_t hash = vl_hash_text(VL_HASH_START, name);
    struct doubt doubt = { apply, name }, *grown, *copy;

    if (vl_names_find(&others->told, hash, same_doubt, &doubt))
        return;
    grown = vl_arena_grow(arena, doubts->list, doubts->count, sizeof(*grown));
    copy = vl_arena_zalloc(&others->arena, sizeof(*copy));
    if (!grown || !copy)
        return;
    doubt.name = vl_arena_strdup(arena, name);
    *copy = doubt;
    doubts->list = grown;
    grown[doubts->count++] = doubt;
    vl_names_add(&others->arena, &others->told, hash, copy);
}

/* What stands behind a '(' up to what is filled in. */
static const char *named(struct others *others, const char *open)
{
    return vl_arena_strndup(&others->arena, open, strcspn(open, "$)}"));
}

static void doubt_variable(struct vl_runner *runner, const char *name)
{
    vl_trace_set(runner, name, NULL);
}

/* The functions that write where the call looks. */
static const struct {
    const char *open;
    bool when_read;
    void (*doubt)(struct vl_runner *runner, const char *name);
} writers[] = {
    { "DB(", false, vl_function_database_doubt },
    { "DB_DELETE(", true, vl_function_database_doubt },
    { "GLOBAL(", false, vl_trace_doubt_globals },
    { "MASTER_CHANNEL(", false, doubt_variable },
};

static void doubt_functions(struct others *others, const char *text)
{
    for (const char *p = text; (p = strchr(p, '(')); p++)
        for (size_t i = 0; i < VL_COUNT(writers); i++) {
            size_t length = strlen(writers[i].open);
            const char *start = (size_t)(p + 1 - text) >= length ? p + 1 - length : NULL;

            if (start && vl_text_starts(start, writers[i].open) &&
                (start == text || (start[-1] != '_' && (writers[i].when_read || start[-1] != '{'))))
                add_doubt(others, writers[i].doubt, named(others, p + 1));
        }
}

/* A program of another channel cannot set what is the call's own. */
static void add_step(struct others *others, const struct vl_application *application, const char *arguments)
{
    struct vl_jump_call calls[VL_JUMP_CALLS_MOST];
    size_t count, call_count = 0;
    const struct vl_jump *jumps = vl_jump_list(&others->arena, application, arguments, &count);

    for (size_t i = 0; i < count; i++)
        add_target(others, jumps[i].place.context);
    if (application->effect == VL_EFFECT_PROGRAM || application->effect == VL_EFFECT_SET_ONCE) {
        add_doubt(others, vl_trace_doubt_globals, "");
        add_doubt(others, vl_function_database_doubt, "");
    } else if (application->effect == VL_EFFECT_DELETE_KEY || application->effect == VL_EFFECT_DELETE_TREE) {
        add_doubt(others, vl_function_database_doubt, named(others, arguments));
    }
    if (others->nested < VL_JUMP_NESTED_MOST)
        call_count = vl_jump_calls(&others->arena, application, arguments, calls);
    others->nested++;
    for (size_t i = 0; i < call_count; i++)
        add_step(others, vl_application(calls[i].name), calls[i].arguments);
    others->nested--;
}

static void look_at(struct others *others, const struct vl_context *context)
{
    for (size_t i = 0; i < context->include_count; i++)
        add_target(others, context->includes[i].name);
    for (size_t i = 0; i < context->extension_count; i++)
        for (size_t j = 0; j < context->extensions[i]->priority_count; j++) {
            const struct vl_priority *step = &context->extensions[i]->priorities[j];

            add_step(others, vl_application(step->application), step->arguments);
            doubt_functions(others, step->arguments);
        }
}

/* Looked for once, as a plan goes the same way often. */
static const struct vl_doubts *doubts_of(struct vl_runner *runner, const struct vl_context *start)
{
    struct others others = { .runner = runner };

    for (const struct vl_doubts *known = runner->doubts; known; known = known->next)
        if (known->start == start)
            return known;
    others.doubts = vl_arena_zalloc(runner->arena, sizeof(*others.doubts));
    if (!others.doubts)
        return NULL;
    others.doubts->start = start;
    others.doubts->next = runner->doubts;
    runner->doubts = others.doubts;
    add_context(&others, start);
    if (!start)
        add_all(&others);
    for (size_t i = 0; i < others.count; i++)
        look_at(&others, others.contexts[i]);
    runner->arena->failed |= others.arena.failed;
    vl_arena_free(&others.arena);
    return others.doubts;
}

static void doubt_place(struct vl_runner *runner, const char *name)
{
    bool any = vl_trace_is_unknown(name);
    const struct vl_context *start = any ? NULL : vl_dialplan_context(runner->plan, name);
    const struct vl_doubts *doubts = start || any ? doubts_of(runner, start) : NULL;

    for (size_t i = 0; doubts && i < doubts->count; i++)
        doubts->list[i].apply(runner, doubts->list[i].name);
}

void vl_trace_doubt_others(struct vl_runner *runner, const struct vl_application *application, const char *arguments)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    size_t count;
    const struct vl_jump *jumps = vl_jump_list(&arena, application, arguments, &count);

    for (size_t i = 0; i < count; i++)
        if (!jumps[i].own && (jumps[i].option == 'b' || !jumps[i].option))
            doubt_place(runner, jumps[i].place.context ? jumps[i].place.context : runner->at.context);
    runner->arena->failed |= arena.failed;
}
