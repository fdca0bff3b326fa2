/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The calls of applications in a plan, with their arguments apart, and the places that they go to.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/variables.h"
#include "lint/numbers.h"
#include "lint/part.h"

bool vl_lint_call_is(const struct vl_lint_call *call, const char *application)
{
    return !strcasecmp(call->application, application);
}

/* The first `separator` that is not inside of brackets or quotes, or the end. */
static const char *next_separator(const char *p, char separator)
{
    int depth = 0;
    bool quoted = false;

    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '"')
            quoted = !quoted;
        else if (!quoted && depth == 0 && *p == separator)
            return p;
        else if (strchr("([{", *p))
            depth++;
        else if (strchr(")]}", *p) && depth)
            depth--;
    }
    return p;
}

const char **vl_lint_split(struct vl_arena *arena, const char *text, char separator, size_t *ret_count)
{
    const char **parts = NULL;

    *ret_count = 0;
    while (*text) {
        const char *end = next_separator(text, separator);
        const char **grown = vl_arena_grow(arena, parts, *ret_count, sizeof(*parts));

        if (!grown)
            return NULL;
        parts = grown;
        parts[(*ret_count)++] = vl_text_strip(vl_arena_strndup(arena, text, (size_t)(end - text)));
        if (!*end)
            break;
        text = end + 1;
    }
    return parts;
}

static bool is_set(const char *application)
{
    return !strcasecmp(application, "Set") || !strcasecmp(application, "MSet") ||
           !strcasecmp(application, "SetGlobalVar") || !strcasecmp(application, "SetVar");
}

static void note_assigned(struct vl_lint *lint, const struct vl_lint_call *call)
{
    for (size_t i = 0; is_set(call->application) && i < call->count; i++) {
        const char *name = call->parts[i] + strspn(call->parts[i], "_");
        const char **grown;

        if (!strncmp(name, "GLOBAL(", 7) || !strncmp(name, "LOCAL(", 6) || !strncmp(name, "ARRAY(", 6) ||
            !strncmp(name, "HASH(", 5))
            name = strchr(name, '(') + 1;
        grown = vl_arena_grow(lint->arena, lint->assigned, lint->assigned_count, sizeof(*grown));
        if (!grown)
            return;
        lint->assigned = grown;
        lint->assigned[lint->assigned_count++] = vl_arena_strndup(lint->arena, name, strcspn(name, "=),"));
    }
}

static void add_call(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                     const char *application, const char *arguments, bool nested);

/* `App(args)` inside of another application's arguments. */
static void add_nested(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                       const char *text)
{
    size_t name = strcspn(text, "(");
    const char *end = strrchr(text, ')');

    if (!name || text[strspn(text, "$")] == '{' || strpbrk(text, "$") == text)
        return;
    add_call(lint, extension, step, vl_text_strip(vl_arena_strndup(lint->arena, text, name)),
             text[name] && end ? vl_arena_strndup(lint->arena, text + name + 1, (size_t)(end - text) - name - 1) : "",
             true);
}

/* COND?YES:NO: the two ways, "" where there is none. */
static bool split_ways(struct vl_arena *arena, const char *text, const char *ways[static 2])
{
    const char *question = next_separator(text, '?');
    const char *colon;

    ways[0] = ways[1] = "";
    if (!*question)
        return false;
    colon = next_separator(question + 1, ':');
    ways[0] = vl_text_strip(vl_arena_strndup(arena, question + 1, (size_t)(colon - question - 1)));
    if (*colon)
        ways[1] = vl_text_strip(vl_arena_strdup(arena, colon + 1));
    return true;
}

static void add_inner(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *ways[2];

    if (vl_lint_call_is(call, "TryExec") || vl_lint_call_is(call, "Exec")) {
        add_nested(lint, call->extension, call->step, call->arguments);
    } else if ((vl_lint_call_is(call, "ExecIf") || vl_lint_call_is(call, "ExecIfTime")) &&
               split_ways(lint->arena, call->arguments, ways)) {
        add_nested(lint, call->extension, call->step, ways[0]);
        add_nested(lint, call->extension, call->step, ways[1]);
    }
}

