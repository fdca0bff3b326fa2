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

enum { STEPS_MOST = 100 };

/* CALLERID(num) has more than one name. */
static const char *plain_name(const char *name)
{
    static const char *const names[] = { "CALLERID(num)", "CALLERID(number)" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (!strcasecmp(name, names[i]))
            return names[0];
    return name;
}

static struct vl_value *find_value(const struct vl_runner *runner, const char *name)
{
    for (size_t i = runner->value_count; i-- > 0;)
        if (!strcmp(runner->values[i].name, name))
            return &runner->values[i];
    return NULL;
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

void vl_trace_set(struct vl_runner *runner, const char *name, const char *value, bool local)
{
    struct vl_value *old, *grown;

    name = plain_name(name);
    old = find_value(runner, name);
    if (!is_same(vl_trace_value(runner, name), value))
        runner->changes++;
    if (old && !local) {
        old->value = value;
        return;
    }
    grown = vl_arena_grow(runner->arena, runner->values, runner->value_count, sizeof(*grown));
    if (!grown)
        return;
    runner->values = grown;
    grown[runner->value_count++] = (struct vl_value){ name, value, local };
}

void vl_trace_forget(struct vl_runner *runner)
{
    for (size_t i = 0; i < runner->value_count; i++)
        runner->values[i].value = NULL;
    runner->forgotten = true;
    runner->unanswered = false;
    runner->changes++;
}

/* ARG1 and so on, of a Gosub or a Macro that was given fewer. */
static bool is_argument(const struct vl_runner *runner, const char *name)
{
    return runner->depth && vl_text_starts(name, "ARG") && name[3] && !name[3 + strspn(name + 3, "0123456789")];
}

/* A variable that the call has not set. */
static const char *global_of(struct vl_runner *runner, const char *name)
{
    const struct vl_value *set = find_value(runner, vl_arena_printf(runner->scratch, "GLOBAL(%s)", name));
    const char *global = set ? set->value : vl_dialplan_global(runner->plan, name);

    if (set || runner->forgotten)
        return set ? global : NULL;
    return !global && is_argument(runner, name) ? "" : global;
}

const char *vl_trace_value(struct vl_runner *runner, const char *name)
{
    const struct vl_value *value;

    if (!strcmp(name, "EXTEN"))
        return runner->at.number;
    if (!strcmp(name, "CONTEXT"))
        return runner->at.context;
    if (!strcmp(name, "PRIORITY"))
        return vl_arena_printf(runner->scratch, "%d", runner->at.priority);
    name = plain_name(name);
    value = find_value(runner, name);
    if (value)
        return value->value;
    if (!strcmp(name, plain_name("CALLERID(num)")))
        return runner->forgotten ? NULL : runner->show->query.callerid ? runner->show->query.callerid : "";
    return strchr(name, '(') ? vl_trace_function(runner, name) : global_of(runner, name);
}

static const char *value_of(void *context, const char *name)
{
    return vl_trace_value(context, name);
}

const struct vl_priority *vl_trace_step(struct vl_runner *runner, const struct vl_trace_place *place, const char *label,
                                        const struct vl_extension **ret_extension)
{
    VL_ARENA_AUTO scratch = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_query query = runner->show->query;
    struct vl_search search;

    query.context = place->context;
    query.number = place->number;
    query.priority = place->priority;
    query.label = label;
    query.callerid = vl_trace_value(runner, "CALLERID(num)");
    if (query.callerid && strchr(query.callerid, '$'))
        query.callerid = NULL;
    if (vl_search(runner->plan, &query, &scratch, &search, &err) < 0 || !search.match)
        return NULL;
    *ret_extension = search.match->extension;
    return search.step;
}

/* The arguments of a Gosub hide those of the one around it, those that it does not have too. */
static void set_arguments(struct vl_runner *runner, const char *const *values, size_t count)
{
    struct vl_frame *frame = &runner->frames[runner->depth - 1];
    size_t outer = 0;

    for (unsigned i = 0; i + 1 < runner->depth; i++)
        if (!runner->frames[i].macro)
            outer = runner->frames[i].argument_count;
    frame->argument_count = frame->macro || count > outer ? count : outer;
    for (size_t i = 0; i < frame->argument_count; i++)
        vl_trace_set(runner, vl_arena_printf(runner->arena, "ARG%zu", i + 1), i < count ? values[i] : "", true);
    if (!frame->macro)
        vl_trace_set(runner, "ARGC", vl_arena_printf(runner->arena, "%zu", count), true);
}

bool vl_trace_enter(struct vl_runner *runner, const struct vl_trace_place *place, bool macro, const char *const *values,
                    size_t value_count)
{
    if (runner->depth >= VL_FRAMES_MOST)
        return false;
    runner->frames[runner->depth++] = (struct vl_frame){ .back = runner->at,
                                                         .macro = macro ? place->context : NULL,
                                                         .value_count = runner->value_count };
    if (macro) {
        vl_trace_set(runner, "MACRO_EXTEN", runner->at.number, true);
        vl_trace_set(runner, "MACRO_CONTEXT", runner->at.context, true);
        vl_trace_set(runner, "MACRO_PRIORITY", vl_arena_printf(runner->arena, "%d", runner->at.priority), true);
    }
    set_arguments(runner, values, value_count);
    runner->at = *place;
    return true;
}

bool vl_trace_is_tried(const struct vl_runner *runner)
{
    for (unsigned i = 0; i < runner->depth; i++)
        if (runner->frames[i].tried)
            return true;
    return false;
}

static void go_on(struct vl_runner *runner)
{
    if (runner->at.priority < INT_MAX)
        runner->at.priority++;
}

bool vl_trace_leave(struct vl_runner *runner, bool back)
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
    if (back) {
        runner->at = runner->frames[runner->depth].back;
        go_on(runner);
    }
    return true;
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

/* False: it goes round in a circle, or memory ran out. */
static bool run_step(struct vl_runner *runner, const struct vl_extension *extension, const struct vl_priority *priority,
                     enum vl_course *ret_course)
{
    struct vl_show *show = runner->show;
    const char *application = priority->application, *note = NULL;
    const char *filled = fill_in(runner, priority->arguments, false);
    const char *arguments = strstr(filled, "$[") ? fill_in(runner, priority->arguments, true) : filled;
    struct vl_show_step step = { .depth = runner->depth,
                                 .extension = extension,
                                 .priority = priority,
                                 .arguments = without_codes(runner->arena, application, arguments),
                                 .filled = without_codes(runner->arena, application, filled),
                                 .changes = runner->changes,
                                 .places = hash_of_places(runner) };
    struct vl_show_step *steps = vl_arena_grow(runner->arena, show->steps, show->step_count, sizeof(*steps));
    size_t place = show->step_count;

    if (!steps || was_here(runner, &step))
        return false;
    show->steps = steps;
    steps[show->step_count++] = step;
    *ret_course = vl_trace_call(runner, application, arguments, &note);
    if (*ret_course == VL_COURSE_FAILS)
        *ret_course = vl_trace_is_tried(runner) ? VL_COURSE_UNKNOWN : VL_COURSE_ENDS;
    show->steps[place].note = note ? without_codes(runner->arena, "", note) : NULL;
    if (*ret_course == VL_COURSE_NEXT)
        go_on(runner);
    else if (*ret_course == VL_COURSE_JUMPED)
        leave_macros(runner);
    return true;
}

bool vl_trace_first_of(struct vl_runner *runner, const char *context, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct vl_trace_place place = { context, names[i], 1 };
        const struct vl_extension *extension;

        if (!vl_trace_step(runner, &place, NULL, &extension))
            continue;
        runner->at = place;
        return true;
    }
    return false;
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
        vl_trace_set(runner, "INVALID_EXTEN", first.number, false);
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
    enum vl_course course = VL_COURSE_NEXT;

    while (!runner->arena->failed && (course == VL_COURSE_NEXT || course == VL_COURSE_JUMPED)) {
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
    show->end = course == VL_COURSE_ENDS ? "the call ends" : "not followed any further";
}
