/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `exten => NAME[/CALLERID],PRIORITY[+N][(LABEL)],APPLICATION[(ARGUMENTS)]`, as pbx_config of Asterisk 16 takes it
 * apart. Commas inside of a set belong to the name. The last priority and the last name are kept for the whole section.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dialplan/diagnostic.h"
#include "dialplan/load_exten.h"
#include "dialplan/lookup.h"
#include "dialplan/pattern.h"

enum { NAME_BYTES = 255, NO_PRIORITY = -2 };

/* A line taken apart. */
struct parts {
    const char *written;         /* the name with its blanks, which is what Asterisk looks a label up by */
    const char *name, *callerid; /* blanks, and the caller id's decoration, are gone; NULL: for everybody */
    char *priority, *plus, *label;
    const char *application, *arguments;
    bool last, by_same; /* nothing follows the priority; the line is `same` */
};

/* A diagnostic about this line. */
#define complain(plan, state, line, code, ...)                                                                         \
    vl_diagnose(plan, code, (line)->at, (state)->context->name, *(state)->extension ? (state)->extension : NULL,       \
                __VA_ARGS__)

static bool same_extension(const void *entry, const void *key)
{
    return vl_extension_compare(entry, key) == 0;
}

static uint64_t hash_of(const struct vl_extension *extension)
{
    uint64_t hash = vl_pattern_hash(VL_HASH_START, extension->pattern);

    return extension->callerid ? vl_pattern_hash(hash + 1, extension->callerid) : hash;
}

/* The name without dashes. */
static const char *plain_name(struct vl_arena *arena, const char *name)
{
    return strchr(name, '-') ? vl_pattern_strip(arena, name, false) : name;
}

/* The extension of these parts; made when it is not there. */
static struct vl_extension *get_extension(struct vl_dialplan *plan, struct vl_section_state *state,
                                          const struct parts *parts, struct vl_position at)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_context *context = state->context;
    struct vl_extension wanted = { .context = context, .name = parts->name, .callerid = parts->callerid, .at = at };
    struct vl_extension *extension, **extensions;

    wanted.pattern = plain_name(arena, parts->name);
    extension = vl_names_find(state->existing, hash_of(&wanted), same_extension, &wanted);
    if (extension)
        return extension;
    extension = vl_arena_zalloc(arena, sizeof(*extension));
    extensions = vl_arena_grow(arena, context->extensions, context->extension_count, sizeof(*extensions));
    if (!extension || !extensions)
        return NULL;
    *extension = wanted;
    context->extensions = extensions;
    extensions[context->extension_count++] = extension;
    vl_names_add(arena, state->existing, hash_of(extension), extension);
    return extension;
}

/* The number of a label that this name can already reach in its context, 0 when there is none. */
static int find_label(const struct vl_section_state *state, const struct parts *parts)
{
    const struct vl_context *context = state->context;
    const struct vl_extension *best = NULL;
    const struct vl_priority *step = NULL;

    for (size_t i = 0; i < context->extension_count; i++) {
        const struct vl_extension *extension = context->extensions[i];
        const struct vl_priority *labelled = vl_extension_label(extension, parts->priority);

        if (!labelled || !vl_pattern_matches(extension->pattern, parts->written) ||
            (extension->callerid && !vl_callerid_matches(extension->callerid, parts->callerid)))
            continue;
        if (!best || vl_extension_compare(extension, best) < 0) {
            best = extension;
            step = labelled;
        }
    }
    return step ? step->number : 0;
}

/* Take `PRIORITY[+N][(LABEL)]` apart in place. False: the label has no end. */
static bool split_priority(char *text, struct parts *parts)
{
    char *label = strchr(text, '('), *end;

    parts->priority = text;
    parts->label = NULL;
    if (label) {
        *label++ = '\0';
        end = strchr(label, ')');
        if (!end)
            return false;
        *end = '\0';
        parts->label = *label ? label : NULL;
    }
    parts->plus = strchr(text, '+');
    if (parts->plus)
        *parts->plus++ = '\0';
    return true;
}

