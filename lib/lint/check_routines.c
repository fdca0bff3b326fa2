/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that end where somebody thought that they go on: in a routine without a Return(), and behind a menu.
 */
#include <strings.h>

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
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count && !vl_lint_stopped(lint); j++)
            check_menu(lint, lint->plan->contexts[i]->extensions[j]);
}
