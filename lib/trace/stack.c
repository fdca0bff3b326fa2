/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As gosub_exec, return_exec and gosub_run of app_stack.c and _macro_exec of app_macro.c do it.
 */
#include "trace/stack.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trace/fill.h"

enum { MACROS_MOST = 7 }; /* one in the other, when MACRO_RECURSION says nothing else */

static struct vl_loop *innermost(struct vl_runner *runner)
{
    return runner->loop_count ? &runner->loops[runner->loop_count - 1] : NULL;
}

static bool enter_gosub(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                        size_t count, bool special)
{
    size_t outer = runner->gosub_count ? runner->gosubs[runner->gosub_count - 1].argument_count : 0;
    struct vl_gosub *gosub = &runner->gosubs[runner->gosub_count];

    if (runner->gosub_count >= VL_GOSUBS_MOST)
        return false;
    *gosub =
        (struct vl_gosub){ .back = runner->at, .special = special, .argument_count = count > outer ? count : outer };
    runner->gosub_count++;
    /* arguments of the Gosub around it are hidden, those that this one does not have too */
    for (size_t i = 0; i < gosub->argument_count; i++)
        vl_trace_set_local(runner, vl_arena_printf(runner->arena, "ARG%zu", i + 1), i < count ? values[i] : "");
    vl_trace_set_local(runner, "ARGC", vl_arena_printf(runner->arena, "%zu", count));
    runner->at = *place;
    return true;
}

bool vl_stack_enter_gosub(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                          size_t value_count)
{
    return enter_gosub(runner, place, values, value_count, false);
}

bool vl_stack_enter_routine(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                            size_t value_count)
{
    struct vl_trace_place back = runner->at;

    if (runner->loop_count >= VL_LOOPS_MOST || !enter_gosub(runner, place, values, value_count, true))
        return false;
    runner->loops[runner->loop_count++] = (struct vl_loop){ .back = back };
    return true;
}

/* The value of a variable of the call, else of a global of this name. False: there is none. */
static bool find_variable(const struct vl_runner *runner, const char *name, const char **ret_value)
{
    if (vl_trace_kept(runner, name, ret_value) ||
        vl_trace_kept(runner, vl_arena_printf(runner->scratch, "GLOBAL(%s)", name), ret_value))
        return true;
    *ret_value = vl_dialplan_global(runner->plan, name);
    return *ret_value != NULL;
}

/* Set a variable for as long as a Macro lasts: behind it the call has what it read as before, be that a global. */
static void set_for(struct vl_runner *runner, struct vl_loop *loop, const char *name, const char *value)
{
    struct vl_saved *saved = vl_arena_grow(runner->arena, loop->saved, loop->saved_count, sizeof(*saved));
    const char *old;
    bool there = find_variable(runner, name, &old);

    if (!saved)
        return;
    loop->saved = saved;
    saved[loop->saved_count++] = (struct vl_saved){ vl_arena_strdup(runner->arena, name), old, there };
    if (value)
        vl_trace_set(runner, name, value);
    else
        vl_trace_unset(runner, name);
}

static void set_depth(struct vl_runner *runner, unsigned depth)
{
    vl_trace_set(runner, "MACRO_DEPTH", vl_arena_printf(runner->arena, "%u", depth));
}

unsigned vl_stack_macro_depth(struct vl_runner *runner, bool *ret_too_deep)
{
    const char *text;
    unsigned depth = 0;
    int most = MACROS_MOST;

    for (unsigned i = 0; i < runner->loop_count; i++)
        depth += runner->loops[i].macro != NULL;
    if (vl_trace_kept(runner, "MACRO_DEPTH", &text) && text)
        (void)sscanf(text, "%30u", &depth);
    if (find_variable(runner, "MACRO_RECURSION", &text) && text)
        (void)sscanf(text, "%30d", &most);
    *ret_too_deep = most < 0 || depth >= (unsigned)most;
    return depth;
}

