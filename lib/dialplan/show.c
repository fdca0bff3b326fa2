/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running an extension on paper: one step after the other, each looked up as Asterisk does it, so that a step that is
 * missing is taken from a less narrow extension.
 */
#include "dialplan/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "dialplan/variables.h"

enum { STEPS_MOST = 100, FRAMES_MOST = 16, LOCALS_MOST = 128 };

#define ARROW " \xe2\x86\x92 "

/* Where a call is. */
struct place {
    const char *context, *number;
    int priority;
};

/* A Gosub or a Macro that it is in. */
struct frame {
    struct place back;
    bool macro;
    size_t local_count; /* what was set before */
};

struct local {
    const char *name, *value;
};

struct runner {
    const struct vl_dialplan *plan;
    struct vl_arena *arena;
    struct vl_show *show;
    struct place at;
    struct frame frames[FRAMES_MOST];
    unsigned depth;
    struct local locals[LOCALS_MOST]; /* the later ones hide the earlier ones */
    size_t local_count;
    const char *last; /* the last application that does something to be heard */
};

static void set_local(struct runner *runner, const char *name, const char *value)
{
    if (runner->local_count < LOCALS_MOST)
        runner->locals[runner->local_count++] = (struct local){ name, value };
}

static const char *value_of(void *context, const char *name)
{
    struct runner *runner = context;

    for (size_t i = runner->local_count; i-- > 0;)
        if (!strcmp(runner->locals[i].name, name))
            return runner->locals[i].value;
    if (!strcmp(name, "EXTEN"))
        return runner->at.number;
    if (!strcmp(name, "CONTEXT"))
        return runner->at.context;
    if (!strcmp(name, "PRIORITY"))
        return vl_arena_printf(runner->arena, "%d", runner->at.priority);
    if (!strcasecmp(name, "CALLERID(num)") || !strcasecmp(name, "CALLERID(number)"))
        return runner->show->query.callerid;
    return vl_dialplan_global(runner->plan, name);
}

/* The step that runs at a place, NULL when there is none. */
static const struct vl_priority *step_at(const struct runner *runner, const struct place *place, const char *label,
                                         const struct vl_extension **ret_extension)
{
    struct vl_query query = runner->show->query;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_search search;

    query.context = place->context;
    query.number = place->number;
    query.priority = place->priority;
    query.label = label;
    if (vl_search(runner->plan, &query, runner->arena, &search, &err) < 0 || !search.match)
        return NULL;
    *ret_extension = search.match->extension;
    return search.step;
}

/* The place that `[[context,]extension,]priority` names, seen from here. False: there is none. */
static bool find_target(const struct runner *runner, const struct vl_jump *jump, struct place *ret_place)
{
    struct place place = runner->at;
    const struct vl_extension *extension;
    const struct vl_priority *step;
    char *end;
    long number = strtol(jump->priority, &end, 10);
    bool is_label = end == jump->priority || *end;

    if (jump->context)
        place.context = jump->context;
    if (jump->extension)
        place.number = jump->extension;
    place.priority = is_label ? 1 : (int)number;
    step = step_at(runner, &place, is_label ? jump->priority : NULL, &extension);
    if (step)
        place.priority = step->number;
    *ret_place = place;
    return step != NULL;
}

static const char *describe(struct runner *runner, const struct place *place)
{
    return vl_arena_printf(runner->arena, "to %s,%s,%d", place->context, place->number, place->priority);
}

/* What a step does to the course of the call. */
enum course { NEXT, JUMPED, ENDS, CIRCLE };

static enum course jump_to(struct runner *runner, const char *text, const char **note)
{
    struct vl_jump jump = vl_jump_read(runner->arena, text);
    struct place place;

    if (!find_target(runner, &jump, &place)) {
        *note = vl_arena_printf(runner->arena, "there is no '%s'", text);
        return ENDS;
    }
    *note = describe(runner, &place);
    runner->at = place;
    return JUMPED;
}

static enum course run_goto(struct runner *runner, const char *arguments, const char **note)
{
    return jump_to(runner, arguments, note);
}

static enum course run_goto_if(struct runner *runner, const char *arguments, const char **note)
{
    struct vl_condition condition = vl_condition_read(runner->arena, arguments);
    const char *target = condition.known && condition.holds ? condition.yes : condition.no;
    enum course course;

    if (!condition.known)
        *note = vl_arena_printf(runner->arena, "not known whether '%s'; taken as not so", condition.text);
    if (!*target) {
        if (condition.known)
            *note = condition.holds ? "holds" : "does not hold";
        return NEXT;
    }
    course = jump_to(runner, target, &target);
    *note = *note ? vl_arena_printf(runner->arena, "%s: %s", *note, target) : target;
    return course;
}

