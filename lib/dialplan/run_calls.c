/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What applications do to the course of a call that nobody answers: a table of those that jump, branch, set or dial.
 * All others are passed over.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "dialplan/run.h"
#include "dialplan/timing.h"

enum { NESTED_MOST = 8 };

enum found { NO_LABEL = -1, NO_STEP, FOUND };

static int limited(long priority)
{
    return priority < 0 ? 0 : priority > INT_MAX ? INT_MAX : (int)priority;
}

/* The place that `[[context,]extension,]priority` names, seen from here: `+2` is two further on. */
static enum found find_target(struct vl_runner *runner, const struct vl_jump *jump, struct vl_place *ret_place)
{
    struct vl_place place = runner->at;
    const struct vl_extension *extension;
    const struct vl_priority *step;
    char *end;
    long number = strtol(jump->priority, &end, 10);
    bool is_label = end == jump->priority || *end, is_relative = strchr("+-", *jump->priority);

    if (jump->context)
        place.context = jump->context;
    if (jump->extension)
        place.number = jump->extension;
    place.priority = is_label ? 1 : limited(number);
    if (is_relative && !is_label)
        place.priority = number > INT_MAX / 2 ? INT_MAX : limited(runner->at.priority + number);
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
    const char *const *words = vl_jump_pieces(runner->arena, arguments, &count);
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

static enum vl_course branch_if(struct vl_runner *runner, const char *arguments, enum vl_condition_marks marks,
                                course_of *way, const char **note)
{
    struct vl_condition condition = vl_condition_read(runner->arena, arguments, marks);

    return branch(runner, &condition, way, note);
}

/* `TIMES,WEEKDAYS,DAYS,MONTHS[,TIMEZONE]?YES:NO` */
static enum vl_course branch_at(struct vl_runner *runner, const char *arguments, enum vl_condition_marks marks,
                                course_of *way, const char **note)
{
    struct vl_condition condition = vl_condition_read(runner->arena, arguments, marks);
    const struct vl_moment *moment = runner->show->query.moment;
    const char *wrong;
    struct vl_timing *timing = vl_timing_read(runner->arena, condition.text, &wrong);

    if (!timing)
        return VL_COURSE_ENDS;
    condition.known = condition.known && moment && !timing->timezone;
    condition.holds = condition.known && vl_timing_holds(timing, moment);
    return branch(runner, &condition, way, note);
}

static enum vl_course run_goto_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, VL_MARKS_FIRST, run_goto, note);
}

static enum vl_course run_gosub_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, VL_MARKS_OUTSIDE, run_gosub, note);
}

static enum vl_course run_macro_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, VL_MARKS_FIRST, run_macro, note);
}

static enum vl_course run_goto_if_time(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_at(runner, arguments, VL_MARKS_FIRST, run_goto, note);
}

/* `APPLICATION(ARGUMENTS)` in the arguments of another. */
static enum vl_course run_nested(struct vl_runner *runner, const char *call, const char **note)
{
    const char *open = strchr(call, '('), *close = strrchr(call, ')'), *there = NULL;
    const char *name, *arguments = "";
    enum vl_course course;

    name = vl_arena_strndup(runner->arena, call, open ? (size_t)(open - call) : strlen(call));
    if (name[strcspn(name, " \t")] || runner->nested >= NESTED_MOST) {
        *note = runner->nested >= NESTED_MOST ? "too deep to follow" : "a name with a blank is no application";
        return runner->nested >= NESTED_MOST ? VL_COURSE_UNKNOWN : VL_COURSE_ENDS;
    }
    if (open && close > open)
        arguments = vl_arena_strndup(runner->arena, open + 1, (size_t)(close - open) - 1);
    runner->nested++;
    course = vl_run_call(runner, name, arguments, &there);
    runner->nested--;
    *note = vl_arena_printf(runner->arena, "%s%s%s", name, there ? ": " : "", there ? there : "");
    return course;
}

static enum vl_course run_exec_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, arguments, VL_MARKS_OUTSIDE, run_nested, note);
}

static enum vl_course run_exec_if_time(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_at(runner, arguments, VL_MARKS_QUESTION, run_nested, note);
}

/* From a Macro that the Gosub has called, too. */
static enum vl_course run_return(struct vl_runner *runner, const char *arguments, const char **note)
{
    while (runner->depth && runner->frames[runner->depth - 1].macro)
        (void)vl_run_leave(runner, false);
    if (!vl_run_leave(runner, true)) {
        *note = "there is nothing to return to";
        return VL_COURSE_ENDS;
    }
    vl_run_set(runner, "GOSUB_RETVAL", arguments, false);
    return VL_COURSE_JUMPED;
}

static enum vl_course run_macro_exit(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    if (runner->depth && runner->frames[runner->depth - 1].macro && vl_run_leave(runner, true))
        return VL_COURSE_JUMPED;
    for (unsigned i = 0; i < runner->depth; i++)
        if (runner->frames[i].macro)
            return VL_COURSE_UNKNOWN; /* in a Gosub within the Macro: hangs on how both were entered */
    *note = "there is no macro to leave";
    return VL_COURSE_ENDS;
}

/* What is between the parentheses of `FUNCTION(…)`; NULL when the name is another one. */
static const char *inside_of(struct vl_arena *arena, const char *name, const char *function)
{
    size_t length = strlen(name), skip = strlen(function);

    if (!vl_text_starts(name, function) || name[skip] != '(' || name[length - 1] != ')')
        return NULL;
    return vl_arena_strndup(arena, name + skip + 1, length - skip - 2);
}

