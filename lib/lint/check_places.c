/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Jumps: whether what they name is there, as far as it is known before a call. And what is named by ${...}: globals.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "dialplan/origin.h"
#include "lint/part.h"

/* Whether one letter more, less, other or swapped with its neighbour makes one name of the other. Short names are near
 * to each other anyway. */
static bool is_slip(const char *a, const char *b)
{
    size_t left = strlen(a), right = strlen(b), same = 0, end = 0;

    while (a[same] && a[same] == b[same])
        same++;
    while (end < left - same && end < right - same && a[left - 1 - end] == b[right - 1 - end])
        end++;
    left -= same + end;
    right -= same + end;
    return same + end > 3 &&
           ((left <= 1 && right <= 1) || (left == 2 && right == 2 && a[same] == b[same + 1] && a[same + 1] == b[same]));
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool has_blank(const char *text)
{
    return text && *text && (is_blank(text[0]) || is_blank(text[strlen(text) - 1]));
}

/* A blank before or behind a part of a place, which belongs to its name. A number may have them. */
static bool has_blanks(const struct vl_lint_place *place)
{
    const struct vl_jump_place *named = &place->way->place;
    bool relative;
    long number;

    return has_blank(named->context) || has_blank(named->extension) ||
           (has_blank(named->priority) && !vl_jump_number(named->priority, &relative, &number));
}

static void report_place(struct vl_lint *lint, const struct vl_lint_place *place, const char *what)
{
    vl_lint_add(lint, VL_RULE_GOTO, &place->call->step->at, place->call->extension, NULL, "%s goes nowhere: %s%s",
                place->call->application, what,
                has_blanks(place) ? "; the blank belongs to the name, write it without" : "");
}

/* The context that is meant by a name that is not there: one letter is another, or is small instead of capital. */
static void report_context(struct vl_lint *lint, const struct vl_lint_place *place)
{
    const char *near = NULL;

    lint->comparisons_left -= (long)lint->plan->context_count;
    for (size_t i = 0; lint->comparisons_left > 0 && i < lint->plan->context_count && !near; i++)
        if (!strcasecmp(lint->plan->contexts[i]->name, place->context) ||
            is_slip(lint->plan->contexts[i]->name, place->context))
            near = lint->plan->contexts[i]->name;
    report_place(lint, place,
                 vl_arena_printf(lint->arena, "there is no context '%s'%s%s%s", place->context,
                                 near ? "; did you mean '" : "", near ? near : "", near ? "'?" : ""));
}

/* The label that is meant by one that is not there, in the extension that it was looked for in. */
static const char *near_label(struct vl_lint *lint, const struct vl_extension *extension, const char *label)
{
    for (size_t i = 0; i < extension->priority_count; i++) {
        const char *other = extension->priorities[i].label;

        if (other && (!strcasecmp(other, label) || is_slip(other, label)))
            return vl_arena_printf(lint->arena, "; did you mean '%s'?", other);
    }
    return "";
}

/* A place whose context and extension are known. */
static void check_found(struct vl_lint *lint, const struct vl_lint_place *place, const struct vl_context *context)
{
    bool elsewhere;
    const struct vl_extension *found = vl_lint_find(lint, context, place->extension, NULL, &elsewhere);

    if (!found) {
        /* Asterisk takes i when there is one */
        if (!elsewhere && (place->way->kind == VL_JUMP_MACRO || !vl_lint_find(lint, context, "i", "1", &elsewhere)))
            report_place(lint, place,
                         vl_arena_printf(lint->arena, "[%s] has no extension '%s'", context->name, place->extension));
    } else if (place->priority && !vl_lint_find(lint, context, place->extension, place->priority, &elsewhere) &&
               !elsewhere) {
        report_place(lint, place,
                     vl_arena_printf(lint->arena, "'%s' in [%s] has no priority '%s'%s", place->extension,
                                     context->name, place->priority, near_label(lint, found, place->priority)));
    }
}

/* Whether the step itself asks first if there is such a place. */
static bool is_guarded(const struct vl_lint_place *place)
{
    const char *text = place->call->step->arguments;

    return strstr(text, "DIALPLAN_EXISTS(") || strstr(text, "VALID_EXTEN(");
}

static void check_place(struct vl_lint *lint, const struct vl_lint_place *place)
{
    struct vl_arena *arena = lint->arena;
    const struct vl_context *context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
    const struct vl_extension *own = place->call->extension;
    const char *priority = place->priority;

    if (!place->context || (priority && strpbrk(priority, "+-") == priority) || is_guarded(place) ||
        vl_lint_is_made(place->context))
        return;
    if (priority && !*priority) {
        report_place(lint, place, "it names no place");
        return;
    }
    if (!context) {
        if (!vl_lint_is_beside(lint, place->context))
            report_context(lint, place);
    } else if (place->same_extension) {
        bool elsewhere, other = place->way->place.context != NULL;

        /* in another context Asterisk takes i when there is one */
        if (priority && (other || !vl_lint_has(own, priority)) &&
            !vl_lint_search_has(lint, context, vl_lint_language(lint, own), priority) &&
            !(other && vl_lint_find(lint, context, "i", "1", &elsewhere)))
            report_place(lint, place,
                         other ? vl_arena_printf(arena, "[%s] has no extension '%s' with a priority '%s'",
                                                 context->name, own->name, priority)
                               : vl_arena_printf(arena, "the extension '%s' has no priority '%s'%s", own->name,
                                                 priority, near_label(lint, own, priority)));
    } else if (!place->extension && has_blank(place->way->place.extension)) {
        report_place(lint, place,
                     vl_arena_printf(arena, "no number has the blank of '%s'", place->way->place.extension));
    } else if (!place->extension) {
        if (priority && !vl_lint_search_has(lint, context, NULL, priority))
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

/* What leads to a context. */
enum use { USE_GOSUB = 1 << 0, USE_START = 1 << 1 };

static void mark_uses(struct vl_lint *lint, unsigned char *uses, const struct vl_context *context, enum use use)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    for (size_t i = 0; i < count; i++)
        uses[vl_lint_context(lint, visits[i]->name) - lint->contexts] |= (unsigned char)use;
}

/* Contexts in which a Gosub may find itself. NULL: it may be any, or there is no memory. */
static unsigned char *find_uses(struct vl_lint *lint)
{
    unsigned char *uses = vl_arena_zalloc(lint->arena, lint->plan->context_count + 1);
    unsigned char *seen = vl_arena_zalloc(lint->arena, lint->plan->context_count + 1);

    for (size_t i = 0; uses && seen && i < lint->place_count; i++) {
        const struct vl_lint_place *place = &lint->places[i];
        const struct vl_lint_context *context = place->context ? vl_lint_context(lint, place->context) : NULL;

        if (!place->context && is_gosub(place))
            return NULL;
        if (!is_gosub(place) || !context || seen[context - lint->contexts])
            continue;
        seen[context - lint->contexts] = 1;
        mark_uses(lint, uses, context->context, USE_GOSUB);
    }
    return seen ? uses : NULL;
}

/* A context whose steps are only run by calls that start there: devices, and includes of contexts where they do. */
static void check_returns(struct vl_lint *lint)
{
    unsigned char *uses = find_uses(lint);

    for (size_t i = 0; uses && i < lint->devices.entry_count; i++) {
        const struct vl_lint_context *start = vl_lint_context(lint, lint->devices.entries[i].context);

        if (start && !(uses[start - lint->contexts] & USE_START))
            mark_uses(lint, uses, start->context, USE_START);
    }
    for (size_t i = 0; uses && i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        const struct vl_context *context = call->extension->context;

        if (call->row->effect == VL_EFFECT_RETURN &&
            uses[vl_lint_context(lint, context->name) - lint->contexts] == USE_START)
            vl_lint_add(lint, VL_RULE_RETURN, &call->step->at, call->extension, NULL,
                        "Return() has nowhere to go: calls start in [%s], no Gosub leads here; write Hangup()",
                        context->name);
    }
}

void vl_lint_check_places(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->place_count && !vl_lint_stopped(lint); i++)
        check_place(lint, &lint->places[i]);
    check_returns(lint);
}

/* What is near to a name that nothing defines, asked for once. */
struct undefined {
    const char *name, *nearest;
};

static bool is_named(const void *entry, const void *key)
{
    return !strcmp(((const struct undefined *)entry)->name, key);
}

struct globals {
    struct vl_lint *lint;
    const char **names; /* all of them, NULL-terminated */
    bool programs;      /* the plan runs one, such as an AGI */
    struct vl_names asked;
};

/* The global that is meant by a name that is not there; NULL when none is near. */
static const char *near_global(struct globals *globals, const char *name)
{
    uint64_t hash = vl_hash_text(VL_HASH_START, name);
    struct undefined *asked = vl_names_find(&globals->asked, hash, is_named, name);

    if (asked)
        return asked->nearest;
    globals->lint->comparisons_left -= (long)globals->lint->plan->global_count;
    asked = strlen(name) > 3 && globals->lint->comparisons_left > 0
                ? vl_arena_zalloc(globals->lint->arena, sizeof(*asked))
                : NULL;
    if (!asked)
        return NULL;
    *asked = (struct undefined){ .name = name, .nearest = vl_text_nearest(name, globals->names) };
    if (asked->nearest && strlen(name) < 8 && !is_slip(asked->nearest, name))
        asked->nearest = NULL;
    vl_names_add(globals->lint->arena, &globals->asked, hash, asked);
    return asked->nearest;
}

/* A variable that is neither set by a step nor by Asterisk itself: capitals, no digits at the end as ARG1 has. */
static bool looks_global(const char *name)
{
    size_t length = strlen(name);

    return length > 3 && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] == '\0' &&
           strncmp(name, "ARG", 3) != 0 && strncmp(name, "MACRO_", 6) != 0;
}

