/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The calls of applications in a plan, with their arguments apart, and the places that they go to.
 */
#include <string.h>
#include <strings.h>

#include "base/names.h"
#include "dialplan/variables.h"
#include "lint/numbers.h"
#include "lint/part.h"

bool vl_lint_call_is(const struct vl_lint_call *call, const char *application)
{
    return !strcasecmp(call->application, application);
}

static bool same_name(const void *entry, const void *key)
{
    return !strcmp(entry, key);
}

bool vl_lint_is_assigned(const struct vl_lint *lint, const char *name)
{
    return lint->assigned && vl_names_find(lint->assigned, vl_hash_text(VL_HASH_START, name), same_name, name);
}

static void add_assigned(struct vl_lint *lint, const char *name)
{
    const char **grown = vl_lint_is_assigned(lint, name)
                             ? NULL
                             : vl_arena_grow(lint->arena, lint->assigned_list, lint->assigned_count, sizeof(*grown));

    if (!grown)
        return;
    lint->assigned_list = grown;
    grown[lint->assigned_count++] = name;
    vl_names_add(lint->arena, lint->assigned, vl_hash_text(VL_HASH_START, name), (void *)(uintptr_t)name);
}

static void note_assigned(struct vl_lint *lint, const struct vl_lint_call *call)
{
    if (call->row->effect == VL_EFFECT_READ && call->count)
        add_assigned(lint, call->parts[0]);
    for (size_t i = 0; vl_application_sets(call->row) && i < call->count; i++) {
        const char *name = call->parts[i] + strspn(call->parts[i], "_");

        if (!strncmp(name, "GLOBAL(", 7) || !strncmp(name, "LOCAL(", 6) || !strncmp(name, "ARRAY(", 6) ||
            !strncmp(name, "HASH(", 5))
            name = strchr(name, '(') + 1;
        name = vl_arena_strndup(lint->arena, name, strcspn(name, "=),"));
        if (name)
            add_assigned(lint, name);
    }
}

/* A call, and those in its arguments whose names are known. */
static void add_call(struct vl_lint *lint, struct vl_lint_call call)
{
    struct vl_lint_call *grown = vl_arena_grow(lint->arena, lint->calls, lint->call_count, sizeof(*grown));
    struct vl_jump_call inner[VL_JUMP_CALLS_MOST];
    size_t count = 0;

    if (!grown)
        return;
    lint->calls = grown;
    call.row = vl_application(call.application);
    call.parts = vl_jump_words(lint->arena, call.arguments, &call.count);
    grown[lint->call_count++] = call;
    note_assigned(lint, &call);
    if (call.nested < VL_JUMP_NESTED_MOST)
        count = vl_jump_calls(lint->arena, call.row, call.arguments, inner);
    call.nested++;
    for (size_t i = 0; i < count && !lint->arena->failed; i++) {
        call.application = inner[i].name;
        call.arguments = inner[i].arguments;
        call.misnamed = inner[i].misnamed;
        if (*call.application && !strchr(call.application, '$'))
            add_call(lint, call);
    }
}

/* Whose variables are asked for. */
struct asked {
    struct vl_lint *lint;
    const struct vl_extension *extension;
};

/* What a variable holds in every call; NULL when that is not known. */
static const char *value_of(void *context, const char *name)
{
    const struct asked *asked = context;
    const char *value;
    size_t length = strlen(name);

    if (!strcmp(name, "EXTEN"))
        return asked->extension->name[0] == '_' ? NULL : asked->extension->name;
    if (!strcmp(name, "CONTEXT"))
        return asked->extension->context->name;
    if (length > 8 && !strncmp(name, "GLOBAL(", 7) && name[length - 1] == ')')
        name = vl_arena_strndup(asked->lint->arena, name + 7, length - 8);
    value = vl_lint_is_assigned(asked->lint, name) ? NULL : vl_dialplan_global(asked->lint->plan, name);
    return value && *value && !strchr(value, '$') ? value : NULL;
}

const char *vl_lint_filled(struct vl_lint *lint, const struct vl_extension *extension, const char *text)
{
    struct asked asked = { .lint = lint, .extension = extension };
    const struct vl_variables variables = { .value = value_of, .context = &asked, .keep = true };

    return strchr(text, '$') ? vl_substitute(lint->arena, &variables, text) : text;
}

const char *vl_lint_known(struct vl_lint *lint, const struct vl_extension *extension, const char *text)
{
    const char *filled = vl_lint_filled(lint, extension, text);

    return strchr(filled, '$') ? NULL : filled;
}

bool vl_lint_names_devices(const struct vl_lint_call *call)
{
    return call->row->devices || call->row->effect == VL_EFFECT_GOSUB || call->row->effect == VL_EFFECT_MACRO;
}

static bool is_unknown(const char *part)
{
    return part && (strstr(part, "${") || strstr(part, "$["));
}

static const char *known(const char *part)
{
    return is_unknown(part) ? NULL : part;
}

/* The number as it is looked up, without blanks, and counted from the step that jumps; a label as it is. In options the
 * call that counts may be another one. */
static const char *priority_of(struct vl_arena *arena, const struct vl_lint_call *call, const struct vl_jump *way)
{
    const char *priority = known(way->place.priority);
    bool relative;
    long number;

    if (!priority || !vl_jump_number(priority, &relative, &number) ||
        (relative && (way->option || !vl_application_jumps(call->row))))
        return priority;
    if (relative && __builtin_add_overflow(number, (long)call->step->number, &number))
        return priority;
    return vl_arena_printf(arena, "%ld", relative && number < 0 ? 0 : number);
}

