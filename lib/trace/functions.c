/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions that are known here, one row each: how one is read, and what becomes of what is written to it. The
 * names are as they are written: Asterisk knows no ${len(x)}. Nothing is known of any other function.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/cleanup.h"
#include "dialplan/jump.h"
#include "dialplan/provided.h"
#include "dialplan/version.h"
#include "trace/functions.h"
#include "trace/run.h"

enum { ASKED_MOST = 16 };

static const char *truth(bool holds)
{
    return holds ? "1" : "0";
}

void vl_function_words(struct vl_arena *arena, const char *text, size_t most,
                       const char *ret_words[static VL_FUNCTION_WORDS_MOST])
{
    char *out = vl_arena_zalloc(arena, strlen(text) + 1);
    int parentheses = 0, brackets = 0;
    bool quoted = false;
    size_t count = 0;

    for (size_t i = 0; i < VL_FUNCTION_WORDS_MOST; i++)
        ret_words[i] = NULL;
    if (!out)
        out = (char[]){ '\0' }, text = "";
    ret_words[count++] = out;
    for (; *text; text++) {
        if (*text == ',' && !parentheses && !brackets && !quoted && count < most) {
            *out++ = '\0';
            ret_words[count++] = out;
        } else if (*text == '"') {
            quoted = !quoted;
        } else {
            parentheses += *text == '(' ? 1 : *text == ')' && parentheses ? -1 : 0;
            brackets += *text == '[' ? 1 : *text == ']' && brackets ? -1 : 0;
            text += *text == '\\' && text[1];
            *out++ = *text;
        }
    }
}

const char *vl_function_named(struct vl_runner *runner, const char *name)
{
    const char *value = NULL;

    if (runner->asked < ASKED_MOST) {
        runner->asked++;
        value = vl_trace_value(runner, name);
        runner->asked--;
    }
    return vl_trace_is_unknown(value) ? NULL : value;
}

static const char *is_null(struct vl_runner *runner, const char *text)
{
    (void)runner;
    return truth(!*text);
}

static const char *exists(struct vl_runner *runner, const char *text)
{
    (void)runner;
    return truth(*text);
}

/* What is in it has been filled in already. */
static const char *itself(struct vl_runner *runner, const char *text)
{
    (void)runner;
    return strchr(text, '\\') ? NULL : text;
}

/* `IF(CONDITION?YES:NO)`: quotes go from YES, and stay around NO, which is the last. */
static const char *choice(struct vl_runner *runner, const char *text)
{
    struct vl_condition condition = vl_condition_read(runner->scratch, text, VL_MARKS_FUNCTION);
    const char *words[VL_FUNCTION_WORDS_MOST];

    if (!condition.known || strchr(text, '\\') || strchr(condition.text, '"'))
        return NULL;
    if (condition.holds && strchr(condition.yes, '"')) {
        vl_function_words(runner->scratch, condition.yes, 1, words);
        return *condition.no ? vl_text_strip(vl_arena_strdup(runner->scratch, words[0])) : NULL;
    }
    if (!*condition.text || (!*condition.yes && !*condition.no))
        return "";
    return condition.holds ? condition.yes : condition.no;
}

/* `IFTIME(TIMES?YES:NO)` */
static const char *choice_of_time(struct vl_runner *runner, const char *text)
{
    struct vl_condition condition = vl_condition_read(runner->scratch, text, VL_MARKS_FUNCTION);

    if (strpbrk(text, "\"\\") || !vl_trace_ask_time(runner, &condition) || !condition.known)
        return NULL;
    return condition.holds ? condition.yes : condition.no;
}

/* Nothing where it does not go with the innermost Gosub. */
static const char *local(struct vl_runner *runner, const char *name)
{
    return vl_trace_is_local(runner, name) ? vl_trace_variable(runner, name) : "";
}

/* `SET(NAME=VALUE)`: sets it, and is what it was set to. */
static const char *set_and_read(struct vl_runner *runner, const char *text)
{
    const char *equals = strchr(text, '='), *value;

    if (!equals)
        return NULL;
    value = vl_text_strip(vl_arena_strdup(runner->scratch, equals + 1));
    vl_trace_set(runner, vl_text_strip(vl_arena_strndup(runner->scratch, text, (size_t)(equals - text))), value);
    return value;
}

