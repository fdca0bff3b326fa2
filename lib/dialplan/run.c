/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One step after the other, each looked up as Asterisk does it, so that a step that is missing is taken from a less
 * narrow extension.
 */
#include "dialplan/run.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/names.h"
#include "dialplan/variables.h"

enum { STEPS_MOST = 100 };

void vl_run_set(struct vl_runner *runner, const char *name, const char *value, bool local)
{
    const char *old = vl_run_value(runner, name);
    size_t i = runner->value_count;

    if (!old || strcmp(old, value) != 0)
        runner->changes++;
    while (!local && i > 0 && strcmp(runner->values[i - 1].name, name) != 0)
        i--;
    if (!local && i > 0)
        runner->values[i - 1].value = value;
    else if (runner->value_count < VL_VALUES_MOST)
        runner->values[runner->value_count++] = (struct vl_value){ name, value, local };
}

/* ARG1 and so on, of a Gosub or a Macro that was given fewer. */
static bool is_argument(const struct vl_runner *runner, const char *name)
{
    return runner->depth && vl_text_starts(name, "ARG") && name[3] && !name[3 + strspn(name + 3, "0123456789")];
}

const char *vl_run_value(struct vl_runner *runner, const char *name)
{
    const char *global;

    for (size_t i = runner->value_count; i-- > 0;)
        if (!strcmp(runner->values[i].name, name))
            return runner->values[i].value;
    if (!strcmp(name, "EXTEN"))
        return runner->at.number;
    if (!strcmp(name, "CONTEXT"))
        return runner->at.context;
    if (!strcmp(name, "PRIORITY"))
        return vl_arena_printf(runner->arena, "%d", runner->at.priority);
    if (!strcasecmp(name, "CALLERID(num)") || !strcasecmp(name, "CALLERID(number)"))
        return runner->show->query.callerid;
    if (strchr(name, '('))
        return vl_run_function(runner, name);
    global = vl_dialplan_global(runner->plan, name);
    return !global && is_argument(runner, name) ? "" : global;
}

static const char *value_of(void *context, const char *name)
{
    return vl_run_value(context, name);
}

const struct vl_priority *vl_run_step(struct vl_runner *runner, const struct vl_place *place, const char *label,
                                      const struct vl_extension **ret_extension)
{
    struct vl_query query = runner->show->query;
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_search search;

    query.context = place->context;
    query.number = place->number;
    query.priority = place->priority;
    query.label = label;
    query.callerid = vl_run_value(runner, "CALLERID(num)");
    if (vl_search(runner->plan, &query, runner->arena, &search, &err) < 0 || !search.match)
        return NULL;
    *ret_extension = search.match->extension;
    return search.step;
}

/* The arguments of the innermost Gosub hide those of the one around it, those that it does not have too. */
static void set_arguments(struct vl_runner *runner, const char *const *values, size_t count)
{
    struct vl_frame *frame = &runner->frames[runner->depth - 1];
    size_t outer = runner->depth > 1 ? runner->frames[runner->depth - 2].argument_count : 0;

    frame->argument_count = frame->macro || count > outer ? count : outer;
    for (size_t i = 0; i < frame->argument_count; i++)
        vl_run_set(runner, vl_arena_printf(runner->arena, "ARG%zu", i + 1), i < count ? values[i] : "", true);
    if (!frame->macro)
        vl_run_set(runner, "ARGC", vl_arena_printf(runner->arena, "%zu", count), true);
}

bool vl_run_enter(struct vl_runner *runner, const struct vl_place *place, bool macro, const char *const *values,
                  size_t value_count)
{
    if (runner->depth >= VL_FRAMES_MOST)
        return false;
    runner->frames[runner->depth++] =
        (struct vl_frame){ .back = runner->at, .macro = macro, .value_count = runner->value_count };
    if (macro) {
        vl_run_set(runner, "MACRO_EXTEN", runner->at.number, true);
        vl_run_set(runner, "MACRO_CONTEXT", runner->at.context, true);
        vl_run_set(runner, "MACRO_PRIORITY", vl_arena_printf(runner->arena, "%d", runner->at.priority), true);
    }
    set_arguments(runner, values, value_count);
    runner->at = *place;
    return true;
}

