/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps inside of an extension: which of them ever run. A call starts at priority 1 and at whatever jumps here, and
 * goes on to the next number unless the application ends it.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lint/numbers.h"
#include "lint/part.h"

/* Pairs of extensions that the search for leaks compares at most; more are in no plan that a person wrote. */
enum { PAIRS_MOST = 50000000 };

static bool step_ends(const struct vl_priority *step)
{
    return vl_application_leaves(vl_application(step->application));
}

/* Whether the search for this priority finds it in another extension, for some number of this one: extensions that are
 * split by priority, with what is common to all numbers under one pattern. */
static bool is_elsewhere(struct vl_lint *lint, const struct vl_extension *extension, int priority)
{
    const struct vl_numbers *language = vl_lint_language(lint, extension);
    const char *example = language ? vl_numbers_example(language, lint->arena) : NULL;
    const char *number = vl_arena_printf(lint->arena, "%d", priority);
    bool elsewhere = false;

    if (!example || priority < 1 || vl_lint_find(lint, extension->context, example, number, &elsewhere))
        return example && priority > 0;
    return elsewhere || (*extension->name == '_' && --lint->scans_left > 0 &&
                         vl_lint_search_has(lint, extension->context, language, number));
}

/* Whether the application has the option j, by which Asterisk 1.4 still jumps. */
static bool has_option_j(const struct vl_lint *lint, const struct vl_priority *step)
{
    const char *last = step ? strrchr(step->arguments, ',') : NULL;

    if (step && !last)
        last = strrchr(step->arguments, '|');
    return lint->asterisk < 106 && last && strchr(last, 'j');
}

static bool is_jump(const struct vl_extension *extension, const struct vl_priority *step)
{
    const struct vl_priority *from = vl_extension_priority(extension, step->number - 101);

    if (step->plus == 101)
        return true;
    return step->number > 101 && from && !vl_extension_priority(extension, step->number - 1);
}

/* Before Asterisk 1.4, or with the option j, it does jump. */
static bool is_jumped_to(const struct vl_lint *lint, const struct vl_extension *extension,
                         const struct vl_priority *step)
{
    const struct vl_priority *from = vl_extension_priority(extension, step->number - 101);

    return from && (lint->asterisk < 104 || has_option_j(lint, from));
}

/* Steps that people put at the end to be sure; behind one that ends the call they do no harm. */
static bool is_harmless(const struct vl_extension *extension, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (!step_ends(&extension->priorities[i]) && strcasecmp(extension->priorities[i].application, "NoOp"))
            return false;
    return true;
}

static void report_dead(struct vl_lint *lint, const struct vl_extension *extension, size_t from, size_t end)
{
    const struct vl_priority *step = &extension->priorities[from];
    const struct vl_priority *before = from ? &extension->priorities[from - 1] : NULL;
    const char *what = vl_arena_printf(lint->arena, "priority %d never runs", step->number);

    if (end - from > 1)
        what = vl_arena_printf(lint->arena, "the priorities from %d to %d never run", step->number,
                               extension->priorities[end - 1].number);
    if (is_jump(extension, step))
        vl_lint_add(lint, VL_RULE_JUMP, &step->at, extension,
                    end - from == 1 ? vl_lint_replace(lint, &step->at, NULL, NULL) : NULL,
                    "%s: Asterisk no longer jumps to n+101; look at ${DIALSTATUS} behind the application instead",
                    what);
    else if (!before || before->number != step->number - 1 || before->number < 1)
        vl_lint_add(lint, VL_RULE_GAP, &step->at, extension, NULL,
                    "%s: there is no priority %d, so the extension ends before; number them without gaps, or write n",
                    what, step->number - 1);
    else if (!is_harmless(extension, from, end))
        vl_lint_add(lint, VL_RULE_STEP_DEAD, &step->at, extension, NULL,
                    "%s: %s before it ends the call or jumps away, and nothing jumps here", what, before->application);
}

