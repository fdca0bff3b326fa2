/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dialplan/jump.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dialplan/expression.h"

/* The next `stop`, or the end. A ${…} or $[…] that is left in the text is one thing, whatever stands in it. */
typedef const char *find_stop(const char *text, char stop);

/* Outside of parentheses, brackets and quotes, and not behind a backslash (__ast_app_separate_args of app.c): a
 * parenthesis counts in quotes too, a brace never. */
static const char *find_outside(const char *p, char stop)
{
    int parentheses = 0, brackets = 0;
    bool quoted = false;

    for (; *p; p++) {
        size_t reference = vl_reference_length(p);

        if (reference)
            p += reference - 1;
        else if (*p == stop && !parentheses && !brackets && !quoted)
            return p;
        else if (*p == '(' || *p == ')')
            parentheses += *p == '(' ? 1 : -(parentheses > 0);
        else if (*p == '[' || *p == ']')
            brackets += *p == '[' ? 1 : -(brackets > 0);
        else if (*p == '"')
            quoted = !quoted;
        else if (*p == '\\' && p[1])
            p++;
    }
    return p;
}

static const char *find_first(const char *p, char stop)
{
    while (*p && *p != stop) {
        size_t reference = vl_reference_length(p);

        p += reference ? reference : 1;
    }
    return p;
}

size_t vl_call_length(const char *text)
{
    return (size_t)(find_outside(text, ')') - text);
}

static const char *const *split(struct vl_arena *arena, const char *text, find_stop *find, char stop, bool strip,
                                size_t *ret_count)
{
    const char **words = NULL;
    size_t count = 0;

    while (*text || count) {
        const char *end = find(text, stop);
        char *word = vl_arena_strndup(arena, text, (size_t)(end - text));
        const char **grown = vl_arena_grow(arena, words, count, sizeof(*words));

        if (!grown)
            break;
        words = grown;
        words[count++] = strip ? vl_text_strip(word) : word;
        if (!*end)
            break;
        text = end + 1;
    }
    *ret_count = count;
    if (!words) {
        static const char *const nothing[] = { "" };

        return nothing;
    }
    return words;
}

const char *const *vl_jump_split(struct vl_arena *arena, const char *text, char separator, size_t *ret_count)
{
    return split(arena, text, find_outside, separator, true, ret_count);
}

const char *const *vl_jump_words(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return vl_jump_split(arena, text, ',', ret_count);
}

const char *const *vl_jump_values(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return split(arena, text, find_outside, ',', false, ret_count);
}

const char *const *vl_jump_pieces(struct vl_arena *arena, const char *text, size_t *ret_count)
{
    return split(arena, text, find_first, ',', false, ret_count);
}

bool vl_jump_number(const char *priority, bool *ret_relative, long *ret_number)
{
    bool minus = *priority == '-', relative = minus || *priority == '+';
    char *end;
    long number = strtol(priority + relative, &end, 10);

    if (end == priority + relative || end[strspn(end, " \t")])
        return false;
    *ret_relative = relative;
    *ret_number = !minus ? number : number == LONG_MIN ? LONG_MAX : -number;
    return true;
}

/* `[[context,]extension,]priority`: whatever stands behind a third comma is passed over, and blanks count. A context or
 * an extension that is empty is where the call is, but a label is looked for in it and not found. */
static struct vl_jump_place place_of(struct vl_arena *arena, const char *text)
{
    struct vl_jump_place place = { .priority = "" };
    size_t count;
    const char *const *words = vl_jump_pieces(arena, text, &count);
    bool relative;
    long number;

    if (!count)
        return place;
    count = count > 3 ? 3 : count;
    place.priority = words[count - 1];
    place.extension = count > 1 ? words[count - 2] : NULL;
    place.context = count > 2 ? words[count - 3] : NULL;
    if (vl_jump_number(place.priority, &relative, &number)) {
        place.extension = place.extension && *place.extension ? place.extension : NULL;
        place.context = place.context && *place.context ? place.context : NULL;
    }
    return place;
}

static struct vl_jump_place gosub_place(struct vl_arena *arena, const char *text)
{
    const char *open = find_first(text, '('), *end = strrchr(open, ')');
    struct vl_jump_place place = place_of(arena, vl_arena_strndup(arena, text, (size_t)(open - text)));

