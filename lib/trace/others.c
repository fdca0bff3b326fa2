/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the channels that a call makes may do meanwhile, before anybody answers: the routine of option b of Dial, and
 * Local channels, run steps of their own. They are not followed, but what they may write to AstDB or to a global
 * variable is not known from there on.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/functions.h"
#include "trace/run.h"

struct others {
    struct vl_runner *runner;
    struct vl_arena arena;
    const struct vl_context **contexts; /* that they may come to */
    size_t count;
    unsigned nested;
};

static void add_context(struct others *others, const char *name)
{
    const struct vl_context *context = vl_dialplan_context(others->runner->plan, name), **grown;

    for (size_t i = 0; i < others->count; i++)
        if (others->contexts[i] == context)
            return;
    grown = context ? vl_arena_grow(&others->arena, others->contexts, others->count, sizeof(*grown)) : NULL;
    if (!grown)
        return;
    others->contexts = grown;
    grown[others->count++] = context;
}

static void add_target(struct others *others, const char *name)
{
    const struct vl_dialplan *plan = others->runner->plan;

    if (name && !vl_trace_is_unknown(name))
        add_context(others, name);
    for (size_t i = 0; name && vl_trace_is_unknown(name) && i < plan->context_count; i++)
        add_context(others, plan->contexts[i]->name);
}

/* What stands behind a '(' up to what is filled in. */
static const char *named(struct vl_runner *runner, const char *open)
{
    return vl_arena_strndup(runner->scratch, open, strcspn(open, "$)}"));
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

static void doubt_functions(struct vl_runner *runner, const char *text)
{
    for (const char *p = text; (p = strchr(p, '(')); p++)
        for (size_t i = 0; i < VL_COUNT(writers); i++) {
            size_t length = strlen(writers[i].open);
            const char *start = (size_t)(p + 1 - text) >= length ? p + 1 - length : NULL;

            if (start && vl_text_starts(start, writers[i].open) &&
                (start == text || (start[-1] != '_' && (writers[i].when_read || start[-1] != '{'))))
                writers[i].doubt(runner, named(runner, p + 1));
        }
}

static void add_step(struct others *others, const struct vl_application *application, const char *arguments)
{
    struct vl_jump_call calls[VL_JUMP_CALLS_MOST];
    size_t count, call_count = 0;
    const struct vl_jump *jumps = vl_jump_list(&others->arena, application, arguments, &count);

    for (size_t i = 0; i < count; i++)
        add_target(others, jumps[i].place.context);
    if (application->effect == VL_EFFECT_PROGRAM || application->effect == VL_EFFECT_SET_ONCE)
        vl_trace_forget(others->runner);
    else if (application->effect == VL_EFFECT_DELETE_KEY || application->effect == VL_EFFECT_DELETE_TREE)
        vl_function_database_doubt(others->runner, named(others->runner, arguments));
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
        add_context(others, context->includes[i].name);
    for (size_t i = 0; i < context->extension_count; i++)
        for (size_t j = 0; j < context->extensions[i]->priority_count; j++) {
            const struct vl_priority *step = &context->extensions[i]->priorities[j];

            add_step(others, vl_application(step->application), step->arguments);
            doubt_functions(others->runner, step->arguments);
        }
}

void vl_trace_doubt_others(struct vl_runner *runner, const struct vl_application *application, const char *arguments)
{
    struct others others = { .runner = runner };
    size_t count;
    const struct vl_jump *jumps = vl_jump_list(&others.arena, application, arguments, &count);

    for (size_t i = 0; i < count; i++)
        if (!jumps[i].own && (jumps[i].option == 'b' || !jumps[i].option))
            add_target(&others, jumps[i].place.context ? jumps[i].place.context : runner->at.context);
    for (size_t i = 0; i < others.count; i++)
        look_at(&others, others.contexts[i]);
    runner->arena->failed |= others.arena.failed;
    vl_arena_free(&others.arena);
}