static bool is_across(const struct vl_lint *lint, const struct vl_priority *step)
{
    for (size_t i = 0; i < lint->plan->diagnostic_count; i++) {
        const struct vl_diagnostic *diagnostic = &lint->plan->diagnostics[i];

        if (diagnostic->code == VL_DIALPLAN_NEXT_ACROSS && diagnostic->at.line == step->at.line &&
            !strcmp(diagnostic->at.file, step->at.file))
            return true;
    }
    return false;
}

static void check_first(struct vl_lint *lint, const struct vl_extension *extension, size_t first)
{
    if (is_elsewhere(lint, extension, extension->priorities[first].number - 1))
        return;
    for (size_t i = first; i < extension->priority_count; i++)
        if (vl_lint_is_target(lint, extension, &extension->priorities[i]))
            return;
    /* n across extensions says it better */
    if (!is_across(lint, &extension->priorities[first]))
        vl_lint_add(lint, VL_RULE_NO_FIRST, &extension->priorities[first].at, extension, NULL,
                    "the extension '%s' begins at priority %d: a call that is dialled starts at 1 and finds nothing",
                    extension->name, extension->priorities[first].number);
}

static void check_extension(struct vl_lint *lint, const struct vl_extension *extension)
{
    size_t first = 0, dead = 0;

    while (first < extension->priority_count && extension->priorities[first].number == VL_PRIORITY_HINT)
        first++;
    if (first == extension->priority_count)
        return;
    if (extension->priorities[first].number != 1) {
        check_first(lint, extension, first);
        return;
    }
    for (size_t i = first + 1; i <= extension->priority_count; i++) {
        const struct vl_priority *step = &extension->priorities[i], *before = &extension->priorities[i - 1];
        bool goes_on =
            i < extension->priority_count && before->number == step->number - 1 && !dead && !step_ends(before);
        bool head = i < extension->priority_count && (before->number != step->number - 1 || step->plus);

        if (dead && (i == extension->priority_count || head || vl_lint_is_target(lint, extension, step))) {
            report_dead(lint, extension, dead, i);
            dead = 0;
        }
        if (i < extension->priority_count && !dead && !goes_on && !vl_lint_is_target(lint, extension, step) &&
            !is_jumped_to(lint, extension, step) &&
            (before->number == step->number - 1 || !is_elsewhere(lint, extension, step->number - 1)))
            dead = i;
    }
}

void vl_lint_check_steps(struct vl_lint *lint)
{
    for (size_t i = 0; i < lint->plan->context_count; i++)
        for (size_t j = 0; j < lint->plan->contexts[i]->extension_count && !vl_lint_stopped(lint); j++)
            check_extension(lint, lint->plan->contexts[i]->extensions[j]);
}

/* Whether the step is a routine that never comes back. */
static bool stays_away(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *step)
{
    size_t count;
    const struct vl_lint_call *calls = vl_lint_calls_of(lint, extension, &count);

    for (size_t i = 0; i < count; i++)
        if (calls[i].step == step && vl_lint_stays_away(lint, &calls[i]))
            return true;
    return false;
}

/* The steps at which a call that runs from priority 1 finds no next one although it wants to go on. */
const struct vl_priority *vl_lint_last_step(struct vl_lint *lint, const struct vl_extension *extension)
{
    const struct vl_priority *step = vl_extension_priority(extension, 1);

    while (step && !step_ends(step)) {
        const struct vl_priority *next = vl_extension_priority(extension, step->number + 1);

        if (!next)
            /* WaitExten goes to what is dialled, or to t, or ends */
            return vl_application(step->application)->effect == VL_EFFECT_WAIT_EXTEN ||
                           stays_away(lint, extension, step)
                       ? NULL
                       : step;
        step = next;
    }
    return NULL;
}

struct candidate {
    const struct vl_extension *extension;
    const struct vl_numbers *language;
    bool timed;
};

