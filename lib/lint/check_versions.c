/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a version of Asterisk no longer has: applications, functions, channels, and the '|' between arguments. And
 * brackets that do not close, which the loader takes as they are.
 */
#include <string.h>
#include <strings.h>

#include "dialplan/expression.h"
#include "dialplan/retired.h"
#include "dialplan/version.h"
#include "lint/part.h"
#include "lint/report.h"

static const char *const kinds[] = {
    [VL_PROVIDES_APPLICATION] = "application", [VL_PROVIDES_FUNCTION] = "function", [VL_PROVIDES_CHANNEL] = "channel"
};

static void report_gone(struct vl_lint *lint, const struct vl_retired *row, const struct vl_priority *step,
                        const struct vl_extension *extension, const struct vl_fix *fix)
{
    struct vl_arena *arena = lint->arena;

    if (row->removed && lint->asterisk >= row->removed)
        vl_lint_add(lint, VL_RULE_REMOVED, &step->at, extension, fix, "the %s %s is gone since Asterisk %s; write %s",
                    kinds[row->kind], row->name, vl_version_name(arena, row->removed), row->instead);
    else if (row->deprecated && lint->asterisk >= row->deprecated)
        vl_lint_add(lint, VL_RULE_DEPRECATED, &step->at, extension, fix,
                    row->removed ? "the %s %s is deprecated and gone from Asterisk %s on; write %s"
                                 : "the %s %s is deprecated since Asterisk %s; write %s",
                    kinds[row->kind], row->name, vl_version_name(arena, row->removed ? row->removed : row->deprecated),
                    row->instead);
}

/* NAME( behind `${` or in Set(NAME(...)=...). */
static bool uses_function(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *p = strstr(text, name); p; p = strstr(p + length, name))
        if (p[length] == '(' && (p == text || (p >= text + 2 && p[-1] == '{' && p[-2] == '$')))
            return true;
    return false;
}

/* NAME/ at the start of a device in `text`. */
static bool uses_channel(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *p = strcasestr(text, name); p; p = strcasestr(p + length, name))
        if (p[length] == '/' && (p == text || strchr("&,(^= ", p[-1])))
            return true;
    return false;
}

static void check_gone(struct vl_lint *lint, const struct vl_lint_call *call)
{
    for (size_t i = 0; i < vl_retired_count; i++) {
        const struct vl_retired *row = &vl_retired[i];
        const struct vl_fix *fix = NULL;

        if (row->kind == VL_PROVIDES_APPLICATION && vl_lint_call_is(call, row->name) && row->rename && !call->nested)
            fix = vl_lint_replace(lint, &call->step->at, vl_arena_printf(lint->arena, "%s(", call->application),
                                  vl_arena_printf(lint->arena, "%s(", row->rename));
        else if (row->kind == VL_PROVIDES_CHANNEL && row->rename && vl_lint_names_devices(call))
            fix = vl_lint_replace(lint, &call->step->at, vl_arena_printf(lint->arena, "%s/", row->name),
                                  vl_arena_printf(lint->arena, "%s/", row->rename));
        if ((row->kind == VL_PROVIDES_APPLICATION && vl_lint_call_is(call, row->name)) ||
            (row->kind == VL_PROVIDES_FUNCTION && uses_function(call->arguments, row->name)) ||
            (row->kind == VL_PROVIDES_CHANNEL && vl_lint_names_devices(call) &&
             uses_channel(call->arguments, row->name)))
            report_gone(lint, row, call->step, call->extension, fix);
    }
}

static void check_hints(struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_priority *hint = vl_extension_priority(extension, VL_PRIORITY_HINT);

    for (size_t i = 0; hint && i < vl_retired_count; i++)
        if (vl_retired[i].kind == VL_PROVIDES_CHANNEL && uses_channel(hint->application, vl_retired[i].name))
            report_gone(lint, &vl_retired[i], hint, extension, NULL);
}