static void note_jump(struct vl_lint *lint, const struct vl_lint_place *place)
{
    struct vl_lint_context *context = place->context ? vl_lint_context(lint, place->context) : NULL;

    if (context && context->context != place->call->extension->context)
        context->jumped_to = true;
}

/* One word that is not known may stand for all three. */
static void add_place(struct vl_lint *lint, const struct vl_lint_call *call, const struct vl_jump *way)
{
    const struct vl_jump_place *named = &way->place;
    struct vl_lint_place *grown = vl_arena_grow(lint->arena, lint->places, lint->place_count, sizeof(*grown));
    bool unknown = !named->extension && !named->context && !named->dialled && named->priority[0] == '$' &&
                   is_unknown(named->priority);

    if (!grown)
        return;
    lint->places = grown;
    grown[lint->place_count++] = (struct vl_lint_place){
        .call = call,
        .way = way,
        .context = unknown          ? NULL
                   : named->context ? known(named->context)
                                    : call->extension->context->name,
        .extension = known(named->extension),
        .priority = priority_of(lint->arena, call, way),
        .same_extension = !named->extension && !named->dialled && !unknown,
    };
    note_jump(lint, &grown[lint->place_count - 1]);
}

/* Before Asterisk 1.6 '|' stood between arguments, too. Since then it makes one of them, which the rule `pipe` tells:
 * NULL. */
static const char *separated(struct vl_lint *lint, const struct vl_lint_call *call, const char *arguments)
{
    char *copy;

    if (!strchr(arguments, '|') || strchr(arguments, ',') || !(call->row->parts || lint->asterisk < 106))
        return arguments;
    copy = lint->asterisk < 106 ? vl_arena_strdup(lint->arena, arguments) : NULL;
    for (char *p = copy; p && *p; p++)
        *p = *p == '|' ? ',' : *p;
    return copy;
}

/* What is known of the arguments is filled in first, as in a call. */
static void collect_places(struct vl_lint *lint, struct vl_lint_call *call)
{
    const char *arguments = NULL;
    const struct vl_jump *ways;

    call->place = lint->place_count;
    if (call->row->slot_count || call->row->devices || vl_application_sets(call->row) ||
        vl_application_jumps(call->row))
        arguments = separated(lint, call, vl_lint_filled(lint, call->extension, call->arguments));
    if (!arguments)
        return;
    ways = vl_jump_list(lint->arena, call->row, arguments, &call->place_count);
    for (size_t i = 0; i < call->place_count; i++)
        add_place(lint, call, &ways[i]);
}

static void make_languages(struct vl_lint *lint, struct vl_lint_context *context)
{
    size_t count = context->context->extension_count;

    context->languages = vl_arena_zalloc(lint->arena, (count + 1) * sizeof(*context->languages));
    for (size_t i = 0; context->languages && i < count; i++)
        context->languages[i] = vl_numbers_of(lint->arena, context->context->extensions[i]->pattern);
}

const struct vl_lint_call *vl_lint_calls_of(const struct vl_lint *lint, const struct vl_extension *extension,
                                            size_t *ret_count)
{
    const struct vl_lint_context *own = vl_lint_context(lint, extension->context->name);

    *ret_count = own && own->calls ? own->calls[extension->rank + 1] - own->calls[extension->rank] : 0;
    return *ret_count ? &lint->calls[own->calls[extension->rank]] : NULL;
}

static void collect_calls(struct vl_lint *lint, struct vl_lint_context *own)
{
    const struct vl_context *context = own->context;

    own->calls = vl_arena_zalloc(lint->arena, (context->extension_count + 1) * sizeof(*own->calls));
    for (size_t j = 0; own->calls && j < context->extension_count; j++) {
        own->calls[j] = lint->call_count;
        for (size_t k = 0; k < context->extensions[j]->priority_count; k++) {
            const struct vl_priority *step = &context->extensions[j]->priorities[k];

            if (step->number != VL_PRIORITY_HINT)
                add_call(lint, (struct vl_lint_call){ .extension = context->extensions[j],
                                                      .step = step,
                                                      .application = step->application,
                                                      .arguments = step->arguments });
        }
    }
    if (own->calls)
        own->calls[context->extension_count] = lint->call_count;
}

void vl_lint_collect(struct vl_lint *lint)
{
    const struct vl_dialplan *plan = lint->plan;

    lint->assigned = vl_arena_zalloc(lint->arena, sizeof(*lint->assigned));
    lint->routines = vl_arena_zalloc(lint->arena, sizeof(*lint->routines));
    if (lint->arena->failed)
        return;
    lint->contexts = vl_arena_zalloc(lint->arena, (plan->context_count + 1) * sizeof(*lint->contexts));
    for (size_t i = 0; lint->contexts && i < plan->context_count; i++) {
        lint->contexts[i].context = plan->contexts[i];
        make_languages(lint, &lint->contexts[i]);
        if (vl_lint_stopped(lint))
            return;
        collect_calls(lint, &lint->contexts[i]);
    }
    vl_lint_link(lint);
    /* what is known depends on all that steps set, so places come last; the calls stay where they are from here on */
    for (size_t i = 0; i < lint->call_count && !lint->arena->failed; i++)
        collect_places(lint, &lint->calls[i]);
}