/* Whether Asterisk or an application sets it without being told its name, as ${EXTEN} or ${DIALSTATUS}. */
static bool is_given(const char *name)
{
    static const char *const names[] = { "EXTEN", "CONTEXT", "PRIORITY", "DATETIME", "TIMESTAMP", "CALLERID" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcmp(names[i], name))
            return true;
    return vl_variable_origin(name) != VL_ORIGIN_ANYBODY;
}

/* Whether names differ by more than a digit: those that do belong to a row of them. */
static bool differ_by_letter(const char *a, const char *b)
{
    size_t same = 0;

    while (a[same] && a[same] == b[same])
        same++;
    return !isdigit((unsigned char)a[same]) && !isdigit((unsigned char)b[same]);
}

/* The variable that is meant by one that nothing sets, where one letter is another; NULL when none is. */
static const char *near_assigned(struct globals *globals, const char *name)
{
    struct vl_lint *lint = globals->lint;
    const char *found = NULL;

    lint->comparisons_left -= (long)lint->assigned_count;
    for (size_t i = 0; lint->comparisons_left > 0 && i < lint->assigned_count && !found; i++)
        if (strcasecmp(lint->assigned_list[i], name)
                ? is_slip(lint->assigned_list[i], name) && differ_by_letter(lint->assigned_list[i], name)
                : lint->asterisk >= 1200) /* before, the case of letters did not count */
            found = lint->assigned_list[i];
    return found && !is_given(name) ? found : NULL;
}