bool vl_stack_enter_macro(struct vl_runner *runner, const struct vl_trace_place *place, const char *const *values,
                          size_t value_count)
{
    struct vl_loop *loop = &runner->loops[runner->loop_count];
    bool too_deep;

    if (runner->loop_count >= VL_LOOPS_MOST)
        return false;
    *loop = (struct vl_loop){ .back = runner->at, .macro = place->context, .tried = runner->trying };
    loop->depth = vl_stack_macro_depth(runner, &too_deep);
    runner->loop_count++;
    set_for(runner, loop, "MACRO_EXTEN", runner->at.number);
    set_for(runner, loop, "MACRO_CONTEXT", runner->at.context);
    set_for(runner, loop, "MACRO_PRIORITY", vl_arena_printf(runner->arena, "%d", runner->at.priority));
    set_for(runner, loop, "MACRO_OFFSET", NULL);
    set_depth(runner, loop->depth + 1);
    for (size_t i = 0; i < value_count; i++)
        set_for(runner, loop, vl_arena_printf(runner->arena, "ARG%zu", i + 1), values[i]);
    runner->at = *place;
    return true;
}

/* The innermost Gosub is gone, with what was set for it. */
static void release_gosub(struct vl_runner *runner)
{
    struct vl_gosub *gosub = &runner->gosubs[--runner->gosub_count];

    for (size_t i = 0; i < gosub->name_count; i++)
        vl_trace_unset(runner, gosub->names[i]);
}

enum vl_course vl_stack_return(struct vl_runner *runner, const char *value)
{
    const struct vl_gosub *gosub;
    bool special;

    if (!runner->gosub_count)
        return VL_COURSE_FAILS;
    gosub = &runner->gosubs[runner->gosub_count - 1];
    special = gosub->special;
    runner->at = gosub->back;
    release_gosub(runner);
    vl_trace_set(runner, "GOSUB_RETVAL", value);
    if (special)
        return VL_COURSE_FAILS;
    vl_trace_go_on(runner);
    return VL_COURSE_JUMPED;
}

enum vl_course vl_stack_pop(struct vl_runner *runner)
{
    if (!runner->gosub_count)
        return VL_COURSE_NEXT;
    if (runner->gosubs[runner->gosub_count - 1].special)
        return VL_COURSE_FAILS;
    release_gosub(runner);
    return VL_COURSE_NEXT;
}

void vl_stack_begin(struct vl_runner *runner, const struct vl_priority *step)
{
    struct vl_loop *loop = innermost(runner);

    runner->loops_before = runner->loop_count;
    if (!loop)
        return;
    loop->running = step;
    loop->gosubs_before = runner->gosub_count;
    if (loop->macro)
        set_depth(runner, loop->depth + 1);
}

static bool begins(const char *text, const char *word)
{
    return !strncasecmp(text, word, strlen(word));
}

/* GosubIf as a Macro looks at it once it has run: its arguments are filled in anew, with what is known by now, and
 * taken apart at the first '?' and the first ':'. */
static int count_gosub_if(struct vl_runner *runner, const struct vl_loop *loop, char *text)
{
    char *rest = text, *condition = strsep(&rest, "?"), *yes = strsep(&rest, ":");
    const char *way;

    if (vl_trace_is_unknown(condition))
        return runner->gosub_count > loop->gosubs_before;
    way = vl_condition_holds(condition) ? yes : rest;
    return way && *way;
}

/* Exec and its kin: what is called is looked at in the same way; for ExecIf behind a '|', as it was once written. */
static int count_call(const char *application, char *text)
{
    char *rest = text;

    if (!strcasecmp(application, "ExecIf")) {
        const char *condition = strsep(&rest, "|");

        if (!rest || !vl_condition_holds(condition))
            return 0;
    }
    if (begins(rest, "Gosub"))
        return 1;
    return begins(rest, "Return") || begins(rest, "StackPop") ? -1 : 0;
}

/* What a Macro notes down of the step that has run in it: how many Gosub deeper the call is. */
static int count_gosubs(struct vl_runner *runner, const struct vl_loop *loop)
{
    const char *application = loop->running->application;

    if (!strcasecmp(application, "Gosub"))
        return 1;
    if (!strcasecmp(application, "Return") || !strcasecmp(application, "StackPop"))
        return -1;
    if (!strcasecmp(application, "GosubIf"))
        return count_gosub_if(runner, loop, vl_fill_again(runner, loop->running->arguments));
    if (begins(application, "Exec"))
        return count_call(application, vl_fill_again(runner, loop->running->arguments));
    return 0;
}

/* MACRO_OFFSET: so many steps are passed over, if there is one behind them. */
static void pass_over(struct vl_runner *runner)
{
    const struct vl_extension *extension;
    struct vl_trace_place place = runner->at;
    const char *text;
    int offset = 0;

    if (!find_variable(runner, "MACRO_OFFSET", &text) || !text || sscanf(text, "%30d", &offset) != 1 ||
        offset > INT_MAX / 4 || offset < -(INT_MAX / 4))
        return;
    place.priority = place.priority > INT_MAX / 2 ? INT_MAX : place.priority + offset + 1;
    if (vl_trace_step(runner, &place, NULL, &extension))
        runner->at.priority = place.priority - 1;
}

