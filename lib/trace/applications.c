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
#include "dialplan/timing.h"
#include "trace/run.h"

enum { NESTED_MOST = 8 };

enum found { UNKNOWN = -2, NO_LABEL = -1, NO_STEP, FOUND };

static int limited(long priority)
{
    return priority < 0 ? 0 : priority > INT_MAX ? INT_MAX : (int)priority;
}

/* A text in which something is left that is not known. */
static bool is_unknown(const char *text)
{
    return text && (strstr(text, "${") || strstr(text, "$["));
}

/* Where a jump leads to. The steps are those of a call that nobody answers, so what the Dial before left is known here;
 * conditions do not go by it, since a plan looks there for what else may have happened. */
static const char *assume(struct vl_runner *runner, const char *arguments, bool *ret_assumed)
{
    static const char status[] = "${DIALSTATUS}";
    VL_BUF_AUTO out = VL_BUF_INIT;
    const char *found;

    *ret_assumed = false;
    while (runner->unanswered && (found = strstr(arguments, status))) {
        vl_buf_add(&out, arguments, (size_t)(found - arguments));
        vl_buf_puts(&out, "NOANSWER");
        arguments = found + strlen(status);
        *ret_assumed = true;
    }
    vl_buf_puts(&out, arguments);
    if (out.failed)
        runner->arena->failed = true;
    return vl_arena_strdup(runner->arena, vl_buf_text(&out));
}

/* The place that `[[context,]extension,]priority` names, seen from here: `+2` is two further on. */
static enum found find_target(struct vl_runner *runner, const struct vl_jump *jump, struct vl_trace_place *ret_place)
{
    struct vl_trace_place place = runner->at;
    const struct vl_extension *extension;
    const struct vl_priority *step;
    char *end;
    long number = strtol(jump->priority, &end, 10);
    bool is_label = end == jump->priority || *end, is_relative = strchr("+-", *jump->priority);

    if (is_unknown(jump->context) || is_unknown(jump->extension) || is_unknown(jump->priority))
        return UNKNOWN;
    if (jump->context)
        place.context = jump->context;
    if (jump->extension)
        place.number = jump->extension;
    place.priority = is_label ? 1 : limited(number);
    if (is_relative && !is_label)
        place.priority = number > INT_MAX / 2 ? INT_MAX : limited(runner->at.priority + number);
    step = vl_trace_step(runner, &place, is_label ? jump->priority : NULL, &extension);
    if (step)
        place.priority = step->number;
    *ret_place = place;
    return step ? FOUND : is_label ? NO_LABEL : NO_STEP;
}

static const char *describe(struct vl_runner *runner, const struct vl_trace_place *place)
{
    return vl_arena_printf(runner->arena, "to %s,%s,%d", place->context, place->number, place->priority);
}

/* What is to be said of a jump. */
static const char *describe_jump(struct vl_runner *runner, const char *arguments, const struct vl_trace_place *place,
                                 enum found found, bool assumed)
{
    const char *there = found == FOUND     ? describe(runner, place)
                        : found == UNKNOWN ? vl_arena_printf(runner->arena, "not known where '%s' is", arguments)
                                           : vl_arena_printf(runner->arena, "there is no '%s'", arguments);

    return assumed ? vl_arena_printf(runner->arena, "%s, as nobody answers", there) : there;
}

/* A label has to be there. A priority has not: the call goes there, and what comes of it shows then. */
static enum vl_course run_goto(struct vl_runner *runner, const char *arguments, const char **note)
{
    bool assumed;
    struct vl_jump jump = vl_jump_read(runner->arena, assume(runner, arguments, &assumed));
    struct vl_trace_place place;
    enum found found = find_target(runner, &jump, &place);

    *note = describe_jump(runner, arguments, &place, found, assumed);
    if (found == NO_LABEL || found == UNKNOWN)
        return found == UNKNOWN ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
    runner->at = place;
    return VL_COURSE_JUMPED;
}

static enum vl_course run_gosub(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t target = strcspn(arguments, "(");
    bool assumed;
    const char *where = assume(runner, vl_arena_strndup(runner->arena, arguments, target), &assumed);
    struct vl_jump jump =
        vl_jump_read(runner->arena, vl_arena_printf(runner->arena, "%s%s", where, arguments + target));
    struct vl_trace_place place;
    enum found found = find_target(runner, &jump, &place);

    *note = describe_jump(runner, arguments, &place, found, assumed);
    if (found != FOUND)
        return found == UNKNOWN ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
    if (vl_trace_enter(runner, &place, false, jump.values, jump.value_count))
        return VL_COURSE_JUMPED;
    *note = "too deep to follow";
    return VL_COURSE_UNKNOWN;
}