/* A priority that is none. Mostly it is missing, and what stands in its place is the application. */
static void complain_of_priority(struct vl_dialplan *plan, const struct vl_section_state *state,
                                 const struct vl_conf_line *line, const struct parts *parts)
{
    const char *text = parts->priority, *name = parts->by_same ? "" : state->extension;
    size_t word = strcspn(text, " \t");

    if (parts->last && *text)
        complain(plan, state, line, VL_DIALPLAN_PRIORITY_UNKNOWN, "the priority is missing: %s => %s%s,%s(%s)",
                 parts->by_same ? "same" : "exten", name, parts->by_same ? "n" : ",1", text,
                 parts->label ? parts->label : "");
    else if (!*text)
        complain(plan, state, line, VL_DIALPLAN_PRIORITY_UNKNOWN,
                 "the priority and the application are missing: exten => %s,1,NoOp()", state->extension);
    else if (parts->label && text[word] && !text[word + strspn(text + word, " \t")])
        complain(plan, state, line, VL_DIALPLAN_PRIORITY_UNKNOWN,
                 "the blank before the label belongs to the priority: write %.*s(%s)", (int)word, text, parts->label);
    else
        complain(plan, state, line, VL_DIALPLAN_PRIORITY_UNKNOWN,
                 "'%s' is no priority: it is a number, n, hint, or a label that '%s' has above", text,
                 state->extension);
}

/* The number that the priority stands for, before `+N`; 0 when the line is to be dropped. */
static int number_of(struct vl_dialplan *plan, const struct vl_section_state *state, const struct vl_conf_line *line,
                     const struct parts *parts, enum vl_priority_form *ret_form)
{
    const char *text = parts->priority;
    bool next = !strcmp(text, "n") || !strcmp(text, "next"), same = !strcmp(text, "s") || !strcmp(text, "same");
    int number;

    *ret_form = next ? VL_PRIORITY_FORM_NEXT : same ? VL_PRIORITY_FORM_SAME : VL_PRIORITY_FORM_NUMBER;
    if (!strcmp(text, "hint")) {
        *ret_form = VL_PRIORITY_FORM_HINT;
        return VL_PRIORITY_HINT;
    }
    if ((next || same) && state->priority <= NO_PRIORITY) {
        complain(plan, state, line, next ? VL_DIALPLAN_NEXT_FIRST : VL_DIALPLAN_SAME_PRIORITY_FIRST,
                 "'%s' is the first priority of the section", text);
        return 0;
    }
    if (next && state->priority == VL_PRIORITY_HINT)
        complain(plan, state, line, VL_DIALPLAN_NEXT_AFTER_HINT,
                 "'%s' after a hint is priority 0: Asterisk drops the line without a word", text);
    if (next || same)
        return state->priority + (next && state->priority < INT32_MAX);
    if (sscanf(text, "%30d", &number) == 1) {
        if (number < 1)
            complain(plan, state, line, VL_DIALPLAN_PRIORITY_SMALL, "the priority '%s' is below 1", text);
        return number < 1 ? 0 : number;
    }
    *ret_form = VL_PRIORITY_FORM_LABEL;
    state->context->looked_up |= state->context->loaded > 0;
    number = find_label(state, parts);
    if (number < 1)
        complain_of_priority(plan, state, line, parts);
    return number < 1 ? 0 : number;
}

/* The application runs to the first '(', its arguments to the last ')'. */
static void split_application(struct vl_dialplan *plan, const struct vl_section_state *state,
                              const struct vl_conf_line *line, char *text, struct parts *parts)
{
    char *arguments = strchr(text, '('), *end;

    parts->application = text;
    parts->arguments = "";
    if (arguments) {
        *arguments = '\0';
        if (strstr(text, "${") || strstr(text, "$[")) {
            *arguments = '(';
        } else {
            parts->arguments = arguments + 1;
            end = strrchr(arguments + 1, ')');
            if (end)
                *end = '\0';
            else
                complain(plan, state, line, VL_DIALPLAN_PARENTHESIS, "the arguments of '%s' have no ')'", text);
        }
    }
    parts->application += strspn(parts->application, " \t");
}

