/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jumps: whether what they name is there, as far as it is known before a call. And what is named by ${...}: globals.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lint/numbers.h"
#include "lint/part.h"

/* Whether a search that starts in the context can come to this priority in an extension that shares a number with
 * `language`; NULL: in any extension. */
static bool search_has(struct vl_lint *lint, const struct vl_context *context, const struct vl_numbers *language,
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

static void report_place(struct vl_lint *lint, const struct vl_lint_place *place, const char *what)
{
    vl_lint_add(lint, VL_RULE_GOTO, &place->call->step->at, place->call->extension, NULL, "%s goes nowhere: %s",
                place->call->application, what);
}

/* A place whose context and extension are known. */
static void check_found(struct vl_lint *lint, const struct vl_lint_place *place, const struct vl_context *context)
{
    bool elsewhere;

    if (!vl_lint_find(lint, context, place->extension, NULL, &elsewhere)) {
        /* Asterisk takes i when there is one */
        if (!elsewhere && (place->way->kind == VL_JUMP_MACRO || !vl_lint_find(lint, context, "i", "1", &elsewhere)))
            report_place(lint, place,
                         vl_arena_printf(lint->arena, "[%s] has no extension '%s'", context->name, place->extension));
    } else if (place->priority && !vl_lint_find(lint, context, place->extension, place->priority, &elsewhere) &&
               !elsewhere) {
        report_place(lint, place,
                     vl_arena_printf(lint->arena, "'%s' in [%s] has no priority '%s'", place->extension, context->name,
                                     place->priority));
    }
}

static void check_place(struct vl_lint *lint, const struct vl_lint_place *place)
{
    struct vl_arena *arena = lint->arena;
    const struct vl_context *context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
    const struct vl_extension *own = place->call->extension;
    const char *priority = place->priority;

    if (!place->context || (priority && strpbrk(priority, "+-") == priority))
        return;
    if (priority && !*priority) {
        report_place(lint, place, "it names no place");
        return;
    }
    if (!context) {
        report_place(lint, place, vl_arena_printf(arena, "there is no context '%s'", place->context));
    } else if (place->same_extension) {
        if (priority && !vl_lint_has(own, priority) &&
            !search_has(lint, context, vl_lint_language(lint, own), priority))
            report_place(lint, place,
                         vl_arena_printf(arena, "the extension '%s' has no priority '%s'", own->name, priority));
    } else if (!place->extension) {
        if (priority && !search_has(lint, context, NULL, priority))
            report_place(lint, place,
                         vl_arena_printf(arena, "no extension of [%s] has a priority '%s'", context->name, priority));
    } else {
        check_found(lint, place, context);
    }
}

static bool is_gosub(const struct vl_lint_place *place)
{
    return place->way->kind == VL_JUMP_GOSUB;
}

/* Contexts in which a Gosub may find itself: bit 0, and those that something else leads to: bit 1. */
static unsigned char *find_uses(struct vl_lint *lint)
{
    unsigned char *uses = vl_arena_zalloc(lint->arena, lint->plan->context_count + 1);

    for (size_t i = 0; uses && i < lint->place_count; i++) {
        const struct vl_lint_place *place = &lint->places[i];
        const struct vl_context *context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
        const struct vl_context **visits;
        bool *timed;
        size_t count = context ? vl_lint_visits(lint, context, &visits, &timed) : 0;

        if (!place->context && is_gosub(place))
            return NULL;
        if (!is_gosub(place))
            continue;
        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < lint->plan->context_count; k++)
                if (lint->plan->contexts[k] == visits[j])
                    uses[k] |= 1;
    }
    return uses;
}

