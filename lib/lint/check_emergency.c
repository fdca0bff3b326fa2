/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls that must go through and calls that must not: emergency numbers from every context in which telephones can dial
 * out, international numbers without any question, and strangers who can dial out. A call is followed from the context
 * where it starts, through Goto, Gosub and Macro, to the first Dial that leaves the house.
 */
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/index.h"
#include "lint/part.h"
#include "lint/report.h"

enum { STEPS_MOST = 200, DEPTH_MOST = 8 };

/* What happened on the way. */
struct trail {
    bool asked;                    /* something was asked, or decided, before */
    const struct vl_priority *pin; /* the step that asked for a PIN */
    const struct vl_extension *pin_extension;
    const struct vl_priority *dial; /* the Dial that leaves the house; NULL: none was found */
    const struct vl_extension *dial_extension;
    bool unknown; /* the trail is lost: a jump that is only known in a call */
    bool perhaps; /* a Dial of something that is not known to be in the house */
    int steps;
};

static bool is_private(const char *host)
{
    uint32_t address;

    if (!strcasecmp(host, "dynamic") || !strcasecmp(host, "localhost"))
        return true;
    if (!vl_text_ipv4(host, &address))
        return false;
    return address >> 24 == 10 || address >> 24 == 127 || address >> 20 == 0xac1 || address >> 16 == 0xc0a8;
}

/* Whether a device that is dialled with a number behind it leaves the house: a line, a provider, one that is not known.
 * A telephone or a PBX of the same network does not. */
static bool leaves(struct vl_lint *lint, const struct vl_extension *extension, const char *arguments)
{
    static const char *const names[] = { "SIP/", "IAX2/", "PJSIP/" };
    static const char *const lines[] = { "DAHDI/", "Zap/", "OOH323/", "mISDN/" };
    size_t count;
    /* a function around the number, which stands in front of PJSIP's peer, has commas of its own */
    const char *device = vl_jump_words(lint->arena, vl_lint_filled(lint, extension, arguments), &count)[0];
    const char *slash = strchr(device, '/'), *account;

    for (size_t i = 0; i < VL_COUNT(lines); i++)
        if (!strncasecmp(device, lines[i], strlen(lines[i])))
            return strchr(device + strlen(lines[i]), '/') != NULL;
    for (int i = 0; i < VL_TECHNOLOGY_COUNT; i++) {
        const struct vl_device *known;

        if (strncasecmp(device, names[i], strlen(names[i])) != 0)
            continue;
        account = strchr(device, '@') ? strchr(device, '@') + 1 : slash + 1;
        if (!strchr(slash + 1, '/') && !strchr(device, '@'))
            return false; /* a telephone: no number goes along */
        known = vl_lint_device(&lint->devices, (enum vl_technology)i, account, strcspn(account, "/"));
        return !known || !known->host || !is_private(known->host);
    }
    return device[0] == '$' && slash != NULL; /* ${TRUNK}/... */
}

/* Whether what is dialled is a telephone, as far as is known: an account or a port, and no number behind it. */
static bool stays(struct vl_lint *lint, const struct vl_extension *extension, const char *arguments)
{
    static const char *const names[] = { "SIP/", "IAX2/", "PJSIP/", "DAHDI/", "Zap/", "Console/", "Skinny/", "SCCP/" };
    const char *device = vl_lint_filled(lint, extension, arguments);

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strncasecmp(device, names[i], strlen(names[i])))
            return !leaves(lint, extension, arguments);
    return false;
}

/* A call on its way, at one of its steps. */
struct walk {
    struct vl_lint *lint;
    const struct vl_extension *extension;
    const struct vl_priority *step;
    const char *number;
    struct trail *trail;
    int depth;
};

static void follow(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                   const char *number, struct trail *trail, int depth);

/* The place to which the call itself goes at this step, or something that it calls there does; NULL: it is not known,
 * or there is none. */
static const struct vl_lint_place *place_of(const struct vl_lint *lint, const struct vl_priority *step)
{
    for (size_t i = 0; i < lint->place_count; i++)
        if (lint->places[i].call->step == step && vl_application_jumps(lint->places[i].call->row))
            return &lint->places[i];
    return NULL;
}