    if (*open)
        place.values =
            vl_jump_values(arena, vl_arena_strndup(arena, open + 1, end ? (size_t)(end - open - 1) : strlen(open + 1)),
                           &place.value_count);
    return place;
}

/* `name[,value…]`: s,1 of the context that has this name behind `prefix`. */
static struct vl_jump_place routine_place(struct vl_arena *arena, const char *prefix, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_pieces(arena, text, &count);

    return (struct vl_jump_place){
        .context = vl_arena_printf(arena, "%s%s", prefix, words[0]),
        .extension = "s",
        .priority = "1",
        .values = words + 1,
        .value_count = count ? count - 1 : 0,
    };
}

struct vl_jump_place vl_jump_place(struct vl_arena *arena, enum vl_jump_kind kind, const char *text)
{
    return kind == VL_JUMP_GOTO    ? place_of(arena, text)
           : kind == VL_JUMP_GOSUB ? gosub_place(arena, text)
                                   : routine_place(arena, "macro-", text);
}

/* As Asterisk takes a text for a condition: nothing is no, a number what it says, any other text is yes. */
bool vl_condition_holds(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    return end != text ? (int)value != 0 : *text != '\0';
}

static const char *find_mark(const char *p, char mark, enum vl_condition_marks marks)
{
    return marks == VL_MARKS_OUTSIDE || marks == VL_MARKS_FUNCTION ? find_outside(p, mark) : find_first(p, mark);
}

struct vl_condition vl_condition_read(struct vl_arena *arena, const char *text, enum vl_condition_marks marks)
{
    const char *question = find_mark(text, '?', marks);
    const char *colon = *question ? find_mark(question + 1, ':', marks) : question;
    struct vl_condition condition = { .marked = *question, .yes = "", .no = "" };
    char *parts[3] = { vl_arena_strndup(arena, text, (size_t)(question - text)) };

    if (marks == VL_MARKS_QUESTION)
        colon += strlen(colon);
    parts[1] = *question ? vl_arena_strndup(arena, question + 1, (size_t)(colon - question - 1)) : NULL;
    parts[2] = *colon ? vl_arena_strdup(arena, colon + 1) : NULL;
    for (size_t i = 0; i < VL_COUNT(parts) && marks == VL_MARKS_FUNCTION; i++)
        parts[i] = parts[i] ? vl_text_strip(parts[i]) : NULL;
    condition.text = parts[0];
    condition.yes = parts[1] ? parts[1] : "";
    condition.no = parts[2] ? parts[2] : "";
    condition.known = !strstr(condition.text, "${") && !strstr(condition.text, "$[");
    condition.holds = condition.known && vl_condition_holds(condition.text);
    return condition;
}

/* `ExecIf(CONDITION,APPLICATION,ARGUMENTS)`, as it was once written; a comma before the first '?' says so, in quotes
 * too. */
static bool is_old_exec_if(const struct vl_application *application, const char *arguments)
{
    const char *question = find_first(arguments, '?');

    return application->effect == VL_EFFECT_EXEC && application->when == VL_WHEN_CONDITION &&
           (!*question || find_first(arguments, ',') < question);
}

struct vl_ways vl_jump_ways(struct vl_arena *arena, const struct vl_application *application, const char *arguments)
{
    struct vl_ways ways = { .text = { arguments, "" }, .count = 1 };

    if (application->when == VL_WHEN_ALWAYS)
        return ways;
    ways.condition = vl_condition_read(arena, arguments, application->marks);
    ways.text[0] = ways.condition.yes;
    ways.text[1] = ways.condition.no;
    ways.count = is_old_exec_if(application, arguments) ? 0 : 2;
    return ways;
}

/* What an option has in its parentheses; the last one of its kind counts. NULL: it is not there, or has none. */
static const char *option_text(struct vl_arena *arena, const char *options, char letter)
{
    const char *found = NULL;

    while (*options) {
        size_t reference = vl_reference_length(options), length;
        char option = *options;

        options += reference ? reference : 1;
        if (reference || *options != '(')
            continue;
        length = vl_call_length(++options);
        if (option == letter && options[length])
            found = vl_arena_strndup(arena, options, length);
        options += length + (options[length] != '\0');
    }
    return found;
}