static enum course enter(struct runner *runner, const struct place *place, bool macro, const char **note)
{
    if (runner->depth >= FRAMES_MOST) {
        *note = "too deep to follow";
        return ENDS;
    }
    runner->frames[runner->depth++] =
        (struct frame){ .back = runner->at, .macro = macro, .local_count = runner->local_count };
    *note = describe(runner, place);
    return JUMPED;
}

static void set_arguments(struct runner *runner, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        set_local(runner, vl_arena_printf(runner->arena, "ARG%zu", i + 1), values[i]);
}

static enum course run_gosub(struct runner *runner, const char *arguments, const char **note)
{
    struct vl_jump jump = vl_jump_read(runner->arena, arguments);
    struct place place;
    enum course course;

    if (!find_target(runner, &jump, &place)) {
        *note = vl_arena_printf(runner->arena, "there is no '%s'", arguments);
        return ENDS;
    }
    course = enter(runner, &place, false, note);
    set_arguments(runner, jump.values, jump.value_count);
    if (course == JUMPED)
        runner->at = place;
    return course;
}

static enum course run_macro(struct runner *runner, const char *arguments, const char **note)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->arena, arguments, &count);
    struct place place = { .context = vl_arena_printf(runner->arena, "macro-%s", words[0]),
                           .number = "s",
                           .priority = 1 };
    enum course course;

    if (!vl_dialplan_context(runner->plan, place.context)) {
        *note = vl_arena_printf(runner->arena, "there is no context '%s'", place.context);
        return NEXT;
    }
    course = enter(runner, &place, true, note);
    set_local(runner, "MACRO_EXTEN", runner->at.number);
    set_local(runner, "MACRO_CONTEXT", runner->at.context);
    set_arguments(runner, words + 1, count ? count - 1 : 0);
    if (course == JUMPED)
        runner->at = place;
    return course;
}

/* Back to behind the innermost Gosub or Macro. */
static bool leave(struct runner *runner)
{
    if (!runner->depth)
        return false;
    runner->depth--;
    runner->at = runner->frames[runner->depth].back;
    runner->local_count = runner->frames[runner->depth].local_count;
    runner->at.priority++;
    return true;
}

static enum course run_return(struct runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    if (leave(runner))
        return JUMPED;
    *note = "there is nothing to return to";
    return ENDS;
}

static enum course run_set(struct runner *runner, const char *arguments, const char **note)
{
    const char *equals = strchr(arguments, '=');
    char *name;

    (void)note;
    if (!equals)
        return NEXT;
    name = vl_text_strip(vl_arena_strndup(runner->arena, arguments, (size_t)(equals - arguments)));
    name += strspn(name, "_");
    set_local(runner, name, vl_arena_strdup(runner->arena, equals + 1));
    return NEXT;
}

static enum course run_dial(struct runner *runner, const char *arguments, const char **note)
{
    struct vl_show *show = runner->show;
    const char **dials = vl_arena_grow(runner->arena, show->dials, show->dial_count, sizeof(*dials));

    (void)note;
    if (!dials)
        return ENDS;
    show->dials = dials;
    dials[show->dial_count++] = vl_arena_strndup(runner->arena, arguments, strcspn(arguments, ","));
    return NEXT;
}

/* Codes are not for the terminal; a file that holds them may be named. */
static enum course run_authenticate(struct runner *runner, const char *arguments, const char **note)
{
    struct vl_show_step *step = &runner->show->steps[runner->show->step_count - 1];

    (void)note;
    runner->show->pin = true;
    if (*arguments != '/')
        step->arguments = vl_arena_printf(runner->arena, "****%s", arguments + strcspn(arguments, ","));
    return NEXT;
}

static enum course run_end(struct runner *runner, const char *arguments, const char **note)
{
    (void)runner;
    (void)arguments;
    (void)note;
    return ENDS;
}

static const struct {
    const char *name;
    enum course (*run)(struct runner *runner, const char *arguments, const char **note);
} applications[] = {
    { "Goto", run_goto },   { "GotoIf", run_goto_if }, { "Gosub", run_gosub },
    { "Macro", run_macro }, { "Return", run_return },  { "MacroExit", run_return },
    { "Set", run_set },     { "Dial", run_dial },      { "Authenticate", run_authenticate },
    { "Hangup", run_end },  { "Congestion", run_end }, { "Busy", run_end },
};

/* What nobody hears is no place where a number leads to. */
static bool is_silent(const char *application)
{
    static const char *const names[] = { "NoOp",  "Set",     "Answer",   "Verbose",      "Wait",
                                         "Log",   "Ringing", "Progress", "Goto",         "GotoIf",
                                         "Gosub", "Macro",   "Return",   "Authenticate", "Hangup" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcasecmp(names[i], application))
            return true;
    return false;
}