static void follow_jump(const struct walk *walk)
{
    struct vl_lint *lint = walk->lint;
    const struct vl_lint_place *place = place_of(lint, walk->step);
    const struct vl_context *context = place && place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
    const struct vl_extension *next = NULL;
    const char *target = place && place->extension ? place->extension : walk->number;
    const char *priority = place && place->priority ? place->priority : "1";
    bool elsewhere;
    long digits = 0;

    if (place && place->same_extension)
        next = walk->extension;
    else if (context)
        next = vl_lint_find(lint, context, target, priority, &elsewhere);
    if (!next || walk->depth >= DEPTH_MOST || !place->priority) {
        walk->trail->unknown = true;
        return;
    }
    follow(lint, next,
           vl_text_number(priority, 1, 0x7fffffff, &digits) ? vl_extension_priority(next, (int)digits)
                                                            : vl_extension_label(next, priority),
           target, walk->trail, walk->depth + 1);
}

static void ask_pin(const struct walk *walk)
{
    struct trail *trail = walk->trail;

    trail->asked = true;
    trail->pin_extension = trail->pin ? trail->pin_extension : walk->extension;
    trail->pin = trail->pin ? trail->pin : walk->step;
}

/* False: the call leaves the house. */
static bool take_dial(const struct walk *walk, const struct vl_application *application, const char *arguments)
{
    const char *devices = vl_jump_devices(walk->lint->arena, application, arguments);

    if (!leaves(walk->lint, walk->extension, devices)) {
        walk->trail->perhaps |= !stays(walk->lint, walk->extension, devices);
        return true;
    }
    walk->trail->dial = walk->step;
    walk->trail->dial_extension = walk->extension;
    return false;
}

/* What a step calls, or an Exec in it; false: the call does not come to the next step. What hangs on a condition is a
 * question. */
static bool take_call(const struct walk *walk, const char *name, const char *arguments, unsigned nested)
{
    const struct vl_application *application = vl_application(name);
    struct vl_jump_call calls[VL_JUMP_CALLS_MOST];

    walk->trail->asked |= application->asks || application->when != VL_WHEN_ALWAYS;
    if (application->when != VL_WHEN_ALWAYS)
        return true;
    if (application->effect == VL_EFFECT_PIN)
        ask_pin(walk);
    if (application->effect == VL_EFFECT_DIAL)
        return take_dial(walk, application, arguments);
    if (vl_application_jumps(application))
        follow_jump(walk);
    if (nested < VL_JUMP_NESTED_MOST && vl_jump_calls(walk->lint->arena, application, arguments, calls))
        return take_call(walk, calls[0].name, calls[0].arguments, nested + 1);
    return !vl_application_leaves(application) && !walk->trail->dial;
}

static void follow(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step,
                   const char *number, struct trail *trail, int depth)
{
    while (step && ++trail->steps < STEPS_MOST && !trail->dial) {
        struct walk walk = { lint, extension, step, number, trail, depth };

        if (!take_call(&walk, step->application, step->arguments, 0))
            return;
        step = vl_extension_priority(extension, step->number + 1);
    }
}

static struct trail trail_of(struct vl_lint *lint, const struct vl_context *start, const char *number,
                             const struct vl_extension **ret_first)
{
    struct trail trail = { .steps = 0 };
    bool elsewhere;
    const struct vl_extension *first =
        vl_lint_stopped(lint) ? NULL : vl_lint_find(lint, start, number, "1", &elsewhere);

    if (ret_first)
        *ret_first = first;
    if (first)
        follow(lint, first, vl_extension_priority(first, 1), number, &trail, 0);
    return trail;
}

/* Numbers of all lengths and prefixes: that one of them leaves the house tells that telephones here can dial out. */
static const char *const outside[] = { "2345678",        "12345678901", "022345678",      "0991234567",
                                       "099123456",      "92345678",    "912345678901",   "0012125551234",
                                       "01144207946000", "612345678",   "5512345678",     "2125551234",
                                       "02079460000",    "3001234567",  "901144207946000" };

static bool dials_out(struct vl_lint *lint, const struct vl_context *start)
{
    for (size_t i = 0; i < VL_COUNT(outside); i++)
        if (trail_of(lint, start, outside[i], NULL).dial)
            return true;
    return false;
}