/* A program that the plan runs may set it, and a plan that another one wrote knows what it does. */
static void check_slip(struct globals *globals, const struct vl_lint_call *call, const char *name)
{
    const char *nearest = strlen(name) > 4 && !globals->programs ? near_assigned(globals, name) : NULL;

    if (nearest && !vl_lint_in_generated(globals->lint, &call->step->at))
        vl_lint_add(globals->lint, VL_RULE_VARIABLE, &call->step->at, call->extension, NULL,
                    "nothing sets the variable '%s'; did you mean '%s'?%s", name, nearest,
                    strcasecmp(name, nearest) ? "" : " Capital and small letters are not the same");
}

static void check_name(struct globals *globals, const struct vl_lint_call *call, const char *name, bool explicit,
                       bool dialled)
{
    struct vl_lint *lint = globals->lint;
    const char *nearest;

    if (vl_dialplan_global(lint->plan, name) || vl_lint_is_assigned(lint, name))
        return;
    nearest = explicit || looks_global(name) ? near_global(globals, name) : NULL;
    if (!explicit && !nearest && !(dialled && looks_global(name)))
        check_slip(globals, call, name);
    else
        vl_lint_add(lint, VL_RULE_GLOBAL, &call->step->at, call->extension, NULL,
                    "nothing defines the global variable '%s', so it is empty%s%s%s", name,
                    nearest ? "; did you mean '" : "; define it in [globals]", nearest ? nearest : "",
                    nearest ? "'?" : "");
}

/* ${NAME} and ${GLOBAL(NAME)} in the arguments of a call. The head of what Dial calls is a trunk, or should be. */
static void check_variables(struct globals *globals, const struct vl_lint_call *call)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

    for (const char *p = strstr(call->arguments, "${"); p; p = strstr(p + 2, "${")) {
        bool global = !strncmp(p + 2, "GLOBAL(", 7);
        const char *name = p + 2 + (global ? 7 : 0);
        size_t length = strspn(name, letters);
        bool dialled = call->row->effect == VL_EFFECT_DIAL && p == call->arguments && name[length] == '}' &&
                       name[length + 1] == '/';

        if (length && (name[length] == (global ? ')' : '}') || (!global && name[length] == ':')))
            check_name(globals, call, vl_arena_strndup(globals->lint->arena, name, length), global, dialled);
    }
}

void vl_lint_check_globals(struct vl_lint *lint)
{
    static const char *const settings[] = { "static",          "writeprotect",         "autofallthrough",
                                            "clearglobalvars", "extenpatternmatchnew", "priorityjumping",
                                            "userscontext" };
    struct globals globals = { .lint = lint };

    for (size_t i = 0; i < lint->plan->global_count; i++)
        for (size_t j = 0; j < VL_COUNT(settings); j++)
            if (!strcasecmp(lint->plan->globals[i].name, settings[j]))
                vl_lint_add(lint, VL_RULE_GENERAL, &lint->plan->globals[i].at, NULL, NULL,
                            "'%s' is a setting of [general]; in [globals] it is a variable that changes nothing",
                            lint->plan->globals[i].name);
    globals.names = vl_arena_zalloc(lint->arena, (lint->plan->global_count + 1) * sizeof(*globals.names));
    for (size_t i = 0; i < lint->call_count; i++)
        globals.programs |= lint->calls[i].row->effect == VL_EFFECT_PROGRAM;
    for (size_t i = 0; globals.names && i < lint->plan->global_count; i++)
        globals.names[i] = lint->plan->globals[i].name;
    for (size_t i = 0; globals.names && i < lint->call_count && !vl_lint_stopped(lint); i++)
        check_variables(&globals, &lint->calls[i]);
}