/* Whether the call was at this step already, as deep and with the same arguments: it will be again. */
static bool was_here(const struct vl_show *show, const struct vl_priority *priority, const char *arguments,
                     unsigned depth)
{
    for (size_t i = 0; i < show->step_count; i++)
        if (show->steps[i].priority == priority && show->steps[i].depth == depth &&
            !strcmp(show->steps[i].arguments, arguments))
            return true;
    return false;
}

static enum course run_step(struct runner *runner, const struct vl_extension *extension,
                            const struct vl_priority *priority)
{
    struct vl_variables variables = { .value = value_of, .context = runner, .keep = true };
    struct vl_show *show = runner->show;
    struct vl_show_step *steps = vl_arena_grow(runner->arena, show->steps, show->step_count, sizeof(*steps));
    const char *note = NULL, *arguments = vl_substitute(runner->arena, &variables, priority->arguments, NULL);
    enum course course = NEXT;
    size_t place = show->step_count;

    if (!steps)
        return ENDS;
    show->steps = steps;
    if (was_here(show, priority, arguments, runner->depth))
        return CIRCLE;
    steps[show->step_count++] = (struct vl_show_step){ runner->depth, extension, priority, arguments, NULL };
    if (!runner->last && !is_silent(priority->application))
        runner->last = priority->application;
    for (size_t i = 0; i < VL_COUNT(applications); i++)
        if (!strcasecmp(applications[i].name, priority->application))
            course = applications[i].run(runner, arguments, &note);
    show->steps[place].note = note;
    if (course == NEXT)
        runner->at.priority++;
    return course;
}

static void run(struct runner *runner)
{
    struct vl_show *show = runner->show;

    while (!runner->arena->failed) {
        const struct vl_extension *extension;
        const struct vl_priority *step = step_at(runner, &runner->at, NULL, &extension);

        if (show->step_count >= STEPS_MOST) {
            show->end = "and so on: not followed any further";
            return;
        }
        if (!step && runner->depth && runner->frames[runner->depth - 1].macro && leave(runner))
            continue;
        if (!step) {
            show->end = runner->plan->general.autofallthrough ? "no step follows: Asterisk ends the call"
                                                              : "no step follows: Asterisk waits for more digits";
            return;
        }
        switch (run_step(runner, extension, step)) {
        case ENDS:
            show->end = "the call ends";
            return;
        case CIRCLE:
            show->end = "and so on: it goes round in a circle";
            return;
        default:
            break;
        }
    }
}

static void add_contexts(struct vl_buf *out, const struct vl_search *search, size_t visit)
{
    if (search->visits[visit].include)
        add_contexts(out, search, search->visits[visit].from);
    vl_buf_printf(out, "%s%s", ARROW, search->visits[visit].context->name);
}

/* The whole in one line. */
static const char *way_of(struct runner *runner)
{
    const struct vl_show *show = runner->show;
    const struct vl_candidate *match = show->search.match;
    VL_BUF_AUTO out = VL_BUF_INIT;

    vl_buf_puts(&out, show->query.number);
    if (!match) {
        vl_buf_printf(&out, "%s%s%snothing", ARROW, show->query.context, ARROW);
    } else {
        add_contexts(&out, &show->search, match->visit);
        vl_buf_printf(&out, "%s%s", ARROW, match->extension->name);
    }
    if (show->pin)
        vl_buf_puts(&out, ARROW "PIN");
    for (size_t i = 0; i < show->dial_count; i++)
        vl_buf_printf(&out, "%s%s", i ? ", then " : ARROW, show->dials[i]);
    if (match && !show->dial_count && runner->last)
        vl_buf_printf(&out, "%s%s", ARROW, runner->last);
    if (out.failed)
        runner->arena->failed = true;
    return vl_arena_strdup(runner->arena, vl_buf_text(&out));
}

int vl_show(const struct vl_dialplan *plan, const struct vl_query *query, struct vl_arena *arena,
            struct vl_show *ret_show, struct vl_error *err)
{
    struct runner runner = { .plan = plan, .arena = arena, .show = ret_show };

    *ret_show = (struct vl_show){ .query = *query, .end = "no extension takes it" };
    if (vl_search(plan, query, arena, &ret_show->search, err) < 0)
        return -1;
    if (ret_show->search.match) {
        runner.at = (struct place){ query->context, query->number, query->priority };
        run(&runner);
    }
    ret_show->way = way_of(&runner);
    return arena->failed ? vl_fail(err, VL_ERROR_MEMORY, "out of memory") : 0;
}