static void add_call(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                     const char *application, const char *arguments, bool nested)
{
    struct vl_lint_call *grown = vl_arena_grow(lint->arena, lint->calls, lint->call_count, sizeof(*grown));
    struct vl_lint_call call = {
        .extension = extension, .step = step, .application = application, .arguments = arguments, .nested = nested
    };

    if (!grown)
        return;
    lint->calls = grown;
    call.parts = vl_lint_split(lint->arena, arguments, ',', &call.count);
    if (lint->arena->failed)
        return;
    grown[lint->call_count++] = call;
    note_assigned(lint, &call);
    if (!nested)
        add_inner(lint, &call);
}

static bool is_assigned(const struct vl_lint *lint, const char *name)
{
    for (size_t i = 0; i < lint->assigned_count; i++)
        if (!strcmp(lint->assigned[i], name))
            return true;
    return false;
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
    value = is_assigned(asked->lint, name) ? NULL : vl_dialplan_global(asked->lint->plan, name);
    return value && !strchr(value, '$') ? value : NULL;
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

/* Applications that never come back to the step behind them, whatever happens. */
static const char *const ending[] = { "Hangup", "Goto", "Congestion", "Busy", "Return", "MacroExit" };

bool vl_lint_call_ends(const struct vl_lint_call *call)
{
    for (size_t i = 0; i < VL_COUNT(ending); i++)
        if (!call->nested && vl_lint_call_is(call, ending[i]))
            return true;
    return false;
}

static struct vl_lint_place *grow_places(struct vl_lint *lint)
{
    struct vl_lint_place *grown = vl_arena_grow(lint->arena, lint->places, lint->place_count, sizeof(*grown));

    if (!grown)
        return NULL;
    lint->places = grown;
    return &grown[lint->place_count++];
}

/* `[[CONTEXT,]EXTENSION,]PRIORITY`, where a Gosub has its arguments in brackets behind. */
static void add_place(struct vl_lint *lint, const struct vl_lint_call *call, const char *text, char separator)
{
    const struct vl_extension *extension = call->extension;
    size_t count;
    const char **parts;
    struct vl_lint_place *place;

    if (!*text)
        return;
    parts = vl_lint_split(lint->arena, text, separator, &count);
    place = parts && count <= 3 ? grow_places(lint) : NULL;
    if (!place)
        return;
    *place = (struct vl_lint_place){ .call = call, .context = extension->context->name };
    if (count == 3)
        place->context = vl_lint_known(lint, extension, parts[0]);
    place->same_extension = count == 1;
    if (count > 1)
        place->extension = vl_lint_known(lint, extension, parts[count - 2]);
    place->priority = vl_lint_known(lint, extension, parts[count - 1]);
    if (place->priority && strchr(place->priority, '('))
        place->priority = vl_text_strip(vl_arena_strndup(lint->arena, place->priority, strcspn(place->priority, "(")));
    else if (!place->priority && parts[count - 1][0] != '$')
        /* only the arguments of a Gosub are not known */
        place->priority = vl_lint_known(
            lint, extension, vl_arena_strndup(lint->arena, parts[count - 1], strcspn(parts[count - 1], "(")));
}

static void add_macro(struct vl_lint *lint, const struct vl_lint_call *call, const char *name)
{
    const char *known = vl_lint_known(lint, call->extension, name);
    struct vl_lint_place *place = *name ? grow_places(lint) : NULL;

    if (place)
        *place = (struct vl_lint_place){ .call = call,
                                         .context = known ? vl_arena_printf(lint->arena, "macro-%s", known) : NULL,
                                         .extension = "s",
                                         .priority = "1",
                                         .macro = true };
}

static void add_ways(struct vl_lint *lint, const struct vl_lint_call *call, bool macro)
{
    const char *ways[2];

    if (!split_ways(lint->arena, call->arguments, ways))
        return;
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0;
        const char **parts = macro ? vl_lint_split(lint->arena, ways[i], ',', &count) : NULL;

        if (macro && count)
            add_macro(lint, call, parts[0]);
        else if (!macro)
            add_place(lint, call, ways[i], ',');
    }
}

