/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that end where somebody thought that they go on: in a routine without a Return(), and behind a menu.
 */
#include <strings.h>

#include "base/cleanup.h"
#include "lint/numbers.h"
#include "lint/part.h"

/* A routine whose steps run out ends the call, and with it the steps behind its Gosub. */
static void check_return(struct vl_lint *lint, const struct vl_lint_call *call, const struct vl_lint_place *place)
{
    const struct vl_context *context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
    bool elsewhere;
    unsigned ends;

    if (!context || !place->extension || !place->priority ||
        !vl_lint_find(lint, context, place->extension, place->priority, &elsewhere))
        return;
    ends = vl_lint_ends(lint, context, place->extension, place->priority);
    if ((ends & VL_ENDS_FALL) && !(ends & (VL_ENDS_RETURN | VL_ENDS_UNKNOWN)))
        vl_lint_add(lint, VL_RULE_NO_RETURN, &call->step->at, call->extension, NULL,
                    "the routine '%s' of [%s] has no Return(): the call ends in it, and what stands behind this step "
                    "never runs",
                    place->extension, context->name);
}

/* A step that neither waits nor is heard. */
static bool is_idle(const struct vl_lint_call *call)
{
    static const char *const names[] = { "NoOp", "Verbose", "Log", "Answer" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (vl_lint_call_is(call, names[i]))
            return true;
    return vl_application_sets(call->row);
}

static bool goes_always(const struct vl_lint_call *call)
{
    return !call->nested && call->row->effect == VL_EFFECT_GOTO && call->row->when == VL_WHEN_ALWAYS &&
           call->place_count == 1;
}

/* `Gosub(context,extension,priority,value)`: since 1.6 values stand in brackets behind the priority. */
static void check_values(struct vl_lint *lint, const struct vl_lint_call *call)
{
    enum { PLACE = 3 };
    const struct vl_ways ways = vl_jump_ways(lint->arena, call->row, call->arguments);

    for (size_t i = 0; i < ways.count; i++) {
        size_t count = 0;
        const char *const *parts = vl_jump_words(lint->arena, ways.text[i], &count);

        if (count > PLACE && *parts[PLACE] && !strchr(ways.text[i], '('))
            vl_lint_add(lint, VL_RULE_GOSUB_VALUES, &call->step->at, call->extension, NULL,
                        "'%s' is lost: what a routine gets stands in brackets; write %s,%s,%s(%s)", parts[PLACE],
                        parts[0], parts[1], parts[2], parts[PLACE]);
    }
}

/* A number that an extension is found for; NULL: there is none. */
static const char *number_of(struct vl_lint *lint, const struct vl_extension *extension)
{
    return *extension->name == '_' ? vl_numbers_example(vl_lint_language(lint, extension), lint->arena)
                                   : extension->name;
}

/* Whether a jump that is always made comes back to its own step, through steps that all go on at once. */
static bool is_endless(struct vl_lint *lint, const struct vl_lint_call *start)
{
    enum { STEPS = 50 };
    const struct vl_lint_call *call = start;
    const struct vl_context *context = start->extension->context;
    const char *number = number_of(lint, start->extension), *priority;

    for (int i = 0; i < STEPS; i++) {
        const struct vl_lint_place *place = &lint->places[call->place];
        const struct vl_extension *extension;
        size_t count;
        bool elsewhere;

        if (goes_always(call)) {
            if (!place->context || !place->priority || (!place->extension && !place->same_extension))
                return false;
            context = vl_dialplan_context(lint->plan, place->context);
            number = place->same_extension ? number : place->extension;
            priority = place->priority;
        } else {
            priority = vl_arena_printf(lint->arena, "%d", call->step->number + 1);
        }
        extension = context && number ? vl_lint_find(lint, context, number, priority, &elsewhere) : NULL;
        /* one number of a pattern says something of all only as long as it stays there */
        if (*start->extension->name == '_' && extension != start->extension)
            return false;
        call = extension ? vl_lint_calls_of(lint, extension, &count) : NULL;
        for (; call && count && call->step != vl_lint_step(extension, priority); call++)
            count--;
        if (!call || !count || (!goes_always(call) && !is_idle(call)))
            return false;
        if (call == start)
            return true;
    }
    return false;
}

/* A While() that always goes on, up to its EndWhile(), with steps that all go on at once. */
static bool is_endless_while(struct vl_lint *lint, const struct vl_lint_call *start)
{
    size_t count;
    const struct vl_lint_call *calls = vl_lint_calls_of(lint, start->extension, &count);
    const struct vl_condition condition = vl_condition_read(lint->arena, start->arguments, VL_MARKS_OUTSIDE);

    for (const struct vl_lint_call *call = start + 1; condition.holds && call < calls + count; call++) {
        if (vl_lint_call_is(call, "EndWhile"))
            return !call->nested;
        if (!is_idle(call))
            return false;
    }
    return false;
}

/* Whether the context, or one that it includes, has something to choose. */
static bool has_choices(struct vl_lint *lint, const struct vl_context *context)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < visits[i]->extension_count; j++)
            if (!vl_is_special(visits[i]->extensions[j]->name) && vl_extension_priority(visits[i]->extensions[j], 1))
                return true;
    return false;
}

static void check_menu(struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_priority *last = vl_lint_last_step(lint, extension);

    if (last && lint->plan->general.autofallthrough && !strcasecmp(last->application, "BackGround") &&
        has_choices(lint, extension->context))
        vl_lint_add(lint, VL_RULE_MENU, &last->at, extension, NULL,
                    "the call ends when this has been played, before anybody has chosen; write WaitExten(5) behind it");
}

static bool is_loop(struct vl_lint *lint, const struct vl_lint_call *call)
{
    return goes_always(call) ? is_endless(lint, call)
                             : !call->nested && vl_lint_call_is(call, "While") && is_endless_while(lint, call);
}

static void check_call(struct vl_lint *lint, const struct vl_lint_call *call)
{
    if (call->row->effect == VL_EFFECT_GOSUB) {
        check_values(lint, call);
        for (size_t i = 0; i < call->place_count; i++)
            check_return(lint, call, &lint->places[call->place + i]);
    }
    if (is_loop(lint, call))
        vl_lint_add(lint, VL_RULE_LOOP, &call->step->at, call->extension, NULL,
                    "this goes round in a circle that nothing leaves, and no step of it waits: it keeps a processor "
                    "busy until the caller hangs up");
}

void vl_lint_check_routines(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++)
        check_call(lint, &lint->calls[i]);
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count && !vl_lint_stopped(lint); j++)
            check_menu(lint, lint->plan->contexts[i]->extensions[j]);
}
