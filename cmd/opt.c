/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options, by getopt_long over the table of cmd.h. What it refuses is explained by us: with the nearest right option.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

static const struct {
    const char *name, *argument;
    char letter;
} table[] = {
#define X(id, text, short_name, value, description)                                                                    \
    [CMD_##id] = { .name = (text), .letter = (short_name), .argument = (value) },
    CMD_OPTIONS(X)
#undef X
};

static bool takes(const struct cmd_command *command, int option)
{
    return option == CMD_HELP || (command->options & 1UL << option) != 0;
}

static bool is_optional(int option)
{
    return table[option].argument && table[option].argument[0] == '[';
}

/* The number that may follow an option: names of things start with a letter. */
static const char *following_number(int argc, char **argv)
{
    if (optind >= argc || !*argv[optind] || argv[optind][strspn(argv[optind], "0123456789")])
        return "";
    return argv[optind++];
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Levenshtein distance of short words; long ones are far. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[33];
    size_t columns = strlen(b);

    if (columns > 32 || strlen(a) > 32)
        return UINT_MAX;
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            unsigned above = row[j];

            row[j] = smaller(smaller(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[columns];
}

const char *cmd_nearest(const char *wrong, const char *const *names)
{
    const char *best = NULL;
    unsigned best_distance = 3;

    for (; *names; names++) {
        unsigned far = distance(wrong, *names);

        if (far <= best_distance && far < strlen(*names)) {
            best = *names;
            best_distance = far ? far - 1 : 0;
        }
    }
    return best;
}

/* `--s` may be the start of several options: name them. */
static bool refuse_ambiguous(const struct cmd_command *command, const char *name)
{
    const char *found[CMD_OPTION_COUNT];
    size_t count = 0;

    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (takes(command, i) && !strncmp(table[i].name, name + 2, strlen(name + 2)))
            found[count++] = table[i].name;
    if (count < 2)
        return false;
    cmd_complain("'%s' may be '--%s' or '--%s'%s", name, found[0], found[1], count > 2 ? ", or another option" : "");
    return true;
}

static void refuse_unknown(const struct cmd_command *command, const char *name)
{
    const char *names[CMD_OPTION_COUNT + 1] = { NULL }, *nearest;
    size_t count = 0;

    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (takes(command, i))
            names[count++] = table[i].name;
    nearest = !strncmp(name, "--", 2) ? cmd_nearest(name + 2, names) : NULL;
    if (nearest)
        cmd_complain("%s has no option '%s'; did you mean '--%s'?", command->name, name, nearest);
    else
        cmd_complain("%s has no option '%s'; 'voiplab %s --help' lists its options", command->name, name,
                     command->name);
}

/* Say what is wrong with the word that getopt_long refused; `option` is the one that it found, or -1. */
static int refuse(const struct cmd_command *command, const char *word, int option)
{
    char *name = strndup(word, strcspn(word, "="));

    if (!name)
        cmd_complain("out of memory");
    else if (option >= 0)
        cmd_complain("the option '--%s' takes no value", table[option].name);
    else if (strncmp(name, "--", 2) != 0 || !refuse_ambiguous(command, name))
        refuse_unknown(command, name);
    free(name);
    return VOIPLAB_USAGE;
}

/* The tables that getopt_long wants, for the options that this command takes. */
static void build(const struct cmd_command *command, struct option *long_options, char *letters)
{
    *letters++ = ':';
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        if (!takes(command, i))
            continue;
        *long_options++ = (struct option){
            .name = table[i].name,
            .has_arg = is_optional(i)      ? optional_argument
                       : table[i].argument ? required_argument
                                           : no_argument,
            .val = 256 + i,
        };
        if (table[i].letter) {
            *letters++ = table[i].letter;
            if (table[i].argument)
                *letters++ = ':';
        }
    }
    *long_options = (struct option){ .name = NULL };
    *letters = '\0';
}

static int option_of(int found)
{
    if (found >= 256)
        return found - 256;
    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (table[i].letter == found)
            return i;
    return -1;
}

static int check_operands(const struct cmd_command *command, const struct cmd_options *options)
{
    if (options->operand_count < command->least_operands) {
        cmd_complain("%s needs more: voiplab %s %s", command->name, command->name, command->operands);
        return VOIPLAB_USAGE;
    }
    if (command->most_operands >= 0 && options->operand_count > command->most_operands) {
        cmd_complain("%s does not take '%s'; 'voiplab %s --help' tells what it takes", command->name,
                     options->operands[command->most_operands], command->name);
        return VOIPLAB_USAGE;
    }
    return 0;
}

static bool check_color(const struct cmd_options *options)
{
    const char *when = options->values[CMD_COLOR];

    if (!when || !strcmp(when, "auto") || !strcmp(when, "always") || !strcmp(when, "never"))
        return true;
    cmd_complain("--color: '%s' is none of auto, always, never", when);
    return false;
}

int cmd_parse(const struct cmd_command *command, int argc, char **argv, struct cmd_options *ret_options)
{
    struct option long_options[CMD_OPTION_COUNT + 1];
    char letters[2 * CMD_OPTION_COUNT + 2];
    struct cmd_options options = { .operand_count = 0 };
    int found;

    build(command, long_options, letters);
    opterr = 0;
    optind = 1;
    while ((found = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        int option = option_of(found);

        if (found == ':') {
            cmd_complain("the option '%s' needs a value", argv[optind - 1]);
            return VOIPLAB_USAGE;
        }
        if (found == '?' || option < 0) {
            char letter[] = { '-', (char)optopt, '\0' };

            return refuse(command, optopt > 0 && optopt < 256 ? letter : argv[optind - 1],
                          optopt >= 256 ? optopt - 256 : -1);
        }
        if (!optarg && is_optional(option))
            options.values[option] = following_number(argc, argv);
        else
            options.values[option] = optarg ? optarg : "";
    }
    options.operands = argv + optind;
    options.operand_count = argc - optind;
    *ret_options = options;
    if (options.values[CMD_HELP])
        return 0;
    return check_color(&options) ? check_operands(command, &options) : VOIPLAB_USAGE;
}

bool cmd_number(const struct cmd_options *options, enum cmd_option option, unsigned most, unsigned otherwise,
                unsigned *ret_number)
{
    const char *text = options->values[option];
    unsigned long number;
    char *end;

    *ret_number = otherwise;
    if (!text)
        return true;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9' || number < 1 || number > most) {
        cmd_complain("--%s: '%s' is not a number from 1 to %u", table[option].name, text, most);
        return false;
    }
    *ret_number = (unsigned)number;
    return true;
}
