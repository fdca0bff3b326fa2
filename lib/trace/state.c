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
    for (size_t i = 0; i < runner->database_count; i++)
        runner->database[i] = (struct vl_database_event){ .kind = VL_DATABASE_UNSURE, .key = "" };
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

static bool is_doubted(const struct vl_runner *runner, const char *name)
{
    for (size_t i = 0; i < runner->doubted_count; i++)
        if (vl_text_starts(name, runner->doubted[i]))
            return true;
    return false;
}

void vl_trace_doubt_globals(struct vl_runner *runner, const char *prefix)
{
    const char *place = vl_arena_printf(runner->scratch, "GLOBAL(%s", prefix), **doubted;

    for (size_t i = 0; i < runner->value_count; i++)
        if (vl_text_starts(runner->values[i].name, place))
            runner->values[i].value = NULL;
    runner->changes++;
    if (is_doubted(runner, prefix))
        return;
    doubted = vl_arena_grow(runner->arena, runner->doubted, runner->doubted_count, sizeof(*doubted));
    if (!doubted)
        return;
    runner->doubted = doubted;
    doubted[runner->doubted_count++] = vl_arena_strdup(runner->arena, prefix);
}

const char *vl_trace_global(struct vl_runner *runner, const char *name)
{
    const char *value;

    if (vl_trace_is_unknown(name))
        return NULL;
    if (vl_trace_kept(runner, vl_arena_printf(runner->scratch, "GLOBAL(%s)", name), &value))
        return value;
    if (runner->forgotten || is_doubted(runner, name))
        return NULL;
    value = vl_dialplan_global(runner->plan, name);
    return value ? value : unset(runner, name);
}

/* ${HINT}: what the hint of the number says, whole. One of a pattern is not filled in. */
static const char *hint(struct vl_runner *runner)
{
    const struct vl_trace_place place = { runner->at.context, runner->at.number, VL_PRIORITY_HINT };
    const struct vl_extension *extension;
    const struct vl_priority *step = vl_trace_step(runner, &place, NULL, &extension);

    return !step ? "" : vl_trace_is_unknown(step->application) ? NULL : step->application;
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
    if (!strcmp(name, "HINT"))
        return hint(runner);
    return vl_trace_kept(runner, name, &value) ? value : vl_trace_global(runner, name);
}

static void push(struct vl_runner *runner, const char *name, const char *value)
{
    struct vl_value *grown = vl_arena_grow(runner->arena, runner->values, runner->value_count, sizeof(*grown));

    if (!grown)
        return;
    runner->values = grown;
    grown[runner->value_count++] = (struct vl_value){ name, value ? vl_arena_strdup(runner->arena, value) : NULL };
    runner->changes++;
}

void vl_trace_set(struct vl_runner *runner, const char *name, const char *value)
{
    struct vl_value *old = find_value(runner, name);

    if (!old) {
        push(runner, vl_arena_strdup(runner->arena, name), value);
    } else if (!is_same(old->value, value)) {
        old->value = value ? vl_arena_strdup(runner->arena, value) : NULL;
        runner->changes++;
    }
}

void vl_trace_unset(struct vl_runner *runner, const char *name)
{
    struct vl_value *old = find_value(runner, name);
    size_t place;

    if (!old)
        return;
    place = (size_t)(old - runner->values);
    memmove(old, old + 1, (runner->value_count - place - 1) * sizeof(*old));
    runner->value_count--;
    runner->changes++;
}

bool vl_trace_is_local(const struct vl_runner *runner, const char *name)
{
    const struct vl_gosub *gosub = runner->gosub_count ? &runner->gosubs[runner->gosub_count - 1] : NULL;

    for (size_t i = 0; gosub && i < gosub->name_count; i++)
        if (!strcmp(gosub->names[i], name))
            return true;
    return false;
}

void vl_trace_set_local(struct vl_runner *runner, const char *name, const char *value)
{
    struct vl_gosub *gosub = runner->gosub_count ? &runner->gosubs[runner->gosub_count - 1] : NULL;
    const char **names;

    if (!gosub)
        return;
    if (vl_trace_is_local(runner, name)) {
        vl_trace_set(runner, name, value);
        return;
    }
    names = vl_arena_grow(runner->arena, gosub->names, gosub->name_count, sizeof(*names));
    if (!names)
        return;
    gosub->names = names;
    name = names[gosub->name_count++] = vl_arena_strdup(runner->arena, name);
    push(runner, name, value);
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

void vl_trace_go_on(struct vl_runner *runner)
{
    if (runner->at.priority < INT_MAX)
        runner->at.priority++;
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
