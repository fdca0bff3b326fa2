/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a caller dialled, on its way into Dial(): a pattern that ends in '.' or '!' takes any character, and Dial gives
 * '&' and '/' a meaning (another device, another number), so `0012345&SIP/expensive` would ring two. Followed through
 * the arguments of Gosub and Macro. And secrets that stand in the plan, where everybody with a console reads them.
 */
#include <ctype.h>
#include <stdlib.h>
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

/* What Dial and its like ring; NULL: it is another application. */
static const char *device_of(const struct vl_lint_call *call)
{
    size_t devices = call->row->effect == VL_EFFECT_DIAL ? call->row->devices : 0;

    return devices && call->count >= devices ? call->parts[devices - 1] : NULL;
}

/* The next of a call's Gosubs and Macros that hand values on to a context that is there, from its place number `from`
 * on; NULL: none. */
static const struct vl_lint_place *next_routine(const struct vl_lint *lint, const struct vl_lint_call *call,
                                                size_t from, const struct vl_context **ret_context)
{
    for (size_t i = from; i < call->place_count; i++) {
        const struct vl_lint_place *place = &lint->places[call->place + i];

        *ret_context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
        if (*ret_context && place->way->place.value_count)
            return place;
    }
    return NULL;
}

static size_t number_of(const struct vl_lint *lint, const struct vl_lint_call *call, const struct vl_lint_place *place)
{
    return (size_t)(place - lint->places) - call->place;
}

static const struct vl_lint_call *dials_bare(struct vl_lint *lint, const struct vl_context *context,
                                             const char *variable, int depth);

/* The Dial that a value which holds ${variable} bare comes to in a routine; NULL: none. */
static const struct vl_lint_call *dials_handed_on(struct vl_lint *lint, const struct vl_lint_place *place,
                                                  const struct vl_context *target, const char *variable, int depth,
                                                  const char **ret_value)
{
    const struct vl_jump_place *named = &place->way->place;

    for (size_t i = 0; i < named->value_count; i++) {
        const struct vl_lint_call *found =
            bare_use(named->values[i], variable)
                ? dials_bare(lint, target, vl_arena_printf(lint->arena, "ARG%zu", i + 1), depth)
                : NULL;

        *ret_value = named->values[i];
        if (found)
            return found;
    }
    return NULL;
}

/* The Dial of a context, or of what it calls, that uses ${variable} bare; NULL: none. */
static const struct vl_lint_call *dials_bare(struct vl_lint *lint, const struct vl_context *context,
                                             const char *variable, int depth)
{
    for (size_t i = 0; depth < DEPTH_MOST && i < lint->call_count; i++) {
        const struct vl_lint_call *call = &lint->calls[i], *found;
        const struct vl_lint_place *place;
        const struct vl_context *target;
        const char *value;

        if (call->extension->context != context)
            continue;
        if (device_of(call) && bare_use(device_of(call), variable))
            return call;
        for (size_t j = 0; (place = next_routine(lint, call, j, &target)); j = number_of(lint, call, place) + 1) {
            found = target == context ? NULL : dials_handed_on(lint, place, target, variable, depth + 1, &value);
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

static void check_routines(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const struct vl_lint_place *place;
    const struct vl_context *target;

    for (size_t i = 0; (place = next_routine(lint, call, i, &target)); i = number_of(lint, call, place) + 1) {
        const char *value;
        const struct vl_lint_call *found = dials_handed_on(lint, place, target, "EXTEN", 0, &value);

        if (!found)
            continue;
        vl_lint_add(lint, VL_RULE_DIAL, &call->step->at, call->extension, filtered(lint, call, value),
                    "'%s' takes any character, and hands it to Dial in [%s] (%s:%d), which gives '&' and '/' a "
                    "meaning; write ${FILTER(0-9,${EXTEN})}",
                    call->extension->name, found->extension->context->name, found->step->at.file, found->step->at.line);
        return;
    }
}

static void check_call(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const char *device = device_of(call);

    if (device && bare_use(device, "EXTEN"))
        vl_lint_add(lint, VL_RULE_DIAL, &call->step->at, call->extension, filtered(lint, call, device),
                    "'%s' takes any character, and Dial gives '&' and '/' in it a meaning; write "
                    "${FILTER(0-9,${EXTEN})}",
                    call->extension->name);
    check_routines(lint, call);
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

/* A bit for each ARGn in the text; bit 0 for ${ARG${n}}, ARGC and numbers that have no bit. */
static uint64_t arguments_in(const char *text)
{
    uint64_t found = 0;

    for (const char *p = strstr(text, "ARG"); p; p = strstr(p, "ARG")) {
        unsigned long number;
        char *end;

        p += 3;
        number = isdigit((unsigned char)*p) ? strtoul(p, &end, 10) : 0;
        if (number || *p == '$' || *p == 'C')
            found |= UINT64_C(1) << (number < 64 ? number : 0);
    }
    return found;
}

/* What the steps of a context itself look at. Programs, and what a Macro hands on, may be any. */
static uint64_t arguments_of(const struct vl_lint *lint, struct vl_lint_context *own)
{
    size_t first = own->calls ? own->calls[0] : 0, end = own->calls ? own->calls[own->context->extension_count] : 0;

    for (size_t i = first; i < end && !own->arguments_known; i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        own->arguments |= arguments_in(call->arguments);
        own->arguments |= call->row->effect == VL_EFFECT_PROGRAM || call->row->effect == VL_EFFECT_MACRO;
    }
    own->arguments_known = true;
    return own->arguments;
}

/* Whether something in the context, or in what it includes, looks at ARG`number`. */
static bool uses_argument(struct vl_lint *lint, const struct vl_context *context, size_t number)
{
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, context, &visits, &timed);
    uint64_t used = 0;

    for (size_t i = 0; i < count; i++)
        used |= arguments_of(lint, vl_lint_context(lint, visits[i]->name));
    return (used & 1) || number >= 64 || (used >> number & 1);
}

/* Values with blanks only are there for those behind them. */
static bool is_empty(const char *value)
{
    return !value[strspn(value, " \t")];
}

static void check_arguments(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const struct vl_lint_place *place;
    const struct vl_context *target;

    for (size_t i = 0; (place = next_routine(lint, call, i, &target)); i = number_of(lint, call, place) + 1)
        for (size_t j = 0; j < place->way->place.value_count; j++) {
            const char *value = place->way->place.values[j];

            if (is_empty(value) || uses_argument(lint, target, j + 1))
                continue;
            vl_lint_add(lint, VL_RULE_ARGUMENT, &call->step->at, call->extension, NULL,
                        "[%s] does not look at its argument %zu, '%s'", target->name, j + 1, value);
            return;
        }
}

void vl_lint_check_habits(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->call_count && !vl_lint_stopped(lint); i++) {
        const struct vl_lint_call *call = &lint->calls[i];

        check_arguments(lint, call);
        if (!call->nested && !*call->arguments && call->row->effect == VL_EFFECT_TONE)
            vl_lint_add(lint, VL_RULE_TONE, &call->step->at, call->extension, NULL,
                        "the tone goes on until the caller hangs up, which holds the channel; give it a time: %s(5)",
                        call->application);
    }
}
