/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One step after the other, each looked up as Asterisk does it, so that a step that is missing is taken from a less
 * narrow extension.
 */
#include "trace/run.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/names.h"
#include "base/text.h"
#include "dialplan/jump.h"
#include "trace/fill.h"
#include "trace/stack.h"

static uint64_t hash_of_place(uint64_t hash, const struct vl_trace_place *place)
{
    hash = vl_hash_bytes(hash, place->context, strlen(place->context) + 1);
    hash = vl_hash_bytes(hash, place->number, strlen(place->number) + 1);
    return vl_hash_bytes(hash, &place->priority, sizeof(place->priority));
}

/* Where the call is, and where it goes back to from all the Gosub and Macro that it is in. */
static uint64_t hash_of_places(const struct vl_runner *runner)
{
    uint64_t hash = hash_of_place(VL_HASH_START, &runner->at);

    for (unsigned i = 0; i < runner->gosub_count; i++)
        hash = hash_of_place(hash, &runner->gosubs[i].back);
    for (unsigned i = 0; i < runner->loop_count; i++) {
        hash = hash_of_place(hash, &runner->loops[i].back);
        hash = vl_hash_bytes(hash, &runner->loops[i].level, sizeof(runner->loops[i].level));
    }
    return hash;
}

/* Whether the call was at this step already, with the same way back, arguments and values: it will be again. */
static bool was_here(const struct vl_runner *runner, const struct vl_show_step *step)
{
    const struct vl_show *show = runner->show;

    for (size_t i = 0; i < show->step_count; i++)
        if (show->steps[i].priority == step->priority && show->steps[i].places == step->places &&
            show->steps[i].changes == step->changes && !strcmp(show->steps[i].arguments, step->arguments))
            return true;
    return false;
}

/* The code that a call of Authenticate asks for, and how long it is: up to the options, or all of the arguments where
 * they are not plain. A file with codes may be named. */
static size_t code_length(const char *arguments, size_t length)
{
    const char *comma = memchr(arguments, ',', length);

    if (*arguments == '/')
        return 0;
    for (size_t i = 0; i < length; i++)
        if (strchr("\"\\${[(", arguments[i]))
            return length;
    return comma ? (size_t)(comma - arguments) : length;
}

/* The next call of Authenticate in the arguments of another application: where its arguments begin. NULL: none. */
static const char *next_authenticate(const char *text, const char *start)
{
    static const char name[] = "Authenticate";

    for (const char *p = text; (p = strcasestr(p, name)); p++) {
        const char *open = p + strlen(name) + strspn(p + strlen(name), " \t");

        if (*open == '(' && (p == start || !isalnum((unsigned char)p[-1])))
            return open + 1;
    }
    return NULL;
}

/* Codes are not for the terminal: `ExecIf(…?Authenticate(1234))` has them too. */
static const char *without_codes(struct vl_arena *arena, const char *application, const char *arguments)
{
    bool whole = !strcasecmp(application, "Authenticate");
    const char *from = arguments, *code = arguments;
    VL_BUF_AUTO out = VL_BUF_INIT;

    while (whole || (code = next_authenticate(from, arguments))) {
        size_t length = whole ? strlen(code) : vl_call_length(code), hidden = code_length(code, length);

        vl_buf_add(&out, from, (size_t)(code - from));
        vl_buf_puts(&out, hidden ? "****" : "");
        from = code + hidden;
        whole = false;
    }
    vl_buf_puts(&out, from);
    if (out.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

static unsigned count_depth(const struct vl_runner *runner)
{
    unsigned depth = runner->gosub_count;

    for (unsigned i = 0; i < runner->loop_count; i++)
        depth += runner->loops[i].macro != NULL;
    return depth;
}

/* False: it goes round in a circle, or memory ran out. */
static bool run_step(struct vl_runner *runner, const struct vl_extension *extension, const struct vl_priority *priority,
                     enum vl_course *ret_course)
{
    struct vl_show *show = runner->show;
    const char *application = priority->application, *note = NULL;
    const char *filled = strstr(priority->arguments, "$[") ? vl_fill_look(runner, priority->arguments) : NULL;
    const char *arguments = vl_fill(runner, priority->arguments);
    struct vl_show_step step = { .depth = count_depth(runner),
                                 .extension = extension,
                                 .priority = priority,
                                 .arguments = without_codes(runner->arena, application, arguments),
                                 .filled = without_codes(runner->arena, application, filled ? filled : arguments),
                                 .changes = runner->changes,
                                 .places = hash_of_places(runner) };
    struct vl_show_step *steps = vl_arena_grow(runner->arena, show->steps, show->step_count, sizeof(*steps));
    size_t place = show->step_count;

    if (!steps || was_here(runner, &step))
        return false;
    show->steps = steps;
    steps[show->step_count++] = step;
    vl_stack_begin(runner, priority);
    *ret_course = vl_stack_settle(runner, vl_trace_call(runner, application, arguments, &note));
    show->steps[place].note = note ? without_codes(runner->arena, "", note) : NULL;
    return true;
}

/* A number that is none at its context is one for `i`, when that is there, else for `e`. */
static bool go_to_invalid(struct vl_runner *runner)
{
    static const char *const invalid[] = { "i", "e" };
    struct vl_trace_place first = { runner->at.context, runner->at.number, 1 };
    const struct vl_extension *extension;

    if (vl_trace_step(runner, &first, NULL, &extension) ||
        !vl_trace_first_of(runner, first.context, invalid, VL_COUNT(invalid)))
        return false;
    if (!strcmp(runner->at.number, "i"))
        vl_trace_set(runner, "INVALID_EXTEN", first.number);
    return true;
}

/* The step that comes next; what runs the steps ends where there is none. NULL: the call ends, or *ret_course says
 * more.
 */
static const struct vl_priority *next_step(struct vl_runner *runner, const struct vl_extension **ret_extension,
                                           enum vl_course *ret_course)
{
    while (*ret_course == VL_COURSE_NEXT || *ret_course == VL_COURSE_JUMPED) {
        const struct vl_priority *step = vl_trace_step(runner, &runner->at, NULL, ret_extension);

        if (step)
            return step;
        if (!vl_stack_run_out(runner, ret_course) && !go_to_invalid(runner))
            return NULL;
    }
    return NULL;
}

void vl_trace(struct vl_runner *runner)
{
    struct vl_show *show = runner->show;
    size_t most = runner->facts->steps_most ? runner->facts->steps_most : VL_SHOW_STEPS_MOST;
    enum vl_course course = VL_COURSE_NEXT;

    while (!runner->arena->failed && (course == VL_COURSE_NEXT || course == VL_COURSE_JUMPED)) {
        const struct vl_extension *extension;
        const struct vl_priority *step = next_step(runner, &extension, &course);

        if (show->step_count >= most) {
            show->end = vl_arena_printf(runner->arena, "and so on: not followed behind step %zu", most);
            return;
        }
        if (!step && course != VL_COURSE_NEXT && course != VL_COURSE_JUMPED)
            break;
        if (!step) {
            show->end = runner->plan->general.autofallthrough ? "no step follows: Asterisk ends the call"
                                                              : "no step follows: Asterisk waits for more digits";
            return;
        }
        if (!run_step(runner, extension, step, &course)) {
            show->end = "and so on: it goes round in a circle";
            return;
        }
    }
    show->end = course == VL_COURSE_ENDS ? "the call ends" : "not followed any further";
}