static enum vl_course run_macro(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;
    bool assumed;
    const char *const *words = vl_jump_pieces(runner->arena, arguments, &count);
    struct vl_trace_place place = {
        .context = vl_arena_printf(runner->arena, "macro-%s", assume(runner, words[0], &assumed)),
        .number = "s",
        .priority = 1,
    };

    if (is_unknown(place.context)) {
        *note = vl_arena_printf(runner->arena, "not known which '%s' is", place.context);
        return VL_COURSE_UNKNOWN;
    }
    if (!vl_dialplan_context(runner->plan, place.context)) {
        *note = vl_arena_printf(runner->arena, "there is no context '%s'", place.context);
        return VL_COURSE_NEXT;
    }
    *note = describe_jump(runner, arguments, &place, FOUND, assumed);
    if (vl_trace_enter(runner, &place, true, words + 1, count ? count - 1 : 0)) {
        runner->frames[runner->depth - 1].tried = runner->trying;
        return VL_COURSE_JUMPED;
    }
    *note = "too deep to follow";
    return VL_COURSE_UNKNOWN;
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

static struct vl_condition condition_of(struct vl_runner *runner, const char *application, const char *arguments)
{
    return vl_condition_read(runner->arena, arguments, vl_jump_application(application)->marks);
}

static enum vl_course branch_if(struct vl_runner *runner, const char *application, const char *arguments,
                                course_of *way, const char **note)
{
    struct vl_condition condition = condition_of(runner, application, arguments);

    return branch(runner, &condition, way, note);
}

/* `TIMES,WEEKDAYS,DAYS,MONTHS[,TIMEZONE]?YES:NO` */
static enum vl_course branch_at(struct vl_runner *runner, const char *application, const char *arguments,
                                course_of *way, const char **note)
{
    struct vl_condition condition = condition_of(runner, application, arguments);
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
    return branch_if(runner, "GotoIf", arguments, run_goto, note);
}

static enum vl_course run_gosub_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, "GosubIf", arguments, run_gosub, note);
}

static enum vl_course run_macro_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_if(runner, "MacroIf", arguments, run_macro, note);
}

static enum vl_course run_goto_if_time(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_at(runner, "GotoIfTime", arguments, run_goto, note);
}

static enum vl_course run_nested(struct vl_runner *runner, const char *text, const char **note)
{
    struct vl_jump_call call = vl_jump_call_read(runner->arena, text);
    const char *there = NULL;
    enum vl_course course;

    if (call.name[strcspn(call.name, " \t")] || runner->nested >= NESTED_MOST) {
        *note = runner->nested >= NESTED_MOST ? "too deep to follow" : "a name with a blank is no application";
        return runner->nested >= NESTED_MOST ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
    }
    runner->nested++;
    course = vl_trace_call(runner, call.name, call.arguments, &there);
    runner->nested--;
    *note = vl_arena_printf(runner->arena, "%s%s%s", call.name, there ? ": " : "", there ? there : "");
    return course;
}

/* `ExecIf(CONDITION,APPLICATION,ARGUMENTS)`, as it was once written; a comma before the first '?' says so, in quotes
 * too. */
static enum vl_course run_old_exec_if(struct vl_runner *runner, const char *const *words, size_t count,
                                      const char **note)
{
    struct vl_condition condition = vl_condition_read(runner->arena, words[0], VL_MARKS_FIRST);

    if (condition.known && !condition.holds)
        return VL_COURSE_NEXT;
    *note = count > 1 ? "the form with commas is not followed" : "it names no application";
    return count > 1 || !condition.known ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
}

static enum vl_course run_exec_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_condition first = vl_condition_read(runner->arena, arguments, VL_MARKS_QUESTION);
    struct vl_condition condition = condition_of(runner, "ExecIf", arguments);
    size_t count, length = strlen(arguments);
    const char *const *words = vl_jump_pieces(runner->arena, first.text, &count);

    if (!first.marked || count > 1)
        return run_old_exec_if(runner, words, count, note);
    if (!condition.marked || (condition.holds && !*condition.yes) ||
        (!*condition.yes && !*condition.no && arguments[length - 1] != ':')) {
        *note = "it names no application";
        return VL_COURSE_FAILS;
    }
    return branch(runner, &condition, run_nested, note);
}

