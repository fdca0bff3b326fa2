/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What applications do to the course of a call that nobody answers, by the effects of the table of applications. Those
 * that have none are passed over.
 */
#include <string.h>

#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/functions.h"
#include "trace/run.h"
#include "trace/stack.h"

static enum vl_course run_exec(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump_call call = vl_jump_call_read(runner->arena, arguments);
    const char *there = NULL;
    enum vl_course course;

    if (!*arguments)
        return VL_COURSE_NEXT;
    if (call.misnamed || runner->nested >= VL_JUMP_NESTED_MOST) {
        *note = call.misnamed ? "a name with a blank is no application" : "too deep to follow";
        return call.misnamed ? VL_COURSE_FAILS : VL_COURSE_UNKNOWN;
    }
    runner->nested++;
    course = vl_trace_call(runner, call.name, call.arguments, &there);
    runner->nested--;
    *note = vl_arena_printf(runner->arena, "%s%s%s", call.name, there ? ": " : "", there ? there : "");
    return course;
}

/* What fails is only noted down. TRYSTATUS hangs on more than is known here where the application goes on, and comes
 * after all that a Macro does. */
static enum vl_course run_try_exec(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump_call call = vl_jump_call_read(runner->scratch, arguments);
    bool outer = runner->trying, fails, absent = *arguments && vl_trace_is_absent(runner, call.name, note);
    unsigned loops = runner->loop_count;
    enum vl_course course;

    runner->trying = true;
    course = run_exec(runner, arguments, note);
    runner->trying = outer;
    fails = course == VL_COURSE_FAILS || course == VL_COURSE_LEAVES;
    if (*arguments && runner->loop_count == loops)
        vl_trace_set(runner, "TRYSTATUS",
                     absent                       ? "NOAPP"
                     : fails                      ? "FAILED"
                     : course == VL_COURSE_JUMPED ? "SUCCESS"
                                                  : NULL);
    return fails ? VL_COURSE_NEXT : course;
}

typedef enum vl_course course_of(struct vl_runner *runner, const char *arguments, const char **note);

/* Go one of two ways; a way that is empty leads on. */
static enum vl_course branch(struct vl_runner *runner, const struct vl_ways *ways, course_of *way, const char **note)
{
    const struct vl_condition *condition = &ways->condition;
    const char *target = ways->text[condition->known && condition->holds ? 0 : 1];
    const char *outcome = condition->holds ? "holds" : "does not hold", *there = NULL;
    enum vl_course course;

    if (!condition->known) {
        outcome = vl_arena_printf(runner->arena, "not known whether '%s'; taken as not so", condition->text);
        vl_trace_assume(runner, vl_arena_printf(runner->arena, "'%s' is not so", condition->text));
    }
    *note = outcome;
    if (!*target)
        return VL_COURSE_NEXT;
    course = way(runner, target, &there);
    if (there)
        *note = vl_arena_printf(runner->arena, "%s: %s", outcome, there);
    return course;
}

static enum vl_course run_old_exec_if(struct vl_runner *runner, const char *arguments, const char **note)
{
    size_t count;
    const char *const *words = vl_jump_pieces(runner->arena, arguments, &count);
    struct vl_condition condition = vl_condition_read(runner->arena, words[0], VL_MARKS_FIRST);

    if (condition.known && !condition.holds)
        return VL_COURSE_NEXT;
    *note = count > 1 ? "the form with commas is not followed" : "it names no application";
    return count > 1 || !condition.known ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
}

/* Whether an ExecIf has nothing to call, which fails. */
static bool calls_nothing(const struct vl_ways *ways, const char *arguments)
{
    const struct vl_condition *condition = &ways->condition;

    return !condition->marked || (condition->holds && !*condition->yes) ||
           (!*condition->yes && !*condition->no && arguments[strlen(arguments) - 1] != ':');
}

static enum vl_course run_ways(struct vl_runner *runner, const struct vl_application *application,
                               const char *arguments, course_of *way, const char **note)
{
    struct vl_ways ways = vl_jump_ways(runner->arena, application, arguments);

    if (!ways.count)
        return run_old_exec_if(runner, arguments, note);
    if (application->when == VL_WHEN_TIME && !vl_trace_ask_time(runner, &ways.condition))
        return VL_COURSE_ENDS;
    if (application->effect == VL_EFFECT_EXEC && application->when == VL_WHEN_CONDITION &&
        calls_nothing(&ways, arguments)) {
        *note = "it names no application";
        return VL_COURSE_FAILS;
    }
    return branch(runner, &ways, way, note);
}

static enum vl_course run_return(struct vl_runner *runner, const char *arguments, const char **note)
{
    if (!runner->gosub_count)
        *note = "there is nothing to return to";
    return vl_stack_return(runner, arguments);
}

static enum vl_course run_stack_pop(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    (void)note;
    return vl_stack_pop(runner);
}

static enum vl_course run_macro_exit(struct vl_runner *runner, const char *arguments, const char **note)
{
    bool macro = false;

    (void)arguments;
    for (unsigned i = 0; i < runner->loop_count; i++)
        macro |= runner->loops[i].macro != NULL;
    if (!macro)
        *note = "there is no macro to leave: Asterisk waits for digits";
    return VL_COURSE_LEAVES;
}

/* A program that may set what it likes. */
static enum vl_course run_program(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    vl_trace_forget(runner);
    *note = "may set any variable";
    return VL_COURSE_NEXT;
}

