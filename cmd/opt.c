/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which row a command line means, and its options, by getopt_long. What that refuses is explained by us: where the
 * option belongs, or which one is the nearest.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

enum { END = -1, WRONG = -2, WITHOUT_VALUE = -3, FIRST_LONG = 256 };

/* What getopt_long is told. Letters: how it shall order, ':' for silence, and two for each option. */
struct grammar {
    const bool *takes;
    struct option long_options[CMD_OPTION_COUNT + 1];
    char letters[2 * CMD_OPTION_COUNT + 3];
};

static void build(struct grammar *grammar, const bool *takes, bool stop_at_operand)
{
    struct option *option = grammar->long_options;
    char *letter = grammar->letters;

    grammar->takes = takes;
    if (stop_at_operand)
        *letter++ = '+';
    *letter++ = ':';
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        const struct cmd_option_row *row = &cmd_option_rows[i];

        if (!takes[i])
            continue;
        *option++ = (struct option){
            .name = row->name,
            .has_arg = cmd_option_is_optional((enum cmd_option)i) ? optional_argument
                       : row->argument                            ? required_argument
                                                                  : no_argument,
            .val = FIRST_LONG + i,
        };
        if (row->letter) {
            *letter++ = row->letter;
            if (row->argument)
                *letter++ = ':';
        }
    }
    *option = (struct option){ .name = NULL };
    *letter = '\0';
    opterr = 0;
    optind = 0; /* glibc: start anew, also after a line that was left in the middle */
}

static int option_of(const struct grammar *grammar, int found)
{
    if (found >= FIRST_LONG)
        return found - FIRST_LONG;
    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (grammar->takes[i] && cmd_option_rows[i].letter == found)
            return i;
    return WRONG;
}

/* The number that may follow an option: names of things start with a letter. */
static const char *following_number(int argc, char **argv)
{
    if (optind >= argc || !*argv[optind] || argv[optind][strspn(argv[optind], "0123456789")])
        return "";
    return argv[optind++];
}

/* The next option, with its value; END also says whether it was "--" that ended them. */
static int next(const struct grammar *grammar, int argc, char **argv, const char **ret_value, bool *ret_dashes)
{
    int before = optind ? optind : 1;
    int found = getopt_long(argc, argv, grammar->letters, grammar->long_options, NULL), option;

    *ret_dashes = found == END && optind > before;
    if (found == END)
        return END;
    if (found == ':')
        return WITHOUT_VALUE;
    option = found == '?' ? WRONG : option_of(grammar, found);
    if (option >= 0 && !optarg && cmd_option_is_optional((enum cmd_option)option))
        *ret_value = following_number(argc, argv);
    else
        *ret_value = optarg ? optarg : "";
    return option;
}

/* Options may stand before the verb: what each verb of the command takes is passed over. The verb is taken out. */
static const struct cmd_command *choose(const struct cmd_command *command, int *argc, char **argv)
{
    bool takes[CMD_OPTION_COUNT] = { [CMD_HELP] = true }, dashes;
    const struct cmd_command *chosen;
    struct grammar grammar;
    const char *value;

    for (const struct cmd_command *row = cmd_commands; row->name; row++)
        for (int i = 0; i < CMD_OPTION_COUNT; i++)
            takes[i] |= cmd_are_kin(row, command) && row->takes[i];
    build(&grammar, takes, true);
    while (next(&grammar, *argc, argv, &value, &dashes) != END)
        continue;
    chosen = dashes || optind >= *argc ? NULL : cmd_find(command->name, argv[optind]);
    if (!chosen)
        return command;
    (void)memmove(&argv[optind], &argv[optind + 1], (size_t)(*argc - optind) * sizeof(argv[0]));
    (*argc)--;
    return chosen;
}

/* `--s` may be the start of several options: name them. */
static bool refuse_ambiguous(const struct cmd_command *command, const char *name)
{
    const char *found[CMD_OPTION_COUNT];
    size_t count = 0;

    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (cmd_option_is_taken(command, i) && !strncmp(cmd_option_rows[i].name, name + 2, strlen(name + 2)))
            found[count++] = cmd_option_rows[i].name;
    if (count < 2)
        return false;
    cmd_complain("'%s' may be '--%s' or '--%s'%s", name, found[0], found[1], count > 2 ? ", or another option" : "");
    return true;
}

/* Whether a row takes the option that is called `--name`, also cut short, or `-n`. */
static bool takes_named(const struct cmd_command *command, const char *name)
{
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        const struct cmd_option_row *row = &cmd_option_rows[i];
        bool named =
            name[1] == '-' ? name[2] && !strncmp(row->name, name + 2, strlen(name + 2)) : row->letter == name[1];

        if (command->takes[i] && named)
            return true;
    }
    return false;
}

/* The other verbs of the same command that take an option of this name, NULL-terminated. NULL: none, or no memory. */
static const char **kin_with(const struct cmd_command *command, const char *name)
{
    const char **kin = NULL;
    size_t count = 0;

    for (const struct cmd_command *row = cmd_commands; row->name; row++) {
        const char **more = NULL;

        if (row != command && cmd_are_kin(row, command) && takes_named(row, name))
            more = reallocarray(kin, count + 2, sizeof(*kin));
        if (!more)
            continue;
        kin = more;
        kin[count++] = row->name;
        kin[count] = NULL;
    }
    return kin;
}

/* An option of other verbs: say of which. */
static bool refuse_kin(const struct cmd_command *command, const char *name)
{
    const char **kin = kin_with(command, name);
    char *list = kin ? cmd_list(kin, "'", " and ") : NULL;
    bool refused = list != NULL;

    if (refused)
        cmd_complain("%s belongs to %s", name, list);
    free(list);
    free(kin);
    return refused;
}