/* International numbers, behind the prefixes that the world dials, also with a digit for an outside line. */
static const char *const abroad[] = { "00442079460000",  "01144207946000",  "+442079460000",
                                      "901144207946000", "900442079460000", "000442079460000" };

/* The first Dial that takes a call abroad out of the house without a question; NULL dial: none does. */
static struct trail toll_of(struct vl_lint *lint, const struct vl_context *start, const char **ret_number)
{
    for (size_t i = 0; i < VL_COUNT(abroad); i++) {
        struct trail trail = trail_of(lint, start, abroad[i], NULL);

        *ret_number = abroad[i];
        if (trail.dial && !trail.asked && !trail.unknown)
            return trail;
    }
    return (struct trail){ .steps = 0 };
}

/* `classes`: other telephones that dial out cannot call abroad like this, so the plan means it. */
static void check_toll(struct vl_lint *lint, const struct vl_context *start, bool classes)
{
    const char *number;
    struct trail trail = toll_of(lint, start, &number);

    if (trail.dial)
        vl_lint_add_as(lint, VL_RULE_TOLL, classes ? VL_SEVERITY_NOTICE : VL_SEVERITY_WARNING, &trail.dial->at,
                       trail.dial_extension, NULL,
                       "whoever can dial in [%s] calls abroad ('%s') without a PIN or any other question; ask with "
                       "Authenticate(), or give these calls a context of their own",
                       start->name, number);
}

static void check_guest(struct vl_lint *lint, const struct vl_context *start, const struct vl_stranger *stranger)
{
    for (size_t i = 0; i < VL_COUNT(outside); i++) {
        struct trail trail = trail_of(lint, start, outside[i], NULL);

        if (!trail.dial || trail.pin)
            continue;
        vl_lint_add(lint, VL_RULE_TOLL_GUEST, &trail.dial->at, trail.dial_extension, NULL,
                    "strangers, whom %s lets into [%s], can dial out ('%s') at your cost; write %s", stranger->who,
                    start->name, outside[i], stranger->wanted);
        return;
    }
}

/* Everybody who lets strangers into this context; false: nobody. */
static bool check_guests(struct vl_lint *lint, const struct vl_context *start)
{
    const struct vl_devices *devices = &lint->devices;
    struct vl_stranger sip = { devices->guests_at.file, devices->guest_context, "allowguest=no" };
    bool any = devices->read[VL_SIP] && devices->guests && !strcmp(start->name, sip.context);

    if (any)
        check_guest(lint, start, &sip);
    for (size_t i = 0; i < devices->stranger_count; i++) {
        if (strcmp(devices->strangers[i].context, start->name) != 0)
            continue;
        check_guest(lint, start, &devices->strangers[i]);
        any = true;
    }
    return any;
}

/* The numbers that are usual in the world, when no country is said: one of them is enough. Most are short numbers that
 * offices give to telephones, too. */
static const struct {
    const char *number;
    bool surely; /* nobody gives it to a telephone */
} usual[] = {
    { "911", true },  { "112", true },  { "999", false }, { "000", false }, { "110", false },
    { "119", false }, { "100", false }, { "101", false }, { "066", false }, { "123", false },
};

/* The exact extension of this number that a search from `start` comes to, or would; NULL: patterns only. */
static const struct vl_extension *literal_of(struct vl_lint *lint, const struct vl_context *start, const char *number)
{
    VL_MATCHES_AUTO matches = { .ranks = NULL };
    const struct vl_context **visits;
    bool *timed;
    size_t count = vl_lint_visits(lint, start, &visits, &timed);

    for (size_t i = 0; i < count && !matches.failed; i++) {
        vl_index_find(visits[i], number, &matches);
        for (size_t j = 0; j < matches.count && !matches.failed; j++)
            if (!strcmp(visits[i]->extensions[matches.ranks[j]]->pattern, number))
                return visits[i]->extensions[matches.ranks[j]];
    }
    lint->arena->failed |= matches.failed;
    return NULL;
}

/* Where a call to a number leads, and where it would if the exact extension took it. */
struct help {
    const char *number;
    const struct vl_extension *first, *literal; /* NULL: none */
    struct trail trail, literal_trail;
};

static struct help help_of(struct vl_lint *lint, const struct vl_context *start, const char *number)
{
    struct help help = { .number = number, .literal = literal_of(lint, start, number) };

