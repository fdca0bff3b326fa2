/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of an option, from the rows of options.h, and the values that fit it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cmd.h"

#define FLAG .kind = CMD_NOTHING
#define VALUE(what) .kind = CMD_##what
#define NUMBER(largest) .kind = CMD_NUMBER, .most = (largest)
#define DECIMAL(largest) .kind = CMD_DECIMAL, .most = (largest)
#define WORDS(...)                                                                                                     \
    .kind = CMD_WORDS, .words = (const char *const[])                                                                  \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

const struct cmd_option_row cmd_option_rows[] = {
#define X(id, text, short_name, value_name, value, description)                                                        \
    [CMD_##id] = { .name = (text), .letter = (short_name), .argument = (value_name), .help = (description), value },
    CMD_OPTIONS(X)
#undef X
};

const char *const *cmd_option_words(enum cmd_option option)
{
    const struct cmd_option_row *row = &cmd_option_rows[option];

    return row->kind == CMD_BACKENDS ? voiplab_bridge_backends() : row->words;
}

bool cmd_option_is_optional(enum cmd_option option)
{
    return cmd_option_rows[option].argument && cmd_option_rows[option].argument[0] == '[';
}

bool cmd_option_is_taken(const struct cmd_command *command, int option)
{
    return option == CMD_HELP || command->takes[option];
}

char *cmd_variable(enum cmd_option option)
{
    char *name = NULL;

    if (asprintf(&name, "VOIPLAB_%s", cmd_option_rows[option].name) < 0)
        return NULL;
    for (char *p = name; *p; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    return name;
}

/* The lab file has a rule of its own: voiplab.ini of the working directory comes before the variable. */
const char *cmd_from_environment(enum cmd_option option)
{
    static const char *const off[] = { "0", "no", "off", "false", NULL };
    char *name = option == CMD_FILE || option == CMD_HELP ? NULL : cmd_variable(option);
    const char *value = name ? getenv(name) : NULL;

    free(name);
    if (!value || !*value)
        return NULL;
    if (cmd_option_rows[option].argument)
        return value;
    for (const char *const *word = off; *word; word++)
        if (!strcasecmp(value, *word))
            return NULL;
    return "";
}

bool cmd_is_given(const struct cmd_options *options, enum cmd_option option)
{
    return options->values[option] && !options->environment[option];
}

static bool is_word(const char *const *words, const char *text)
{
    while (*words && strcmp(*words, text) != 0)
        words++;
    return *words != NULL;
}

char *cmd_list(const char *const *words, const char *quote, const char *last)
{
    char *list = NULL;
    size_t size;
    FILE *stream = open_memstream(&list, &size);

    for (size_t i = 0; stream && words[i]; i++)
        (void)fprintf(stream, "%s%s%s%s", !i ? "" : words[i + 1] ? ", " : last, quote, words[i], quote);
    if (stream && fclose(stream) == 0)
        return list;
    free(list);
    return NULL;
}

bool cmd_check_word(const char *dashes, const char *name, const char *const *words, const char *text)
{
    char *list;

    if (is_word(words, text))
        return true;
    list = cmd_list(words, "", ", ");
    cmd_complain("%s%s: '%s' is none of %s", dashes, name, text, list ? list : "the words that are right");
    free(list);
    return false;
}

static bool is_number(const char *text, unsigned most)
{
    unsigned long number;
    char *end;

    errno = 0;
    number = strtoul(text, &end, 10);
    return !errno && !*end && text[0] >= '0' && text[0] <= '9' && number >= 1 && number <= most;
}

/* Digits, and a fraction behind a point; neither a sign nor an exponent. The program has no locale of numbers. */
static bool is_decimal(const char *text, unsigned most)
{
    size_t whole = strspn(text, "0123456789"), point = text[whole] == '.';
    size_t fraction = point ? strspn(text + whole + 1, "0123456789") : 0;

    return whole && !text[whole + point + fraction] && (!point || fraction) && strtod(text, NULL) <= most;
}

static bool check_value(enum cmd_option option, const char *dashes, const char *name, const char *text)
{
    const struct cmd_option_row *row = &cmd_option_rows[option];
    const char *const *words = cmd_option_words(option);

    if (row->kind == CMD_NUMBER && !is_number(text, row->most) && !(cmd_option_is_optional(option) && !*text)) {
        cmd_complain("%s%s: '%s' is not a number from 1 to %u", dashes, name, text, row->most);
        return false;
    }
    if (row->kind == CMD_DECIMAL && !is_decimal(text, row->most)) {
        cmd_complain("%s%s: '%s' is not a number from 0 to %u, such as 0.5", dashes, name, text, row->most);
        return false;
    }
    return !words || cmd_check_word(dashes, name, words, text);
}

bool cmd_check_values(const struct cmd_options *options)
{
    bool good = true;

    for (int i = 0; good && i < CMD_OPTION_COUNT; i++) {
        char *variable = options->environment[i] ? cmd_variable((enum cmd_option)i) : NULL;

        if (options->values[i])
            good = check_value((enum cmd_option)i, variable ? "$" : "--", variable ? variable : cmd_option_rows[i].name,
                               options->values[i]);
        free(variable);
    }
    return good;
}

unsigned cmd_number(const struct cmd_options *options, enum cmd_option option, unsigned otherwise)
{
    const char *text = options->values[option];

    return text && *text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

const double *cmd_decimal(const struct cmd_options *options, enum cmd_option option, double *value)
{
    const char *text = options->values[option];

    if (!text)
        return NULL;
    *value = strtod(text, NULL);
    return value;
}