/* Whether the step is one that Asterisk has made of users.conf: nothing can be written behind it. */
static bool is_made(const struct vl_lint *lint, const struct vl_position *at)
{
    for (size_t i = 0; i < lint->plan->file_count; i++)
        if (!strcmp(lint->plan->files[i], at->file))
            return false;
    return true;
}

static void report_leak(struct vl_lint *lint, const struct vl_extension *extension, const struct vl_priority *last,
                        const struct vl_extension *other, const char *number)
{
    const struct vl_priority *next = vl_extension_priority(other, last->number + 1);

    vl_lint_add(lint, VL_RULE_LEAK, &last->at, extension, NULL,
                "'%s' ends at priority %d, so a call to '%s' goes on with priority %d of '%s' in [%s] (%s:%d); %s",
                extension->name, last->number, number, next->number, other->name, other->context->name, next->at.file,
                next->at.line,
                is_made(lint, &last->at) ? "move that one to another context than 'userscontext'"
                                         : "end it with Hangup()");
}

/* An extension without a beginning of its own is meant to go on where another one ends. */
static bool is_leak(const struct vl_extension *extension, const struct vl_priority *last,
                    const struct vl_extension *other)
{
    return vl_extension_priority(other, last->number + 1) && vl_extension_priority(other, 1) &&
           (!other->callerid || (extension->callerid && !strcmp(other->callerid, extension->callerid)));
}

/* One number: the search tells where it goes on. */
static void check_leak_of_name(struct vl_lint *lint, const struct vl_context *start,
                               const struct vl_extension *extension, const struct vl_priority *last)
{
    bool elsewhere;
    const struct vl_extension *other =
        vl_lint_find(lint, start, extension->name, vl_arena_printf(lint->arena, "%d", last->number + 1), &elsewhere);

    if (other && is_leak(extension, last, other) &&
        (other->context != extension->context || other->rank > extension->rank))
        report_leak(lint, extension, last, other, extension->pattern);
}

static void check_leak_of(struct vl_lint *lint, const struct vl_context *start, const struct candidate *candidates,
                          size_t count, size_t at, long *pairs)
{
    const struct vl_extension *extension = candidates[at].extension;
    const struct vl_priority *last = vl_lint_last_step(lint, extension);

    if (last && *extension->name != '_') {
        check_leak_of_name(lint, start, extension, last);
        return;
    }
    for (size_t i = at + 1; last && i < count && ++*pairs < PAIRS_MOST; i++) {
        const char *number = "";

        if (!is_leak(extension, last, candidates[i].extension) ||
            !vl_numbers_meet(candidates[at].language, candidates[i].language, lint->arena, &number))
            continue;
        report_leak(lint, extension, last, candidates[i].extension, number);
        return;
    }
}

void vl_lint_check_leak(struct vl_lint *lint)
{
    long pairs = 0;

    for (size_t i = 0; i < lint->plan->context_count && pairs < PAIRS_MOST; i++) {
        const struct vl_context **visits;
        struct candidate *candidates = NULL;
        bool *timed;
        size_t contexts, count = 0;

        if (lint->contexts[i].included)
            continue; /* seen from the context that includes it */
        contexts = vl_lint_visits(lint, lint->plan->contexts[i], &visits, &timed);
        for (size_t j = 0; j < contexts; j++) {
            const struct vl_lint_context *own = vl_lint_context(lint, visits[j]->name);

            for (size_t k = 0; own && k < visits[j]->extension_count; k++) {
                struct candidate *grown = vl_arena_grow(lint->arena, candidates, count, sizeof(*grown));

                if (!grown)
                    return;
                candidates = grown;
                candidates[count++] = (struct candidate){ .extension = visits[j]->extensions[k],
                                                          .language = &own->languages[k],
                                                          .timed = timed[j] };
            }
        }
        for (size_t j = 0; j < count && !vl_lint_stopped(lint); j++)
            check_leak_of(lint, lint->plan->contexts[i], candidates, count, j, &pairs);
    }
}
