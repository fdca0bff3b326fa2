/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a caller dialled, on its way into Dial(): a pattern that ends in '.' or '!' takes any character, and Dial gives
 * '&' and '/' a meaning (another device, another number), so `0012345&SIP/expensive` would ring two. Followed through
 * the arguments of Gosub and Macro. And secrets that stand in the plan, where everybody with a console reads them.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lint/numbers.h"
#include "lint/part.h"

enum { DEPTH_MOST = 8 };

/* Whether the variable part of a pattern lets any character through. */
static bool takes_all(const struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_numbers *language = vl_lint_language(lint, extension);

    return extension->name[0] == '_' && language && language->any;
}

/* Where `${NAME}` or `${NAME:...}` stands bare, outside of any function; NULL: nowhere. */
static const char *bare_use(const char *text, const char *name)
{
    size_t length = strlen(name);
    int depth = 0;

    for (const char *p = text; *p; p++) {
        if (p[0] == '$' && p[1] == '{') {
            if (!depth && !strncmp(p + 2, name, length) && (p[2 + length] == '}' || p[2 + length] == ':'))
                return p;
            depth++;
            p++;
        } else if (*p == '}' && depth) {
            depth--;
        }
    }
    return NULL;
}

/* The device part of Dial: what is in front of the first comma. */
static const char *device_of(const struct vl_lint_call *call)
{
    return call->count && (vl_lint_call_is(call, "Dial") || vl_lint_call_is(call, "RetryDial")) ? call->parts[0] : NULL;
}

static const struct vl_context *target_of(const struct vl_lint *lint, const struct vl_lint_call *call)
{
    for (size_t i = 0; i < lint->place_count; i++)
        if (lint->places[i].call == call && lint->places[i].context)
            return vl_dialplan_context(lint->plan, lint->places[i].context);
    return NULL;
}

/* The arguments that a Gosub or Macro hands on; NULL: it is neither. */
static const char **handed_on(struct vl_lint *lint, const struct vl_lint_call *call, size_t *ret_count)
{
    const char *open, *close;

    *ret_count = 0;
    if (vl_lint_call_is(call, "Macro") && call->count > 1) {
        *ret_count = call->count - 1;
        return call->parts + 1;
    }
    open = vl_lint_call_is(call, "Gosub") && call->count ? strchr(call->parts[call->count - 1], '(') : NULL;
    close = open ? strrchr(open, ')') : NULL;
    if (!close)
        return NULL;
    return vl_lint_split(lint->arena, vl_arena_strndup(lint->arena, open + 1, (size_t)(close - open) - 1), ',',
                         ret_count);
}

/* The Dial of a context, or of what it calls, that uses ${variable} bare; NULL: none. */
static const struct vl_lint_call *dials_bare(struct vl_lint *lint, const struct vl_context *context,
                                             const char *variable, int depth)
{
    for (size_t i = 0; depth < DEPTH_MOST && i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        const struct vl_context *target;
        const char **arguments;
        size_t count;

        if (call->extension->context != context)
            continue;
        if (device_of(call) && bare_use(device_of(call), variable))
            return call;
        arguments = handed_on(lint, call, &count);
        target = arguments ? target_of(lint, call) : NULL;
        for (size_t j = 0; target && target != context && j < count; j++) {
            const struct vl_lint_call *found =
                bare_use(arguments[j], variable)
                    ? dials_bare(lint, target, vl_arena_printf(lint->arena, "ARG%zu", j + 1), depth + 1)
                    : NULL;

            if (found)
                return found;
        }
    }
    return NULL;
}

/* `${EXTEN}` becomes `${FILTER(0-9,${EXTEN})}`, where the rest of the pattern is digits. */
static const struct vl_fix *filtered(struct vl_lint *lint, const struct vl_lint_call *call, const char *argument)
{
    const char *use = bare_use(argument, "EXTEN"), *end = use ? strchr(use, '}') : NULL;
    const char *variable = end ? vl_arena_strndup(lint->arena, use, (size_t)(end - use) + 1) : NULL;

    if (!variable || lint->asterisk < 106 || strpbrk(call->extension->name, "*#+"))
        return NULL;
    return vl_lint_replace(lint, &call->step->at, variable,
                           vl_arena_printf(lint->arena, "${FILTER(0-9,%s)}", variable));
}

