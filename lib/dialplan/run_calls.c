/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What applications do to the course of a call that nobody answers: a table of those that jump, branch, set or dial.
 * All others are passed over.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "dialplan/run.h"
#include "dialplan/timing.h"

enum found { NO_LABEL = -1, NO_STEP, FOUND };

/* The place that `[[context,]extension,]priority` names, seen from here. */
static enum found find_target(struct vl_runner *runner, const struct vl_jump *jump, struct vl_place *ret_place)
{
    struct vl_place place = runner->at;
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
    step = vl_run_step(runner, &place, is_label ? jump->priority : NULL, &extension);
    if (step)
        place.priority = step->number;
    *ret_place = place;
    return step ? FOUND : is_label ? NO_LABEL : NO_STEP;
}

static const char *describe(struct vl_runner *runner, const struct vl_place *place)
{
    return vl_arena_printf(runner->arena, "to %s,%s,%d", place->context, place->number, place->priority);
}

/* A label has to be there. A priority has not: the call goes there, and what comes of it shows then. */
static enum vl_course run_goto(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump jump = vl_jump_read(runner->arena, arguments);
    struct vl_place place;
    enum found found = find_target(runner, &jump, &place);

    *note = found == FOUND ? describe(runner, &place) : vl_arena_printf(runner->arena, "there is no '%s'", arguments);
    if (found == NO_LABEL)
        return VL_COURSE_ENDS;
    runner->at = place;
    return VL_COURSE_JUMPED;
}

static enum vl_course run_gosub(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump jump = vl_jump_read(runner->arena, arguments);
    struct vl_place place;

    if (find_target(runner, &jump, &place) != FOUND) {
        *note = vl_arena_printf(runner->arena, "there is no '%s'", arguments);
        return VL_COURSE_ENDS;
    }
    *note = describe(runner, &place);
    if (vl_run_enter(runner, &place, false, jump.values, jump.value_count))
        return VL_COURSE_JUMPED;
    *note = "too deep to follow";
    return VL_COURSE_ENDS;
}

static enum vl_course run_macro(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->arena, arguments, &count);
    struct vl_place place = { .context = vl_arena_printf(runner->arena, "macro-%s", words[0]),
                              .number = "s",
                              .priority = 1 };

    if (!vl_dialplan_context(runner->plan, place.context)) {
        *note = vl_arena_printf(runner->arena, "there is no context '%s'", place.context);
        return VL_COURSE_NEXT;
    }
    *note = describe(runner, &place);
    if (vl_run_enter(runner, &place, true, words + 1, count ? count - 1 : 0))
        return VL_COURSE_JUMPED;
    *note = "too deep to follow";
    return VL_COURSE_ENDS;
}

typedef enum vl_course course_of(struct vl_runner *runner, const char *arguments, const char **note);

/* Go one of two ways; a way that is empty leads on. */
static enum vl_course branch(struct vl_runner *runner, const struct vl_condition *condition, course_of *way,
                             const char **note)
{
    const char *target = condition->known && condition->holds ? condition->yes : condition->no;
    const char *outcome = condition->holds ? "holds" : "does not hold", *there = NULL;
    enum vl_course course;

    if (!condition->known)
        outcome = vl_arena_printf(runner->arena, "not known whether '%s'; taken as not so", condition->text);
    *note = outcome;
    if (!*target)
        return VL_COURSE_NEXT;
    course = way(runner, target, &there);
    if (there)
        *note = vl_arena_printf(runner->arena, "%s: %s", outcome, there);
    return course;
}

static enum vl_course branch_if(struct vl_runner *runner, const char *arguments, course_of *way, const char **note)
{
    struct vl_condition condition = vl_condition_read(runner->arena, arguments);

    return branch(runner, &condition, way, note);
}

/* `TIMES,WEEKDAYS,DAYS,MONTHS[,TIMEZONE]?YES:NO` */
static enum vl_course branch_at(struct vl_runner *runner, const char *arguments, course_of *way, const char **note)
{
    struct vl_condition condition = vl_condition_read(runner->arena, arguments);
    const struct vl_moment *moment = runner->show->query.moment;
    const char *wrong;
    struct vl_timing *timing = vl_timing_read(runner->arena, condition.text, &wrong);

    if (!timing)
        return VL_COURSE_ENDS;
    condition.known = condition.known && moment;
    condition.holds = condition.known && vl_timing_holds(timing, moment);
    return branch(runner, &condition, way, note);
}

static enum vl_course run_goto_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, run_goto, note);
}

static enum vl_course run_gosub_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, run_gosub, note);
}

static enum vl_course run_macro_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, run_macro, note);
}

static enum vl_course run_goto_if_time(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_at(runner, arguments, run_goto, note);
}

/* `APPLICATION(ARGUMENTS)` in the arguments of another. */
static enum vl_course run_nested(struct vl_runner *runner, const char *call, const char **note)
{
    const char *open = strchr(call, '('), *close = strrchr(call, ')'), *there = NULL;
    const char *name, *arguments = "";
    enum vl_course course;

    name = vl_text_strip(vl_arena_strndup(runner->arena, call, open ? (size_t)(open - call) : strlen(call)));
    if (open && close > open)
        arguments = vl_arena_strndup(runner->arena, open + 1, (size_t)(close - open) - 1);
    course = vl_run_call(runner, name, arguments, &there);
    *note = vl_arena_printf(runner->arena, "%s%s%s", name, there ? ": " : "", there ? there : "");
    return course;
}