static void check_pipe(struct vl_lint *lint, const struct vl_lint_call *call)
{
    size_t count = 0;
    const char *const *parts = vl_jump_split(lint->arena, call->arguments, '|', &count);
    const char *commas = "";

    if (call->count != 1 || count < 2 || !call->row->parts)
        return;
    for (size_t i = 0; i < count; i++)
        commas = vl_arena_printf(lint->arena, "%s%s%s", commas, i ? "," : "", parts[i]);
    vl_lint_add(lint, VL_RULE_PIPE, &call->step->at, call->extension,
                call->nested ? NULL : vl_lint_replace(lint, &call->step->at, call->arguments, commas),
                "%s takes '%s' as one argument: since Asterisk 1.6 arguments are separated by commas",
                call->application, call->arguments);
}

void vl_lint_check_versions(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count; i++) {
        check_gone(lint, &lint->calls[i]);
        check_pipe(lint, &lint->calls[i]);
    }
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count; j++)
            check_hints(lint, lint->plan->contexts[i]->extensions[j]);
}

/* Whether the round brackets of an expression fit: those of strings and of ${...} are none. */
static bool fit(const char *text, size_t length)
{
    long depth = 0;
    bool quoted = false;

    for (size_t i = 0; i < length && depth >= 0; i++) {
        size_t reference = quoted ? 0 : vl_reference_length(text + i);

        if (reference)
            i += reference - 1;
        else if (text[i] == '\\')
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && (text[i] == '(' || text[i] == ')'))
            depth += text[i] == '(' ? 1 : -1;
    }
    return depth == 0;
}

/* The first bracket of a ${...} or $[...] that has no partner; '\0' when all have. Within one only brackets of its own
 * kind count, as for Asterisk: a regular expression may hold any. Round ones matter where a function or an expression
 * needs them; elsewhere they are text. */
static char unbalanced(const char *text, size_t length)
{
    for (size_t i = 0; i + 1 < length; i++) {
        const char *inner = text + i + 2;
        char open = text[i + 1], found;
        size_t rest, name, inside;

        if (text[i] == '\\')
            i++;
        if (text[i] != '$' || (open != '{' && open != '['))
            continue;
        rest = length - i - 2;
        inside = vl_reference_inside(inner, rest, open);
        if (inside == rest)
            return open;
        name = strspn(inner, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if (open == '[' ? !fit(inner, inside) : name < inside && inner[name] == '(' && !memchr(inner, ')', inside))
            return '(';
        found = unbalanced(inner, inside);
        if (found)
            return found;
        i += inside + 2;
    }
    return '\0';
}

/* The '(' outside of references and strings that never closes, or the first of several; NULL: all do. */
static const char *open_bracket(const char *text)
{
    const char *open = NULL;
    long depth = 0;
    bool quoted = false;

    for (; *text; text++) {
        size_t reference = vl_reference_length(text);

        if (reference)
            text += reference - 1;
        else if (*text == '\\' && text[1])
            text++;
        else if (*text == '"')
            quoted = !quoted;
        else if (!quoted && *text == '(' && !depth++)
            open = text;
        else if (!quoted && *text == ')' && depth)
            depth--;
    }
    return depth ? open : NULL;
}

/* One that only text is behind may be a smile; but at the beginning nobody means it, and before a comma it makes one
 * argument of two. What is handed on to a routine is taken all the same. */
static void check_open(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *text = call->arguments, *open = open_bracket(text);
    bool swallows = call->row->parts && !vl_application_jumps(call->row) && open && strchr(open, ',');

    if (!open || (open != text && !swallows))
        return;
    vl_lint_add(lint, VL_RULE_UNBALANCED, &call->step->at, call->extension, NULL,
                swallows ? "a '(' in the arguments of %s does not close, so that no comma behind it separates: '%s'"
                         : "a '(' in the arguments of %s does not close where it should: '%s'",
                call->application, text);
}

void vl_lint_check_syntax(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        char open = call->nested ? '\0' : unbalanced(call->arguments, strlen(call->arguments));

        if (open)
            vl_lint_add(lint, VL_RULE_UNBALANCED, &call->step->at, call->extension, NULL,
                        "a '%c' in the arguments of %s does not close where it should: '%s'", open, call->application,
                        call->arguments);
        else if (!call->nested)
            check_open(lint, call);
    }
}