enum channels { CHANNELS_NONE, CHANNELS_SOME, CHANNELS_BROKEN };

/* What `TECHNOLOGY/RESOURCE&…` has to dial: empty places are passed over, one that lacks either breaks it. */
static enum channels look_at_channels(struct vl_arena *arena, const char *channels)
{
    const char *const *list = vl_text_split(arena, channels, "&");
    enum channels found = CHANNELS_NONE;

    if (vl_trace_is_unknown(channels))
        return CHANNELS_SOME;
    for (size_t i = 0; list && list[i]; i++) {
        const char *one = vl_text_strip(vl_arena_strdup(arena, list[i])), *slash = strchr(one, '/');

        if (!*one)
            continue;
        if (!slash || !slash[1 + strspn(slash + 1, "\"")])
            return CHANNELS_BROKEN;
        found = CHANNELS_SOME;
    }
    return found;
}

static enum vl_course run_dial(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_show *show = runner->show;
    const char **dials = vl_arena_grow(runner->arena, show->dials, show->dial_count, sizeof(*dials));
    const char *channels = vl_jump_devices(runner->arena, runner->calling, arguments);

    if (!dials)
        return VL_COURSE_ENDS;
    switch (look_at_channels(runner->arena, channels)) {
    case CHANNELS_NONE:
        *note = "nothing to dial";
        runner->unanswered = false;
        vl_trace_set(runner, "DIALSTATUS", "CHANUNAVAIL");
        return VL_COURSE_NEXT;
    case CHANNELS_BROKEN:
        *note = "no TECHNOLOGY/RESOURCE, which ends the call";
        return VL_COURSE_FAILS;
    case CHANNELS_SOME:
        break;
    }
    show->dials = dials;
    dials[show->dial_count++] = channels;
    runner->unanswered = true;
    return VL_COURSE_NEXT;
}

static enum vl_course run_pin(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)arguments;
    (void)note;
    runner->show->pin = true;
    return VL_COURSE_NEXT;
}

static enum vl_course run_delete_key(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)note;
    vl_trace_write(runner, vl_arena_printf(runner->scratch, "DB_DELETE(%s)", arguments), "");
    return VL_COURSE_NEXT;
}

static enum vl_course run_delete_tree(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)note;
    vl_function_database_forget(runner, arguments);
    return VL_COURSE_NEXT;
}

static enum vl_course run_end(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)runner;
    (void)arguments;
    (void)note;
    return VL_COURSE_ENDS;
}

/* Where the number may go on the caller is waited for, else it is none. */
static enum vl_course run_incomplete(struct vl_runner *runner, const char *arguments, const char **note)
{
    (void)runner;
    (void)arguments;
    *note = "more digits are waited for, if any number goes on so";
    return VL_COURSE_UNKNOWN;
}

static course_of *const effects[VL_EFFECT_COUNT] = {
    [VL_EFFECT_GOTO] = vl_trace_goto,
    [VL_EFFECT_GOSUB] = vl_trace_gosub,
    [VL_EFFECT_MACRO] = vl_trace_macro,
    [VL_EFFECT_EXEC] = run_exec,
    [VL_EFFECT_TRY_EXEC] = run_try_exec,
    [VL_EFFECT_RETURN] = run_return,
    [VL_EFFECT_POP] = run_stack_pop,
    [VL_EFFECT_MACRO_EXIT] = run_macro_exit,
    [VL_EFFECT_HANGUP] = run_end,
    [VL_EFFECT_TONE] = run_end,
    [VL_EFFECT_MORE_DIGITS] = run_incomplete,
    [VL_EFFECT_LOOP] = vl_trace_loop,
    [VL_EFFECT_PROGRAM] = run_program,
    [VL_EFFECT_SET] = vl_trace_set_one,
    [VL_EFFECT_SET_MANY] = vl_trace_set_many,
    [VL_EFFECT_READ] = vl_trace_read,
    [VL_EFFECT_DIAL] = run_dial,
    [VL_EFFECT_DELETE_KEY] = run_delete_key,
    [VL_EFFECT_DELETE_TREE] = run_delete_tree,
    [VL_EFFECT_PIN] = run_pin,
    [VL_EFFECT_WAIT_EXTEN] = vl_trace_wait_exten,
};

/* What says how the application went hangs on the call. */
static void forget_reports(struct vl_runner *runner, const struct vl_application *application)
{
    const char *const *names = application->reports ? vl_text_split(runner->scratch, application->reports, " ") : NULL;

    for (; names && *names; names++)
        vl_trace_set(runner, *names, NULL);
}

enum vl_course vl_trace_call(struct vl_runner *runner, const char *name, const char *arguments, const char **note)
{
    const struct vl_application *application = vl_application(name);
    course_of *run = effects[application->effect];
    enum vl_course course = VL_COURSE_NEXT;

    if (vl_trace_is_absent(runner, name, note))
        return VL_COURSE_FAILS;
    if (!runner->last && !application->silent)
        runner->last = *application->name ? application->name : name;
    runner->calling = application;
    forget_reports(runner, application);
    if (run && application->when != VL_WHEN_ALWAYS)
        return run_ways(runner, application, arguments, run, note);
    if (run)
        course = run(runner, arguments, note);
    if (application->devices)
        vl_trace_doubt_others(runner, application, arguments);
    return course == VL_COURSE_NEXT && application->slot_count
               ? vl_trace_before_ringing(runner, application, arguments, note)
               : course;
}