bool vl_run_leave(struct vl_runner *runner)
{
    size_t kept;

    if (!runner->depth)
        return false;
    runner->depth--;
    kept = runner->frames[runner->depth].value_count;
    for (size_t i = kept; i < runner->value_count; i++)
        if (!runner->values[i].local)
            runner->values[kept++] = runner->values[i];
    runner->value_count = kept;
    runner->at = runner->frames[runner->depth].back;
    runner->at.priority++;
    return true;
}

static uint64_t hash_of_place(uint64_t hash, const struct vl_place *place)
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

/* Codes are not for the terminal; a file that holds them may be named. They may be in the arguments of another
 * application too, as in `ExecIf(…?Authenticate(1234))`. */
static const char *without_codes(struct vl_arena *arena, const char *application, const char *arguments)
{
    static const char call[] = "Authenticate(";
    bool whole = !strcasecmp(application, "Authenticate");
    const char *code = arguments;
    VL_BUF_AUTO out = VL_BUF_INIT;

    while (whole || (code = strcasestr(arguments, call))) {
        code += whole ? 0 : strlen(call);
        vl_buf_add(&out, arguments, (size_t)(code - arguments));
        vl_buf_puts(&out, *code == '/' ? "" : "****");
        arguments = *code == '/' ? code : code + strcspn(code, whole ? "," : ",)");
        whole = false;
    }
    vl_buf_puts(&out, arguments);
    if (out.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* The arguments of a step, with expressions computed or not. */
static const char *arguments_of(struct vl_runner *runner, const struct vl_priority *priority, bool compute)
{
    struct vl_variables variables = { .value = value_of, .context = runner, .keep = true, .compute = compute };

    return without_codes(runner->arena, priority->application,
                         vl_substitute(runner->arena, &variables, priority->arguments, NULL));
}

/* False: it goes round in a circle, or memory ran out. */
static bool run_step(struct vl_runner *runner, const struct vl_extension *extension, const struct vl_priority *priority,
                     enum vl_course *ret_course)
{
    struct vl_show *show = runner->show;
    struct vl_show_step step = { .depth = runner->depth,
                                 .extension = extension,
                                 .priority = priority,
                                 .arguments = arguments_of(runner, priority, true),
                                 .filled = arguments_of(runner, priority, false),
                                 .changes = runner->changes,
                                 .places = hash_of_places(runner) };
    struct vl_show_step *steps = vl_arena_grow(runner->arena, show->steps, show->step_count, sizeof(*steps));
    const char *note = NULL;
    size_t place = show->step_count;

    if (!steps || was_here(runner, &step))
        return false;
    show->steps = steps;
    steps[show->step_count++] = step;
    *ret_course = vl_run_call(runner, priority->application, step.arguments, &note);
    show->steps[place].note = note;
    if (*ret_course == VL_COURSE_NEXT)
        runner->at.priority++;
    return true;
}

/* A number that is none at its context is one for `i`, when that is there. */
static bool go_to_invalid(struct vl_runner *runner)
{
    struct vl_place first = { runner->at.context, runner->at.number, 1 }, invalid = { runner->at.context, "i", 1 };
    const struct vl_extension *extension;

    if (!strcmp(first.number, "i") || vl_run_step(runner, &first, NULL, &extension) ||
        !vl_run_step(runner, &invalid, NULL, &extension))
        return false;
    vl_run_set(runner, "INVALID_EXTEN", runner->at.number, false);
    runner->at = invalid;
    return true;
}

/* The step that comes next; a Macro that has no more ends. */
static const struct vl_priority *next_step(struct vl_runner *runner, const struct vl_extension **ret_extension)
{
    for (;;) {
        const struct vl_priority *step = vl_run_step(runner, &runner->at, NULL, ret_extension);

        if (step)
            return step;
        if (runner->depth && runner->frames[runner->depth - 1].macro)
            (void)vl_run_leave(runner);
        else if (!go_to_invalid(runner))
            return NULL;
    }
}

void vl_run(struct vl_runner *runner)
{
    struct vl_show *show = runner->show;
    enum vl_course course = VL_COURSE_NEXT;

    while (!runner->arena->failed && course != VL_COURSE_ENDS) {
        const struct vl_extension *extension;
        const struct vl_priority *step = next_step(runner, &extension);

        if (show->step_count >= STEPS_MOST) {
            show->end = "and so on: not followed any further";
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
    show->end = "the call ends";
}