/* As Asterisk takes arguments apart: quotes go. NULL: there are escapes, which is more than this knows. */
static const char *without_quotes(struct vl_arena *arena, const char *text)
{
    char *copy = vl_arena_strdup(arena, text), *end = copy;

    if (strchr(text, '\\'))
        return NULL;
    for (const char *p = text; *p; p++)
        if (*p != '"')
            *end++ = *p;
    if (*text)
        *end = '\0';
    return copy;
}

/* `Set(ARRAY(A,B)=1,2)` */
static void set_array(struct vl_runner *runner, const char *names, const char *values)
{
    size_t name_count, value_count;
    const char *const *name = vl_jump_words(runner->arena, names, &name_count);
    const char *const *value = vl_jump_values(runner->arena, values, &value_count);

    for (size_t i = 0; i < name_count; i++)
        vl_run_set(runner, name[i], i < value_count ? without_quotes(runner->arena, value[i]) : "", false);
}

/* The number of `"NAME" <NUMBER>`; NULL: there are no brackets, and what it is hangs on how it looks. */
static const char *number_of(struct vl_arena *arena, const char *callerid)
{
    const char *open = strchr(callerid, '<'), *close = open ? strchr(open, '>') : NULL;

    return close ? vl_arena_strndup(arena, open + 1, (size_t)(close - open) - 1) : NULL;
}

/* `Set(PUSH(X)=…)` and its like change X. */
static void forget_pushed(struct vl_runner *runner, const char *name)
{
    static const char *const functions[] = { "PUSH", "UNSHIFT" };

    for (size_t i = 0; i < VL_COUNT(functions); i++) {
        const char *inside = inside_of(runner->arena, name, functions[i]);

        if (inside)
            vl_run_set(runner, vl_arena_strndup(runner->arena, inside, strcspn(inside, ",")), NULL, false);
    }
}

/* The names are taken as they are, blanks and all; '_' in front makes a value pass on to other channels. */
static void set_variable(struct vl_runner *runner, const char *name, const char *value)
{
    const char *inside;

    name += strspn(name, "_");
    if ((inside = inside_of(runner->arena, name, "LOCAL"))) {
        if (runner->depth)
            vl_run_set(runner, inside, value, true);
    } else if ((inside = inside_of(runner->arena, name, "ARRAY"))) {
        set_array(runner, inside, value ? value : "");
    } else if (!strcasecmp(name, "CALLERID(all)")) {
        vl_run_set(runner, "CALLERID(num)", value ? number_of(runner->arena, value) : NULL, false);
    } else {
        forget_pushed(runner, name);
        vl_run_set(runner, name, value, false);
    }
}

static enum vl_course run_set(struct vl_runner *runner, const char *arguments, const char **note)
{
    const struct vl_show_step *step = &runner->show->steps[runner->show->step_count - 1];
    const char *equals = strchr(arguments, '='), *name;

    if (!equals)
        return VL_COURSE_NEXT;
    name = vl_arena_strndup(runner->arena, arguments, (size_t)(equals - arguments));
    set_variable(runner, name, vl_arena_strdup(runner->arena, equals + 1));
    if (strcmp(step->filled, step->arguments) != 0)
        *note = vl_arena_printf(runner->arena, "%s is '%s'", name, equals + 1);
    return VL_COURSE_NEXT;
}

/* `MSet(A=1,B=2)` */
static enum vl_course run_set_many(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;
    const char *const *words = vl_jump_values(runner->arena, arguments, &count);

    (void)note;
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(words[i], '=');

        if (equals)
            set_variable(runner, vl_arena_strndup(runner->arena, words[i], (size_t)(equals - words[i])),
                         without_quotes(runner->arena, equals + 1));
    }
    return VL_COURSE_NEXT;
}

/* Read(): the caller types it. */
static enum vl_course run_read(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;

    (void)note;
    vl_run_set(runner, vl_jump_words(runner->arena, arguments, &count)[0], NULL, false);
    return VL_COURSE_NEXT;
}

/* A program that may set what it likes. */
static enum vl_course run_program(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    vl_run_forget(runner);
    *note = "may set any variable";
    return VL_COURSE_NEXT;
}

static enum vl_course run_loop(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)runner;
    (void)arguments;
    *note = "loops are not followed";
    return VL_COURSE_UNKNOWN;
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
    static const char *const outcomes[] = { "DIALSTATUS",     "HANGUPCAUSE", "DIALEDPEERNUMBER",
                                            "DIALEDPEERNAME", "DIALEDTIME",  "ANSWEREDTIME" };
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
    for (size_t i = 0; i < VL_COUNT(outcomes); i++)
        vl_run_set(runner, outcomes[i], NULL, false);
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
    { "AGI", run_program, false },
    { "Answer", run_silence, true },
    { "Authenticate", run_authenticate, true },
    { "Busy", run_end, false },
    { "Congestion", run_end, false },
    { "ContinueWhile", run_loop, true },
    { "DeadAGI", run_program, false },
    { "Dial", run_dial, false },
    { "EAGI", run_program, false },
    { "EndWhile", run_loop, true },
    { "ExecIf", run_exec_if, true },
    { "ExecIfTime", run_exec_if_time, true },
    { "ExitWhile", run_loop, true },
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
    { "MSet", run_set_many, true },
    { "NoOp", run_silence, true },
    { "Progress", run_silence, true },
    { "Read", run_read, false },
    { "Return", run_return, true },
    { "Ringing", run_silence, true },
    { "Set", run_set, true },
    { "Stasis", run_program, false },
    { "Verbose", run_silence, true },
    { "Wait", run_silence, true },
    { "While", run_loop, true },
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
