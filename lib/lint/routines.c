/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a routine may end: every step that a call can come to from its beginning is looked at, as far as places are known
 * before a call. Where it is not known, the answer says so, and nobody is told that something is wrong.
 */
#include <string.h>

#include "base/names.h"
#include "lint/part.h"

enum { STEPS_MOST = 400, DEPTH_MOST = 16 };

/* An answer that is kept. */
struct routine {
    const struct vl_context *context;
    const char *number, *priority;
    unsigned ends;
};

struct walk {
    struct vl_lint *lint;
    const struct vl_priority *seen[STEPS_MOST];
    size_t count;
    unsigned ends;
};

static bool is_same(const void *entry, const void *key)
{
    const struct routine *a = entry, *b = key;

    return a->context == b->context && !strcmp(a->number, b->number) && !strcmp(a->priority, b->priority);
}

static bool is_new(struct walk *walk, const struct vl_priority *step)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->seen[i] == step)
            return false;
    if (walk->count == STEPS_MOST) {
        walk->ends |= VL_ENDS_UNKNOWN;
        return false;
    }
    walk->seen[walk->count++] = step;
    return true;
}

const struct vl_priority *vl_lint_step(const struct vl_extension *extension, const char *priority)
{
    bool relative;
    long number;

    if (vl_jump_number(priority, &relative, &number))
        return relative ? NULL : vl_extension_priority(extension, (int)number);
    return vl_extension_label(extension, priority);
}

static void go(struct walk *walk, const struct vl_context *context, const char *number, const char *priority);

static void follow(struct walk *walk, const struct vl_context *context, const char *number,
                   const struct vl_lint_place *place)
{
    const struct vl_context *next = place->context ? vl_dialplan_context(walk->lint->plan, place->context) : NULL;

    if (!next || !place->priority || strpbrk(place->priority, "+-") == place->priority ||
        (!place->extension && !place->same_extension)) {
        walk->ends |= VL_ENDS_UNKNOWN;
        return;
    }
    if (place->same_extension && !place->way->place.context)
        next = context;
    go(walk, next, place->same_extension ? number : place->extension, place->priority);
}

/* What one call does, which may hang on a condition. Whether the call can go on behind it. */
static bool look(struct walk *walk, const struct vl_context *context, const char *number,
                 const struct vl_lint_call *call)
{
    bool always = !call->nested && call->row->when == VL_WHEN_ALWAYS;

    if (vl_lint_stays_away(walk->lint, call)) {
        walk->ends |= VL_ENDS_HANGUP;
        return false;
    }
    switch (call->row->effect) {
    case VL_EFFECT_RETURN:
    case VL_EFFECT_MACRO_EXIT:
        walk->ends |= VL_ENDS_RETURN;
        return !always;
    case VL_EFFECT_HANGUP:
    case VL_EFFECT_TONE:
        walk->ends |= VL_ENDS_HANGUP;
        return !always;
    case VL_EFFECT_MORE_DIGITS:
        walk->ends |= VL_ENDS_UNKNOWN;
        return !always;
    case VL_EFFECT_GOTO:
        for (size_t i = 0; i < call->place_count; i++)
            follow(walk, context, number, &walk->lint->places[call->place + i]);
        if (!call->place_count)
            walk->ends |= VL_ENDS_UNKNOWN;
        return !always && (call->nested || call->place_count < 2);
    case VL_EFFECT_POP:
    case VL_EFFECT_PROGRAM:
    case VL_EFFECT_WAIT_EXTEN:
    case VL_EFFECT_LOOP:
        walk->ends |= VL_ENDS_UNKNOWN;
        return true;
    default:
        if (!call->nested && (!*call->application || strchr(call->application, '$')))
            walk->ends |= VL_ENDS_UNKNOWN;
        return true;
    }
}

static void go(struct walk *walk, const struct vl_context *context, const char *number, const char *priority)
{
    bool on = true, elsewhere = false;

    while (on) {
        const struct vl_extension *extension = vl_lint_find(walk->lint, context, number, priority, &elsewhere);
        const struct vl_priority *step = extension ? vl_lint_step(extension, priority) : NULL;
        size_t count = 0;
        const struct vl_lint_call *calls = extension ? vl_lint_calls_of(walk->lint, extension, &count) : NULL;

        if (!step) {
            walk->ends |= elsewhere ? VL_ENDS_UNKNOWN : VL_ENDS_FALL;
            return;
        }
        if (!is_new(walk, step))
            return;
        for (size_t i = 0; i < count; i++)
            if (calls[i].step == step)
                on &= look(walk, context, number, &calls[i]);
        priority = vl_arena_printf(walk->lint->arena, "%d", step->number + 1);
        on &= !walk->lint->arena->failed;
    }
}

unsigned vl_lint_ends(struct vl_lint *lint, const struct vl_context *context, const char *number, const char *priority)
{
    struct routine asked = { .context = context, .number = number, .priority = priority, .ends = VL_ENDS_UNKNOWN };
    uint64_t hash =
        vl_hash_text(vl_hash_text(vl_hash_bytes(VL_HASH_START, &context, sizeof(context)), number), priority);
    struct routine *known = vl_names_find(lint->routines, hash, is_same, &asked);
    struct walk walk = { .lint = lint };

    if (known)
        return known->ends;
    known = lint->routine_depth < DEPTH_MOST ? vl_arena_zalloc(lint->arena, sizeof(*known)) : NULL;
    if (!known)
        return VL_ENDS_UNKNOWN;
    /* not known to those that it calls in turn, which may be itself */
    *known = asked;
    vl_names_add(lint->arena, lint->routines, hash, known);
    lint->routine_depth++;
    go(&walk, context, number, priority);
    lint->routine_depth--;
    known->ends = walk.ends;
    return walk.ends;
}

bool vl_lint_stays_away(struct vl_lint *lint, const struct vl_lint_call *call)
{
    const struct vl_lint_place *place = &lint->places[call->place];
    bool macro = call->row->effect == VL_EFFECT_MACRO;
    const struct vl_context *context;
    bool elsewhere;
    unsigned ends;

    if (call->nested || call->row->when != VL_WHEN_ALWAYS || !call->place_count ||
        (!macro && call->row->effect != VL_EFFECT_GOSUB) || !place->context || !place->extension || !place->priority)
        return false;
    context = vl_dialplan_context(lint->plan, place->context);
    if (!context || !vl_lint_find(lint, context, place->extension, place->priority, &elsewhere))
        return false;
    ends = vl_lint_ends(lint, context, place->extension, place->priority);
    /* a Macro comes back where its steps end, a Gosub does not */
    return !(ends & (VL_ENDS_RETURN | VL_ENDS_UNKNOWN)) && !(macro && (ends & VL_ENDS_FALL));
}