static void check_call(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *device = device_of(call);
    size_t count;
    const char **arguments = handed_on(lint, call, &count);
    const struct vl_context *target = arguments ? target_of(lint, call) : NULL;

    if (device && bare_use(device, "EXTEN"))
        vl_lint_add(lint, VL_RULE_DIAL, &call->step->at, call->extension, filtered(lint, call, device),
                    "'%s' takes any character, and Dial gives '&' and '/' in it a meaning; write "
                    "${FILTER(0-9,${EXTEN})}",
                    call->extension->name);
    for (size_t i = 0; target && i < count; i++) {
        const struct vl_lint_call *found =
            bare_use(arguments[i], "EXTEN") ? dials_bare(lint, target, vl_arena_printf(lint->arena, "ARG%zu", i + 1), 0)
                                            : NULL;

        if (found) {
            vl_lint_add(lint, VL_RULE_DIAL, &call->step->at, call->extension, filtered(lint, call, arguments[i]),
                        "'%s' takes any character, and hands it to Dial in [%s] (%s:%d), which gives '&' and '/' a "
                        "meaning; write ${FILTER(0-9,${EXTEN})}",
                        call->extension->name, found->extension->context->name, found->step->at.file,
                        found->step->at.line);
            return;
        }
    }
}

void vl_lint_check_dial(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++)
        if (takes_all(lint, lint->calls[i].extension))
            check_call(lint, &lint->calls[i]);
}

/* `IAX2/user:secret@host` and its like in what is dialled. */
static bool holds_secret(const char *device)
{
    const char *slash = strchr(device, '/'), *at = slash ? strchr(slash, '@') : NULL;
    const char *colon = at ? memchr(slash, ':', (size_t)(at - slash)) : NULL;

    return colon && at > colon + 1 && colon[1] != '[' && colon[1] != '$';
}

void vl_lint_check_pins(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        const char *pin = call->count ? call->parts[0] : "";

        if (vl_lint_call_is(call, "Authenticate") && isdigit((unsigned char)*pin))
            vl_lint_add(lint, VL_RULE_PIN, &call->step->at, call->extension, NULL,
                        "the PIN stands here, and in 'dialplan show', for everybody to read; keep PINs in a file of "
                        "mode 0640: Authenticate(/etc/asterisk/pins)");
        if (device_of(call) && holds_secret(device_of(call)))
            vl_lint_add(lint, VL_RULE_PASSWORD, &call->step->at, call->extension, NULL,
                        "the password of an account stands here; put the account into iax.conf or sip.conf and dial "
                        "it by its name");
    }
}

/* Whether something in the context, or in what it includes, looks at ARG`number`. */
static bool uses_argument(struct vl_lint *lint, const struct vl_context *context, size_t number)
{
    const char *name = vl_arena_printf(lint->arena, "ARG%zu", number);
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);

    for (size_t i = 0; i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i];
        bool here = false;

        for (size_t j = 0; j < count; j++)
            here |= call->extension->context == visits[j];
        /* ${ARG${n}}, and programs, may look at any of them */
        if (here &&
            (strstr(call->arguments, name) || strstr(call->arguments, "ARG$") || strstr(call->arguments, "ARGC") ||
             strcasestr(call->application, "AGI") || vl_lint_call_is(call, "Macro")))
            return true;
    }
    return false;
}

static void check_arguments(struct vl_lint *lint, const struct vl_lint_call *call)
{
    size_t count;
    const char **arguments = handed_on(lint, call, &count);
    const struct vl_context *target = arguments ? target_of(lint, call) : NULL;

    for (size_t i = 0; target && i < count; i++)
        if (*arguments[i] && !uses_argument(lint, target, i + 1)) {
            vl_lint_add(lint, VL_RULE_ARGUMENT, &call->step->at, call->extension, NULL,
                        "[%s] does not look at its argument %zu, '%s'", target->name, i + 1, arguments[i]);
            return;
        }
}

void vl_lint_check_habits(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        check_arguments(lint, call);
        if (!call->nested && !*call->arguments &&
            (vl_lint_call_is(call, "Congestion") || vl_lint_call_is(call, "Busy")))
            vl_lint_add(lint, VL_RULE_TONE, &call->step->at, call->extension, NULL,
                        "the tone goes on until the caller hangs up, which holds the channel; give it a time: %s(5)",
                        call->application);
    }
}