static const char *hint_value(void *context, const char *name)
{
    const struct vl_extension *extension = context;

    if (!strcmp(name, "EXTEN"))
        return extension->name;
    return !strcmp(name, "CONTEXT") ? extension->context->name : NULL;
}

/* Hints of plain names have their variables filled in when they are loaded. */
static const char *hint_of(struct vl_dialplan *plan, const struct vl_extension *extension, const char *text)
{
    struct vl_extension copy = *extension;
    struct vl_variables first = { .value = hint_value, .context = &copy, .keep = true };
    struct vl_variables globals = vl_dialplan_variables(plan);

    if (*extension->name == '_' || !strstr(text, "${"))
        return text;
    return vl_substitute(&plan->arena, &globals, vl_substitute(&plan->arena, &first, text));
}

/* Asterisk looks on its way to the step's place only: labels of later steps may be taken twice. */
static bool is_label_taken(const struct vl_extension *extension, size_t place, const char *label)
{
    for (size_t i = 0; i <= place && i < extension->priority_count; i++)
        if (extension->priorities[i].label && !strcmp(extension->priorities[i].label, label))
            return true;
    return false;
}

/* Put a step in its place; the first one of a number stays. */
static void add_priority(struct vl_dialplan *plan, const struct vl_section_state *state,
                         const struct vl_conf_line *line, struct vl_extension *extension, const struct parts *parts,
                         struct vl_priority step)
{
    struct vl_priority *steps;
    size_t at = extension->priority_count;

    while (at && extension->priorities[at - 1].number > step.number)
        at--;
    if (at && extension->priorities[at - 1].number == step.number) {
        vl_diagnose(plan, VL_DIALPLAN_PRIORITY_TWICE, line->at, state->context->name, extension->name,
                    "'%s' has a priority %d already, from %s:%d: Asterisk drops this one", extension->name, step.number,
                    extension->priorities[at - 1].at.file, extension->priorities[at - 1].at.line);
        return;
    }
    if (step.label && is_label_taken(extension, at, step.label)) {
        complain(plan, state, line, VL_DIALPLAN_LABEL_TWICE, "the label '%s' is taken: Asterisk drops it", step.label);
        step.label = NULL;
    }
    steps = vl_arena_grow(&plan->arena, extension->priorities, extension->priority_count, sizeof(*steps));
    if (!steps)
        return;
    memmove(steps + at + 1, steps + at, (extension->priority_count - at) * sizeof(*steps));
    steps[at] = step;
    steps[at].order = extension->priority_count;
    extension->priorities = steps;
    extension->priority_count++;
    state->context->loaded++;
    if (at == 0) {
        extension->entered = state->context->loaded;
        /* the first step speaks for all: of names that count as the same, its is shown and matched */
        extension->name = parts->name;
        extension->pattern = plain_name(&plan->arena, parts->name);
        extension->callerid = parts->callerid;
        extension->at = line->at;
    }
}

static void look_at_name(struct vl_dialplan *plan, const struct vl_section_state *state,
                         const struct vl_conf_line *line, const char *name)
{
    if (!strcmp(name, "_.") || !strcmp(name, "_!"))
        complain(plan, state, line, VL_DIALPLAN_PATTERN_WIDE, "'%s' matches everything, 'h', 'i' and 't' too", name);
    if (*name == '_' && strrchr(name, '[') && !strchr(strrchr(name, '['), ']'))
        complain(plan, state, line, VL_DIALPLAN_PATTERN_OPEN, "the '[' of '%s' has no ']': it never matches", name);
    if (strlen(name) > VL_DIALPLAN_NAME_MOST)
        complain(plan, state, line, VL_DIALPLAN_NAME_LONG, "'%s' is longer than a channel can hold", name);
}