static enum vl_course run_exec_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, run_nested, note);
}

static enum vl_course run_exec_if_time(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_at(runner, arguments, run_nested, note);
}

static enum vl_course run_return(struct vl_runner *runner, const char *arguments, const char **note)
{
    if (!vl_run_leave(runner)) {
        *note = "there is nothing to return to";
        return VL_COURSE_ENDS;
    }
    vl_run_set(runner, "GOSUB_RETVAL", arguments, false);
    return VL_COURSE_JUMPED;
}

static enum vl_course run_macro_exit(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    if (vl_run_leave(runner))
        return VL_COURSE_JUMPED;
    *note = "there is no macro to leave";
    return VL_COURSE_ENDS;
}

/* The name that a value is asked for by: without what makes it pass on to other channels, and of `GLOBAL(x)`, `x`. */
static const char *bare_name(struct vl_runner *runner, const char *name, bool *ret_local)
{
    static const char *const scopes[] = { "GLOBAL(", "LOCAL(" };
    size_t length;

    name += strspn(name, "_");
    length = strlen(name);
    for (size_t i = 0; i < VL_COUNT(scopes); i++) {
        size_t skip = strlen(scopes[i]);

        if (!vl_text_starts(name, scopes[i]) || name[length - 1] != ')')
            continue;
        *ret_local = i == 1 && runner->depth;
        return vl_arena_strndup(runner->arena, name + skip, length - skip - 1);
    }
    return name;
}

static enum vl_course run_set(struct vl_runner *runner, const char *arguments, const char **note)
{
    const struct vl_show_step *step = &runner->show->steps[runner->show->step_count - 1];
    const char *equals = strchr(arguments, '='), *name;
    bool local = false;

    if (!equals)
        return VL_COURSE_NEXT;
    name = vl_text_strip(vl_arena_strndup(runner->arena, arguments, (size_t)(equals - arguments)));
    name = bare_name(runner, name, &local);
    vl_run_set(runner, name, vl_arena_strdup(runner->arena, equals + 1), local);
    if (strcmp(step->filled, step->arguments) != 0)
        *note = vl_arena_printf(runner->arena, "%s is '%s'", name, equals + 1);
    return VL_COURSE_NEXT;
}

/* Whether each of `TECHNOLOGY/RESOURCE&…` has both; Dial() ends the call where one has not. */
static bool are_channels(struct vl_arena *arena, const char *channels)
{
    const char *const *list = vl_text_split(arena, channels, "&");

    if (strstr(channels, "${") || strstr(channels, "$["))
        return true; /* not known */
    for (size_t i = 0; list && list[i]; i++) {
        const char *slash = strchr(list[i], '/');

        if (!slash || !slash[1 + strspn(slash + 1, "\"")])
            return false;
    }
    return *channels != '\0';
}

static enum vl_course run_dial(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_show *show = runner->show;
    const char **dials = vl_arena_grow(runner->arena, show->dials, show->dial_count, sizeof(*dials));
    size_t count;
    const char *channels = vl_jump_words(runner->arena, arguments, &count)[0];

    if (!dials)
        return VL_COURSE_ENDS;
    if (!are_channels(runner->arena, channels)) {
        *note = "no TECHNOLOGY/RESOURCE, which ends the call";
        return VL_COURSE_ENDS;
    }
    show->dials = dials;
    dials[show->dial_count++] = channels;
    return VL_COURSE_NEXT;
}

static enum vl_course run_authenticate(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    (void)note;
    runner->show->pin = true;
    return VL_COURSE_NEXT;
}

static enum vl_course run_end(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)runner;
    (void)arguments;
    (void)note;
    return VL_COURSE_ENDS;
}

static enum vl_course run_silence(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)runner;
    (void)arguments;
    (void)note;
    return VL_COURSE_NEXT;
}

/* `silent`: what nobody hears is no place where a number leads to. */
static const struct {
    const char *name;
    course_of *run;
    bool silent;
} applications[] = {
    { "Answer", run_silence, true },
    { "Authenticate", run_authenticate, true },
    { "Busy", run_end, false },
    { "Congestion", run_end, false },
    { "Dial", run_dial, false },
    { "ExecIf", run_exec_if, true },
    { "ExecIfTime", run_exec_if_time, true },
    { "Gosub", run_gosub, true },
    { "GosubIf", run_gosub_if, true },
    { "Goto", run_goto, true },
    { "GotoIf", run_goto_if, true },
    { "GotoIfTime", run_goto_if_time, true },
    { "Hangup", run_end, true },
    { "Log", run_silence, true },
    { "Macro", run_macro, true },
    { "MacroExclusive", run_macro, true },
    { "MacroExit", run_macro_exit, true },
    { "MacroIf", run_macro_if, true },
    { "NoOp", run_silence, true },
    { "Progress", run_silence, true },
    { "Return", run_return, true },
    { "Ringing", run_silence, true },
    { "Set", run_set, true },
    { "Verbose", run_silence, true },
    { "Wait", run_silence, true },
};

enum vl_course vl_run_call(struct vl_runner *runner, const char *application, const char *arguments, const char **note)
{
    for (size_t i = 0; i < VL_COUNT(applications); i++) {
        if (strcasecmp(applications[i].name, application) != 0)
            continue;
        if (!runner->last && !applications[i].silent)
            runner->last = applications[i].name;
        return applications[i].run(runner, arguments, note);
    }
    if (!runner->last)
        runner->last = application;
    return VL_COURSE_NEXT;
}