/* An argument as applications with options take it (AST_STANDARD_APP_ARGS of Asterisk 16): without quotes, and what is
 * behind a backslash as it is. */
static const char *bare(struct vl_arena *arena, const char *text)
{
    char *copy = vl_arena_zalloc(arena, strlen(text) + 1), *to = copy;

    while (copy && *text) {
        size_t length = vl_reference_length(text);

        if (!length && *text == '"') {
            text++;
            continue;
        }
        if (!length && *text == '\\' && text[1])
            text++;
        length = length ? length : 1;
        memcpy(to, text, length);
        to += length;
        text += length;
    }
    return copy ? copy : "";
}

static const char *with_commas(struct vl_arena *arena, const char *text)
{
    char *copy = vl_arena_strdup(arena, text);

    for (char *p = copy; *p; p++) {
        size_t reference = vl_reference_length(p);

        if (reference)
            p += reference - 1;
        else if (*p == '^')
            *p = ',';
    }
    return copy;
}

/* The argument of this number and all behind it. */
static const char *text_from(const char *arguments, size_t number)
{
    while (number-- && *arguments) {
        arguments = find_outside(arguments, ',');
        arguments += *arguments != '\0';
    }
    return arguments;
}

static struct vl_jump_place originated(struct vl_arena *arena, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(arena, text, &count);

    if (count < 2 || strcasecmp(words[0], "exten") != 0 || !*words[1])
        return (struct vl_jump_place){ .priority = "" };
    return (struct vl_jump_place){
        .context = words[1],
        .extension = count > 2 && *words[2] ? words[2] : "s",
        .priority = count > 3 && *words[3] ? words[3] : "1",
    };
}

/* The place of a slot; its priority is "" when the text names none. */
static struct vl_jump_place slot_place(struct vl_arena *arena, const struct vl_place_slot *slot, const char *text)
{
    switch (slot->form) {
    case VL_FORM_ROUTINE:
        return routine_place(arena, "", text);
    case VL_FORM_CONTEXT:
        return (struct vl_jump_place){ .context = text, .priority = "1", .dialled = true };
    case VL_FORM_ORIGINATE:
        return originated(arena, text);
    case VL_FORM_MACRO:
    case VL_FORM_PLACE:
    case VL_FORM_REST:
        break;
    }
    return vl_jump_place(arena, slot->kind, text);
}

/* What stands in a slot; "" when it is empty. */
static const char *slot_text(struct vl_arena *arena, const struct vl_application *application,
                             const struct vl_place_slot *slot, const char *arguments)
{
    size_t number = slot->argument + (application->devices ? application->devices - 1U : 0), count;
    const char *text = text_from(arguments, number);

    if (slot->form == VL_FORM_REST || slot->form == VL_FORM_ORIGINATE)
        return text;
    text = vl_jump_words(arena, text, &count)[0];
    if (!slot->option)
        return text;
    text = option_text(arena, bare(arena, text), slot->option);
    return text ? with_commas(arena, text) : "";
}

const char *vl_jump_devices(struct vl_arena *arena, const struct vl_application *application, const char *arguments)
{
    size_t count;

    if (!application->devices)
        return NULL;
    return vl_jump_words(arena, text_from(arguments, application->devices - 1U), &count)[0];
}

struct list {
    struct vl_arena *arena;
    struct vl_jump *jumps;
    size_t count;
};

static void add_jump(struct list *list, const struct vl_jump *jump)
{
    struct vl_jump *grown = vl_arena_grow(list->arena, list->jumps, list->count, sizeof(*grown));

    if (!grown)
        return;
    list->jumps = grown;
    grown[list->count++] = *jump;
}

