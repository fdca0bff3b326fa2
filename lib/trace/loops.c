/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * While, EndWhile, ExitWhile and ContinueWhile. Asterisk keeps its loops in variables of the call, and so does this:
 * WHILE_0, WHILE_1, … are where the loops begin, the outermost first; END_WHILE_0, … where they end, as soon as an
 * EndWhile was reached; CONTEXT_EXTENSION_PRIORITY of a While is which of them is its own. A loop that is left by a
 * jump stays there.
 */
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "dialplan/jump.h"
#include "trace/run.h"

enum { LOOPS_MOST = 64 };

struct loop {
    struct vl_runner *runner;
    const char *start;  /* the variable of where it begins */
    const char *end;    /* and of where it ends */
    const char *number; /* that of the While at this place */
};

/* NULL: nothing, which "" is too. */
static const char *value_of(struct vl_runner *runner, const char *name)
{
    const char *value;

    return vl_trace_kept(runner, name, &value) && value && *value ? value : NULL;
}

static unsigned count_loops(struct vl_runner *runner)
{
    unsigned count = 0;

    while (count < LOOPS_MOST && value_of(runner, vl_arena_printf(runner->scratch, "WHILE_%u", count)))
        count++;
    return count;
}

static void name_loop(struct loop *loop, const char *number)
{
    loop->start = vl_arena_printf(loop->runner->arena, "WHILE_%s", number);
    loop->end = vl_arena_printf(loop->runner->arena, "END_WHILE_%s", number);
}

static const char *place_of(struct vl_runner *runner, const char *form, int further)
{
    const struct vl_trace_place *at = &runner->at;
    int priority = at->priority < INT_MAX ? at->priority + further : at->priority;

    return *form == ',' ? vl_arena_printf(runner->arena, "%s,%s,%d", at->context, at->number, priority)
                        : vl_arena_printf(runner->arena, "%s_%s_%d", at->context, at->number, priority);
}

static enum vl_course go_to(struct vl_runner *runner, const char *text, const char **note)
{
    struct vl_jump_place named = vl_jump_place(runner->arena, VL_JUMP_GOTO, text);
    bool relative = false;
    long number = 1;

    if (!named.context || !named.extension || !vl_jump_number(named.priority, &relative, &number))
        return VL_COURSE_UNKNOWN;
    runner->at = (struct vl_trace_place){ named.context, named.extension, (int)number };
    *note = vl_arena_printf(runner->arena, "to %s", text);
    return VL_COURSE_JUMPED;
}

/* The EndWhile of the loop that begins here, as it stands in the plan; then behind it. There may be none. */
static enum vl_course go_behind(struct vl_runner *runner, const char **note)
{
    struct vl_trace_place place = runner->at;
    const struct vl_extension *extension;
    const struct vl_priority *step;
    unsigned level = 1;

    while (place.priority < INT_MAX) {
        place.priority++;
        step = vl_trace_step(runner, &place, NULL, &extension);
        if (!step)
            break;
        level += !strcasecmp(step->application, "While");
        level -= !strcasecmp(step->application, "EndWhile");
        if (level)
            continue;
        runner->at.priority = place.priority;
        vl_trace_go_on(runner);
        *note = vl_arena_printf(runner->arena, "to behind the loop, %d", runner->at.priority);
        return VL_COURSE_JUMPED;
    }
    *note = "the loop has no EndWhile";
    return VL_COURSE_NEXT;
}

static enum vl_course leave(struct loop *loop, const char **note)
{
    struct vl_runner *runner = loop->runner;
    const char *end = value_of(runner, loop->end);

    vl_trace_set(runner, loop->start, "");
    vl_trace_set(runner, loop->number, "");
    if (!end)
        return go_behind(runner, note);
    vl_trace_set(runner, loop->end, "");
    return go_to(runner, end, note);
}

static enum vl_course run_while(struct loop *loop, const char *arguments, const char **note)
{
    struct vl_runner *runner = loop->runner;
    bool known = !vl_trace_is_unknown(arguments);
    const char *number = value_of(runner, loop->number);

    if (!number) {
        number = vl_arena_printf(runner->arena, "%u", count_loops(runner));
        vl_trace_set(runner, loop->number, number);
    }
    name_loop(loop, number);
    if (!known)
        vl_trace_assume(runner, vl_arena_printf(runner->scratch, "'%s' is not so", arguments));
    if (!known || !vl_condition_holds(arguments))
        return leave(loop, note);
    if (!value_of(runner, loop->start))
        vl_trace_set(runner, loop->start, place_of(runner, ",", 0));
    return VL_COURSE_NEXT;
}

static enum vl_course run_end(struct loop *loop, const char **note)
{
    struct vl_runner *runner = loop->runner;
    const char *start = value_of(runner, loop->start);

    if (!start)
        return VL_COURSE_NEXT;
    if (!value_of(runner, loop->end))
        vl_trace_set(runner, loop->end, place_of(runner, ",", 1));
    return go_to(runner, start, note);
}

enum vl_course vl_trace_loop(struct vl_runner *runner, const char *arguments, const char **note)
{
    const char *name = runner->calling->name;
    struct loop loop = { .runner = runner, .number = place_of(runner, "_", 0) };
    unsigned count = count_loops(runner);

    if (runner->forgotten) {
        *note = "not known which loop it is";
        return VL_COURSE_UNKNOWN;
    }
    name_loop(&loop, count ? vl_arena_printf(runner->arena, "%u", count - 1) : "-1");
    if (!strcasecmp(name, "While"))
        return run_while(&loop, arguments, note);
    if (!strcasecmp(name, "EndWhile"))
        return run_end(&loop, note);
    if (!strcasecmp(name, "ExitWhile"))
        return leave(&loop, note);
    return count ? go_to(runner, value_of(runner, loop.start), note) : VL_COURSE_NEXT;
}
