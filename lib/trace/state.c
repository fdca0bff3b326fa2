/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a call is, and what it knows: variables, and the way back of Gosub and Macro.
 */
#include "trace/state.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/search.h"

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

bool vl_trace_variable(struct vl_runner *runner, const char *name, const char **ret_value)
{
    const char *plain = plain_name(name);
    const struct vl_value *value = find_value(runner, plain);

    if (!strcmp(name, "EXTEN"))
        *ret_value = runner->at.number;
    else if (!strcmp(name, "CONTEXT"))
        *ret_value = runner->at.context;
    else if (!strcmp(name, "PRIORITY"))
        *ret_value = vl_arena_printf(runner->scratch, "%d", runner->at.priority);
    else if (value)
        *ret_value = value->value;
    else if (!strcmp(plain, plain_name("CALLERID(num)")))
        *ret_value = runner->forgotten ? NULL : runner->show->query.callerid ? runner->show->query.callerid : "";
    else if (!strchr(plain, '('))
        *ret_value = global_of(runner, plain);
    else
        return false;
    return true;
}

/* NULL: not known, or a function that is not set. */
static const char *variable(struct vl_runner *runner, const char *name)
{
    const char *value = NULL;

    return vl_trace_variable(runner, name, &value) ? value : NULL;
}

static void set(struct vl_runner *runner, const char *name, const char *value, unsigned frame)
{
    struct vl_value *old, *grown;

    name = plain_name(name);
    old = find_value(runner, name);
    if (!is_same(variable(runner, name), value))
        runner->changes++;
    if (old && !frame) {
        old->value = value;
        return;
    }
    grown = vl_arena_grow(runner->arena, runner->values, runner->value_count, sizeof(*grown));
    if (!grown)
        return;
    runner->values = grown;
    grown[runner->value_count++] = (struct vl_value){ name, value, frame };
}

void vl_trace_set(struct vl_runner *runner, const char *name, const char *value)
{
    set(runner, name, value, 0);
}

void vl_trace_set_local(struct vl_runner *runner, const char *name, const char *value)
{
    unsigned frame = runner->depth;

    while (frame && runner->frames[frame - 1].macro)
        frame--;
    if (frame)
        set(runner, name, value, frame);
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
    query.callerid = variable(runner, "CALLERID(num)");
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
        set(runner, vl_arena_printf(runner->arena, "ARG%zu", i + 1), i < count ? values[i] : "", runner->depth);
    if (!frame->macro)
        set(runner, "ARGC", vl_arena_printf(runner->arena, "%zu", count), runner->depth);
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
        set(runner, "MACRO_EXTEN", runner->at.number, runner->depth);
        set(runner, "MACRO_CONTEXT", runner->at.context, runner->depth);
        set(runner, "MACRO_PRIORITY", vl_arena_printf(runner->arena, "%d", runner->at.priority), runner->depth);
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

void vl_trace_go_on(struct vl_runner *runner)
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
        if (runner->values[i].frame != runner->depth + 1)
            runner->values[kept++] = runner->values[i];
    runner->value_count = kept;
    if (back) {
        runner->at = runner->frames[runner->depth].back;
        vl_trace_go_on(runner);
    }
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
