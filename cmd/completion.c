/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the shells ask for when TAB is pressed: the words that may stand in place of the last one, from the rows of
 * commands and options and from the sections of the lab file.
 *
 * Each line of the answer is a word, and behind a tab what it means. The lines ":files" and ":directories" leave it to
 * the shell to offer names of files. The scripts are in share/completions.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* Where the last word stands. */
struct place {
    const struct cmd_command *command;
    struct cmd_options given; /* the operands are counted only */
    int pending;              /* the option whose value the last word is; -1: none */
};

/* The last word: what of it stays as it is, such as "--color=", and what is to be completed. */
struct wanted {
    const char *kept, *start;
};

static void offer(const struct wanted *wanted, const char *word, const char *meaning)
{
    if (!strncmp(word, wanted->start, strlen(wanted->start)))
        (void)printf("%.*s%s%s%s\n", (int)(wanted->start - wanted->kept), wanted->kept, word, meaning ? "\t" : "",
                     meaning ? meaning : "");
}

static bool is_taken_by_kin(const struct cmd_command *command, int option)
{
    bool taken = false;

    for (const struct cmd_command *row = cmd_commands; row->name; row++)
        taken |= cmd_are_kin(row, command) && cmd_option_is_taken(row, option);
    return taken;
}

/* The option that a word like --file, --fi or --file=LAB names: the one of that name, else the first that starts so. */
static int long_option(const struct cmd_command *command, const char *word)
{
    size_t length = strcspn(word + 2, "=");
    int found = -1;

    for (int i = 0; i < CMD_OPTION_COUNT; i++) {
        const char *name = cmd_option_rows[i].name;

        if (!is_taken_by_kin(command, i) || strncmp(name, word + 2, length) != 0)
            continue;
        if (!name[length])
            return i;
        found = found < 0 ? i : found;
    }
    return found;
}

static int letter_option(const struct cmd_command *command, char letter)
{
    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (cmd_option_rows[i].letter == letter && is_taken_by_kin(command, i))
            return i;
    return -1;
}

/* Note an option; the next word is its value when it needs one and has none yet. */
static void note(struct place *place, int option, const char *value)
{
    if (option < 0 || !cmd_option_rows[option].argument)
        return;
    if (value)
        place->given.values[option] = value;
    else if (!cmd_option_is_optional((enum cmd_option)option))
        place->pending = option;
}

static void pass_letters(struct place *place, const char *letters)
{
    for (; *letters; letters++) {
        int option = letter_option(place->command, *letters);

        if (option >= 0 && cmd_option_rows[option].argument) {
            note(place, option, letters[1] ? letters + 1 : NULL);
            return;
        }
    }
}

static void pass_operand(struct place *place, const char *word)
{
    const struct cmd_command *verb =
        !place->given.operand_count && !place->given.dashes && cmd_is_command(place->command)
            ? cmd_find(place->command->name, word)
            : NULL;

    if (!verb || verb == place->command)
        place->given.operand_count++;
    if (verb)
        place->command = verb;
}

/* Whether options can stand here no more. */
static bool is_past_options(const struct place *place)
{
    return place->given.dashes || (place->command->takes_rest && place->given.operand_count);
}

/* A word before the last one. */
static void pass(struct place *place, const char *word)
{
    if (place->pending >= 0) {
        place->given.values[place->pending] = word;
        place->pending = -1;
    } else if (is_past_options(place)) {
        pass_operand(place, word);
    } else if (!strcmp(word, "--")) {
        place->given.dashes = true;
    } else if (!strncmp(word, "--", 2)) {
        const char *equals = strchr(word, '=');

        note(place, long_option(place->command, word), equals ? equals + 1 : NULL);
    } else if (word[0] == '-' && word[1]) {
        pass_letters(place, word + 1);
    } else {
        pass_operand(place, word);
    }
}

