/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that end where somebody thought that they go on: in a routine without a Return(), and behind a menu.
 */
#include <strings.h>

#include "base/cleanup.h"
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

/* Whether a jump that is always made comes back to its own step, through steps that all go on at once. */
static bool is_endless(struct vl_lint *lint, const struct vl_lint_call *start)
{
    enum { STEPS = 50 };
    const struct vl_lint_call *call = start;
    const struct vl_context *context = start->extension->context;
    const char *number = start->extension->name, *priority;

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
        extension = context && *number != '_' ? vl_lint_find(lint, context, number, priority, &elsewhere) : NULL;
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

static bool has_choices(const struct vl_context *context)
{
    for (size_t i = 0; i < context->extension_count; i++)
        if (!vl_is_special(context->extensions[i]->name) && vl_extension_priority(context->extensions[i], 1))
            return true;
    return false;
}

static void check_menu(struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_priority *last = vl_lint_last_step(lint, extension);

    if (last && lint->plan->general.autofallthrough && !strcasecmp(last->application, "BackGround") &&
        has_choices(extension->context))
        vl_lint_add(lint, VL_RULE_MENU, &last->at, extension, NULL,
                    "the call ends when this has been played, before anybody has chosen; write WaitExten(5) behind it");
}

void vl_lint_check_routines(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++)
        for (size_t j = 0; lint->calls[i].row->effect == VL_EFFECT_GOSUB && j < lint->calls[i].place_count; j++)
            check_return(lint, &lint->calls[i], &lint->places[lint->calls[i].place + j]);
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++)
        if (goes_always(&lint->calls[i]) && is_endless(lint, &lint->calls[i]))
            vl_lint_add(
                lint, VL_RULE_LOOP, &lint->calls[i].step->at, lint->calls[i].extension, NULL,
                "this jumps in a circle that nothing leaves, and no step of it waits: it keeps a processor busy "
                "until the caller hangs up");
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count && !vl_lint_stopped(lint); j++)
            check_menu(lint, lint->plan->contexts[i]->extensions[j]);
}