/* An option of Dial or Queue with its value: U(context^arguments), G(context^extension^priority). */
static const char *option_value(struct vl_arena *arena, const char *options, char letter)
{
    for (; *options; options++) {
        if (*options == letter && options[1] == '(') {
            const char *end = next_separator(options + 2, ')');

            return vl_arena_strndup(arena, options + 2, (size_t)(end - options) - 2);
        }
        if (*options == '(')
            options = next_separator(options + 1, ')');
        if (!*options)
            break;
    }
    return NULL;
}

static void add_dial_options(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *options = call->count > 2 ? call->parts[2] : "";
    static const char places[] = "GFU";

    for (size_t i = 0; places[i]; i++) {
        const char *value = option_value(lint->arena, options, places[i]);
        const char *end;

        if (!value || !*value)
            continue;
        end = next_separator(value, '^');
        if (places[i] != 'U')
            add_place(lint, call, value, '^');
        else /* the arguments of the routine follow its name */
            add_place(lint, call, vl_arena_printf(lint->arena, "%.*s,s,1", (int)(end - value), value), ',');
    }
}

static void collect_places(struct vl_lint *lint, const struct vl_lint_call *call)
{
    static const char *const plain[] = { "Goto", "Gosub" };
    static const char *const branches[] = { "GotoIf", "GosubIf", "GotoIfTime" };

    for (size_t i = 0; i < VL_COUNT(plain); i++)
        if (vl_lint_call_is(call, plain[i]))
            add_place(lint, call, call->arguments, strchr(call->arguments, ',') ? ',' : '|');
    for (size_t i = 0; i < VL_COUNT(branches); i++)
        if (vl_lint_call_is(call, branches[i]))
            add_ways(lint, call, false);
    if ((vl_lint_call_is(call, "Macro") || vl_lint_call_is(call, "MacroExclusive")) && call->count)
        add_macro(lint, call, vl_arena_strndup(lint->arena, call->parts[0], strcspn(call->parts[0], "|")));
    if (vl_lint_call_is(call, "MacroIf"))
        add_ways(lint, call, true);
    if (vl_lint_call_is(call, "Dial"))
        add_dial_options(lint, call);
}

static void make_languages(struct vl_lint *lint, struct vl_lint_context *context)
{
    size_t count = context->context->extension_count;

    context->languages = vl_arena_zalloc(lint->arena, (count + 1) * sizeof(*context->languages));
    for (size_t i = 0; context->languages && i < count; i++)
        context->languages[i] = vl_numbers_of(lint->arena, context->context->extensions[i]->pattern);
}

void vl_lint_collect(struct vl_lint *lint)
{
    const struct vl_dialplan *plan = lint->plan;

    lint->contexts = vl_arena_zalloc(lint->arena, (plan->context_count + 1) * sizeof(*lint->contexts));
    for (size_t i = 0; lint->contexts && i < plan->context_count; i++) {
        const struct vl_context *context = plan->contexts[i];

        lint->contexts[i].context = context;
        make_languages(lint, &lint->contexts[i]);
        if (vl_lint_stopped(lint))
            return;
        for (size_t j = 0; j < context->extension_count; j++)
            for (size_t k = 0; k < context->extensions[j]->priority_count; k++) {
                const struct vl_priority *step = &context->extensions[j]->priorities[k];

                if (step->number != VL_PRIORITY_HINT)
                    add_call(lint, context->extensions[j], step, step->application, step->arguments, false);
            }
    }
    vl_lint_link(lint);
    /* what is known depends on all that steps set, so places come last; the calls stay where they are from here on */
    for (size_t i = 0; i < lint->call_count && !lint->arena->failed; i++)
        collect_places(lint, &lint->calls[i]);
}