    help.trail = trail_of(lint, start, number, &help.first);
    if (help.literal)
        follow(lint, help.literal, vl_extension_priority(help.literal, 1), number, &help.literal_trail, 0);
    return help;
}

/* A number that is known to be for emergencies: nothing may stand between it and who dials it. */
static void check_way(struct vl_lint *lint, const struct vl_context *start, const struct help *help)
{
    const struct vl_extension *first = help->first, *literal = help->literal;

    if (first && literal && first->name[0] == '_' && first->context != literal->context)
        vl_lint_add(lint, VL_RULE_EMERGENCY_SHADOWED, &literal->at, literal, NULL,
                    "a call for help ('%s') from [%s] does not come here: '%s' in [%s] (%s:%d) catches it; include "
                    "emergency numbers first, in a context that has no patterns of its own",
                    help->number, start->name, first->name, first->context->name, first->at.file, first->at.line);
    if (first && help->trail.pin && (literal || lint->options->emergency))
        vl_lint_add(lint, VL_RULE_EMERGENCY_PIN, &help->trail.pin->at, help->trail.pin_extension, NULL,
                    "a call for help ('%s') from [%s] has to give a PIN here", help->number, start->name);
}

/* Without a country: is this a call for help? 112 and 911 are wherever the plan names them. Another number is one only
 * when its call leaves the house: what rings a telephone inside is an extension like any other. */
static bool is_help(const struct help *help, bool surely)
{
    if (help->literal && (surely || help->literal_trail.dial))
        return true;
    return help->first && !help->trail.pin && help->trail.dial;
}

/* Whether one of the usual numbers is answered; or may be, by something that is only known in a call. */
static bool check_usual(struct vl_lint *lint, const struct vl_context *start)
{
    bool any = false;

    for (size_t i = 0; i < VL_COUNT(usual); i++) {
        struct help help = help_of(lint, start, usual[i].number);
        bool counts = is_help(&help, usual[i].surely);

        if (counts)
            check_way(lint, start, &help);
        any |= help.first && (counts || help.trail.unknown || help.trail.perhaps);
    }
    return any;
}

static void check_help(struct vl_lint *lint, const struct vl_context *start)
{
    const char *const *numbers = lint->options->emergency;

    if (!numbers && !check_usual(lint, start))
        vl_lint_add(
            lint, VL_RULE_EMERGENCY, &start->sections[0], NULL, NULL,
            "telephones in [%s] can dial out, but none of the emergency numbers that are usual (911, 112, 999 ...)",
            start->name);
    for (size_t i = 0; numbers && numbers[i]; i++) {
        struct help help = help_of(lint, start, numbers[i]);

        check_way(lint, start, &help);
        if (!help.first)
            vl_lint_add(lint, VL_RULE_EMERGENCY, &start->sections[0], NULL, NULL,
                        "telephones in [%s] can dial out, but not '%s', an emergency number of %s", start->name,
                        numbers[i], lint->options->country ? lint->options->country : "the country");
    }
}

/* Routines, and contexts that something includes or jumps into, are no place where a telephone starts. */
static bool is_start(const struct vl_lint *lint, const struct vl_lint_context *context)
{
    if (lint->devices.lines)
        return context->is_entry;
    if (context->included || context->jumped_to)
        return false;
    return strncmp(context->context->name, "macro-", 6) != 0 && strncmp(context->context->name, "sub-", 4) != 0;
}

void vl_lint_check_emergency(struct vl_lint *lint)
{
    bool classes = false;
    size_t count = lint->plan->context_count;
    bool *outward = vl_arena_zalloc(lint->arena, count + 1);
    const char *number;

    for (size_t i = 0; outward && i < count; i++) {
        outward[i] = is_start(lint, &lint->contexts[i]) && dials_out(lint, lint->plan->contexts[i]);
        classes |= outward[i] && !toll_of(lint, lint->plan->contexts[i], &number).dial;
    }
    for (size_t i = 0; outward && i < count; i++) {
        const struct vl_context *context = lint->plan->contexts[i];

        if (!check_guests(lint, context) && outward[i])
            check_toll(lint, context, classes);
        if (outward[i])
            check_help(lint, context);
    }
}
