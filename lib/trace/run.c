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
#include "dialplan/variables.h"

static const char *value_of(void *context, const char *name)
{
    return vl_trace_value(context, name);
}

/* A Macro is left by a jump out of its context. */
static void leave_macros(struct vl_runner *runner)
{
    while (runner->depth && runner->frames[runner->depth - 1].macro &&
           strcasecmp(runner->frames[runner->depth - 1].macro, runner->at.context) != 0)
        (void)vl_trace_leave(runner, false);
}

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

    for (unsigned i = 0; i < runner->depth; i++)
        hash = hash_of_place(hash, &runner->frames[i].back);
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

static const char *fill_in(struct vl_runner *runner, const char *text, bool compute)
{
    struct vl_variables variables = { .value = value_of, .context = runner, .keep = true, .compute = compute };
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    const char *filled;

    runner->scratch = &scratch;
    filled = vl_substitute(runner->arena, &variables, text);
    runner->scratch = runner->arena;
    if (scratch.failed)
        runner->arena->failed = true;
    return filled;
}

/* The arguments with expressions as they are. A look for people only changes no value. */
static const char *look(struct vl_runner *runner, const char *text)
{
    size_t value_count = runner->value_count, size = value_count * sizeof(struct vl_value);
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_value *values = vl_arena_zalloc(&arena, size + 1);
    unsigned changes = runner->changes;
    const char *filled;

    if (values && size)
        memcpy(values, runner->values, size);
    filled = fill_in(runner, text, false);
    if (values && size)
        memcpy(runner->values, values, size);
    else
        runner->arena->failed |= !values;
    runner->value_count = value_count;
    runner->changes = changes;
    return filled;
}

/* The Macros that the step is in, counted from the innermost routine that runs aside of them. */
static unsigned count_macros(const struct vl_runner *runner)
{
    unsigned macros = 0;

    for (unsigned i = 0; i < runner->depth; i++)
        macros = runner->frames[i].aside ? 0 : macros + (runner->frames[i].macro != NULL);
    return macros;
}

/* A Macro looks behind each step whether that was a Gosub, and for this fills its arguments in once more: INC() and its
 * like count twice then. */
static void look_again(struct vl_runner *runner, const struct vl_priority *priority, unsigned macros)
{
    bool looks = !strcasecmp(priority->application, "GosubIf") || !strncasecmp(priority->application, "Exec", 4);

    if (looks && macros && macros == count_macros(runner))
        (void)fill_in(runner, priority->arguments, true);
}

/* False: it goes round in a circle, or memory ran out. */
static bool run_step(struct vl_runner *runner, const struct vl_extension *extension, const struct vl_priority *priority,
                     enum vl_course *ret_course)
{
    struct vl_show *show = runner->show;
    const char *application = priority->application, *note = NULL;
    const char *filled = strstr(priority->arguments, "$[") ? look(runner, priority->arguments) : NULL;
    const char *arguments = fill_in(runner, priority->arguments, true);
    struct vl_show_step step = { .depth = runner->depth,
                                 .extension = extension,
                                 .priority = priority,
                                 .arguments = without_codes(runner->arena, application, arguments),
                                 .filled = without_codes(runner->arena, application, filled ? filled : arguments),
                                 .changes = runner->changes,
                                 .places = hash_of_places(runner) };
    struct vl_show_step *steps = vl_arena_grow(runner->arena, show->steps, show->step_count, sizeof(*steps));
    size_t place = show->step_count;
    unsigned macros = count_macros(runner);

    if (!steps || was_here(runner, &step))
        return false;
    show->steps = steps;
    steps[show->step_count++] = step;
    *ret_course = vl_trace_call(runner, application, arguments, &note);
    look_again(runner, priority, macros);
    if (*ret_course == VL_COURSE_FAILS)
        *ret_course = vl_trace_is_tried(runner) ? VL_COURSE_UNKNOWN : VL_COURSE_ENDS;
    show->steps[place].note = note ? without_codes(runner->arena, "", note) : NULL;
    if (*ret_course == VL_COURSE_NEXT)
        vl_trace_go_on(runner);
    else if (*ret_course == VL_COURSE_JUMPED)
        leave_macros(runner);
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

/* The step that comes next; a Macro that has no more ends. */
static const struct vl_priority *next_step(struct vl_runner *runner, const struct vl_extension **ret_extension)
{
    for (;;) {
        const struct vl_priority *step = vl_trace_step(runner, &runner->at, NULL, ret_extension);

        if (step)
            return step;
        if (runner->depth && runner->frames[runner->depth - 1].macro)
            (void)vl_trace_leave(runner, true);
        else if (!go_to_invalid(runner))
            return NULL;
    }
}

void vl_trace(struct vl_runner *runner)
{
    struct vl_show *show = runner->show;
    size_t most = runner->facts->steps_most ? runner->facts->steps_most : VL_SHOW_STEPS_MOST;
    enum vl_course course = VL_COURSE_NEXT;

    while (!runner->arena->failed && (course == VL_COURSE_NEXT || course == VL_COURSE_JUMPED)) {
        const struct vl_extension *extension;
        const struct vl_priority *step = next_step(runner, &extension);

        if (show->step_count >= most) {
            show->end = vl_arena_printf(runner->arena, "and so on: not followed behind step %zu", most);
            return;
        }
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
