/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where applications send a call: Goto, Gosub, Macro, and the routine that an application runs itself. A place may name
 * a label, be relative, or stand in a file that is not read; what is not known of it ends the following, and is said.
 */
#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "dialplan/beside.h"
#include "dialplan/jump.h"
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
enum vl_course vl_trace_goto(struct vl_runner *runner, const char *arguments, const char **note)
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

enum vl_course vl_trace_gosub(struct vl_runner *runner, const char *arguments, const char **note)
{
    struct vl_jump_place named = vl_jump_place(runner->arena, VL_JUMP_GOSUB, arguments);

    return enter_gosub(runner, &named, arguments, vl_stack_enter_gosub, note);
}

enum vl_course vl_trace_macro(struct vl_runner *runner, const char *arguments, const char **note)
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

/* The routine that the call itself runs before the telephones ring, `Dial(…,B(routine^s^1))`: when it is not there,
 * that is all the same. */
enum vl_course vl_trace_before_ringing(struct vl_runner *runner, const struct vl_application *application,
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

/* Nobody dials. Only where no step follows does that lead elsewhere. */
enum vl_course vl_trace_wait_exten(struct vl_runner *runner, const char *arguments, const char **note)
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
