/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a call is, and what it knows: variables, and the way back of Gosub and Macro.
 */
#include "trace/state.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "dialplan/beside.h"
#include "dialplan/origin.h"
#include "dialplan/search.h"
#include "dialplan/timing.h"

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

bool vl_trace_is_unknown(const char *text)
{
    return text && (strstr(text, "${") || strstr(text, "$["));
}

void vl_trace_assume(struct vl_runner *runner, const char *text)
{
    struct vl_show *show = runner->show;
    const char **assumed;

    for (size_t i = 0; i < show->assumed_count; i++)
        if (!strcmp(show->assumed[i], text))
            return;
    assumed = vl_arena_grow(runner->arena, show->assumed, show->assumed_count, sizeof(*assumed));
    if (!assumed)
        return;
    show->assumed = assumed;
    assumed[show->assumed_count++] = vl_arena_strdup(runner->arena, text);
}

bool vl_trace_kept(const struct vl_runner *runner, const char *name, const char **ret_value)
{
    const struct vl_value *value = find_value(runner, name);

    *ret_value = value ? value->value : NULL;
    return value != NULL;
}

const char *vl_trace_caller(const struct vl_runner *runner)
{
    const char *value, *callerid = runner->show->query.callerid;

    if (vl_trace_kept(runner, "CALLERID(num)", &value))
        return value;
    return runner->forgotten ? NULL : callerid ? callerid : "";
}

/* A variable that nothing on the way has set. */
static const char *unset(struct vl_runner *runner, const char *name)
{
    enum vl_origin origin = vl_variable_origin(name);

    if (runner->forgotten || origin == VL_ORIGIN_CALL)
        return NULL;
    if (origin == VL_ORIGIN_ANYBODY)
        vl_trace_assume(runner, vl_arena_printf(runner->scratch, "nothing sets '%s': it is empty", name));
    return "";
}

const char *vl_trace_global(struct vl_runner *runner, const char *name)
{
    const char *value;

    if (vl_trace_is_unknown(name))
        return NULL;
    if (vl_trace_kept(runner, vl_arena_printf(runner->scratch, "GLOBAL(%s)", name), &value))
        return value;
    value = runner->forgotten ? NULL : vl_dialplan_global(runner->plan, name);
    return value ? value : unset(runner, name);
}

const char *vl_trace_variable(struct vl_runner *runner, const char *name)
{
    const char *value;

    if (!strcmp(name, "EXTEN"))
        return runner->at.number;
    if (!strcmp(name, "CONTEXT"))
        return runner->at.context;
    if (!strcmp(name, "PRIORITY"))
        return vl_arena_printf(runner->scratch, "%d", runner->at.priority);
    return vl_trace_kept(runner, name, &value) ? value : vl_trace_global(runner, name);
}

static void set(struct vl_runner *runner, const char *name, const char *value, unsigned frame)
{
    struct vl_value *old, *grown;

    old = find_value(runner, name);
    if (!old || !is_same(old->value, value))
        runner->changes++;
    name = old ? old->name : vl_arena_strdup(runner->arena, name);
    value = value ? vl_arena_strdup(runner->arena, value) : NULL;
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

/* What the search has gone by, up to what it found, is all that there is in it. */
static void assume_contexts(struct vl_runner *runner, const struct vl_search *search)
{
    size_t count = search->match ? search->match->visit + 1 : search->visit_count;

    for (size_t i = 0; i < count; i++) {
        const struct vl_visit *visit = &search->visits[i];
        const char *name = visit->context ? visit->context->name : visit->include->name;
        const char *maker = visit->in_time ? vl_dialplan_maker(runner->plan, name) : NULL;

        if (maker)
            vl_trace_assume(
                runner, vl_arena_printf(runner->scratch, "%s, which is not read, adds nothing to [%s]", maker, name));
    }
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
    query.callerid = vl_trace_caller(runner);
    if (query.callerid && strchr(query.callerid, '$'))
        query.callerid = NULL;
    if (vl_search(runner->plan, &query, &scratch, &search, &err) < 0)
        return NULL;
    assume_contexts(runner, &search);
    if (search.unsure)
        vl_trace_assume(
            runner, vl_arena_printf(&scratch, "the times of '%s' are in the zone of the PBX", search.unsure->written));
    if (search.guessed)
        vl_trace_assume(runner, vl_arena_printf(&scratch, "the tree of [%s] was made when all of its lines were loaded",
                                                search.guessed->name));
    /* the label of a hint is no place to go to */
    if (!search.match || (label && search.step->number < 1))
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

/* It stays, and is 0 behind the outermost Macro. */
static void set_macro_depth(struct vl_runner *runner)
{
    unsigned macros = 0;

    for (unsigned i = 0; i < runner->depth; i++)
        macros += runner->frames[i].macro != NULL;
    set(runner, "MACRO_DEPTH", vl_arena_printf(runner->arena, "%u", macros), 0);
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
        set_macro_depth(runner);
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
    if (runner->frames[runner->depth].macro)
        set_macro_depth(runner);
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

bool vl_trace_ask_time(struct vl_runner *runner, struct vl_condition *condition)
{
    const struct vl_moment *moment = runner->show->query.moment;
    const char *wrong;
    struct vl_timing *timing = vl_timing_read(runner->arena, condition->text, &wrong);

    if (!timing)
        return false;
    condition->known = condition->known && moment && vl_timing_is_known(timing, moment);
    condition->holds = condition->known && vl_timing_holds(timing, moment);
    return true;
}