/* The names of the sections of one kind, `[pbx alfa]`. Where a section is counted its copies are not offered. */
static void offer_sections(const struct wanted *wanted, const struct cmd_options *given, const char *kind)
{
    const char *path = cmd_lab_file(given);
    FILE *file = path ? fopen(path, "re") : NULL;
    char *line = NULL, *rest;
    size_t size = 0;

    while (file && getline(&line, &size, file) >= 0) {
        char *start = line + strspn(line, " \t");
        const char *found = *start == '[' ? strtok_r(start + 1, " \t]", &rest) : NULL;
        const char *name = found && !strcmp(found, kind) ? strtok_r(NULL, " \t]\r\n", &rest) : NULL;

        /* what a shell would take for something else is no name of ours */
        if (name && isalnum((unsigned char)*name) && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")])
            offer(wanted, name, NULL);
    }
    free(line);
    if (file)
        (void)fclose(file);
}

/* Rules stand in a list: what is before the last comma stays. */
static void offer_rules(struct wanted wanted)
{
    struct voiplab_lint lint = VOIPLAB_LINT_INIT;
    struct voiplab_request request = VOIPLAB_REQUEST_INIT;
    const struct cmd_options none = { .operand_count = 0 };
    const char *comma = strrchr(wanted.start, ',');
    voiplab_result *result = NULL;
    voiplab_error *error = NULL;
    int status;
    voiplab_lab *lab = cmd_open(&none, CMD_LAB_NONE, &status);

    lint.rules = true;
    request.command = VOIPLAB_DIALPLAN_LINT;
    request.parameters.lint = &lint;
    wanted.start = comma ? comma + 1 : wanted.start;
    if (lab)
        (void)voiplab_run(lab, &request, &result, &error);
    for (size_t i = 0; result && i < voiplab_result_rows(result); i++)
        offer(&wanted, voiplab_result_cell(result, i, 0), NULL);
    voiplab_result_free(result);
    voiplab_error_free(error);
    voiplab_close(lab);
}

static void offer_kind(const struct wanted *wanted, const struct cmd_options *given, enum cmd_kind kind,
                       const char *const *words)
{
    static const char *const sections[] = {
        [CMD_PBXS] = "pbx", [CMD_IMAGES] = "image", [CMD_PHONES] = "phone", [CMD_LOADS] = "load"
    };

    if (kind == CMD_FILES || kind == CMD_DIRECTORIES)
        (void)printf("%s\n", kind == CMD_FILES ? ":files" : ":directories");
    else if (kind == CMD_RULES)
        offer_rules(*wanted);
    else if (words)
        while (*words)
            offer(wanted, *words++, NULL);
    else if ((size_t)kind < sizeof(sections) / sizeof(sections[0]) && sections[kind])
        offer_sections(wanted, given, sections[kind]);
}

static void offer_value(const char *word, const char *start, const struct place *place, int option)
{
    const struct wanted wanted = { .kept = word, .start = start };

    if (option >= 0)
        offer_kind(&wanted, &place->given, cmd_option_rows[option].kind, cmd_option_words((enum cmd_option)option));
}

static void offer_options(const struct wanted *wanted, const struct cmd_command *command)
{
    const struct wanted name = { .kept = wanted->kept, .start = wanted->start + 1 + (wanted->start[1] == '-') };

    for (int i = 0; i < CMD_OPTION_COUNT; i++)
        if (cmd_option_is_taken(command, i) && !strncmp(cmd_option_rows[i].name, name.start, strlen(name.start)))
            (void)printf("--%s\t%s\n", cmd_option_rows[i].name, cmd_option_help(command, (enum cmd_option)i));
}

static void offer_verbs(const struct wanted *wanted, const struct cmd_command *command)
{
    if (command->also)
        offer(wanted, command->also, "what is done without a word");
    for (const struct cmd_command *row = cmd_commands; row->name; row++)
        if (cmd_are_kin(row, command) && cmd_verb(row))
            offer(wanted, cmd_verb(row), row->summary);
}

static void offer_operands(const struct wanted *wanted, const struct place *place)
{
    const struct cmd_command *command = place->command;
    int count = place->given.operand_count, most = command->takes_rest ? 1 : command->most_operands;

    if (cmd_is_command(command) && !count && !place->given.dashes)
        offer_verbs(wanted, command);
    if (most < 0 || count < most)
        offer_kind(wanted, &place->given, command->kind, command->words);
}

static void offer_commands(const struct wanted *wanted)
{
    for (const struct cmd_command *row = cmd_commands; row->name; row++)
        if (cmd_is_command(row))
            offer(wanted, row->name, row->summary);
}

/* The word behind "voiplab". */
static void offer_first(const struct wanted *wanted)
{
    offer_commands(wanted);
    offer(wanted, "help", "print the commands, or the options of one");
    if (*wanted->start != '-')
        return;
    offer(wanted, "--help", "print the commands");
    offer(wanted, "--version", "print the version");
}

/* help [COMMAND [VERB]] */
static void offer_help(const struct wanted *wanted, char **words, int count)
{
    const struct cmd_command *command = count == 3 ? cmd_find(words[1], NULL) : NULL;

    if (count == 2)
        offer_commands(wanted);
    else if (command)
        offer_verbs(wanted, command);
}

static void offer_last(const struct place *place, const char *word)
{
    const struct wanted wanted = { .kept = word, .start = word };
    const char *equals = strchr(word, '=');

    if (place->pending >= 0)
        offer_value(word, word, place, place->pending);
    else if (is_past_options(place) || *word != '-')
        offer_operands(&wanted, place);
    else if (!strncmp(word, "--", 2) && equals)
        offer_value(word, equals + 1, place, long_option(place->command, word));
    else
        offer_options(&wanted, place->command);
}

/* completion words -- WORD ...: the words behind "voiplab", the last one perhaps empty */
int cmd_run_completion_words(const struct cmd_command *command, const struct cmd_options *options)
{
    int count = options->operand_count;
    char **words = options->operands;
    struct place place = { .pending = -1 };
    const struct wanted last = { .kept = count ? words[count - 1] : "", .start = count ? words[count - 1] : "" };

    (void)command;
    if (count < 2)
        offer_first(&last);
    else if (!strcmp(words[0], "help"))
        offer_help(&last, words, count);
    else
        place.command = cmd_find(words[0], NULL);
    if (!place.command)
        return VOIPLAB_OK;
    for (int i = 1; i < count - 1; i++)
        pass(&place, words[i]);
    offer_last(&place, last.start);
    return VOIPLAB_OK;
}

/* completion bash|zsh|fish: the script of that shell, as it is installed */
int cmd_run_completion(const struct cmd_command *command, const struct cmd_options *options)
{
    const char *share = cmd_share_directory(options);
    char *path = NULL, *line = NULL;
    size_t size = 0;
    FILE *file = NULL;

    (void)command;
    if (asprintf(&path, "%s/completions/voiplab.%s", share, options->operands[0]) < 0)
        path = NULL;
    file = path ? fopen(path, "re") : NULL;
    if (!file)
        cmd_complain("cannot read '%s'; --share says where the shared files are", path ? path : share);
    free(path);
    while (file && getline(&line, &size, file) >= 0)
        (void)fputs(line, stdout);
    free(line);
    return file && fclose(file) == 0 ? VOIPLAB_OK : VOIPLAB_FAILED;
}
