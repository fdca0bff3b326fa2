/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What applications do to the course of a call that nobody answers, by the effects of the table of applications. Those
 * that have none are passed over.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/beside.h"
#include "dialplan/jump.h"
#include "dialplan/provided.h"
#include "dialplan/version.h"
#include "trace/functions.h"
#include "trace/run.h"
#include "trace/stack.h"

enum found { UNKNOWN = -2, NO_LABEL = -1, NO_STEP, FOUND };

static int limited(long priority)
{
    return priority < 0 ? 0 : priority > INT_MAX ? INT_MAX : (int)priority;
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

static const char *assume_part(struct vl_runner *runner, const char *part, bool *assumed)
{
    bool here;
    const char *text = part ? assume(runner, part, &here) : NULL;

    *assumed |= part && here;
    return text;
}

static bool assume_place(struct vl_runner *runner, struct vl_jump_place *place)
{
    bool assumed = false;

    place->context = assume_part(runner, place->context, &assumed);
    place->extension = assume_part(runner, place->extension, &assumed);
    place->priority = assume_part(runner, place->priority, &assumed);
    return assumed;
}

/* Not in the plan, but a file beside it or a module has it. */
static bool is_elsewhere(struct vl_runner *runner, const char *context)
{
    const char *maker = vl_dialplan_context(runner->plan, context) ? NULL : vl_dialplan_maker(runner->plan, context);

    if (maker)
        vl_trace_assume(runner,
                        vl_arena_printf(runner->scratch, "[%s] is that of %s, which is not read", context, maker));
    return maker;
}

/* The place that a jump names, seen from here: `+2` is two further on. */
static enum found find_target(struct vl_runner *runner, const struct vl_jump_place *named,
                              struct vl_trace_place *ret_place)
{
    struct vl_trace_place place = runner->at;
    const struct vl_extension *extension;
    const struct vl_priority *step;
    bool relative = false;
    long number = 1;
    bool is_label = !vl_jump_number(named->priority, &relative, &number);

    if (vl_trace_is_unknown(named->context) || vl_trace_is_unknown(named->extension) ||
        vl_trace_is_unknown(named->priority))
        return UNKNOWN;
    if (named->context)
        place.context = named->context;
    if (named->extension)
        place.number = named->extension;
    place.priority = limited(number);
    if (relative)
        place.priority = number > INT_MAX / 2 ? INT_MAX : limited(runner->at.priority + number);
    step = vl_trace_step(runner, &place, is_label ? named->priority : NULL, &extension);
    if (step)
        place.priority = step->number;
    *ret_place = place;
    if (is_elsewhere(runner, place.context))
        return UNKNOWN;
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
    struct vl_jump_place named = vl_jump_place(runner->arena, VL_JUMP_GOTO, arguments);
    bool assumed = assume_place(runner, &named);
    struct vl_trace_place place;
    enum found found = find_target(runner, &named, &place);

    *note = describe_jump(runner, arguments, &place, found, assumed);
    if (found == NO_LABEL || found == UNKNOWN)
        return found == UNKNOWN ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
    runner->at = place;
    return VL_COURSE_JUMPED;
}

typedef bool enter_way(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                       size_t value_count);

static enum vl_course enter_gosub(struct vl_runner *runner, struct vl_jump_place *named, const char *arguments,
                                  enter_way *enter, const char **note)
{
    bool assumed = assume_place(runner, named);
    const struct vl_extension *extension;
    struct vl_trace_place place;
    enum found found = find_target(runner, named, &place);

    *note = describe_jump(runner, arguments, &place, found, assumed);
    /* with extenpatternmatchnew a label may be that of an extension which its number does not find */
    if (found != FOUND || !vl_trace_step(runner, &place, NULL, &extension))
        return found == UNKNOWN ? VL_COURSE_UNKNOWN : VL_COURSE_FAILS;
    if (enter(runner, &place, named->values, named->value_count))
        return VL_COURSE_JUMPED;
    *note = "too deep to follow";
    return VL_COURSE_UNKNOWN;
}

static enum vl_course run_gosub(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump_place named = vl_jump_place(runner->arena, VL_JUMP_GOSUB, arguments);

    return enter_gosub(runner, &named, arguments, vl_stack_enter_gosub, note);
}

static enum vl_course run_macro(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump_place named = vl_jump_place(runner->arena, VL_JUMP_MACRO, arguments);
    bool assumed = assume_place(runner, &named), too_deep;
    struct vl_trace_place place = { .context = named.context, .number = named.extension, .priority = 1 };
    const struct vl_extension *extension;

    if (vl_trace_is_unknown(place.context) || is_elsewhere(runner, place.context)) {
        *note = vl_arena_printf(runner->arena, "not known which '%s' is", place.context);
        return VL_COURSE_UNKNOWN;
    }
    if (!vl_dialplan_context(runner->plan, place.context)) {
        *note = vl_arena_printf(runner->arena, "there is no context '%s'", place.context);
        return VL_COURSE_NEXT;
    }
    (void)vl_stack_macro_depth(runner, &too_deep);
    if (too_deep) {
        *note = "too many Macros in each other: Asterisk calls no more of them";
        return VL_COURSE_NEXT;
    }
    if (!vl_trace_step(runner, &place, NULL, &extension)) {
        *note = vl_arena_printf(runner->arena, "there is no s,1 in '%s'", place.context);
        return VL_COURSE_NEXT;
    }
    *note = describe_jump(runner, arguments, &place, FOUND, assumed);
    if (vl_stack_enter_macro(runner, &place, named.values, named.value_count))
        return VL_COURSE_JUMPED;
    *note = "too deep to follow";
    return VL_COURSE_UNKNOWN;
}

/* Whatever modules there are: no application has blanks, quotes, commas or brackets in its name. */
static bool is_no_name(const char *name)
{
    return !*name || strpbrk(name, " \t\"'$,()[]{}") != NULL;
}

/* An application that the version which is followed has not. When nobody said which one runs the plan, it was made for
 * one that has it. */
static bool is_not_of_version(struct vl_runner *runner, const char *name, const struct vl_presence *presence,
                              const char **note)
{
    int asterisk = runner->facts->asterisk;
    const char *version = vl_version_name(runner->arena, asterisk ? asterisk : VL_VERSION_DEFAULT);

    if (!asterisk || presence->kind == VL_PRESENCE_ELSEWHERE) {
        vl_trace_assume(runner, vl_arena_printf(runner->scratch, "there is an application %s, which Asterisk %s lacks",
                                                name, version));
        return false;
    }
    version = vl_version_name(runner->arena, presence->version);
    *note = presence->kind == VL_PRESENCE_GONE
                ? vl_arena_printf(runner->arena, "gone since Asterisk %s, which ends the call; write %s", version,
                                  presence->instead)
                : vl_arena_printf(runner->arena, "there since Asterisk %s only, which ends the call", version);
    return true;
}

/* Whether there is no such application, which ends the call. */
static bool is_absent(struct vl_runner *runner, const char *name, const char **note)
{
    int asterisk = runner->facts->asterisk;
    struct vl_presence presence =
        vl_presence_of(&runner->plan->loading, VL_PROVIDES_APPLICATION, name, asterisk ? asterisk : VL_VERSION_DEFAULT);

    if (is_no_name(name)) {
        *note = *name ? "no application has such a name, which ends the call"
                      : "the step names no application, which ends the call";
        return true;
    }
    switch (presence.kind) {
    case VL_PRESENCE_HERE:
        return false;
    case VL_PRESENCE_UNLOADED:
        *note = vl_arena_printf(runner->arena, "it is in %s.so, which modules.conf does not load: that ends the call",
                                presence.module);
        return true;
    case VL_PRESENCE_GONE:
    case VL_PRESENCE_LATER:
    case VL_PRESENCE_ELSEWHERE:
        return is_not_of_version(runner, name, &presence, note);
    case VL_PRESENCE_NONE:
        break;
    }
    vl_trace_assume(runner, vl_arena_printf(runner->scratch, "no other module brings an application '%s'", name));
    *note = "Asterisk has no such application, which ends the call";
    return true;
}

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
    bool outer = runner->trying, fails, absent = *arguments && is_absent(runner, call.name, note);
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
    [VL_EFFECT_GOTO] = run_goto,
    [VL_EFFECT_GOSUB] = run_gosub,
    [VL_EFFECT_MACRO] = run_macro,
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
    [VL_EFFECT_WAIT_EXTEN] = run_wait_exten,
};

/* The routine that the call itself runs before the telephones ring, `Dial(…,B(routine^s^1))`: when it is not there,
 * that is all the same. */
static enum vl_course run_before_ringing(struct vl_runner *runner, const struct vl_application *application,
                                         const char *arguments, const char **note)
{
    size_t count;
    const struct vl_jump *jumps = vl_jump_list(runner->arena, application, arguments, &count);

    for (size_t i = 0; i < count; i++) {
        struct vl_jump_place named = jumps[i].place;

        if (jumps[i].own && enter_gosub(runner, &named, arguments, vl_stack_enter_routine, note) == VL_COURSE_JUMPED)
            return VL_COURSE_JUMPED;
    }
    return VL_COURSE_NEXT;
}

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

    if (is_absent(runner, name, note))
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
               ? run_before_ringing(runner, application, arguments, note)
               : course;
}
