/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/fill.h"

#include <string.h>

#include "dialplan/variables.h"
#include "trace/run.h"

static const char *value_of(void *context, const char *name)
{
    return vl_trace_value(context, name);
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

const char *vl_fill_look(struct vl_runner *runner, const char *text)
{
    size_t value_count = runner->value_count, size = value_count * sizeof(struct vl_value);
    size_t database_count = runner->database_count;
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
    runner->database_count = database_count;
    runner->changes = changes;
    return filled;
}

char *vl_fill_again(struct vl_runner *runner, const char *text)
{
    char *filled;

    runner->by_string = true;
    filled = vl_arena_strdup(runner->arena, fill_in(runner, text, true));
    runner->by_string = false;
    return filled;
}

const char *vl_fill(struct vl_runner *runner, const char *text)
{
    return fill_in(runner, text, true);
}