static void refuse_unknown(const struct cmd_command *command, const char *name)
{
    const char *names[CMD_OPTION_COUNT + 1] = { NULL }, *nearest;
    size_t count = 0;

    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (cmd_option_is_taken(command, i))
            names[count++] = cmd_option_rows[i].name;
    nearest = !strncmp(name, "--", 2) ? cmd_nearest(name + 2, names) : NULL;
    if (nearest)
        cmd_complain("%s has no option '%s'; did you mean '--%s'?", command->name, name, nearest);
    else
        cmd_complain("%s has no option '%s'; 'voiplab %s --help' lists its options", command->name, name,
                     command->name);
}

/* Say what is wrong with the word that getopt_long refused; optopt is the option that it found, or none. */
static void refuse(const struct cmd_command *command, const char *last_word)
{
    char letter[] = { '-', (char)optopt, '\0' };
    const char *word = optopt > 0 && optopt < FIRST_LONG ? letter : last_word;
    char *name = strndup(word, strcspn(word, "="));

    if (!name)
        cmd_complain("out of memory");
    else if (optopt >= FIRST_LONG)
        cmd_complain("the option '--%s' takes no value", cmd_option_rows[optopt - FIRST_LONG].name);
    else if ((strncmp(name, "--", 2) != 0 || !refuse_ambiguous(command, name)) && !refuse_kin(command, name))
        refuse_unknown(command, name);
    free(name);
}

/* An operand of a command that takes none but has verbs is meant as one of these. */
static bool refuse_verb(const struct cmd_command *command, const char *word)
{
    const char **verbs = cmd_is_command(command) ? cmd_names(command) : NULL;
    bool refused = verbs && *verbs && !cmd_check_word("", command->name, verbs, word);

    free(verbs);
    return refused;
}

/* Behind a NAME all is for the other side, so that an option there comes as a word too many. */
static void refuse_rest(const struct cmd_command *command, const char *word)
{
    if (*word == '-')
        cmd_complain("%s: options stand in front of the name, so '%s' comes too late", command->name, word);
    else
        cmd_complain("%s takes one command in quotes, so '%s' is too much: voiplab %s NAME 'core show version'",
                     command->name, word, command->name);
}

static bool check_operands(const struct cmd_command *command, const struct cmd_options *options)
{
    if (options->operand_count < command->least_operands) {
        cmd_complain("%s needs more: voiplab %s %s", command->name, command->name, command->operands);
        return false;
    }
    if (command->most_operands >= 0 && options->operand_count > command->most_operands) {
        const char *word = options->operands[command->most_operands];

        if (command->takes_rest)
            refuse_rest(command, word);
        else if (command->most_operands || !refuse_verb(command, word))
            cmd_complain("%s does not take '%s'; 'voiplab %s --help' tells what it takes", command->name, word,
                         command->name);
        return false;
    }
    for (int i = 0; command->kind == CMD_WORDS && i < options->operand_count; i++)
        if (!cmd_check_word("", command->name, command->words, options->operands[i]))
            return false;
    return true;
}

/* One more --set. False: it is none, or memory ran out. */
static bool add_set(struct cmd_options *options, const char *value)
{
    const char **grown;
    size_t count = 0;

    if (*value == '=' || !strchr(value, '=')) {
        cmd_complain("--set wants NAME=VALUE, not '%s'", value);
        return false;
    }
    while (options->set && options->set[count])
        count++;
    grown = reallocarray(options->set, count + 2, sizeof(*grown));
    if (!grown) {
        cmd_complain("out of memory");
        return false;
    }
    options->set = grown;
    grown[count] = value;
    grown[count + 1] = NULL;
    return true;
}

static bool read_options(const struct cmd_command *command, int argc, char **argv, struct cmd_options *options)
{
    bool takes[CMD_OPTION_COUNT];
    struct grammar grammar;
    const char *value;
    int option;

    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        takes[i] = cmd_option_is_taken(command, i);
    build(&grammar, takes, command->takes_rest);
    while ((option = next(&grammar, argc, argv, &value, &options->dashes)) >= 0) {
        options->values[option] = value;
        if (option == CMD_SET && !add_set(options, value))
            return false;
    }
    if (option == WITHOUT_VALUE)
        cmd_complain("the option '%s' needs a value", argv[optind - 1]);
    if (option == WRONG)
        refuse(command, argv[optind - 1]);
    options->operands = argv + optind;
    options->operand_count = argc - optind;
    return option == END;
}

/* What the command line leaves open the variables may say. */
static bool read_environment(const struct cmd_command *command, struct cmd_options *options)
{
    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        if (options->values[i] || !cmd_option_is_taken(command, i))
            continue;
        options->values[i] = cmd_from_environment((enum cmd_option)i);
        options->environment[i] = options->values[i] != NULL;
        if (options->values[i] && i == CMD_SET && !add_set(options, options->values[i]))
            return false;
    }
    return true;
}

int cmd_parse(const struct cmd_command **command, int argc, char **argv, struct cmd_options *ret_options)
{
    struct cmd_options options = { .operand_count = 0 };
    bool read;

    *command = options.command = choose(*command, &argc, argv);
    read = read_options(*command, argc, argv, &options) && read_environment(*command, &options);
    *ret_options = options;
    if (!read)
        return VOIPLAB_USAGE;
    if (options.values[CMD_HELP] || (cmd_check_values(&options) && check_operands(*command, &options)))
        return 0;
    return VOIPLAB_USAGE;
}