static void write_local(struct vl_runner *runner, const char *name, const char *value)
{
    vl_trace_set_local(runner, name, value);
}

static void write_global(struct vl_runner *runner, const char *name, const char *value)
{
    vl_trace_set(runner, vl_arena_printf(runner->scratch, "GLOBAL(%s)", name), value);
}

/* The first of the channels of a call: most often the one that runs these steps. */
static void write_master(struct vl_runner *runner, const char *name, const char *value)
{
    (void)value;
    vl_trace_set(runner, name, NULL);
}

/* NULL: another PBX is asked. */
static const char *has_step(struct vl_runner *runner, const struct vl_trace_place *place, const char *label)
{
    const struct vl_context *context = vl_dialplan_context(runner->plan, place->context);
    const struct vl_extension *extension;
    bool found = vl_trace_step(runner, place, label, &extension) != NULL;

    return !found && context && context->switch_count ? NULL : truth(found);
}

/* `DIALPLAN_EXISTS(CONTEXT[,EXTENSION[,PRIORITY]])` */
static const char *dialplan_exists(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->scratch, text, &count);
    struct vl_trace_place place = { .context = words[0], .priority = 1 };
    const char *label = NULL;
    char *end;

    if ((count < 2 || !*words[1]) && (count < 3 || !*words[2]))
        return truth(vl_dialplan_context(runner->plan, place.context) != NULL);
    if (!*words[1])
        return truth(false);
    place.number = words[1];
    if (count > 2 && *words[2]) {
        place.priority = (int)strtol(words[2], &end, 10);
        label = end == words[2] ? words[2] : NULL;
    }
    return has_step(runner, &place, label);
}

/* `VALID_EXTEN([CONTEXT],EXTENSION[,PRIORITY])`; a label is none for it. */
static const char *valid_exten(struct vl_runner *runner, const char *text)
{
    size_t count;
    const char *const *words = vl_jump_words(runner->scratch, text, &count);
    struct vl_trace_place place = { .context = *words[0] ? words[0] : runner->at.context, .priority = 1 };

    if (count < 2 || !*words[1])
        return NULL;
    place.number = words[1];
    if (count > 2 && *words[2])
        place.priority = (int)strtol(words[2], NULL, 10);
    return has_step(runner, &place, NULL);
}

/* Every telephone is taken to be there, and nobody else to call: as where Dial() is followed. */
static const char *dial_contacts(struct vl_runner *runner, const char *text)
{
    return vl_arena_printf(runner->scratch, "PJSIP/%s", text);
}

static const struct {
    const char *name;
    vl_function_read *read;   /* NULL: its value is not known */
    vl_function_write *write; /* NULL: what is written to it is not kept */
} functions[] = {
    { "ARRAY", NULL, vl_function_array_write },
    { "CALLERID", vl_function_callerid, vl_function_callerid_write },
    { "CALLERPRES", vl_function_presentation, vl_function_presentation_write },
    { "CDR", vl_function_cdr, vl_function_cdr_write },
    { "CHANNEL", vl_function_channel, vl_function_channel_write },
    { "CUT", vl_function_cut, NULL },
    { "DB", vl_function_database, vl_function_database_write },
    { "DB_DELETE", vl_function_database_delete, vl_function_database_delete_write },
    { "DB_EXISTS", vl_function_database_exists, NULL },
    { "DEC", vl_function_decrement, NULL },
    { "DIALPLAN_EXISTS", dialplan_exists, NULL },
    { "ENV", vl_function_environment, vl_function_environment_write },
    { "EVAL", itself, NULL },
    { "EXISTS", exists, NULL },
    { "FIELDNUM", vl_function_field_number, NULL },
    { "FIELDQTY", vl_function_field_count, NULL },
    { "FILTER", vl_function_filter, NULL },
    { "GLOBAL", vl_trace_global, write_global },
    { "GROUP", vl_function_group, vl_function_group_write },
    { "GROUP_COUNT", vl_function_group_count, NULL },
    { "GROUP_LIST", vl_function_group_list, NULL },
    { "HASH", vl_function_hash, vl_function_hash_write },
    { "HASHKEYS", vl_function_hash_keys, NULL },
    { "IF", choice, NULL },
    { "IFTIME", choice_of_time, NULL },
    { "INC", vl_function_increment, NULL },
    { "ISNULL", is_null, NULL },
    { "LEN", vl_function_length, NULL },
    { "LISTFILTER", vl_function_list_filter, NULL },
    { "LOCAL", local, write_local },
    { "MASTER_CHANNEL", NULL, write_master },
    { "MATH", vl_function_math, NULL },
    { "PASSTHRU", itself, NULL },
    { "PJSIP_DIAL_CONTACTS", dial_contacts, NULL },
    { "POP", vl_function_pop, NULL },
    { "PUSH", NULL, vl_function_push },
    { "QUOTE", vl_function_quote, NULL },
    { "REGEX", vl_function_regex, NULL },
    { "REPLACE", vl_function_replace, NULL },
    { "SET", set_and_read, NULL },
    { "SHARED", vl_function_shared, vl_function_shared_write },
    { "SHIFT", vl_function_shift, NULL },
    { "SPRINTF", vl_function_format, NULL },
    { "STRREPLACE", vl_function_string_replace, NULL },
    { "TOLOWER", vl_function_lower, NULL },
    { "TOUPPER", vl_function_upper, NULL },
    { "UNSHIFT", NULL, vl_function_unshift },
    { "VALID_EXTEN", valid_exten, NULL },
};