/* A context whose steps are only run by calls that start there: devices, and includes of contexts where they do. */
static void check_returns(struct vl_lint *lint)
{
    unsigned char *uses = find_uses(lint);

    for (size_t i = 0; uses && i < lint->devices.entry_count; i++) {
        const struct vl_context *start = vl_dialplan_context(lint->plan, lint->devices.entries[i].context);
        const struct vl_context **visits;
        bool *timed;
        size_t count = start ? vl_lint_visits(lint, start, &visits, &timed) : 0;

        for (size_t j = 0; j < count; j++)
            for (size_t k = 0; k < lint->plan->context_count; k++)
                if (lint->plan->contexts[k] == visits[j])
                    uses[k] |= 2;
    }
    for (size_t i = 0; uses && i < lint->call_count; i++)
        for (size_t k = 0; lint->calls[i].row->effect == VL_EFFECT_RETURN && k < lint->plan->context_count; k++)
            if (lint->plan->contexts[k] == lint->calls[i].extension->context && uses[k] == 2)
                vl_lint_add(lint, VL_RULE_RETURN, &lint->calls[i].step->at, lint->calls[i].extension, NULL,
                            "Return() has nowhere to go: calls start in [%s], no Gosub leads here; write Hangup()",
                            lint->plan->contexts[k]->name);
}

void vl_lint_check_places(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->place_count && !vl_lint_stopped(lint); i++)
        check_place(lint, &lint->places[i]);
    check_returns(lint);
}

static bool is_assigned(const struct vl_lint *lint, const char *name)
{
    for (size_t i = 0; i < lint->assigned_count; i++)
        if (!strcmp(lint->assigned[i], name))
            return true;
    return false;
}

/* The global that is meant by a name that is not there; NULL when none is near. */
static const char *near_global(struct vl_lint *lint, const char *name)
{
    const char **names = vl_arena_zalloc(lint->arena, (lint->plan->global_count + 1) * sizeof(*names));

    for (size_t i = 0; names && i < lint->plan->global_count; i++)
        names[i] = lint->plan->globals[i].name;
    return names && strlen(name) > 3 ? vl_text_nearest(name, names) : NULL;
}

/* A variable that is neither set by a step nor by Asterisk itself: capitals, no digits at the end as ARG1 has. */
static bool looks_global(const char *name)
{
    size_t length = strlen(name);

    return length > 3 && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0' &&
           strncmp(name, "ARG", 3) != 0 && strncmp(name, "MACRO_", 6) != 0;
}

static void check_name(struct vl_lint *lint, const struct vl_lint_call *call, const char *name, bool explicit,
                       bool dialled)
{
    const char *nearest;

    if (vl_dialplan_global(lint->plan, name) || is_assigned(lint, name))
        return;
    nearest = near_global(lint, name);
    if (explicit || (looks_global(name) && (nearest || dialled)))
        vl_lint_add(lint, VL_RULE_GLOBAL, &call->step->at, call->extension, NULL,
                    "nothing defines the global variable '%s', so it is empty%s%s%s", name,
                    nearest ? "; did you mean '" : "; define it in [globals]", nearest ? nearest : "",
                    nearest ? "'?" : "");
}

/* ${NAME} and ${GLOBAL(NAME)} in the arguments of a call. The head of what Dial calls is a trunk, or should be. */
static void check_variables(struct vl_lint *lint, const struct vl_lint_call *call)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    for (const char *p = strstr(call->arguments, "${"); p; p = strstr(p + 2, "${")) {
        bool global = !strncmp(p + 2, "GLOBAL(", 7);
        const char *name = p + 2 + (global ? 7 : 0);
        size_t length = strspn(name, letters);
        bool dialled = call->row->effect == VL_EFFECT_DIAL && p == call->arguments && name[length] == '}' &&
                       name[length + 1] == '/';

        if (length && name[length] == (global ? ')' : '}'))
            check_name(lint, call, vl_arena_strndup(lint->arena, name, length), global, dialled);
    }
}

void vl_lint_check_globals(struct vl_lint *lint)
{
    static const char *const settings[] = { "static",          "writeprotect",         "autofallthrough",
                                            "clearglobalvars", "extenpatternmatchnew", "priorityjumping",
                                            "userscontext" };

    for (size_t i = 0; i < lint->plan->global_count; i++)
        for (size_t j = 0; j < VL_COUNT(settings); j++)
            if (!strcasecmp(lint->plan->globals[i].name, settings[j]))
                vl_lint_add(lint, VL_RULE_GENERAL, &lint->plan->globals[i].at, NULL, NULL,
                            "'%s' is a setting of [general]; in [globals] it is a variable that changes nothing",
                            lint->plan->globals[i].name);
    for (size_t i = 0; i < lint->call_count; i++)
        check_variables(lint, &lint->calls[i]);
}