/* Out of the innermost Macro: where it was called if the call is still in its context, else where the call is. */
static enum vl_course leave_macro(struct vl_runner *runner, enum vl_course course)
{
    struct vl_loop *loop = innermost(runner);

    set_depth(runner, loop->depth);
    for (size_t i = 0; i < loop->saved_count; i++) {
        const struct vl_saved *saved = &loop->saved[i];

        if (!strcmp(saved->name, "MACRO_OFFSET"))
            continue;
        if (saved->there)
            vl_trace_set(runner, saved->name, saved->value);
        else
            vl_trace_unset(runner, saved->name);
    }
    if (!strcasecmp(runner->at.context, loop->macro)) {
        runner->at = loop->back;
        pass_over(runner);
    }
    for (size_t i = 0; i < loop->saved_count; i++)
        if (!strcmp(loop->saved[i].name, "MACRO_OFFSET") && loop->saved[i].there)
            vl_trace_set(runner, "MACRO_OFFSET", loop->saved[i].value);
        else if (!strcmp(loop->saved[i].name, "MACRO_OFFSET"))
            vl_trace_unset(runner, "MACRO_OFFSET");
    runner->loop_count--;
    if (!loop->tried)
        return course;
    vl_trace_set(runner, "TRYSTATUS", course == VL_COURSE_FAILS ? "FAILED" : "SUCCESS");
    return course == VL_COURSE_FAILS ? VL_COURSE_NEXT : course;
}

static bool is_same_place(const struct vl_trace_place *a, const struct vl_trace_place *b)
{
    return a->priority == b->priority && !strcmp(a->context, b->context) && !strcmp(a->number, b->number);
}

/* Out of a routine that an application ran, by Return or in whatever way: the application goes on. */
static enum vl_course leave_routine(struct vl_runner *runner)
{
    const struct vl_loop *loop = innermost(runner);
    bool found = is_same_place(&runner->at, &loop->back);

    if (!found)
        vl_trace_set(runner, "GOSUB_RETVAL", "");
    while (!found && runner->gosub_count) {
        found = runner->gosubs[runner->gosub_count - 1].special;
        release_gosub(runner);
    }
    runner->at = loop->back;
    runner->loop_count--;
    return VL_COURSE_NEXT;
}

/* Behind a step of the innermost loop that went well. True: the loop is left. */
static bool is_left(struct vl_runner *runner)
{
    struct vl_loop *loop = innermost(runner);

    if (!loop->macro)
        return false;
    loop->level += count_gosubs(runner, loop);
    return !loop->level && strcasecmp(runner->at.context, loop->macro) != 0;
}

/* What a step of the innermost loop that did not go on means to what is around the loop. */
static enum vl_course break_off(struct vl_runner *runner, enum vl_course course)
{
    if (!innermost(runner)->macro)
        return leave_routine(runner);
    return leave_macro(runner, course == VL_COURSE_LEAVES ? VL_COURSE_NEXT : course);
}

enum vl_course vl_stack_settle(struct vl_runner *runner, enum vl_course course)
{
    if (runner->loop_count > runner->loops_before) /* the step has gone into a loop, and is not over */
        return course;
    while (runner->loop_count && course != VL_COURSE_UNKNOWN && course != VL_COURSE_ENDS) {
        if (course == VL_COURSE_FAILS || course == VL_COURSE_LEAVES)
            course = break_off(runner, course);
        else if (is_left(runner))
            course = leave_macro(runner, course);
        else
            break;
    }
    if (course == VL_COURSE_NEXT)
        vl_trace_go_on(runner);
    /* outside of all Macros MacroExit is taken for a digit, and Asterisk waits for more */
    return course == VL_COURSE_FAILS ? VL_COURSE_ENDS : course == VL_COURSE_LEAVES ? VL_COURSE_UNKNOWN : course;
}

bool vl_stack_run_out(struct vl_runner *runner, enum vl_course *ret_course)
{
    if (!runner->loop_count)
        return false;
    runner->loops_before = runner->loop_count;
    *ret_course = vl_stack_settle(runner, innermost(runner)->macro ? VL_COURSE_LEAVES : VL_COURSE_FAILS);
    return true;
}