static enum vl_course run_exec_if_time(struct vl_runner *runner, const char *arguments, const char **note)
{
    return branch_at(runner, "ExecIfTime", arguments, run_nested, note);
}

static enum vl_course run_exec(struct vl_runner *runner, const char *arguments, const char **note)
{
    return *arguments ? run_nested(runner, arguments, note) : VL_COURSE_NEXT;
}

/* What fails is only noted down. TRYSTATUS hangs on more than is known here where the application goes on, and comes
 * after all that a Macro does. */
static enum vl_course run_try_exec(struct vl_runner *runner, const char *arguments, const char **note)
{
    bool outer = runner->trying, succeeds;
    enum vl_course course;

    runner->trying = true;
    course = run_exec(runner, arguments, note);
    runner->trying = outer;
    succeeds = course == VL_COURSE_JUMPED && !vl_trace_is_tried(runner);
    if (*arguments)
        vl_trace_set(runner, "TRYSTATUS", succeeds ? "SUCCESS" : NULL, false);
    return course == VL_COURSE_FAILS ? VL_COURSE_NEXT : course;
}

/* Nobody dials. Only where no step follows does that lead elsewhere. */
static enum vl_course run_wait_exten(struct vl_runner *runner, const char *arguments, const char **note)
{
    static const char *const timeouts[] = { "t", "e" };
    const struct vl_extension *extension;
    struct vl_trace_place next = runner->at;

    (void)arguments;
    next.priority = limited((long)next.priority + 1);
    if (vl_trace_step(runner, &next, NULL, &extension))
        return VL_COURSE_NEXT;
    if (!vl_trace_first_of(runner, runner->at.context, timeouts, VL_COUNT(timeouts))) {
        *note = "nobody dials, which ends the call";
        return VL_COURSE_FAILS;
    }
    *note = vl_arena_printf(runner->arena, "nobody dials: %s", describe(runner, &runner->at));
    return VL_COURSE_JUMPED;
}

/* From a Macro that the Gosub has called, too. */
static enum vl_course run_return(struct vl_runner *runner, const char *arguments, const char **note)
{
    unsigned gosubs = 0;

    for (unsigned i = 0; i < runner->depth; i++)
        gosubs += !runner->frames[i].macro;
    if (!gosubs) {
        *note = "there is nothing to return to";
        return VL_COURSE_FAILS;
    }
    while (runner->frames[runner->depth - 1].macro)
        (void)vl_trace_leave(runner, false);
    (void)vl_trace_leave(runner, true);
    vl_trace_set(runner, "GOSUB_RETVAL", arguments, false);
    return VL_COURSE_JUMPED;
}

static enum vl_course run_macro_exit(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    if (runner->depth && runner->frames[runner->depth - 1].macro && vl_trace_leave(runner, true))
        return VL_COURSE_JUMPED;
    for (unsigned i = 0; i < runner->depth; i++)
        if (runner->frames[i].macro)
            return VL_COURSE_UNKNOWN; /* in a Gosub within the Macro: hangs on how both were entered */
    *note = "there is no macro to leave";
    return VL_COURSE_ENDS;
}

/* A program that may set what it likes. */
static enum vl_course run_program(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    vl_trace_forget(runner);
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
        return VL_COURSE_FAILS;
    }
    show->dials = dials;
    dials[show->dial_count++] = channels;
    for (size_t i = 0; i < VL_COUNT(outcomes); i++)
        vl_trace_set(runner, outcomes[i], NULL, false);
    runner->unanswered = true;
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
    { "Exec", run_exec, true },
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
    { "MSet", vl_trace_set_many, true },
    { "NoOp", run_silence, true },
    { "Progress", run_silence, true },
    { "Read", vl_trace_read, false },
    { "Return", run_return, true },
    { "Ringing", run_silence, true },
    { "Set", vl_trace_set_one, true },
    { "Stasis", run_program, false },
    { "TryExec", run_try_exec, true },
    { "Verbose", run_silence, true },
    { "Wait", run_silence, true },
    { "WaitExten", run_wait_exten, false },
    { "While", run_loop, true },
};

enum vl_course vl_trace_call(struct vl_runner *runner, const char *application, const char *arguments,
                             const char **note)
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