/* What stands between the parentheses of `FUNCTION(…)`, and which row that is: VL_COUNT(functions) when there is none.
 */
static const char *take_apart(struct vl_arena *arena, const char *text, size_t *ret_row)
{
    size_t length = strlen(text), name_length = strcspn(text, "(");

    *ret_row = VL_COUNT(functions);
    for (size_t i = 0; i < VL_COUNT(functions); i++)
        if (strlen(functions[i].name) == name_length && vl_text_starts(text, functions[i].name))
            *ret_row = i;
    return text[length - 1] == ')' ? vl_arena_strndup(arena, text + name_length + 1, length - name_length - 2)
                                   : text + name_length + 1;
}

/* Whether modules.conf loads no module that has the function: it gives nothing, and nothing is written. */
static bool is_not_loaded(struct vl_runner *runner, const char *text)
{
    const struct vl_module_loading *loading = &runner->plan->loading;
    int asterisk = runner->facts->asterisk ? runner->facts->asterisk : VL_VERSION_DEFAULT;
    const char *name;
    struct vl_presence presence;

    if (!loading->read)
        return false;
    name = vl_arena_strndup(runner->scratch, text, strcspn(text, "("));
    presence = vl_presence_of(loading, VL_PROVIDES_FUNCTION, name, asterisk);
    if (presence.kind != VL_PRESENCE_UNLOADED)
        return false;
    vl_trace_assume(runner, vl_arena_printf(runner->scratch, "%s() gives nothing: modules.conf does not load %s.so",
                                            name, presence.module));
    return true;
}

/* Functions that change the variable that they name do so to what is not known, too. */
static void forget_named(struct vl_runner *runner, const char *text)
{
    static const char *const names[] = { "DEC(", "INC(", "POP(", "SHIFT(" };

    for (size_t i = 0; i < VL_COUNT(names); i++)
        if (vl_text_starts(text, names[i])) {
            const char *name = text + strlen(names[i]);

            vl_trace_set(runner, vl_arena_strndup(runner->scratch, name, strcspn(name, ",)")), NULL);
        }
}

const char *vl_trace_value(struct vl_runner *runner, const char *name)
{
    const char *arguments;
    size_t row;

    if (!strchr(name, '('))
        return vl_trace_variable(runner, name);
    if (is_not_loaded(runner, name))
        return "";
    if (vl_trace_is_unknown(name)) {
        forget_named(runner, name);
        return NULL;
    }
    arguments = take_apart(runner->scratch, name, &row);
    return row < VL_COUNT(functions) && functions[row].read ? functions[row].read(runner, arguments) : NULL;
}

void vl_trace_write(struct vl_runner *runner, const char *name, const char *value)
{
    const char *arguments;
    size_t row;

    if (!strchr(name, '(')) {
        vl_trace_set(runner, name, value);
        return;
    }
    if (is_not_loaded(runner, name))
        return;
    arguments = take_apart(runner->scratch, name, &row);
    if (row < VL_COUNT(functions) && functions[row].write)
        functions[row].write(runner, arguments, vl_trace_is_unknown(value) ? NULL : value);
}