/* `n` takes the number from the line above, whatever extension that was. */
static void look_at_next(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line,
                         const struct vl_extension *extension, enum vl_priority_form form)
{
    const char *name = extension->name;

    if (form == VL_PRIORITY_FORM_NEXT && state->numbered && strcmp(state->numbered, name) != 0)
        vl_diagnose(plan, VL_DIALPLAN_NEXT_ACROSS, line->at, state->context->name, name,
                    "'n' goes on from '%s', so '%s' gets priority %d", state->numbered, name, state->priority);
    state->numbered = name;
}

/* What stands behind the name: the same for `exten` and `same`. `rest` is changed. */
static void load_step(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line,
                      char *rest, bool by_same)
{
    struct parts parts = { .by_same = by_same };
    char *name = vl_arena_strdup(&plan->arena, state->extension), *callerid = strchr(name, '/'), *priority;
    struct vl_extension *extension;
    struct vl_priority step = { .by_same = by_same, .at = line->at };

    if (callerid) {
        *callerid++ = '\0';
        parts.callerid = vl_callerid_strip(&plan->arena, callerid);
    }
    parts.written = name;
    parts.name = strchr(name, ' ') ? vl_pattern_strip(&plan->arena, name, true) : name;
    priority = strsep(&rest, ",");
    parts.last = !rest;
    if (!split_priority(priority ? vl_text_strip(priority) : vl_arena_strdup(&plan->arena, ""), &parts)) {
        complain(plan, state, line, VL_DIALPLAN_LABEL_OPEN, "the label behind '%s' has no ')'", parts.priority);
        return;
    }
    step.number = number_of(plan, state, line, &parts, &step.form);
    if (!step.number)
        return;
    split_application(plan, state, line, rest ? rest : vl_arena_strdup(&plan->arena, ""), &parts);
    step.plus = parts.plus ? atoi(parts.plus) : 0;
    if (__builtin_add_overflow(step.number, step.plus, &step.number))
        return;
    state->priority = step.number;
    if (!*parts.written) {
        complain(plan, state, line, VL_DIALPLAN_NAME_EMPTY, "an extension without a name: Asterisk drops the line");
        return;
    }
    look_at_name(plan, state, line, parts.name);
    extension = get_extension(plan, state, &parts, line->at);
    if (!extension)
        return;
    look_at_next(plan, state, line, extension, step.form);
    step.name = parts.name;
    step.label = parts.label;
    step.arguments = parts.arguments;
    step.application = parts.application;
    if (step.number == VL_PRIORITY_HINT)
        step.application = hint_of(plan, extension, step.application);
    add_priority(plan, state, line, extension, &parts, step);
}

/* Cut at the first comma outside of brackets; *rest is behind it, NULL when there is none. */
static char *cut_name(char *text, char **rest)
{
    int depth = 0;
    char *p;

    for (p = text; *p && (*p != ',' || depth > 0); p++)
        depth += (*p == '[') - (*p == ']' && depth > 0);
    *rest = *p ? p + 1 : NULL;
    *p = '\0';
    return text;
}

void vl_load_exten(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    struct vl_variables variables = vl_dialplan_variables(plan);
    char *text = vl_arena_strdup(&plan->arena, line->value), *rest = NULL, *name;

    if (plan->arena.failed)
        return;
    name = vl_substitute(&plan->arena, &variables, cut_name(text, &rest));
    if (strlen(name) > NAME_BYTES)
        name[NAME_BYTES] = '\0';
    state->extension = name;
    load_step(plan, state, line, rest, false);
}

void vl_load_same(struct vl_dialplan *plan, struct vl_section_state *state, const struct vl_conf_line *line)
{
    if (!*state->extension) {
        complain(plan, state, line, VL_DIALPLAN_SAME_FIRST, "'%s' has no extension to go on with", line->name);
        return;
    }
    load_step(plan, state, line, vl_arena_strdup(&plan->arena, line->value), true);
}