/* A Goto without a place fails; a Macro without a name is passed over. */
static void add_ways(struct list *list, const struct vl_application *application, const char *arguments)
{
    enum vl_jump_kind kind = application->effect == VL_EFFECT_GOTO    ? VL_JUMP_GOTO
                             : application->effect == VL_EFFECT_GOSUB ? VL_JUMP_GOSUB
                                                                      : VL_JUMP_MACRO;
    struct vl_ways ways = vl_jump_ways(list->arena, application, arguments);

    for (size_t i = 0; i < ways.count; i++)
        if (*ways.text[i] || (ways.count == 1 && kind != VL_JUMP_MACRO))
            add_jump(list, &(struct vl_jump){ .kind = kind,
                                              .way = i,
                                              .own = true,
                                              .place = vl_jump_place(list->arena, kind, ways.text[i]) });
}

/* `Set(CHANNEL(hangup_handler_push)=PLACE)`: a Gosub that waits for the end of the call. */
static void add_handler(struct list *list, const char *arguments)
{
    static const char handler[] = "CHANNEL(hangup_handler_";
    struct vl_jump jump = { .kind = VL_JUMP_GOSUB };

    if (strncmp(arguments, handler, strlen(handler)) != 0)
        return;
    arguments = find_first(arguments, '=');
    if (*arguments && arguments[1])
        jump.place = vl_jump_place(list->arena, VL_JUMP_GOSUB, arguments + 1);
    if (jump.place.priority && *jump.place.priority)
        add_jump(list, &jump);
}

/* `Local/NUMBER@CONTEXT[/OPTIONS]` among the devices. */
static void add_local_channels(struct list *list, const struct vl_application *application, const char *arguments)
{
    static const char technology[] = "Local/";
    const char *text = vl_jump_devices(list->arena, application, arguments);
    size_t count = 0;
    const char *const *devices = text ? vl_jump_split(list->arena, text, '&', &count) : NULL;

    for (size_t i = 0; i < count; i++) {
        const char *number = devices[i] + strlen(technology), *at, *end;

        if (strncasecmp(devices[i], technology, strlen(technology)) != 0)
            continue;
        at = find_first(number, '@');
        end = find_first(at, '/');
        if (end > at + 1)
            add_jump(list, &(struct vl_jump){
                               .place = { .context = vl_arena_strndup(list->arena, at + 1, (size_t)(end - at - 1)),
                                          .extension = vl_arena_strndup(list->arena, number, (size_t)(at - number)),
                                          .priority = "1" } });
    }
}

const struct vl_jump *vl_jump_list(struct vl_arena *arena, const struct vl_application *application,
                                   const char *arguments, size_t *ret_count)
{
    struct list list = { .arena = arena };

    if (vl_application_jumps(application))
        add_ways(&list, application, arguments);
    for (size_t i = 0; i < application->slot_count; i++) {
        const struct vl_place_slot *slot = &application->slots[i];
        const char *text = slot_text(arena, application, slot, arguments);
        struct vl_jump jump = { .kind = slot->kind, .option = slot->option, .own = slot->own };

        if (*text)
            jump.place = slot_place(arena, slot, text);
        if (*text && *jump.place.priority)
            add_jump(&list, &jump);
    }
    if (vl_application_sets(application))
        add_handler(&list, arguments);
    if (application->devices)
        add_local_channels(&list, application, arguments);
    *ret_count = list.count;
    return list.jumps;
}

struct vl_jump_call vl_jump_call_read(struct vl_arena *arena, const char *text)
{
    const char *open = strchr(text, '('), *close = open ? strrchr(open, ')') : NULL;
    size_t length = open ? (size_t)(open - text) : strlen(text);

    return (struct vl_jump_call){
        .name = vl_arena_strndup(arena, text, length),
        .arguments = close ? vl_arena_strndup(arena, open + 1, (size_t)(close - open) - 1) : "",
        .misnamed = strcspn(text, " \t") < length,
    };
}

size_t vl_jump_calls(struct vl_arena *arena, const struct vl_application *application, const char *arguments,
                     struct vl_jump_call ret_calls[static VL_JUMP_CALLS_MOST])
{
    struct vl_ways ways = { .count = 0 };
    size_t count = 0;

    if (vl_application_calls(application))
        ways = vl_jump_ways(arena, application, arguments);
    for (size_t i = 0; i < ways.count; i++)
        if (*ways.text[i])
            ret_calls[count++] = vl_jump_call_read(arena, ways.text[i]);
    return count;
}
